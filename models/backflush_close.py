from collections import defaultdict
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..costing.close import PERIOD_KINDS, period_rows
from ..costing.variance import PRICE_KINDS
from .backflush_books import number
from .backflush_bulk import insert
from .backflush_close_reader import CloseReader

STATES = [
    ("draft", "Draft"),
    ("computed", "Computed"),
    ("posted", "Posted"),
    ("reversed", "Reversed"),
]
ROW_COLUMNS = {
    "product_id": False,
    "component_id": False,
    "production_id": False,
    "posting_id": False,
    "bill_line_id": False,
    "account_move_id": False,
    "state": "provisional",
}


class BackflushClose(models.Model):
    """A period of one company: what its conversion cost was, and what explains it.

    Computing makes the variances of the period, provisional until it is posted.
    """

    _name = "backflush.close"
    _description = "Period Close"
    _inherit = ["mail.thread"]
    _order = "date_to desc, id desc"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name")
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date_from = fields.Date(
        string="From", required=True, default=lambda self: self._get_default_dates()[0]
    )
    date_to = fields.Date(
        string="To", required=True, default=lambda self: self._get_default_dates()[1]
    )
    state = fields.Selection(
        STATES, required=True, readonly=True, default="draft", copy=False
    )
    date_computed = fields.Datetime(string="Computed On", readonly=True, copy=False)
    line_ids = fields.One2many("backflush.close.line", "close_id", readonly=True)
    progress_ids = fields.One2many(
        "backflush.close.progress", "close_id", readonly=True
    )
    variance_ids = fields.One2many("backflush.variance", "close_id", readonly=True)
    account_move_ids = fields.One2many(
        "account.move", "backflush_close_id", string="Journal Entries", readonly=True
    )

    _period_unique = models.UniqueIndex(
        "(company_id, date_from, date_to) WHERE state <> 'reversed'",
        "There is a close of this period already.",
    )
    _dates_in_order = models.Constraint(
        "CHECK(date_from <= date_to)", "A period ends after it has begun."
    )

    @api.model
    def _get_default_dates(self):
        """The month after the last close, else the last one that is over."""
        last = self.env.company._get_backflush_closed_until()
        if last:
            start = fields.Date.add(last, days=1)
        else:
            today = fields.Date.context_today(self)
            start = fields.Date.start_of(fields.Date.subtract(today, months=1), "month")
        return start, fields.Date.end_of(start, "month")

    @api.depends("date_from", "date_to")
    def _compute_name(self):
        for close in self:
            if not close.date_from or not close.date_to:
                close.name = self.env._("New period")
                continue
            month = fields.Date.start_of(close.date_from, "month")
            is_month = (close.date_from, close.date_to) == (
                month,
                fields.Date.end_of(month, "month"),
            )
            first = fields.Date.to_string(close.date_from)
            last = fields.Date.to_string(close.date_to)
            close.name = first[:7] if is_month else f"{first} – {last}"

    @api.constrains("company_id", "date_from", "date_to", "state")
    def _check_overlap(self):
        for close in self.filtered(lambda close: close.state != "reversed"):
            domain = Domain("company_id", "=", close.company_id.id)
            domain &= Domain("state", "!=", "reversed") & Domain("id", "!=", close.id)
            domain &= Domain("date_from", "<=", close.date_to)
            domain &= Domain("date_to", ">=", close.date_from)
            if other := self.search(domain, limit=1):
                raise ValidationError(
                    self.env._(
                        "%(period)s overlaps with the close of %(other)s: choose other "
                        "dates.",
                        period=close.name,
                        other=other.name,
                    )
                )

    @api.model
    def _get_last(self, company, day):
        """The last posted close before `day`."""
        domain = Domain("company_id", "=", company.id) & Domain("state", "=", "posted")
        domain &= Domain("date_to", "<", day)
        return self.search(domain, order="date_to desc", limit=1)

    @api.model
    def _find_between(self, company, date_from, date_to):
        """Closes that are about a part of a period."""
        domain = Domain("company_id", "=", company.id)
        domain &= Domain("state", "in", ("computed", "posted"))
        domain &= Domain("date_from", "<=", date_to) & Domain(
            "date_to", ">=", date_from
        )
        return self.sudo().search(domain)

    @api.model
    def _recompute_rows(self, company, date_from, date_to):
        """Provisional variances of a part of a month, as if it were closed now."""
        last = fields.Date.end_of(date_from, "month")
        self._clear_rows(company, date_from, last)
        elements = CloseReader(company, date_from, date_to).read_elements()
        self._insert_rows(company, date_to, elements)

    def _get_progress(self):
        """{element id: {work centre id: what open orders held at the end}}"""
        result = defaultdict(dict)
        for line in self.progress_ids:
            amount = number(line.amount)
            result[line.element_id.id][line.workcenter_id.id] = amount
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_refused(self):
        if any(close.state in ("posted", "reversed") for close in self):
            raise UserError(
                self.env._(
                    "A posted close is kept. Reverse it, and close the period again."
                )
            )
        for close in self.sudo():
            close._clear()

    # -- computing --------------------------------------------------------------

    def action_compute(self):
        """Make the variances of the period, in place of those made before."""
        self.check_access("write")
        for close in self:
            if close.state not in ("draft", "computed"):
                raise UserError(
                    self.env._("%(period)s is closed already.", period=close.name)
                )
            close._check_accountant()
            close._as_engine()._compute_period()
        return True

    def _check_accountant(self):
        self.env["backflush.posting"]._check_accountant()

    def _compute_period(self):
        """Bring the time of orders in line, then compare control and applied."""
        self.env["backflush.time"]._recompute_period(
            self.company_id, self.date_from, self.date_to
        )
        self._clear()
        scope = self._get_scope()
        self._prove_accounts(scope)
        reader = CloseReader(self.company_id, self.date_from, self.date_to)
        # idle months in between: what was made for them as if they were closed alone
        self._clear_rows(self.company_id, *reader.late)
        elements = reader.read_elements()
        rows = self._insert_rows(self.company_id, self.date_to, elements, self)
        lines = [self._prepare_line(element, rows) for element in elements]
        self.env["backflush.close.line"].create(lines)
        self.env["backflush.close.progress"].create(
            self._prepare_progress(reader.closing)
        )
        # with the rows just made
        reader = CloseReader(self.company_id, self.date_from, self.date_to)
        self._fill_accounts(reader)
        self._compute_disposition(reader)
        self._compute_bridge(reader, scope)
        self.write({"state": "computed", "date_computed": fields.Datetime.now()})

    def _clear(self):
        """Take back what was computed before, and provisional rows of the period."""
        self.line_ids.unlink()
        self.progress_ids.unlink()
        self.part_ids.unlink()
        self.bridge_ids.unlink()
        self.adjustment_ids.unlink()
        self.account_proof_ids.unlink()
        self._clear_rows(self.company_id, self.date_from, self.date_to)

    @api.model
    def _clear_rows(self, company, date_from, date_to):
        domain = Domain("company_id", "=", company.id)
        domain &= Domain("kind", "in", (*PERIOD_KINDS, "rounding"))
        domain &= Domain("posting_id", "=", False)
        domain &= Domain("date", ">=", date_from) & Domain("date", "<=", date_to)
        domain &= Domain("state", "=", "provisional")
        variances = self.env["backflush.variance"].sudo()
        variances.with_context(backflush_engine=True).search(domain).unlink()

    @api.model
    def _insert_rows(self, company, day, elements, close=None):
        """Write the kernel's rows of the period; return them by element id."""
        unit = number(company.currency_id.rounding)
        rows = {element.element: period_rows(element, unit) for element in elements}
        vals_list = [
            self._prepare_row(company, day, row, close)
            for element_rows in rows.values()
            for row in element_rows
        ]
        insert(self.env["backflush.variance"], vals_list)
        return rows

    @api.model
    def _prepare_row(self, company, day, row, close):
        element = self.env["backflush.element"].browse(row.element)
        account = company._backflush_config("backflush_cost_of_sales_account_id")
        if row.kind != "timing":
            role = "price" if row.kind in PRICE_KINDS else "quantity"
            account = element[f"{role}_variance_account_id"]
        return ROW_COLUMNS | {
            "kind": row.kind,
            "element_id": row.element,
            "date": day,
            "workcenter_id": row.workcenter,
            "quantity_standard": float(row.standard),
            "quantity_actual": float(row.actual),
            "price_standard": float(row.price),
            "price_actual": float(row.price),
            "amount": float(row.amount),
            "account_id": account.id,
            "close_id": close and close.id,
            "company_id": company.id,
        }

    def _prepare_line(self, element, rows):
        totals = defaultdict(Decimal)
        for row in rows[element.element]:
            totals[row.kind] += row.amount
        return {
            "close_id": self.id,
            "element_id": element.element,
            "control": float(element.control),
            "applied": float(element.applied),
            "variances": float(element.rows),
            "timing": float(totals.pop("timing", 0)),
            "period_variances": float(sum(totals.values())),
        }

    def _prepare_progress(self, state):
        return [
            {
                "close_id": self.id,
                "element_id": element,
                "workcenter_id": workcenter,
                "amount": float(amount),
            }
            for element, amounts in state.items()
            for workcenter, amount in amounts.items()
        ]

    # -- buttons ----------------------------------------------------------------

    def action_view_variances(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "backflush_costing.backflush_variance_action"
        )
        domain = Domain("company_id", "=", self.company_id.id)
        domain &= Domain("date", ">=", self.date_from)
        domain &= Domain("date", "<=", self.date_to)
        return {**action, "domain": list(domain)}
