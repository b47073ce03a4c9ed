from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .backflush_books import local_date

STATES = [
    ("draft", "Draft"),
    ("scheduled", "Scheduled"),
    ("done", "In Force"),
    ("cancelled", "Cancelled"),
]
#: What a change of takes a switch off the schedule: it is not what was approved.
APPROVED = {"date", "company_id"}
#: What only the addon itself writes.
KEPT = {
    "state",
    "scheduled_by_id",
    "posting_id",
    "account_ids",
    "production_ids",
    "issues",
    "date_computed",
    "date_done",
    "done_by_id",
    "last_fact_id",
}


class BackflushSwitch(models.Model):
    """Categories or products that come under another trigger, or none, from a day on.

    What their goods on hand, open usage and work in process hold moves with them, in
    one entry; the accounts are proven before and after.
    """

    _name = "backflush.switch"
    _description = "Switch of Trigger"
    _inherit = [
        "backflush.kept",
        "backflush.scheduled",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "date desc, id desc"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name")
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(
        string="In Force From",
        required=True,
        default=lambda self: self._get_default_date(),
        tracking=True,
        help="The first day of a period: the day after the last close, or of a month.",
    )
    state = fields.Selection(
        STATES, required=True, readonly=True, default="draft", tracking=True
    )
    line_ids = fields.One2many("backflush.switch.line", "switch_id", copy=True)
    account_ids = fields.One2many(
        "backflush.switch.account", "switch_id", readonly=True
    )
    production_ids = fields.Many2many(
        "mrp.production",
        "backflush_switch_production_rel",
        string="Open Orders",
        readonly=True,
        copy=False,
        help="Orders that are not finished: they are booked under the new trigger.",
    )
    issues = fields.Text(string="Not Ready", readonly=True, copy=False)
    date_computed = fields.Datetime(string="Computed On", readonly=True, copy=False)
    is_proven = fields.Boolean(compute="_compute_is_proven")
    date_done = fields.Datetime(string="Done On", readonly=True, copy=False)
    done_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    posting_id = fields.Many2one("backflush.posting", readonly=True, copy=False)
    account_move_id = fields.Many2one(related="posting_id.account_move_id")

    @api.model
    def _get_default_date(self):
        """The first day after the last close, else of this month."""
        company = self.env.company
        if closed := company._get_backflush_closed_until():
            return fields.Date.add(closed, days=1)
        return fields.Date.start_of(local_date(company), "month")

    @api.depends("date", "line_ids.category_id", "line_ids.product_tmpl_id")
    def _compute_name(self):
        for switch in self:
            names = [
                (line.product_tmpl_id or line.category_id).display_name
                for line in switch.line_ids
                if line.category_id
            ]
            text = ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
            day = fields.Date.to_string(switch.date) if switch.date else ""
            switch.name = f"{day} {text}".strip() or self.env._("New switch")

    @api.depends("account_ids.difference", "account_ids.difference_before")
    def _compute_is_proven(self):
        """Each account holds its stock at standard, or departs from it as before."""
        for switch in self:
            switch.is_proven = not any(
                switch.currency_id.compare_amounts(x.difference, x.difference_before)
                for x in switch.account_ids
                if x.is_stock and not switch.currency_id.is_zero(x.difference)
            )

    # -- nobody changes what was done -------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if not self._is_engine() and any(KEPT & set(vals) for vals in vals_list):
            self._refuse_change()
        return super().create(vals_list)

    def write(self, vals):
        if not self._is_engine():
            is_done = any(x.state in ("done", "cancelled") for x in self)
            content = {"date", "company_id", "line_ids"}
            if KEPT & set(vals) or (is_done and content & set(vals)):
                self._refuse_change()
            if APPROVED & set(vals):
                self._unschedule()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_unless_done(self):
        if any(switch.state == "done" for switch in self):
            self._refuse_change()

    def unlink(self):
        """sudo: the figures of a draft go with it."""
        if all(switch.state != "done" for switch in self):
            self.check_access("unlink")
            self._as_engine().account_ids.unlink()
        return super().unlink()

    def _is_engine(self):
        return self.env.su and self.env.context.get("backflush_engine")

    def _refuse_change(self):
        raise UserError(
            self.env._(
                "A switch is done and cancelled with its buttons, and kept as it was "
                "done. To take it back, switch back with a new one."
            )
        )

    def _as_engine(self):
        """sudo: settings of categories, entries and figures are the addon's to write.

        With the company's own settings and language.
        """
        engine = self.env["backflush.engine"]._as_engine(self.company_id)
        return self.with_env(engine.env)

    def _check_manager(self):
        self.check_access("write")
        if self.env.su or self.env.user.has_group(
            "backflush_costing.group_backflush_manager"
        ):
            return
        raise AccessError(
            self.env._("Only a manager of Backflush Costing may switch a trigger.")
        )

    # -- buttons ----------------------------------------------------------------

    def action_preview(self):
        """Show what the switch would do, without doing it."""
        self.ensure_one()
        self._check_manager()
        self._check_draft()
        self._as_engine()._preview()
        return True

    def action_apply(self):
        """Switch, with the entry that moves what is on hand and in process."""
        self.ensure_one()
        self._check_manager()
        self._check_draft()
        today = local_date(self.company_id)
        if self.date > today:
            raise UserError(
                self.env._(
                    "%(date)s is still to come: schedule the switch for that day.",
                    date=fields.Date.to_string(self.date),
                )
            )
        self._as_engine()._switch(self.env.user)
        return True

    def action_cancel(self):
        self._check_manager()
        self._check_draft()
        self._as_engine().write({"state": "cancelled", "scheduled_by_id": False})
        return True

    def _check_draft(self):
        for switch in self:
            if switch.state not in ("draft", "scheduled"):
                raise UserError(
                    self.env._(
                        "%(name)s is done or cancelled already. Make a new switch.",
                        name=switch.name,
                    )
                )

    def action_view_entry(self):
        self.ensure_one()
        return self.posting_id.action_open_entry()

    def action_view_posting(self):
        self.ensure_one()
        return self.posting_id._open(self.posting_id)

    def action_view_productions(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Open Orders"),
            "res_model": "mrp.production",
            "view_mode": "list,form",
            "domain": [("id", "in", self.production_ids.ids)],
        }

    # -- on a day to come -------------------------------------------------------

    def action_schedule(self):
        """Approve this switch, to be done on its first day."""
        self.ensure_one()
        self._check_manager()
        self._check_draft()
        if self.date <= local_date(self.company_id):
            raise UserError(
                self.env._(
                    "%(date)s is today or earlier: switch now.",
                    date=fields.Date.to_string(self.date),
                )
            )
        self._as_engine()._check_switch()
        self._as_engine().write(
            {"state": "scheduled", "scheduled_by_id": self.env.user.id}
        )
        return True

    def action_unschedule(self):
        self.check_access("write")
        self._unschedule()
        return True

    def _unschedule(self):
        for switch in self.filtered(lambda switch: switch.state == "scheduled"):
            switch._as_engine().write({"state": "draft", "scheduled_by_id": False})

    @api.model
    def _cron_apply_scheduled(self):
        """Do the switches whose day has come; say why where it cannot be done."""
        domain = [("state", "=", "scheduled"), ("scheduled_by_id", "!=", False)]
        self.search(domain, order="date, id")._do_due()

    def _get_scheduled_day(self):
        return self.date

    def _do_scheduled(self):
        self.action_apply()

    def _get_failure(self, reason):
        return (
            self.env._("Not switched as scheduled: %(reason)s", reason=reason),
            self.env._("Switch the trigger"),
        )
