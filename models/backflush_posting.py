from odoo import api, fields, models
from odoo.exceptions import UserError

EVENTS = [
    ("completion", "Completion"),
    ("delivery", "Delivery"),
    ("return", "Customer Return"),
    ("unbuild", "Unbuild"),
    ("scrap", "Scrap"),
    ("count", "Inventory Count"),
    ("receipt", "Receipt"),
    ("bill", "Vendor Bill"),
    ("invoice", "Customer Invoice"),
    ("correction", "Correction"),
    ("revaluation", "Revaluation"),
]
STATES = [
    ("pending", "Pending"),
    ("posted", "Posted"),
    ("failed", "Failed"),
    ("reversed", "Reversed"),
]
#: What the engine may still set on a posting (DESIGN §4, rule 11).
SET_ONCE_LATER = {"state", "error", "account_move_id", "variance_ids", "fact_ids"}


class BackflushPosting(models.Model):
    """The numbered sub-ledger document of one event.

    It is never edited: what changes later becomes a `correction` of its own, what was
    wrong is reversed and booked again with the next sequence number.
    """

    _name = "backflush.posting"
    _inherit = [
        "mail.thread",
        "mail.activity.mixin",
        "backflush.posting.queue",
        "backflush.posting.activity",
        "backflush.posting.note",
        "backflush.posting.trail",
    ]
    _description = "Backflush Posting"
    # who may read a posting may remark on it; the posting itself stays as it is
    _mail_post_access = "read"
    # what still has to be posted comes first
    _order = "is_open desc, date_event desc, id desc"
    _check_company_auto = True

    name = fields.Char(required=True, readonly=True, default="/", index="trigram")
    event = fields.Selection(EVENTS, required=True, readonly=True)
    trigger = fields.Selection(
        [("completion", "Completion"), ("delivery", "Delivery")],
        readonly=True,
        help="The trigger under which the event was first posted; it stays.",
    )
    state = fields.Selection(STATES, required=True, readonly=True, default="pending")
    error = fields.Text(
        string="Remark",
        readonly=True,
        help="Why the posting failed and what to do, or why it owes no journal entry.",
    )
    date_event = fields.Date(
        string="Event Date",
        required=True,
        readonly=True,
        help="The day on which the goods moved.",
    )
    date = fields.Date(
        string="Accounting Date",
        readonly=True,
        help="The event date, or the first open day after it in a locked period.",
    )
    date_reason = fields.Char(readonly=True)
    res_model = fields.Char(string="Event Model", required=True, readonly=True)
    res_id = fields.Many2oneReference(
        string="Event Record", model_field="res_model", required=True, readonly=True
    )
    sequence = fields.Integer(required=True, readonly=True, default=1)
    production_id = fields.Many2one(
        "mrp.production",
        string="Manufacturing Order",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    picking_id = fields.Many2one(
        "stock.picking",
        string="Transfer",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    move_id = fields.Many2one(
        "stock.move", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    product_id = fields.Many2one(
        "product.product", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    standard_id = fields.Many2one(
        "backflush.standard",
        string="Standard Cost Card",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    is_blend = fields.Boolean(
        string="Mix and Yield",
        readonly=True,
        help="The usage of its components is split into mix and yield. As the bill of "
        "materials said when the event was first posted; it stays.",
    )
    quantity = fields.Float(
        digits=0,
        min_display_digits=2,
        readonly=True,
        help="Good output or delivered quantity, in the product's unit of measure.",
    )
    uom_id = fields.Many2one(related="product_id.uom_id")
    line_ids = fields.One2many("backflush.posting.line", "posting_id", readonly=True)
    fact_ids = fields.One2many("backflush.stock.fact", "posting_id", readonly=True)
    variance_ids = fields.One2many("backflush.variance", "posting_id", readonly=True)
    account_move_id = fields.Many2one(
        "account.move",
        string="Journal Entry",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        copy=False,
    )
    reversal_move_id = fields.Many2one(
        "account.move",
        string="Reversal Entry",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
    )
    date_reversed = fields.Date(
        string="Reversed On",
        readonly=True,
        copy=False,
        help="The accounting date of what took it back.",
    )
    successor_id = fields.Many2one(
        "backflush.posting",
        string="Booked Again By",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    is_open = fields.Boolean(
        string="To Be Posted", compute="_compute_is_open", store=True, precompute=True
    )
    is_recorded = fields.Boolean(
        compute="_compute_is_recorded",
        help="Its lines count as booked: with their entry, or waiting for it.",
    )
    amount = fields.Monetary(readonly=True, help="Total of the debits.")
    currency_id = fields.Many2one(related="company_id.currency_id")
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )

    _event_unique = models.UniqueIndex(
        "(company_id, res_model, res_id, event, sequence)",
        "This event has already been posted.",
    )
    _open_idx = models.Index("(company_id, state) WHERE state IN ('pending', 'failed')")

    @api.depends("state")
    def _compute_is_open(self):
        for posting in self:
            posting.is_open = posting.state in ("pending", "failed")

    @api.model_create_multi
    def create(self, vals_list):
        # Nobody follows a posting, and no message says that it exists.
        untracked = self.with_context(tracking_disable=True)
        return super(BackflushPosting, untracked).create(vals_list).with_env(self.env)

    @api.depends("state", "line_ids")
    def _compute_is_recorded(self):
        recorded = self._filter_recorded()
        for posting in self:
            posting.is_recorded = posting in recorded

    def write(self, vals):
        if not self.env.context.get("backflush_engine") or not self.env.su:
            raise UserError(
                self.env._(
                    "A backflush posting cannot be edited. Reverse it, or correct the "
                    "order or transfer it came from: the difference is booked then."
                )
            )
        untracked = self.with_context(tracking_disable=True)
        return super(BackflushPosting, untracked).write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_refused(self):
        raise UserError(
            self.env._("A backflush posting cannot be deleted. Reverse it instead.")
        )

    def _is_standing(self):
        """Whether it counts as booked."""
        self.ensure_one()
        return bool(self._filter_recorded())

    def _filter_recorded(self):
        """Those whose lines count as booked, with their entry or waiting for it.

        A failed posting that has lines is one whose day could not be booked.
        """
        return self.filtered(
            lambda p: (
                p.state in ("posted", "pending") or p.state == "failed" and p.line_ids
            )
        )

    def _filter_waiting(self):
        """Those that are recorded and wait for their day's entry."""
        return self._filter_recorded().filtered(lambda p: p.state != "posted")

    def action_book(self):
        """Make the journal entries that the selected postings wait for, by day.

        Without a selection: those of all postings in the companies at work.
        """
        self.check_access("read")
        self._check_accountant()
        day = self.env["backflush.day"]
        waiting = self._filter_waiting() or (
            day._find_waiting(self.env.companies) if not self else self
        )
        entries = day._book_waiting(waiting)
        return self._notify_booked(entries, waiting.filtered(lambda p: p.is_open))

    def _notify_booked(self, entries, failed):
        message = self.env._("Nothing was waiting to be booked.")
        if entries or failed:
            message = self.env._(
                "%(count)s journal entries: %(names)s",
                count=len(entries),
                names=", ".join(entries.mapped("name")),
            )
        if failed:
            message = self.env._(
                "%(count)s postings could not be booked: %(reason)s",
                count=len(failed),
                reason=failed[0].error,
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": message,
                "type": "warning" if failed else "success" if entries else "info",
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_reverse(self):
        """Reverse posted postings; their events can be booked again afterwards."""
        self.check_access("read")
        self._check_accountant()
        for posting in self:
            if not posting._filter_recorded():
                raise UserError(
                    self.env._(
                        "%(name)s is not posted, so there is nothing to reverse.",
                        name=posting.name,
                    )
                )
            if posting.res_model == "product.product":
                raise UserError(
                    self.env._(
                        "%(name)s follows from a cost that was changed by hand. Set "
                        "the cost of %(product)s back instead.",
                        name=posting.name,
                        product=posting.product_id.display_name,
                    )
                )
            if posting.event == "revaluation":
                raise UserError(
                    self.env._(
                        "%(name)s follows from standards that are in force. Activate a "
                        "new costing version instead.",
                        name=posting.name,
                    )
                )
            if posting.res_model == "account.move":
                raise UserError(
                    self.env._(
                        "%(name)s belongs to the bill or invoice itself: reset that "
                        "document to draft, and the posting is reversed with it.",
                        name=posting.name,
                    )
                )
        self.env["backflush.engine"]._reverse(self)
        return True

    def _check_accountant(self):
        if not self.env.su and not self.env.user.has_group(
            "backflush_costing.group_backflush_accountant"
        ):
            raise UserError(
                self.env._(
                    "Only a backflush accountant can do this. Ask your manager for the "
                    "right 'Backflush Costing: Accountant'."
                )
            )
