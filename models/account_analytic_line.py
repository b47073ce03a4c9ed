from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import float_compare

#: What the variances of an order follow from.
TIME_FIELDS = {
    "amount",
    "company_id",
    "date",
    "department_id",
    "employee_id",
    "product_uom_id",
    "production_id",
    "project_id",
    "unit_amount",
    "workorder_id",
}
#: Set while Odoo itself goes on filling in what was just written.
WAIT = "backflush_time_waits"


class AccountAnalyticLine(models.Model):
    """Timesheets that name the order, and the work order, that the time was for."""

    _inherit = "account.analytic.line"

    production_id = fields.Many2one(
        "mrp.production",
        string="Manufacturing Order",
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    workorder_id = fields.Many2one(
        "mrp.workorder",
        string="Work Order",
        check_company=True,
        index="btree_not_null",
        domain="[('production_id', '=?', production_id)]",
        ondelete="set null",
    )

    @api.onchange("workorder_id")
    def _onchange_workorder_id(self):
        if self.workorder_id:
            self.production_id = self.workorder_id.production_id

    @api.onchange("production_id")
    def _onchange_production_id(self):
        if self.workorder_id.production_id != self.production_id:
            self.workorder_id = False

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._complete_backflush_vals(vals)
        lines = super(AccountAnalyticLine, self.with_context(**{WAIT: True})).create(
            vals_list
        )
        lines = lines.with_env(self.env)
        lines._follow_backflush_time()
        return lines

    def write(self, vals):
        if self.env.context.get(WAIT) or not TIME_FIELDS & set(vals):
            return super().write(vals)
        if vals.get("workorder_id"):
            self._complete_backflush_vals(vals)
        before = self._get_backflush_time_places()
        waiting = self.with_context(**{WAIT: True})
        res = super(AccountAnalyticLine, waiting).write(vals)
        self._follow_backflush_time(before)
        return res

    def unlink(self):
        before = self._get_backflush_time_places()
        res = super().unlink()
        self.browse()._follow_backflush_time(before)
        return res

    def _complete_backflush_vals(self, vals):
        """A work order names its order, an order the project that its time goes to.

        sudo: names of documents, for whoever may record time.
        """
        if "workorder_id" in vals and vals["workorder_id"]:
            workorder = self.env["mrp.workorder"].sudo().browse(vals["workorder_id"])
            vals.setdefault("production_id", workorder.production_id.id)
        known = vals.get("project_id") or vals.get("task_id")
        if vals.get("production_id") and not known and not self:
            order = self.env["mrp.production"].sudo().browse(vals["production_id"])
            project = order._get_backflush_time_project()
            if project:
                vals["project_id"] = project.id

    @api.constrains("production_id", "workorder_id", "unit_amount", "project_id")
    def _check_backflush_time(self):
        for line in self.filtered("production_id").sudo():
            order = line.production_id
            values = {"order": order.display_name}
            if order.state == "cancel":
                raise ValidationError(
                    self.env._(
                        "%(order)s is cancelled: no time can be recorded on it. Choose "
                        "another order, or record the time without one.",
                        **values,
                    )
                )
            if line.workorder_id and line.workorder_id.production_id != order:
                raise ValidationError(
                    self.env._(
                        "The work order %(workorder)s is not one of %(order)s: choose "
                        "one of its own, or none.",
                        workorder=line.workorder_id.display_name,
                        **values,
                    )
                )
            if not line.project_id:
                raise ValidationError(
                    self.env._(
                        "Time on %(order)s needs a project: choose one on the order, "
                        "or the project of order time under Invoicing › Configuration "
                        "› Settings › Backflush Costing.",
                        **values,
                    )
                )
        self._check_backflush_hours(self.production_id)

    def _check_backflush_hours(self, orders):
        """Hours may be taken back, but an order cannot have taken less than none."""
        if not orders:
            return
        # sudo: also hours of others, to add them up
        totals = self.sudo()._read_group(
            [("production_id", "in", orders.ids), ("project_id", "!=", False)],
            ["production_id"],
            ["unit_amount:sum"],
        )
        for order, hours in totals:
            if float_compare(hours, 0, precision_digits=6) < 0:
                raise ValidationError(
                    self.env._(
                        "The hours recorded on %(order)s would be negative "
                        "(%(hours)s): take back no more than was recorded.",
                        order=order.display_name,
                        hours=round(hours, 2),
                    )
                )

    # -- variances --------------------------------------------------------------

    def _get_backflush_time_places(self):
        """(orders, {(project, company, day)} of time that names none)."""
        lines = self.sudo()
        loose = lines.filtered(lambda x: x.project_id and not x.production_id)
        return (
            lines.production_id,
            {(x.project_id, x.company_id, x.date) for x in loose},
        )

    def _follow_backflush_time(self, before=None):
        """Bring the variances in line with what was recorded, now and `before`."""
        if self.env.context.get(WAIT):
            return
        orders, loose = self._get_backflush_time_places()
        if before:
            self._check_backflush_hours(before[0] - orders)
            orders, loose = orders | before[0], loose | before[1]
        if orders or loose:
            self.env["backflush.time"]._follow_sheets(orders, loose)
