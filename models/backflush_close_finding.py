from odoo import api, fields, models
from odoo.exceptions import UserError

from .backflush_close_found import ATTENTION, BLOCKING, PASSED
from .backflush_close_readiness import CHECKS, Readiness

STATES = [(BLOCKING, "Blocks"), (ATTENTION, "Look at It"), (PASSED, "Passed")]
ACCOUNTS = "accounts"
#: Checks that know all they need after the figures are computed only.
LATE = (ACCOUNTS, "stock_accounts")
#: Posting refuses what they find.
REFUSED = ("dates", "earlier", "lock", "postings", ACCOUNTS)
#: Lists in which what was found can be put right, where that is not the usual one.
LISTS = {"stock.quant": "stock.view_stock_quant_tree_inventory_editable"}


class BackflushCloseFinding(models.Model):
    """What one check before a close has found, and what it means to go on."""

    _name = "backflush.close.finding"
    _description = "Finding Before a Period Close"
    _order = "close_id, sequence, id"
    _check_company_auto = True
    _rec_name = "check"

    close_id = fields.Many2one(
        "backflush.close", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="close_id.company_id", store=True, precompute=True, index=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    sequence = fields.Integer(readonly=True)
    check = fields.Selection(
        [
            ("dates", "Dates of the period"),
            ("earlier", "Earlier periods are closed"),
            ("lock", "Period is not locked"),
            ("postings", "Postings failed or waiting"),
            ("accounts", "Accounts that the entry needs"),
            ("stock_accounts", "Stock accounts at standard"),
            ("unbooked", "Goods moved and not posted"),
            ("received_not_billed", "Received and not billed"),
            ("billed_not_received", "Billed and not received"),
            ("delivered_not_invoiced", "Delivered and not invoiced"),
            ("invoiced_not_delivered", "Invoiced and not delivered"),
            ("time_assumed", "Time missing"),
            ("time_unallocated", "Time without an order"),
            ("timers", "Time still running"),
            ("counts", "Counts outstanding"),
            ("work_in_process", "Work in process for long"),
            ("native_closing", "Odoo's inventory closing"),
        ],
        required=True,
        readonly=True,
    )
    state = fields.Selection(STATES, required=True, readonly=True)
    count = fields.Integer(readonly=True, help="Records found.")
    amount = fields.Monetary(readonly=True)
    sentence = fields.Char(string="Found", readonly=True)
    consequence = fields.Char(string="If You Go On", compute="_compute_consequence")
    res_model = fields.Char(readonly=True)
    # many: to be read by the button only
    res_ids = fields.Json(readonly=True, prefetch=False)
    place_action = fields.Char(readonly=True)
    has_list = fields.Boolean(compute="_compute_has_list")

    _once = models.UniqueIndex('(close_id, "check")', "This check is made already.")

    @api.depends("res_model", "place_action")
    def _compute_has_list(self):
        for finding in self:
            finding.has_list = bool(finding.res_model or finding.place_action)

    @api.depends("check", "state")
    @api.depends_context("lang")
    def _compute_consequence(self):
        consequences = self._get_refused() | self._get_consequences()
        for finding in self:
            is_open = finding.state != PASSED
            finding.consequence = is_open and consequences[finding.check]

    def _get_refused(self):
        """Nobody goes on: the period is not posted."""
        refused = self.env._("The period cannot be posted.")
        return dict.fromkeys(REFUSED, refused)

    def _get_consequences(self):
        stock = self.env._(
            "Stock accounts show that much less than is on hand. The bills go to the "
            "period of their date."
        )
        ahead = self.env._(
            "Stock accounts show that much more than is on hand, until the goods move "
            "or the credit note is there."
        )
        return {
            "stock_accounts": self.env._(
                "What they differ by stays there, and the bridge does not know it. "
                "Check the Books names the document."
            ),
            "unbooked": self.env._(
                "Their cost is missing in this period, and stock differs from its "
                "accounts. What is booked later goes to the next period."
            ),
            "received_not_billed": stock,
            "billed_not_received": ahead,
            "delivered_not_invoiced": self.env._(
                "Their cost stays in finished goods until the invoice; sales and cost "
                "of sales go to the next period together."
            ),
            "invoiced_not_delivered": self.env._(
                "They are in cost of sales and out of finished goods, and still on "
                "hand (or back)."
            ),
            **self._get_time_consequences(),
            "counts": self.env._(
                "What they find is booked on the day on which they are applied, in the "
                "next period."
            ),
            "native_closing": self.env._(
                "Bills and invoices book the same goods once more: stock accounts "
                "differ from stock at standard. Reverse these entries."
            ),
        }

    def _get_time_consequences(self):
        return {
            "time_assumed": self.env._(
                "No efficiency is measured on them. Whatever labour has cost beyond "
                "becomes unallocated, and time recorded later goes to the next period."
            ),
            "time_unallocated": self.env._(
                "Their cost becomes unallocated labour, which nobody can explain by an "
                "order."
            ),
            "timers": self.env._(
                "Only time that was ended counts; the rest goes to the period in which "
                "it is ended."
            ),
            "work_in_process": self.env._(
                "Their time stays work in process (timing) and comes back when they "
                "are finished. Finish or cancel those that nobody works on."
            ),
        }

    # -- button -----------------------------------------------------------------

    def action_view(self):
        """Open what was found: those records and no others."""
        self.ensure_one()
        if not self.res_model:
            return self.env["ir.actions.act_window"]._for_xml_id(self.place_action)
        model = self.env[self.res_model]
        if not model.has_access("read"):
            raise UserError(
                self.env._(
                    "You may not read %(records)s. Ask somebody who may to look at "
                    "these %(count)s.",
                    records=self.env["ir.model"]._get(model._name).name,
                    count=self.count,
                )
            )
        domain = [("id", "in", self.res_ids)]
        if model._name == "account.analytic.line":
            return self.env["mrp.production"]._open_backflush_timesheets(domain)
        labels = dict(self._fields["check"]._description_selection(self.env))
        view = LISTS.get(model._name)
        return {
            "type": "ir.actions.act_window",
            "name": labels[self.check],
            "res_model": model._name,
            "views": [(view and self.env.ref(view).id, "list"), (False, "form")],
            "domain": domain,
            "context": {"active_test": False, "inventory_mode": True},
        }


class BackflushClose(models.Model):
    """The checks before a period is closed: what blocks, and what to look at."""

    _inherit = "backflush.close"

    finding_ids = fields.One2many("backflush.close.finding", "close_id", readonly=True)
    blocking_count = fields.Integer(compute="_compute_finding_counts")
    attention_count = fields.Integer(compute="_compute_finding_counts")
    date_checked = fields.Datetime(
        string="Checked On", compute="_compute_finding_counts"
    )

    @api.depends("finding_ids.state")
    def _compute_finding_counts(self):
        for close in self:
            states = close.finding_ids.mapped("state")
            close.blocking_count = states.count(BLOCKING)
            close.attention_count = states.count(ATTENTION)
            close.date_checked = max(
                close.finding_ids.mapped("create_date"), default=False
            )

    def action_check(self):
        """Look for what stands in the way, and write it down."""
        self.check_access("write")
        self._check_accountant()
        for close in self:
            if close.state not in ("draft", "computed"):
                raise UserError(
                    self.env._("%(period)s is closed already.", period=close.name)
                )
            close._as_engine()._check_period()
        return True

    def _check_period(self, checks=CHECKS):
        """Make those checks, in place of what they have found before.

        The number of queries does not depend on how much there is to find.
        """
        self.ensure_one()
        self.env.flush_all()
        readiness = Readiness(self)
        self.finding_ids.filtered(lambda finding: finding.check in checks).unlink()
        self.env["backflush.close.finding"].create(
            [self._prepare_finding(check, readiness.find(check)) for check in checks]
        )

    def _prepare_finding(self, check, found):
        vals = {"close_id": self.id, "check": check, "state": PASSED}
        if found:
            vals |= {
                "state": found.state,
                "count": found.count,
                "amount": found.amount,
                "sentence": found.sentence,
                "place_action": found.action,
            }
            if found.records:
                vals |= {"res_model": found.records._name, "res_ids": found.records.ids}
        # what blocks comes first
        rank = [state for state, _label in STATES].index(vals["state"])
        vals["sequence"] = rank * len(CHECKS) + CHECKS.index(check)
        return vals

    def action_compute(self):
        """Check first, then compute. What accounts the entry needs is known then."""
        self.check_access("write")
        for close in self.filtered(lambda x: x.state in ("draft", "computed")):
            close._check_accountant()
            close._as_engine()._check_before()
        res = super().action_compute()
        for close in self:
            close._as_engine()._check_period(LATE)
        return res

    def _check_before(self):
        """All that can be said before the figures are known."""
        self._check_period([check for check in CHECKS if check not in LATE])

    def _check_can_post(self):
        res = super()._check_can_post()
        self._check_fiscal_year()
        return res
