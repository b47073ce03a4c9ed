from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..costing.rollup import allowed_hours
from .backflush_books import number


class MrpProduction(models.Model):
    """The hours of an order, beside those that its card allows."""

    _inherit = "mrp.production"

    backflush_hours_recorded = fields.Float(
        string="Hours Recorded",
        compute="_compute_backflush_hours_recorded",
        help="By people, on timesheets of this order.",
    )
    backflush_hours_allowed = fields.Float(
        string="Hours Allowed",
        compute="_compute_backflush_hours_allowed",
        help="What the standard cost card allows people for the quantity of the order; "
        "set-up only on the first of orders that one was split into.",
    )

    @api.depends("backflush_timesheet_ids.unit_amount")
    def _compute_backflush_hours_recorded(self):
        """All hours of the order, also those that others have recorded.

        sudo: a sum of hours; the timesheets of others stay theirs.
        """
        groups = (
            self.env["account.analytic.line"]
            .sudo()
            ._read_group(
                Domain("production_id", "in", self._origin.ids)
                & Domain("project_id", "!=", False),
                ["production_id"],
                ["unit_amount:sum"],
            )
        )
        hours = {order.id: total for order, total in groups}
        for order in self:
            order.backflush_hours_recorded = hours.get(order._origin.id, 0.0)

    @api.depends("product_id", "product_qty", "product_uom_id", "state")
    def _compute_backflush_hours_allowed(self):
        # sudo: hours, no cost; whoever works on the order need not see the card
        for company, orders in self.sudo().grouped("company_id").items():
            Standard = self.env["backflush.standard"].sudo()
            cards = Standard._get_active_cards(orders.product_id, company)
            for order in orders:
                card = order._get_backflush_hours_card() or cards.get(order.product_id)
                order.with_env(self.env).backflush_hours_allowed = (
                    order._get_backflush_hours(card) if card else 0.0
                )

    def _get_backflush_hours_card(self):
        """The card of its first posting; empty before there is one."""
        postings = self.backflush_posting_ids.filtered(
            lambda posting: posting.res_model == self._name
        )
        return postings.sorted("id").standard_id[:1]

    def _get_backflush_hours(self, card):
        """Hours of people that `card` allows; without people, of the work centers."""
        done = self.state == "done"
        quantity = self.product_uom_id._compute_quantity(
            self.qty_produced if done else self.product_qty,
            self.product_id.uom_id,
            round=False,
        )
        lines = card.line_ids.filtered(lambda line: line.line_type == "operation")
        people = lines.filtered(lambda line: line.element_id.type == "labour")
        if not people:
            people = lines.filtered(lambda line: line.element_id == lines[0].element_id)
        starts = self._is_backflush_starter()
        return float(
            sum(
                allowed_hours(
                    number(line.fixed_hours if starts else 0),
                    number(line.cycle_hours),
                    number(line.capacity or 1),
                    number(quantity),
                )
                for line in people
            )
        )

    def _is_backflush_starter(self):
        """Whether set-up is allowed for it: no order it was split from came first."""
        family = self.production_group_id.production_ids
        postings = (family - self).backflush_posting_ids.filtered(
            lambda posting: posting.res_model == self._name and posting.quantity > 0
        )
        own = self.backflush_posting_ids.filtered(
            lambda posting: posting.res_model == self._name and posting.quantity > 0
        )
        first = (postings | own).sorted("id")[:1]
        return not first or first.production_id == self

    # -- buttons ----------------------------------------------------------------

    def action_view_backflush_proof(self):
        """Standard against actual, with the variances between them."""
        self.ensure_one()
        return self.env["backflush.reconciliation"]._open_order(self)

    def action_view_backflush_timesheets(self):
        return self._open_backflush_timesheets([("production_id", "in", self.ids)])

    @api.model
    def _open_backflush_timesheets(self, domain):
        """Odoo's own list of timesheets, of whatever project."""
        lines = self.env["account.analytic.line"]
        if not lines.has_access("read"):
            raise UserError(
                self.env._(
                    "You may not read timesheets. Ask for the right 'Timesheets: User: "
                    "all timesheets'."
                )
            )
        view = self.env.ref("hr_timesheet.timesheet_view_tree_user")
        search = self.env.ref("hr_timesheet.hr_timesheet_line_search")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Timesheets"),
            "res_model": lines._name,
            "views": [(view.id, "list"), (False, "form")],
            "search_view_id": [search.id],
            "domain": [("project_id", "!=", False), *domain],
        }
