from decimal import Decimal

from odoo import fields, models

from ..costing.variance import ZERO
from .backflush_books import number
from .backflush_pool_reader import PoolKey
from .backflush_pools import Request

ONE = Decimal(1)
#: Digits after which a quantity is what converting units leaves.
DIGITS = 9


class AccountMoveLine(models.Model):
    """Which goods a document line is about, and at what they pass.

    What follows for customers and vendors is in the files beside: cost, bill, fee.
    """

    _inherit = "account.move.line"

    backflush_element_id = fields.Many2one(
        "backflush.element",
        string="Cost Element",
        readonly=True,
        copy=False,
        ondelete="restrict",
        help="Of an entry that books a day's postings by account and cost element.",
    )

    backflush_match_ids = fields.One2many(
        "backflush.match",
        "line_id",
        copy=False,
        groups="backflush_costing.group_backflush_user",
    )

    def _is_backflush_goods_line(self):
        """A product line whose goods stand in stock at a backflush standard."""
        self.ensure_one()
        return (
            self._is_backflush_product_line()
            and self._eligible_for_stock_account()
            and not self._is_backflush_dropshipped()
            and not self._get_backflush_fee_element()
        )

    def _is_backflush_product_line(self):
        self.ensure_one()
        product = self.product_id.with_company(self.company_id)
        return (
            self.display_type == "product"
            and product.is_storable
            and product.cost_method == "standard"
            and product._is_backflush_covered()
        )

    def _is_backflush_dropshipped(self):
        """Whether the goods go (or went) from the vendor straight to the customer."""
        self.ensure_one()
        moves = self._get_stock_moves()
        return any(m._is_dropshipped() or m._is_dropshipped_returned() for m in moves)

    # -- matching (DESIGN §4, rule 9) -------------------------------------------

    def _get_backflush_quantity(self) -> Decimal:
        """The line's quantity in the product's unit, never negative."""
        self.ensure_one()
        quantity = self.product_uom_id._compute_quantity(
            self.quantity, self.product_id.uom_id, round=False
        )
        return abs(number(round(quantity, DIGITS)))

    def _is_backflush_return(self):
        """Whether the line takes goods back: a credit note, or a negative quantity."""
        self.ensure_one()
        refund = self.move_id.move_type in ("in_refund", "out_refund")
        return refund != (self.quantity < 0)

    def _get_backflush_sign(self):
        return -1 if self._is_backflush_return() else 1

    def _get_backflush_items(self):
        """The items that the addon has added to a document for these lines."""
        items = self.move_id.line_ids
        return items.filtered(lambda item: item.cogs_origin_id & self)

    def _get_backflush_requests(self):
        """What the line asks of the goods that moved."""
        self.ensure_one()
        if self.move_id.is_sale_document(True):
            components = self._get_backflush_costed()
        elif self._passes_backflush_account():
            components = {self.product_id: ONE}
        else:
            components = {}
        quantity = self._get_backflush_quantity()
        is_return = self._is_backflush_return()
        if is_return and components and self._is_backflush_dropshipped():
            quantity = min(quantity, self._get_backflush_dropped_back())
        return [
            Request(self, self._get_backflush_pool(product), part, is_return)
            for product, factor in components.items()
            if (part := quantity * factor)
        ]

    def _get_backflush_pool(self, product) -> PoolKey:
        side = "sale" if self.move_id.is_sale_document(True) else "purchase"
        line = self.sale_line_ids[:1] if side == "sale" else self.purchase_line_id
        partner = self.env["res.partner"] if line else self.move_id.partner_id
        return PoolKey(
            side, line.id or 0, partner.commercial_partner_id.id or 0, product.id
        )

    def _get_backflush_passed(self, product) -> Decimal:
        """What the line's quantity of `product` passes at, rounded; never negative.

        sudo: whoever posts a document need not see what it was matched to.
        """
        line = self
        mirrored = self.env.context.get("backflush_mirrored")
        if mirrored or self._is_backflush_fee_undone():
            line = self._get_backflush_reversed()
        matches = line.sudo().backflush_match_ids
        matches = matches.filtered(lambda match: match.product_id == product)
        return sum((number(match.amount) for match in matches), ZERO)
