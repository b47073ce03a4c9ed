from odoo import fields, models

from ..costing.analysis import TIME_KINDS, VENDOR_KINDS

#: What can be opened from a variance.
LINKS = (
    "account_move_id",
    "bill_id",
    "posting_id",
    "product_id",
    "production_id",
    "purchase_id",
    "sale_id",
    "timesheet_id",
)


class BackflushVariance(models.Model):
    """Whom to ask about a variance, and where."""

    _inherit = "backflush.variance"

    asked_id = fields.Many2one(
        "res.users",
        string="To Be Asked",
        compute="_compute_asked_id",
        help="Prices: the buyer. Time: the manager of the department. Everything else: "
        "who is responsible for the order.",
    )

    def _compute_asked_id(self):
        # sudo: names only; neither bills nor employees are shown
        for variance in self:
            variance.asked_id = variance.sudo()._get_asked()

    def _get_asked(self):
        self.ensure_one()
        users = self.order_user_id
        if self.kind in VENDOR_KINDS:
            users = self.buyer_id or self.bill_id.invoice_user_id
        elif self.kind in TIME_KINDS:
            users = self.department_id.manager_id.user_id or users
        users = users.filtered("active")
        return users or self.company_id._get_backflush_responsible()

    def _get_asked_document(self, user):
        """Where `user` is asked: on what can be read there, if on anything."""
        self.ensure_one()
        order, bill = self.production_id, self.bill_id
        first = (bill, order) if self.kind in VENDOR_KINDS else (order, bill)
        documents = [x for x in (*first, self.posting_id, self.product_id) if x]
        companies = user.sudo().company_ids.ids
        readable = (
            document
            for document in documents
            if document.with_user(user)
            .with_context(allowed_company_ids=companies)
            .has_access("read")
        )
        return next(readable, documents[0] if documents else None)

    def action_ask(self):
        """Open the dialog that asks the right person about these variances."""
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "backflush_costing.backflush_question_action"
        )
        return {**action, "context": {"default_variance_ids": self.ids}}

    def action_open_link(self):
        """Open one of the documents of the variance: `link` in the context."""
        self.ensure_one()
        name = self.env.context.get("link")
        if name not in LINKS:
            return False
        return self.posting_id._open(self[name])
