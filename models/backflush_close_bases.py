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
    :param scope: its `CloseScope`
    """

    def __init__(self, close, reader, scope):
        self.close, self.reader, self.scope = close, reader, scope
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
        materials, finished = ZERO, defaultdict(lambda: ZERO)
        for product_id, quantity in self.scope.on_hand.items():
            product = self.env["product.product"].browse(product_id)
            price = number(self.scope.known[product_id].price)
            if product._get_backflush_trigger():
                content = self._get_content(self.scope.made_cards.get(product), price)
                for element, amount in content.items():
                    finished[element] += quantity * amount
            else:
                materials += quantity * price
        return max(materials, ZERO), finished

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
