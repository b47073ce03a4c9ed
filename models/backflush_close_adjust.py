from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..costing.bridge import ACCRUED, EXPENSE, adjustment
from ..costing.close_entry import ADJUST, Line
from .backflush_books import number
from .backflush_close_reader import CloseReader

#: Accounts chosen for the adjustment, by what an item of it is about.
ACCOUNT_FIELDS = {
    "work_in_process": "backflush_gaap_wip_account_id",
    "finished_goods": "backflush_gaap_finished_account_id",
    "materials": "backflush_gaap_materials_account_id",
    "cost_of_sales": "backflush_cost_of_sales_account_id",
    ACCRUED: "backflush_gaap_accrual_account_id",
}
ROLES = [
    ("work_in_process", "Work in Process"),
    ("finished_goods", "Finished Goods"),
    ("materials", "Materials Inventory"),
    (EXPENSE, "Materials, on Their Expense Account"),
    (ACCRUED, "Received, Not Billed"),
    ("cost_of_sales", "Cost of Sales"),
]


class BackflushCloseAdjustment(models.Model):
    """An item of the entry that brings the books to sequential costing."""

    _name = "backflush.close.adjustment"
    _description = "Adjustment to Sequential Costing"
    _inherit = ["backflush.close.detail"]
    _order = "close_id, id"

    role = fields.Selection(ROLES, string="For", required=True, readonly=True)
    account_id = fields.Many2one(
        "account.account",
        readonly=True,
        ondelete="restrict",
        help="Empty: chosen in the settings when the adjustment is booked.",
    )
    amount = fields.Monetary(readonly=True)
    debit = fields.Monetary(compute="_compute_sides")
    credit = fields.Monetary(compute="_compute_sides")

    @api.depends("amount")
    def _compute_sides(self):
        for item in self:
            item.debit = max(item.amount, 0)
            item.credit = max(-item.amount, 0)


class BackflushClose(models.Model):
    """The adjustment to sequential costing, which comes back on the next day."""

    _inherit = "backflush.close"

    adjustment_ids = fields.One2many(
        "backflush.close.adjustment", "close_id", readonly=True
    )
    adjustment_move_id = fields.Many2one(
        "account.move", string="Adjusting Entry", readonly=True, copy=False
    )

    # -- what it would be -------------------------------------------------------

    def _create_adjustment(self, position):
        is_accrued = bool(self._get_adjustment_account(ACCRUED))
        unit = number(self.currency_id.rounding)
        self.env["backflush.close.adjustment"].create(
            [
                self._prepare_item(item)
                for item in adjustment(position, unit, is_accrued=is_accrued)
            ]
        )

    def _prepare_item(self, item):
        account = item.account
        if item.role != EXPENSE:
            account = self._get_adjustment_account(item.role).id
        return {
            "close_id": self.id,
            "role": item.role,
            "account_id": account,
            "amount": float(item.amount),
        }

    def _get_adjustment_account(self, role):
        return self.company_id._backflush_config(ACCOUNT_FIELDS[role])

    # -- booking it -------------------------------------------------------------

    def action_adjust(self):
        """Book what sequential costing would show, and take it back on the next day."""
        self.ensure_one()
        self.check_access("write")
        self._check_accountant()
        self._take_turn()
        self._check_can_adjust()
        return self._as_engine()._post_adjustment()

    def _check_can_adjust(self):
        if self.state != "posted":
            raise UserError(
                self.env._(
                    "%(period)s is not posted. The adjustment rests on closed books: "
                    "post the period, then adjust it.",
                    period=self.name,
                )
            )
        if self.adjustment_move_id:
            raise UserError(
                self.env._("%(period)s is adjusted already.", period=self.name)
            )
        if not self.adjustment_ids:
            raise UserError(
                self.env._(
                    "The books of %(period)s show what sequential costing shows: there "
                    "is nothing to adjust.",
                    period=self.name,
                )
            )
        self._check_not_followed()
        for day in (self.date_to, self._get_next_day()):
            self._check_lock(day)

    def _check_not_followed(self):
        """What comes back on the first day of a closed period would change it."""
        domain = Domain("company_id", "=", self.company_id.id)
        domain &= Domain("state", "=", "posted") & Domain("date_to", ">", self.date_to)
        if later := self.search(domain, order="date_from", limit=1):
            raise UserError(
                self.env._(
                    "%(later)s is closed, and the adjustment of %(period)s would come "
                    "back within it. Reverse %(later)s first.",
                    later=later.name,
                    period=self.name,
                )
            )

    def _post_adjustment(self):
        entry = self._create_entry(self.date_to, self._get_adjustment_lines())
        reversal = entry._reverse_moves(
            [
                {
                    "date": self._get_next_day(),
                    "ref": self.env._("Reversal of %(entry)s", entry=entry.name),
                    "backflush_close_id": self.id,
                }
            ]
        )
        reversal._post(soft=False)
        self.adjustment_move_id = entry
        self.message_post(
            body=self.env._(
                "Adjusted to sequential costing: it comes back the day after."
            )
        )
        return True

    def _get_adjustment_lines(self):
        reader = CloseReader(self.company_id, self.date_from, self.date_to)
        return [
            Line(ADJUST, self._get_usable_item(reader, item), number(item.amount))
            for item in self.adjustment_ids
        ]

    def _get_usable_item(self, reader, item):
        if item.role != EXPENSE:
            return self._get_usable(reader, ACCOUNT_FIELDS[item.role])
        return reader.books.usable(
            item.account_id,
            self.env._("expense account of materials"),
            lambda: self.env._("Inventory › Configuration › Product Categories"),
        )

    def action_undo_adjustment(self):
        """Reverse the adjustment and its return, each on its own day."""
        self.ensure_one()
        self.check_access("write")
        self._check_accountant()
        self._take_turn()
        if not self.adjustment_move_id:
            raise UserError(
                self.env._(
                    "%(period)s is not adjusted, so there is nothing to undo.",
                    period=self.name,
                )
            )
        self._check_not_followed()
        self._as_engine()._undo_adjustment()
        return True

    def _undo_adjustment(self):
        entries = self.adjustment_move_id
        entries |= entries.reversal_move_ids
        self._reverse_entries(entries)
        self.adjustment_move_id = False
        self.message_post(body=self.env._("The adjustment was undone."))
