from odoo import fields, models

#: Set while Odoo fills in the expected duration of work orders nobody recorded.
FILLS = "backflush_fills_time"


class MrpWorkorder(models.Model):
    _inherit = "mrp.workorder"

    backflush_is_assumed = fields.Boolean(
        string="Time Assumed",
        copy=False,
        readonly=True,
        help="Nobody recorded time: the duration is what Odoo expected and filled in "
        "when the order was finished.",
    )
    backflush_timesheet_ids = fields.One2many(
        "account.analytic.line", "workorder_id", string="Timesheets"
    )

    def action_mark_as_done(self):
        filling = self.with_context(**{FILLS: True})
        # a timer that still runs has recorded time
        self.filtered(lambda x: x.state not in ("done", "cancel")).end_all()
        self._mark_backflush_assumed()
        return super(MrpWorkorder, filling).action_mark_as_done()

    def _mark_backflush_assumed(self):
        """Remember of which work orders nobody has recorded any time."""
        idle = self.filtered(
            lambda workorder: workorder.state != "cancel" and not workorder.duration
        )
        if idle:
            idle.backflush_is_assumed = True
