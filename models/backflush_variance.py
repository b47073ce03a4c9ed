from odoo import api, fields, models
from odoo.exceptions import UserError

from ..costing.variance import KINDS
from .backflush_posting_line import kind_selection


class BackflushVariance(models.Model):
    """One explained difference between actual and standard cost.

    The amount is in company currency, positive = unfavourable. Quantities are in the
    unit of measure of the product (or hours), prices per that unit.
    """

    _name = "backflush.variance"
    _description = "Backflush Variance"
    _order = "date desc, id desc"
    _check_company_auto = True
    _rec_name = "kind"

    kind = fields.Selection(kind_selection(KINDS), required=True, readonly=True)
    element_id = fields.Many2one(
        "backflush.element", readonly=True, index=True, ondelete="restrict"
    )
    date = fields.Date(required=True, readonly=True)
    product_id = fields.Many2one(
        "product.product",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The product made, delivered or bought.",
    )
    component_id = fields.Many2one(
        "product.product", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    workcenter_id = fields.Many2one(
        "mrp.workcenter", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    operation_id = fields.Many2one(
        "mrp.routing.workcenter",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    department_id = fields.Many2one(
        "hr.department",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="Of the employees whose time it is.",
    )
    production_id = fields.Many2one(
        "mrp.production",
        string="Manufacturing Order",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    posting_id = fields.Many2one(
        "backflush.posting",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    bill_line_id = fields.Many2one(
        "account.move.line",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    bill_id = fields.Many2one(related="bill_line_id.move_id", string="Bill")
    partner_id = fields.Many2one(
        related="bill_line_id.partner_id",
        string="Vendor",
        store=True,
        precompute=True,
    )
    timesheet_id = fields.Many2one(
        "account.analytic.line",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        # its cost is the employee's
        groups="hr.group_hr_user",
    )
    quantity_standard = fields.Float(
        digits=0,
        min_display_digits=2,
        readonly=True,
        aggregator=None,
        help="What the standard allows.",
    )
    quantity_actual = fields.Float(
        digits=0, min_display_digits=2, readonly=True, aggregator=None
    )
    price_standard = fields.Float(
        digits=0, min_display_digits=2, readonly=True, aggregator=None
    )
    price_actual = fields.Float(
        digits=0, min_display_digits=2, readonly=True, aggregator=None
    )
    amount = fields.Monetary(
        readonly=True, help="Positive = unfavourable (cost more than the standard)."
    )
    amount_exchange = fields.Monetary(
        readonly=True,
        string="of which Exchange",
        help="The part of the amount that comes from a change of the exchange rate "
        "between the order and the bill.",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    account_id = fields.Many2one("account.account", readonly=True, ondelete="restrict")
    account_move_id = fields.Many2one(
        "account.move",
        string="Journal Entry",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="Empty while no journal entry carries the difference yet.",
    )
    state = fields.Selection(
        [("provisional", "Provisional"), ("final", "Final")],
        required=True,
        readonly=True,
        default="provisional",
    )
    close_id = fields.Many2one(
        "backflush.close",
        string="Period Close",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )

    _analysis_idx = models.Index("(company_id, date, kind)")

    @api.depends("kind", "amount")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for variance in self:
            amount = variance.currency_id.format(variance.amount)
            variance.display_name = f"{labels.get(variance.kind)}: {amount}"

    @api.model
    def _open_fresh(self, name):
        """The action `name`, after variances were brought in line with the facts."""
        self.env["backflush.time"]._refresh(self.env.companies)
        return self.env["ir.actions.act_window"]._for_xml_id(name)

    def action_refresh(self):
        """Compute the variances of time and of the open months again."""
        self.browse().check_access("read")
        self.env["backflush.time"]._refresh(self.env.companies, force=True)
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def write(self, vals):
        if not self.env.context.get("backflush_engine") or not self.env.su:
            raise UserError(
                self.env._(
                    "A variance cannot be edited. It follows from the documents it "
                    "came from: correct those."
                )
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_refused(self):
        engine = self.env.su and self.env.context.get("backflush_engine")
        if not engine or any(variance.state == "final" for variance in self):
            raise UserError(
                self.env._(
                    "A variance cannot be deleted. It follows from the documents it "
                    "came from: correct those."
                )
            )
