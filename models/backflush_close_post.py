from collections import defaultdict
from decimal import Decimal

from odoo import Command, api, fields, models
from odoo.exceptions import ConcurrencyError, UserError
from odoo.tools import SQL

from ..costing.close_entry import (
    ADJUST,
    CAPITALISE,
    CONVERSION,
    RELEASE,
    ROUNDING,
    USAGE,
    WRITE_OFF,
    Cleared,
    conversion_lines,
    disposition_lines,
    release_lines,
    rounding_lines,
    usage_lines,
)
from ..costing.disposition import expense, is_material, prorate
from ..costing.sql import closing
from .backflush_books import number
from .backflush_close_bases import CloseBases
from .backflush_close_reader import CloseReader

#: What a close shows, and nobody changes by hand.
KEPT = {
    "company_id",
    "date_from",
    "date_to",
    "state",
    "date_computed",
    "line_ids",
    "progress_ids",
    "part_ids",
    "bridge_ids",
    "adjustment_ids",
    "account_proof_ids",
    "date_posted",
    "inventory",
    "profit",
    "bridge_inventory",
    "bridge_profit",
    "bridge_profit_to_date",
    "is_bridge_material",
    "adjustment_move_id",
    "variance_ids",
    "account_move_ids",
    "finding_ids",
    "parent_close_id",
    "branch_close_ids",
    "user_posted_id",
    "version_ids",
}
#: Of these, what people choose before there are figures.
CHOSEN = {"company_id", "date_from", "date_to", "parent_close_id", "branch_close_ids"}


class BackflushClose(models.Model):
    """Posting a period: one entry, after which its variances are final."""

    _inherit = "backflush.close"

    part_ids = fields.One2many("backflush.close.part", "close_id", readonly=True)
    # sudo: who closes the books need not have rights on journal entries
    account_move_count = fields.Integer(
        compute="_compute_account_move_count", compute_sudo=True
    )

    @api.depends("account_move_ids")
    def _compute_account_move_count(self):
        for close in self:
            close.account_move_count = len(close.account_move_ids)

    # -- nobody writes what was closed ------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            is_draft = vals.get("state") == "draft"
            self._check_chosen(set(vals) - ({"state"} if is_draft else set()))
        return super().create(vals_list)

    def write(self, vals):
        is_engine = self.env.su and self.env.context.get("backflush_engine")
        if not is_engine and KEPT & set(vals):
            self._check_chosen(set(vals))
            if any(x.state in ("posted", "reversed") for x in self):
                self._refuse_change()
            if {"company_id", "date_from", "date_to"} & set(vals):
                self._forget_figures()
        return super().write(vals)

    @api.model
    def _check_chosen(self, names):
        """The rest is found, and acted upon: what names an entry may reverse it."""
        if KEPT & names - CHOSEN:
            self._refuse_change()

    def _forget_figures(self):
        """What was computed is about another period than the one that is set now."""
        self.check_access("write")
        for close in self.filtered(lambda close: close.state == "computed"):
            engine = close._as_engine()
            engine._clear()
            engine.write({"state": "draft", "date_computed": False})

    def _refuse_change(self):
        raise UserError(
            self.env._(
                "A close is posted and reversed with its buttons, and kept as it is. "
                "Reverse it, and close the period again."
            )
        )

    # -- computing --------------------------------------------------------------

    def _fill_accounts(self, reader):
        """Rows that were made before their element had an account have it now."""
        for element_id, kind, account, _amount in reader.read_rows():
            element = self.env["backflush.element"].browse(element_id)
            if not account and (known := element._get_variance_account(kind)):
                reader.fetch(
                    closing.FILL, element=element.id, kind=kind, account=known.id
                )

    def _compute_disposition(self, reader, scope):
        """Where the variances of the period will go."""
        bases = CloseBases(self, reader, scope)
        standing = bases.get_standing()
        parts = expense(standing)
        if self.company_id._backflush_config("backflush_variance_policy") == "prorate":
            held = bases.get_bases()
            percent = self.company_id._backflush_config("backflush_materiality_percent")
            if is_material(standing, held, number(percent)):
                unit = number(self.currency_id.rounding)
                parts = prorate(standing, held, bases.material, unit)
        model = self.env["backflush.close.part"]
        model.create([model._prepare(self, part) for part in parts])

    def _get_figures(self):
        """What the user sees before posting."""
        fields_ = ("control", "applied", "variances", "period_variances", "timing")
        lines = [
            (x.element_id.id, *(x[name] for name in fields_)) for x in self.line_ids
        ]
        residues = sorted(self._get_residues().items())
        return sorted(lines), sorted(self.part_ids._get_parts()), residues

    # -- posting ----------------------------------------------------------------

    def action_post(self):
        """Book the period, unless its figures are not those that were shown."""
        self.ensure_one()
        self.check_access("write")
        self._check_accountant()
        self._take_turn()
        if self.state != "computed":
            message = self.env._("%(period)s is closed already.", period=self.name)
            if self.state == "draft":
                message = self.env._(
                    "%(period)s has no figures yet. Compute it and look at them, then "
                    "post it.",
                    period=self.name,
                )
            raise UserError(message)
        return self._as_engine()._post_period()

    def _as_engine(self):
        """sudo: rows, parts and entries of a close are written by the addon alone."""
        engine = self.env["backflush.engine"]._as_engine(self.company_id)
        return self.with_env(engine.env)

    def _take_turn(self):
        """Wait for whoever posts or reverses it; who comes second starts over."""
        self.env.flush_all()
        for query in (
            "SELECT id FROM backflush_close WHERE id = %s FOR NO KEY UPDATE",
            "UPDATE backflush_close SET write_date = write_date WHERE id = %s"
            " RETURNING id",
        ):
            self.env.execute_query(SQL(query, self.id))
        self.invalidate_recordset(["state"])

    def _check_is_current(self):
        """Start over where postings of the period came in while this one waited: they
        are in the database, and not in what this transaction sees of it.
        """
        own = self._count_postings(self.env.cr)
        with self.env.registry.cursor() as fresh:
            if self._count_postings(fresh) > own:
                raise ConcurrencyError("Postings came in before the close had its turn")

    def _count_postings(self, cr):
        query = """SELECT COUNT(*) FROM backflush_posting
                    WHERE company_id = %s AND date BETWEEN %s AND %s"""
        cr.execute(query, (self.company_id.id, self.date_from, self.date_to))
        return cr.fetchone()[0]

    def _post_period(self):
        self._check_is_current()
        self._check_can_post()
        shown = self._get_figures()
        self._compute_period()
        if self._get_figures() != shown:
            return self._notify_change()
        reader = CloseReader(self.company_id, self.date_from, self.date_to)
        self._check_accounts(reader)
        entry = self._create_entry(self.date_to, self._get_lines(reader))
        self._release()
        self._finalise(reader, entry)
        self.write({"state": "posted", "date_posted": self.env.cr.now()})
        self.message_post(body=self.env._("Posted: the variances are final."))
        return True

    def _notify_change(self):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "title": self.env._("Not posted"),
                "message": self.env._(
                    "Something was booked since the figures were computed. Look at the "
                    "new ones, then post again."
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _finalise(self, reader, entry):
        reader.fetch(
            closing.FINALISE,
            close=self.id,
            entry=entry.id or None,
            uid=self.env.uid,
            now=self.env.cr.now(),
        )
        self.env.invalidate_all(flush=False)

    # -- the entry --------------------------------------------------------------

    def _get_lines(self, reader):
        """All steps; each is in balance."""
        unit = number(self.currency_id.rounding)
        expensed = self.company_id._backflush_config(
            "backflush_cost_of_sales_account_id"
        )
        lines = rounding_lines(self._get_residues(), self._get_rounding_account().id)
        lines += usage_lines(*self._get_usage(reader, expensed.id), unit)
        rows = defaultdict(Decimal)
        for _element, _kind, account, amount in reader.read_rows():
            rows[account] += number(amount)
        lines += conversion_lines(rows, self._get_cleared(reader))
        parts = self.part_ids._get_parts()
        capitalised = self._get_capitalised_account()
        return lines + disposition_lines(parts, expensed.id, capitalised.id)

    def _get_usage(self, reader, expensed):
        """{account: amount} of open usage's rows, and of where it stands. What stands
        on no account of materials is taken out of cost of sales.
        """
        rows, stood = defaultdict(Decimal), defaultdict(Decimal)
        for account, amount, parts in reader.usage:
            rows[account] += amount
            for part in parts:
                stood[part.account] += part.amount
            if not parts:
                stood[expensed] += amount
        return rows, stood

    def _get_cleared(self, reader):
        """What each account of the elements holds, whichever of the two it is."""
        return [
            Cleared(account, spent, account, applied)
            for _element, account, spent, applied in reader.accounts
        ]

    def _get_capitalised_account(self):
        name = "backflush_capitalised_variance_account_id"
        return self.company_id._backflush_config(name)

    def _get_step_names(self):
        return {
            ROUNDING: self.env._("Rounding of stock accounts"),
            USAGE: self.env._("Open usage"),
            CONVERSION: self.env._("Conversion cost"),
            CAPITALISE: self.env._("Variances capitalised"),
            WRITE_OFF: self.env._("Variances expensed"),
            RELEASE: self.env._("Variances returned"),
            ADJUST: self.env._("Adjustment to sequential costing"),
        }

    def _create_entry(self, day, lines):
        """One entry, its items by step; nothing has no entry."""
        entries = self.env["account.move"]
        if not lines:
            return entries
        names = self._get_step_names()
        commands = [
            Command.create(
                {
                    "account_id": line.account,
                    "name": f"{names[line.step]} {self.name}",
                    "balance": float(line.amount),
                    "analytic_distribution": False,
                }
            )
            for line in lines
        ]
        entry = entries.create(
            {
                "move_type": "entry",
                "journal_id": self.company_id._backflush_config(
                    "backflush_journal_id"
                ).id,
                "company_id": self.company_id.id,
                "date": day,
                "ref": self.env._("Period close %(period)s", period=self.name),
                "backflush_close_id": self.id,
                "line_ids": commands,
            }
        )
        entry._post(soft=False)
        return entry

    def _release(self):
        """On the first day of the next period, what was capitalised comes back."""
        capitalised = self._get_capitalised_account()
        lines = release_lines(self.part_ids._get_parts(), capitalised.id)
        self._create_entry(self._get_next_day(), lines)

    def _get_next_day(self):
        return fields.Date.add(self.date_to, days=1)

    # -- buttons ----------------------------------------------------------------

    def action_view_entries(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account.action_move_journal_line"
        )
        return {
            **action,
            "domain": [("backflush_close_id", "=", self.id)],
            "context": {},
        }
