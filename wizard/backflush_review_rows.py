"""What a standard review finds, as rows for its list."""

from collections import defaultdict
from functools import cached_property

from ..costing.pricing import ZERO, Bought, average_price
from ..costing.review import (
    Pace,
    Times,
    has_drifted,
    measure_drift,
    measure_pace,
    per_year,
    reprice,
)
from ..models.backflush_books import number
from ..models.backflush_card_reader import read_cards
from ..models.backflush_purchase_reader import PurchaseReader
from ..models.backflush_work_reader import WorkReader


class ReviewRows:
    """Compares one version's prices, times and cards with what happened since.

    A constant number of queries, however many standards there are.
    """

    def __init__(self, review):
        self.review = review
        self.version = review.version_id
        self.company = self.version.company_id
        self.limits = review._get_limits()
        self.age, self.unreviewed = review._get_age()
        self.is_old = self.unreviewed > self.limits.age
        # sudo: products and units of a kind that the user may not see have standards
        self.env = review.sudo().with_company(self.company).env
        self.work = WorkReader(self.company, review.months, review.date_to)

    def get_rows(self):
        """Rows of `backflush.review.line`, as dictionaries."""
        return [
            *self._get_material_rows(),
            *self._get_operation_rows(),
            *self._get_card_rows(),
        ]

    # -- what happened ----------------------------------------------------------

    @cached_property
    def cards(self):
        return read_cards(self.version)

    @cached_property
    def made_cards(self):
        """Cards of what is made; a bought product's card is its price again."""
        return {
            key: card
            for key, card in self.cards.items()
            if any(line.product != key for line in card.lines)
        }

    @cached_property
    def prices(self):
        """{product id: standard price} of what is bought."""
        return {
            price.product_id.id: number(price.price)
            for price in self.version.price_ids
            if price.product_id.id not in self.made_cards
        }

    @cached_property
    def products(self):
        """{product id: product}, to be read together"""
        ids = dict.fromkeys([*self.prices, *self.made_cards])
        return {p.id: p for p in self.env["product.product"].browse(ids)}

    @cached_property
    def bought(self):
        products = self.env["product.product"].browse(self.prices)
        return PurchaseReader(self.company).get_totals(
            products, self.review.months, self.review.date_to
        )

    @cached_property
    def paid(self):
        """{product id: average price} where there are enough bills to believe it."""
        prices = {
            key: average_price(bought)
            for key, bought in self.bought.items()
            if bought.documents >= self.limits.documents
        }
        return {key: price for key, price in prices.items() if price is not None}

    @cached_property
    def operations(self):
        """{(product id, operation id): lines of the card, of one cost element each}"""
        result = defaultdict(lambda: defaultdict(list))
        for card in self.made_cards.values():
            for line in card.lines:
                if line.type == "operation" and line.operation:
                    result[card.product, line.operation][line.element].append(line)
        return result

    @cached_property
    def paces(self):
        """{(product id, operation id): Pace} of the operations on cards."""
        runs = self.work.get_runs()
        return {
            key: measure_pace(self._get_times(elements), runs[key])
            for key, elements in self.operations.items()
            if key in runs
        }

    @cached_property
    def crews(self):
        """{(work center id, element id): labour hours per hour of the work center}"""
        return {
            (rate.workcenter_id.id, rate.element_id.id): number(rate.crew)
            for rate in self.version.rate_ids
            if rate.element_type == "labour"
        }

    def _get_crew(self, line):
        return self.crews.get((line.workcenter, line.element), number(1))

    def _get_times(self, elements):
        """Times of the work center: those of any element, without its crew."""
        for line in next(iter(elements.values())):
            crew = self._get_crew(line)
            yield Times(line.fixed_hours / crew, line.cycle_hours / crew, line.capacity)

    # -- rows -------------------------------------------------------------------

    def _get_material_rows(self):
        for product_id, standard in self.prices.items():
            bought = self.bought.get(product_id, Bought(ZERO, ZERO))
            yield self._prepare_row(
                "material",
                product_id,
                standard,
                average_price(bought),
                documents=bought.documents,
                quantity=bought.quantity,
            )

    def _get_operation_rows(self):
        for (product_id, operation_id), elements in self.operations.items():
            pace = self.paces.get((product_id, operation_id), Pace())
            lines = next(iter(elements.values()))
            if pace.orders:
                standard = pace.allowed / pace.quantity
                actual = pace.recorded / pace.quantity
            else:
                standard = sum(line.quantity / self._get_crew(line) for line in lines)
                actual = None
            hourly = sum(
                line[0].rate * self._get_crew(line[0]) for line in elements.values()
            )
            yield self._prepare_row(
                "operation",
                product_id,
                standard,
                actual,
                documents=pace.orders,
                quantity=pace.quantity,
                value=hourly,
                operation_id=operation_id,
                workcenter_id=lines[0].workcenter,
            )

    def _get_card_rows(self):
        made = self.work.get_made()
        ratios = {
            key: pace.ratio
            for key, pace in self.paces.items()
            if pace.orders >= self.limits.documents and pace.ratio is not None
        }
        repriced = reprice(self.cards, self.paid, ratios)
        for product_id, card in self.made_cards.items():
            quantity, orders = made.get(product_id, (ZERO, 0))
            yield self._prepare_row(
                "product",
                product_id,
                card.amount,
                repriced[product_id],
                documents=orders,
                quantity=quantity,
                # what it rests on had enough documents
                is_believed=True,
            )

    def _prepare_row(
        self,
        kind,
        product_id,
        standard,
        actual,
        documents,
        quantity,
        value=1,
        is_believed=False,
        **values,
    ):
        """:param value: cost of one unit of drift: 1, or the rate of an hour"""
        known = actual is not None
        drift = measure_drift(standard, actual if known else standard)
        enough = self.limits.documents if is_believed else documents
        drifted = known and has_drifted(drift, enough, self.limits)
        yearly = per_year(quantity, self.review.months)
        effect = self.company.currency_id.round(float(drift.amount * value * yearly))
        product = self.products[product_id]
        return {
            "review_id": self.review.id,
            "company_id": self.company.id,
            "version_id": self.version.id,
            "type": kind,
            "product_id": product_id,
            "product_categ_id": product.categ_id.id,
            "uom_id": product.uom_id.id,
            "operation_id": None,
            "workcenter_id": None,
            "standard": float(standard),
            "actual": float(actual) if known else None,
            "drift": float(drift.amount),
            "drift_percent": float(drift.percent),
            "documents": documents,
            "yearly_quantity": float(yearly),
            "effect": effect,
            "effect_size": abs(effect),
            "in_force_since": self.version.date_activated or None,
            "age": self.age,
            "is_known": known,
            "has_drifted": drifted,
            "is_old": self.is_old,
            "to_review": drifted or self.is_old,
            **values,
        }
