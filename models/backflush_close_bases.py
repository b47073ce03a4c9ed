"""What goods hold at standard at a period's end, by cost element."""

from collections import defaultdict
from decimal import Decimal

from odoo.fields import Domain

from ..costing.disposition import Bases, Standing, returned
from ..costing.sql import closing
from .backflush_books import number
from .backflush_standard import SPLIT_FIELDS

ZERO = Decimal(0)


class CloseBases:
    """What stands on accounts of variances at the end of a close, and the bases.

    :param reader: the `CloseReader` of the same period
    """

    def __init__(self, close, reader):
        self.close, self.reader = close, reader
        self.env, self.company = reader.env, reader.company
        self.elements = self.company._get_backflush_elements()
        self.by_type = {element.type: element.id for element in self.elements}

    @property
    def material(self) -> int:
        return self.by_type.get("material", 0)

    # -- what stands there ------------------------------------------------------

    def get_standing(self) -> list[Standing]:
        """Rows of the period, and what the last close has carried over its end."""
        rows = self.reader.fetch(closing.STANDING, places=self._get_places())
        standing = [
            Standing(element, kind, account, number(amount))
            for element, kind, account, amount in rows
        ]
        last = self.close._get_last(self.company, self.close.date_from)
        parts = last.part_ids._get_capitalised()
        return standing + [returned(part, self.material) for part in parts]

    def _get_places(self):
        """Accounts of places where goods are lost, which are no element's account."""
        places = self.env["stock.location"].with_context(active_test=False)
        domain = Domain("valuation_account_id", "!=", False)
        domain &= Domain("company_id", "in", [False, self.company.id])
        accounts = places.search(domain).valuation_account_id
        own = self.elements.quantity_variance_account_id
        return (accounts - own - self.elements.price_variance_account_id).ids

    # -- what goods hold --------------------------------------------------------

    def get_bases(self) -> dict[int, Bases]:
        """{element id: what each place holds of it}; never less than nothing."""
        materials, finished = self._get_on_hand()
        sales = self._get_sales()
        progress = {
            element: sum(amounts.values(), ZERO)
            for element, amounts in self.close._get_progress().items()
        }
        return {
            element: Bases(
                materials if element == self.material else ZERO,
                max(finished[element], ZERO),
                max(sales[element], ZERO),
                max(progress.get(element, ZERO), ZERO),
            )
            for element in self.elements.ids
        }

    def _get_on_hand(self):
        """Materials at standard, and the content of goods that are made."""
        products = self._get_products()
        quantities = self.reader.fetch(closing.ON_HAND, products=products.ids)
        goods = products.browse(product for product, _quantity in quantities)
        version, cards = self._get_standards(goods)
        materials, finished = ZERO, defaultdict(lambda: ZERO)
        for product_id, quantity in quantities:
            product = goods.browse(product_id)
            price = self._get_price(product, version, cards.get(product))
            if product._get_backflush_trigger():
                content = self._get_content(cards.get(product), price)
                for element, amount in content.items():
                    finished[element] += number(quantity) * amount
            else:
                materials += number(quantity) * price
        return max(materials, ZERO), finished

    def _get_products(self):
        """Covered products, archived ones too."""
        products = self.env["product.product"].with_context(active_test=False)
        categories = self.reader._get_categories("completion", "delivery")
        domain = Domain("is_storable", "=", True)
        domain &= Domain("property_backflush_covered", "=", True) | Domain(
            "categ_id", "in", categories.ids
        )
        return products.search(domain).with_context(active_test=True)

    def _get_standards(self, products):
        """The version in force at the period's end (none: today's), and its cards."""
        versions = self.env["backflush.version"]
        version = versions._get_in_force(self.company, self.close.date_to)
        if not version or version.state == "active":
            cards = self.env["backflush.standard"]
            return versions, cards._get_active_cards(products, self.company)
        cards = version.standard_ids.filtered(lambda x: x.product_id in products)
        return version, {card.product_id: card for card in cards}

    def _get_price(self, product, version, card) -> Decimal:
        """The standard of a unit then."""
        if not version:
            return number(product.standard_price)
        if card:
            return number(card.amount)
        prices = version.price_ids.filtered(lambda x: x.product_id == product)
        return number(prices[:1].price if prices else product.standard_price)

    def _get_content(self, card, price: Decimal) -> dict[int, Decimal]:
        """A unit by element, through all levels. What a price set by hand adds to its
        card is material.
        """
        content = defaultdict(lambda: ZERO)
        for name, field in SPLIT_FIELDS.items():
            if card and card[field]:
                content[self.by_type.get(name, self.material)] += number(card[field])
        content[self.material] += price - sum(content.values(), ZERO)
        return content

    def _get_sales(self):
        """{element id: cost of what was sold in the period, at standard}"""
        result = defaultdict(lambda: ZERO)
        for element, card, quantity, amount in self.reader.fetch(closing.SOLD):
            if element:
                result[element] += number(amount)
                continue
            standard = self.env["backflush.standard"].browse(card)
            unit = number(standard.amount)
            content = self._get_content(standard, unit)
            for part, per_unit in content.items():
                result[part] += number(quantity) * per_unit
            result[self.material] += number(amount) - number(quantity) * unit
        return result
