from odoo import fields, models
from odoo.fields import Domain

from ..costing.rollup import roll_up
from ..costing.structure import select
from .backflush_books import number
from .backflush_card_reader import read_cards
from .backflush_structure import StructureReader


class BackflushVersionRollUp(models.AbstractModel):
    """How the cards of a costing version are made. Used by `backflush.version` only."""

    _name = "backflush.version.roll.up"
    _description = "Roll-Up of a Costing Version"

    def action_roll_up(self):
        """Make the cards of a draft anew, from today's bills, prices and rates."""
        self.check_access("write")
        for version in self:
            version._check_draft()
            version._lock(version)
            # new cards are not what was approved
            version._unschedule()
            version._roll_up()
        return True

    def _roll_up(self):
        reader = StructureReader(self)
        self._add_missing_prices(reader)
        structure = self._get_structure(reader)
        boms = dict(reader.boms)
        if self.product_ids:
            structure = self._keep_cards(structure, boms, reader)
        result = roll_up(structure)
        cards = list(result.cards.values())
        self.env["backflush.standard"]._replace_cards(
            self, cards, boms, reader.rates.elements
        )
        # sudo: tells `write` that this is the addon itself
        self.sudo().write(
            {
                "is_outdated": False,
                "exceptions": "\n".join(self._get_exceptions(reader, result)),
            }
        )

    def _get_structure(self, reader):
        """What the kernel rolls up: the company's bills at this version's inputs."""
        prices = {price.product_id.id: number(price.price) for price in self.price_ids}
        purchased = self._find_triggered_products("delivery") - reader.made
        return reader.get_structure(prices, purchased.ids)

    def _keep_cards(self, structure, boms, reader):
        """Leave what is not selected at the cards in force (and at their bills)."""
        active = self._get_active(self.company_id)
        cards = read_cards(active) if active else {}
        for card in active.sudo().standard_ids:
            if card.uom_id != card.product_id.uom_id:
                del cards[card.product_id.id]
                reader.remarks.append(
                    self.env._(
                        "The card of %(product)s cannot be kept, because its unit of "
                        "measure has changed: add it to the products to roll up.",
                        product=card.product_id.display_name,
                    )
                )
        structure = select(structure, self.product_ids.ids, cards)
        for card in active.sudo().standard_ids:
            if card.product_id.id in structure.kept:
                boms[card.product_id] = card.bom_id
        return structure

    def _add_missing_prices(self, reader):
        """Price what is bought at its current standard, a fee at its vendor's price.

        A price that is there stays. Only products that matter: a price in the active
        version covers a product.
        """
        self.env["backflush.price"].create(self._prepare_missing_prices(reader))

    def _prepare_missing_prices(self, reader):
        missing = self._get_bought_products(reader) - self.price_ids.product_id
        current = [
            {
                "version_id": self.id,
                "product_id": product.id,
                "price": product.standard_price,
                "source": "current",
            }
            for product in missing
            if product.standard_price
        ]
        return current + self._prepare_missing_fees(reader)

    def _prepare_missing_fees(self, reader):
        known = set(self.price_ids.product_id.ids)
        fees = {
            product: self._get_vendor_fee(product, bom)
            for product, bom in reader.subcontracted.items()
            if product.id not in known
        }
        return [
            {
                "version_id": self.id,
                "product_id": product.id,
                "price": fee,
                "source": "vendor",
            }
            for product, fee in fees.items()
            if fee
        ]

    def _get_vendor_fee(self, product, bom):
        """What the first of the bill's subcontractors takes for one unit of `product`.

        The vendor whom Odoo would pick for the quantity of the bill, in company
        currency at the rate of the day from which the version is valid.
        """
        date = self.date_from or fields.Date.context_today(self)
        seller = product._select_seller(
            quantity=bom.product_qty,
            uom_id=bom.product_uom_id,
            date=date,
            params={"subcontractor_ids": bom.subcontractor_ids},
        )
        if not seller:
            return 0.0
        # the discounted price is per unit of the product already
        return seller.currency_id._convert(
            seller.price_discounted,
            self.company_id.currency_id,
            self.company_id,
            date,
            round=False,
        )

    def _find_triggered_products(self, trigger=None):
        """Goods in a category with the given, or any, trigger."""
        Product = self.env["product.product"].sudo().with_company(self.company_id)
        operator, value = ("=", trigger) if trigger else ("!=", False)
        return Product.search(
            Domain(Product._check_company_domain(self.company_id))
            & Domain("type", "=", "consu")
            & Domain("categ_id.property_backflush_trigger", operator, value)
        )

    def _get_exceptions(self, reader, result):
        """Sentences about what the roll-up found amiss."""
        Product = self.env["product.product"].sudo()

        def names(ids, separator=", "):
            return separator.join(Product.browse(ids).mapped("display_name"))

        yield from dict.fromkeys(reader.remarks)
        for cycle in result.cycles:
            circle = " → ".join(Product.browse(id_).display_name for id_ in cycle)
            yield self.env._("These bills go in a circle: %(circle)s.", circle=circle)
        if result.blocked:
            yield self.env._(
                "No card, because of a circle in the bills: %(products)s.",
                products=names(result.blocked),
            )
        for product in Product.browse(result.missing):
            yield self.env._(
                "%(product)s has neither a price nor a bill: it counts as 0.",
                product=product.display_name,
            )
        yield from self._get_price_exceptions(reader)

    def _get_price_exceptions(self, reader):
        """Sentences about fees that are not known, and prices that count for little."""
        Product = self.env["product.product"].sudo()
        subcontracted = {product.id for product in reader.subcontracted}
        priced = set(self.price_ids.product_id.ids)
        for product in Product.browse(sorted(subcontracted - priced)):
            yield self.env._(
                "%(product)s is made by a subcontractor whose price is not known: the "
                "fee counts as 0. Enter it as the price of the product in this "
                "version.",
                product=product.display_name,
            )
        for price in self.price_ids:
            if not price.price:
                yield self.env._(
                    "%(product)s has the price 0.",
                    product=price.product_id.display_name,
                )
            elif (
                price.product_id.id in reader.bills
                and price.product_id.id not in subcontracted
            ):
                yield self.env._(
                    "%(product)s has a price and a bill: the bill counts.",
                    product=price.product_id.display_name,
                )
