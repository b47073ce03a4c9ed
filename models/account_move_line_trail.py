from odoo import fields, models
from odoo.fields import Domain


class AccountMoveLine(models.Model):
    """From a journal item to the posting lines that make it up."""

    _inherit = "account.move.line"

    backflush_line_count = fields.Integer(
        string="Posting Lines",
        compute="_compute_backflush_line_count",
        groups="backflush_costing.group_backflush_user",
    )

    def _compute_backflush_line_count(self):
        # Only entries of the addon and the items it adds to bills are looked up.
        own = self.filtered(lambda item: item._is_backflush_traced())
        self.backflush_line_count = 0
        Line = self.env["backflush.posting.line"]
        keys = ["account_id", "product_id", "element_id"]
        counts = {}
        for name in "account_move_id", "reversal_move_id":
            path = f"posting_id.{name}"
            for move, *key, count in Line._read_group(
                Domain(path, "in", own.move_id.ids) & self._get_backflush_standing(),
                [path, *keys],
                ["__count"],
            ):
                counts.setdefault((move, key[0]), []).append((*key[1:], count))
        for item in own:
            item.backflush_line_count = sum(
                count
                for product, element, count in counts.get(
                    (item.move_id, item.account_id), ()
                )
                if item._is_backflush_part(product, element)
            )

    def _is_backflush_part(self, product, element):
        """Whether a posting line of the item's account is one of the item's own."""
        if self.move_id.move_type != "entry":
            return product == self.product_id
        # a day's entry has an item for each cost element
        return not self._is_backflush_by_element() or (
            element == self.backflush_element_id
        )

    def _is_backflush_by_element(self):
        return bool(self.move_id.line_ids.backflush_element_id)

    def _is_backflush_traced(self):
        """An item of an entry, or one that was added to a bill; not the user's own."""
        self.ensure_one()
        return self.move_id.move_type == "entry" or self.display_type == "cogs"

    def _get_backflush_standing(self):
        """A bill's reversed postings went with the items that they had added."""
        return Domain("posting_id.state", "=", "posted") | Domain(
            "posting_id.event", "not in", ("bill", "invoice")
        )

    def action_view_backflush_lines(self):
        """Open the posting lines of this item; a reversal's carry the opposite sign."""
        self.ensure_one()
        domain = Domain("account_id", "=", self.account_id.id)
        domain &= Domain("posting_id.account_move_id", "=", self.move_id.id) | Domain(
            "posting_id.reversal_move_id", "=", self.move_id.id
        )
        if self.move_id.move_type != "entry":
            domain &= Domain("product_id", "=", self.product_id.id)
        elif self._is_backflush_by_element():
            domain &= Domain("element_id", "=", self.backflush_element_id.id)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "backflush_costing.backflush_posting_line_action"
        )
        domain &= self._get_backflush_standing()
        return {**action, "domain": list(domain), "context": {}}
