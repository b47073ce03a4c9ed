from odoo import fields, models
from odoo.fields import Domain

from ..costing.sql.reconciliation import KINDS, reconciled

STATES = [
    ("matched", "Matches"),
    ("ordered", "Only ordered"),
    ("not_billed", "Received, not billed"),
    ("not_received", "Billed, not received"),
    ("unexplained", "Unexplained"),
]


class BackflushBillReconciliation(models.Model):
    """Bills against standards: one row per purchase order line.

    Goods and bills without an order line: one per vendor and product. Quantities are
    in the product's unit of measure, amounts in company currency. Billed − standard
    = variance; what is left is unexplained and always zero.
    """

    _name = "backflush.bill.reconciliation"
    _description = "Bills Against Standards"
    _auto = False
    _order = "date desc, purchase_id desc, purchase_line_id, product_id"
    _rec_name = "purchase_id"
    _depends = {
        "account.move": ["commercial_partner_id", "move_type", "state"],
        "account.move.line": [
            "account_id",
            "backflush_goods_line_id",
            "balance",
            "deductible_amount",
            "display_type",
            "name",
            "product_id",
            "product_uom_id",
            "purchase_line_id",
            "quantity",
            "tax_ids",
            "tax_line_id",
            "tax_repartition_line_id",
        ],
        "backflush.match": ["amount", "fact_id", "move_id", "passed", "quantity"],
        "backflush.stock.fact": ["amount", "quantity", "standard"],
        "backflush.variance": ["amount", "bill_line_id", "kind", "posting_id"],
        "product.category": ["property_backflush_trigger", "property_cost_method"],
        "product.product": ["property_backflush_covered"],
        "product.template": ["categ_id", "is_storable", "uom_id"],
        "purchase.order": ["date_approve", "partner_id", "state", "user_id"],
        "purchase.order.line": ["product_id", "product_qty", "product_uom_id"],
        "stock.move": ["is_dropship", "purchase_line_id", "quantity", "state"],
    }

    state = fields.Selection(STATES, readonly=True)
    date = fields.Date(string="Ordered On", readonly=True)
    purchase_line_id = fields.Many2one("purchase.order.line", readonly=True)
    purchase_id = fields.Many2one(
        "purchase.order", string="Purchase Order", readonly=True
    )
    partner_id = fields.Many2one("res.partner", string="Vendor", readonly=True)
    buyer_id = fields.Many2one("res.users", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    categ_id = fields.Many2one(related="product_id.categ_id", string="Product Category")
    uom_id = fields.Many2one(related="product_id.uom_id")
    quantity_ordered = fields.Float(
        string="Ordered", digits="Product Unit", readonly=True
    )
    quantity_received = fields.Float(
        string="Received", digits="Product Unit", readonly=True
    )
    quantity_billed = fields.Float(
        string="Billed", digits="Product Unit", readonly=True
    )
    quantity_not_billed = fields.Float(
        string="Not Billed",
        digits="Product Unit",
        readonly=True,
        help="Received and not billed; negative: returned and not credited.",
    )
    quantity_not_received = fields.Float(
        string="Not Received",
        digits="Product Unit",
        readonly=True,
        help="Billed and not received; negative: credited and not returned.",
    )
    amount_not_billed = fields.Monetary(
        string="Not Billed, at Standard",
        readonly=True,
        help="Stands in stock, and on no account until its bill comes.",
    )
    amount_not_received = fields.Monetary(
        string="Not Received, at Standard",
        readonly=True,
        help="Stands on the account of the goods, which are not in stock yet.",
    )
    amount_billed = fields.Monetary(
        string="Billed Amount",
        readonly=True,
        help="Balances of the bill lines, of charges on them and of taxes that stay a "
        "cost.",
    )
    amount_standard = fields.Monetary(
        string="Passed at Standard",
        readonly=True,
        help="Billed quantity at the standard of the goods it was matched to.",
    )
    amount_variance = fields.Monetary(
        string="Price Variance",
        readonly=True,
        help="Positive = unfavourable (cost more than the standard).",
    )
    amount_exchange = fields.Monetary(string="of which Exchange", readonly=True)
    amount_unexplained = fields.Monetary(
        string="Unexplained",
        readonly=True,
        help="Billed amount less standard less variance.",
    )
    is_overbilled = fields.Boolean(string="Billed More than Ordered", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")

    @property
    def _table_query(self):
        return reconciled("is_subcontract" in self.env["stock.move"]._fields)

    # -- one click to the cause -------------------------------------------------

    def action_open_purchase(self):
        self.ensure_one()
        return self.env["backflush.posting"]._open(self.purchase_id)

    def action_open_bills(self):
        """The bills, credit notes and charges of the row."""
        lines = self.env["account.move.line"].sudo().search(self._get_bill_domain())
        charges = lines.search([("backflush_goods_line_id", "in", lines.ids)])
        bills = (lines | charges).move_id
        return self._open_list("account.action_move_in_invoice_type", bills)

    def action_open_receipts(self):
        """The movements of the row: receipts and returns."""
        facts = self.env["backflush.stock.fact"].search(self._get_fact_domain())
        return self._open_list("backflush_costing.backflush_stock_fact_action", facts)

    def action_open_variances(self):
        lines = self.env["account.move.line"].sudo().search(self._get_bill_domain())
        rows = self.env["backflush.variance"].search(
            Domain("bill_line_id", "in", lines.ids) & Domain("kind", "in", KINDS)
        )
        return self._open_list("backflush_costing.backflush_variance_action", rows)

    def _get_bill_domain(self):
        """sudo of the search: links only; opening a bill asks for its own rights."""
        self.ensure_one()
        domain = Domain("product_id", "=", self.product_id.id)
        domain &= Domain("company_id", "=", self.company_id.id)
        domain &= Domain("display_type", "=", "product")
        domain &= Domain("parent_state", "=", "posted")
        domain &= Domain("move_id.move_type", "like", "in_%")
        if self.purchase_line_id:
            return domain & Domain("purchase_line_id", "=", self.purchase_line_id.id)
        partner = self.partner_id.commercial_partner_id.id
        return (
            domain
            & Domain("purchase_line_id", "=", False)
            & Domain("move_id.commercial_partner_id", "=", partner)
        )

    def _get_fact_domain(self):
        self.ensure_one()
        domain = Domain("product_id", "=", self.product_id.id)
        domain &= Domain("company_id", "=", self.company_id.id)
        if line := self.purchase_line_id:
            made = Domain("move_id.production_id", "!=", False)
            made &= Domain("move_id.move_dest_ids.purchase_line_id", "=", line.id)
            return domain & (Domain("move_id.purchase_line_id", "=", line.id) | made)
        partner = self.partner_id.commercial_partner_id.id
        at = Domain("move_id.partner_id", "child_of", partner)
        at |= Domain("move_id.picking_id.partner_id", "child_of", partner)
        return domain & at & Domain("move_id.purchase_line_id", "=", False)

    def _open_list(self, xml_id, records):
        action = self.env["ir.actions.act_window"]._for_xml_id(xml_id)
        return {**action, "domain": [("id", "in", records.ids)], "context": {}}
