"""Standard cost cards of a batch, as the kernel's plain values."""

from collections import defaultdict
from decimal import Decimal

from ..costing.entry import (
    MATERIAL,
    Card,
    CardLine,
    Relief,
    Standard,
    element_content,
    main_material,
    relieve,
)
from .backflush_posting_error import VERSIONS, PostingError

CARD_FIELDS = (
    "line_type",
    "element_id",
    "component_id",
    "quantity",
    "rate",
    "amount",
)


def number(value: float) -> Decimal:
    """A float from the database as the decimal it was written as."""
    return Decimal(repr(value or 0.0))


class BookCards:
    """Part of `Books`: needs `env`, `company`, `accounts`, `standards`, `_cards`, …"""

    def load_cards(self, products):
        """Read the active cards of `products` in one go."""
        cards = self.env["backflush.standard"]._get_active_cards(products, self.company)
        for product in products:
            self.standards[product.id] = cards.get(product)

    def get_standard(self, product):
        """The active card of `product`, checked."""
        if product.id not in self.standards:
            self.load_cards(product)
        standard = self.standards[product.id]
        if not standard:
            raise PostingError(
                self.env._(
                    "%(product)s has no standard cost card in an active costing "
                    "version. Roll up and activate a version that has it (Costing › "
                    "Standards › Costing Versions), then retry.",
                    product=product.display_name,
                ),
                VERSIONS,
            )
        if standard.uom_id != product.uom_id:
            raise PostingError(
                self.env._(
                    "The standard cost card of %(product)s is per %(card_unit)s, but "
                    "the product is now kept in %(unit)s. Roll up and activate a new "
                    "costing version (Costing › Standards › Costing Versions), then "
                    "retry.",
                    product=product.display_name,
                    card_unit=standard.uom_id.name,
                    unit=product.uom_id.name,
                ),
                VERSIONS,
            )
        return standard

    def card(self, standard) -> Card:
        """The plain values of a card."""
        if standard.id not in self._cards:
            self._read_cards(standard | self._get_batch_cards())
        return self._cards[standard.id]

    def _get_batch_cards(self):
        """The cards that the events of the batch ask for, as far as they are known."""
        cards = self.env["backflush.standard"].union(
            *filter(None, self.standards.values())
        )
        for facts in self.__dict__.get("facts", {}).values():
            cards |= facts.standard_id
        return cards

    def _read_cards(self, standards):
        """Read the lines of `standards` in one go."""
        new = standards.filtered(lambda card: card.id not in self._cards)
        new.fetch(("product_id", "amount", "version_id", "bom_id"))
        found = self.env["backflush.standard.line"].search_fetch(
            [("standard_id", "in", new.ids)], ("standard_id", *CARD_FIELDS)
        )
        self._product_ids.update(found.component_id.ids)
        lines = found.grouped("standard_id")
        for standard in new:
            self._cards[standard.id] = Card(
                standard.product_id.id,
                number(standard.amount),
                tuple(self._get_card_line(line) for line in lines.get(standard, ())),
            )

    @staticmethod
    def _get_card_line(line) -> CardLine:
        return CardLine(
            line.line_type,
            line.element_id.id,
            line.component_id.id or None,
            number(line.quantity),
            number(line.rate),
            number(line.amount),
        )

    def content(self, standard) -> dict[int, Decimal]:
        """What one unit costs by cost element, as the account that carries it holds it.

        Goods costed at delivery stand there through the cards of their components.
        """
        if standard.id not in self._contents:
            product = self.product(standard.product_id.id)
            if product._get_backflush_trigger() == "delivery":
                card, inner = self.priced(standard)
                content = element_content(relieve(card, self.accounts, inner))
            else:
                content = self.card(standard).content()
            self._contents[standard.id] = content
        return self._contents[standard.id]

    def materials(self, standard) -> dict[int, Decimal]:
        """The material part of that by product, of goods costed at delivery."""
        product = self.product(standard.product_id.id)
        if product._get_backflush_trigger() != "delivery":
            return {}
        card, inner = self.priced(standard)
        totals: dict = defaultdict(Decimal)
        for part in relieve(card, self.accounts, inner):
            if part.kind == MATERIAL:
                totals[part.product] += part.amount
        return dict(totals)

    def main_material(self, standard) -> int | None:
        """The material on whose account an amount stands that is about none."""
        return main_material(*self.priced(standard))

    def priced(self, standard) -> Standard:
        """A card with those of its components that are costed at delivery."""
        if standard.id not in self._priced:
            card = self.card(standard)
            products = [line.product for line in card.lines if line.product]
            inner = self.inner_cards(products, standard.version_id)
            self._priced[standard.id] = Standard(card, inner)
        return self._priced[standard.id]

    def inner_cards(self, product_ids, version=None) -> dict[int, Card]:
        """Cards of those components that are themselves costed at delivery, all levels.

        Such a component stands on no stock account: it is relieved through its card, in
        `version` where that has one, else in force.
        """
        result: dict[int, Card] = {}
        self._product_ids.update(product_ids)
        level = self.env["product.product"].browse(product_ids)
        while level := level.filtered(
            lambda p: p.id not in result and p._get_backflush_trigger() == "delivery"
        ):
            self.load_cards(level.filtered(lambda p: p.id not in self.standards))
            found = self.find_cards(level, version)
            for product in level:
                result[product.id] = self.card(
                    found.get(product) or self.get_standard(product)
                )
            level = level.browse(
                {x.product for p in level for x in result[p.id].lines if x.product}
            )
        return result

    def find_cards(self, products, version):
        """{product: card} of `version`, where it is not the one in force."""
        if not version or version.state == "active":
            return {}
        cards = self.env["backflush.standard"].search(
            [("version_id", "=", version.id), ("product_id", "in", products.ids)]
        )
        return {card.product_id: card for card in cards}

    def material_content(self, standard) -> dict:
        """Material content per unit of a card, by perpetual valuation account.

        What periodic materials contribute stands on their expense account and is none
        of the closing's business.
        """
        card, inner = self.priced(standard)
        totals: dict = defaultdict(Decimal)
        for part in relieve(card, self.accounts, inner):
            if part.kind == MATERIAL and self.is_perpetual(self.product(part.product)):
                account = self.env["account.account"].browse(part.account)
                totals[account] += part.amount
        return dict(totals)

    def open_usage(self, row) -> dict:
        """Where an unbooked material row still stands, by perpetual materials account.

        A component that is itself costed at delivery stands there with the material
        content of its card only.
        """
        totals: dict = defaultdict(Decimal)
        is_change = row.kind == "standard_change"
        card = row.posting_id.standard_id
        for part in self.stood(
            row.component_id, card, number(row.amount), is_change=is_change
        ):
            if part.kind == MATERIAL and self.is_perpetual(self.product(part.product)):
                account = self.env["account.account"].browse(part.account)
                totals[account] += part.amount
        return dict(totals)

    def stood(self, material, card, amount: Decimal, *, is_change) -> list[Relief]:
        """Where `amount` of unbooked material rows stands, on whatever accounts.

        `material` is the component that they are about, `card` that of their posting.
        A component that is itself costed at delivery stands there through its card, in
        force with the order's own; empty where they are about no material at all.
        """
        if not material and card and is_change:
            material = self.product(self.main_material(card) or False)
        elif not material:
            lines = card.line_ids.filtered("component_id")
            material = lines.sorted("amount", reverse=True)[:1].component_id
        if not material:
            return []
        if material._get_backflush_trigger() != "delivery":
            account = self.accounts.stock[material.id]
            element = self.accounts.material_element
            return [Relief(account, element, MATERIAL, material.id, amount)]
        found = self.find_cards(material, card.version_id)
        standard = found.get(material) or self.get_standard(material)
        share = amount / number(standard.amount) if standard.amount else amount
        inner_card, inner = self.priced(standard)
        parts = relieve(inner_card, self.accounts, inner)
        return [part._replace(amount=part.amount * share) for part in parts]
