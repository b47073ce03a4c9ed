from odoo import fields, models
from odoo.fields import Domain

READERS = "backflush_costing.group_backflush_user"


class BackflushTrail(models.AbstractModel):
    """Back from what moved goods to what that has booked: postings and stock facts.

    For documents of Odoo's that no posting points at by a field of its own.
    """

    _name = "backflush.trail"
    _description = "Audit Trail of a Document"

    backflush_posting_count = fields.Integer(
        string="Postings", compute="_compute_backflush_trail", groups=READERS
    )
    backflush_fact_count = fields.Integer(
        string="Stock Facts", compute="_compute_backflush_trail", groups=READERS
    )

    def _compute_backflush_trail(self):
        for record in self:
            record.backflush_posting_count = self.env["backflush.posting"].search_count(
                record._get_backflush_posting_domain()
            )
            record.backflush_fact_count = self.env["backflush.stock.fact"].search_count(
                record._get_backflush_fact_domain()
            )

    def _get_backflush_own_moves(self):
        """The movements that the document made."""
        raise NotImplementedError

    def _get_backflush_fact_domain(self):
        return Domain("move_id", "in", self._get_backflush_own_moves().ids)

    def _get_backflush_posting_domain(self):
        """Those of the document and of its movements, and those that carry them."""
        moves = self._get_backflush_own_moves()
        return (
            (Domain("res_model", "=", self._name) & Domain("res_id", "in", self.ids))
            | Domain("move_id", "in", moves.ids)
            | Domain("fact_ids.move_id", "in", moves.ids)
        )

    def action_view_backflush_postings(self):
        return self._get_backflush_action(
            "backflush_posting_action", self._get_backflush_posting_domain()
        )

    def action_view_backflush_facts(self):
        return self._get_backflush_action(
            "backflush_stock_fact_action", self._get_backflush_fact_domain()
        )

    def _get_backflush_action(self, name, domain):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            f"backflush_costing.{name}"
        )
        return {**action, "domain": list(domain), "context": {}}
