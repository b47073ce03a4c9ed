from odoo import api, fields, models
from odoo.exceptions import UserError

from ..costing.sql.spread import COUNT_KINDS

#: So many rows that cannot be spread are named, at most.
REASONS = 5


class BackflushVariance(models.Model):
    """A count difference, spread over the products that consumed what was counted."""

    _inherit = "backflush.variance"

    spread_ids = fields.One2many(
        "backflush.count.spread", "variance_id", string="Spread over", readonly=True
    )
    is_spread = fields.Boolean(
        string="Spread", compute="_compute_is_spread", search="_search_is_spread"
    )

    @api.depends("spread_ids")
    def _compute_is_spread(self):
        for variance in self:
            variance.is_spread = bool(variance.spread_ids)

    def _search_is_spread(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("spread_ids", "!=" if True in value else "=", False)]

    def _get_counted_product(self):
        self.ensure_one()
        return self.component_id or self.product_id

    def action_spread_count(self):
        """Spread the selected count differences over the products behind them."""
        self._check_spread_access()
        refused = self._find_spread_refusals()
        wanted = self.filtered(lambda variance: variance not in refused)
        # sudo: parts are written here only, by accountants
        parts = self.env["backflush.count.spread"].sudo()
        left = parts._spread(wanted) if wanted else wanted
        refused |= {variance: variance._get_not_consumed() for variance in left}
        if len(refused) == len(self):
            raise UserError("\n".join(self._get_first_reasons(refused)))
        return self._notify_spread(len(self) - len(refused), refused)

    def action_undo_spread(self):
        """Take the parts off again: reports show the count's own row."""
        self._check_spread_access()
        # a reversal bears what it reverses, with the opposite sign
        rows = self | self.posting_id.variance_ids.filtered(
            lambda row: (
                row.posting_id.state == "reversed"
                and row.element_id in self.element_id
                and row.kind in COUNT_KINDS
            )
        )
        parts = rows.sudo().spread_ids
        if not parts:
            raise UserError(self.env._("What is selected has not been spread."))
        parts.unlink()
        return True

    def _check_spread_access(self):
        others = self.sudo().company_id - self.env.companies
        if others and others <= self.env.user.company_ids:
            raise UserError(
                self.env._(
                    "These count differences belong to %(company)s: choose that "
                    "company at the top of the screen first.",
                    company=", ".join(others.mapped("name")),
                )
            )
        self.check_access("read")
        self.posting_id._check_accountant()

    def _find_spread_refusals(self):
        """{row: why it cannot be spread}"""
        refused = {}
        for variance in self:
            if variance.kind not in COUNT_KINDS or not variance.posting_id.move_id:
                refused[variance] = self.env._(
                    "Only count differences can be spread over products; "
                    "%(variance)s is none.",
                    variance=variance.display_name,
                )
            elif variance.spread_ids:
                refused[variance] = self.env._(
                    "The count difference of %(product)s on %(date)s is spread "
                    "already. Undo the spread first to make it anew.",
                    **variance._get_spread_words(),
                )
            elif variance.posting_id.state == "reversed":
                refused[variance] = self.env._(
                    "The count difference of %(product)s on %(date)s was reversed: "
                    "there is nothing to spread.",
                    **variance._get_spread_words(),
                )
        return refused

    def _get_not_consumed(self):
        return self.env._(
            "The count difference of %(product)s on %(date)s cannot be spread: since "
            "its last count nothing was made whose standard cost card uses it.",
            **self._get_spread_words(),
        )

    def _get_spread_words(self):
        return {
            "product": self._get_counted_product().display_name,
            "date": fields.Date.to_string(self.date),
        }

    def _get_first_reasons(self, refused):
        """As many as somebody reads."""
        reasons = list(dict.fromkeys(refused.values()))
        if left := reasons[REASONS:]:
            more = self.env._("%(count)s more for like reasons.", count=len(left))
            return [*reasons[:REASONS], more]
        return reasons

    def _notify_spread(self, count, refused):
        if len(self) == 1:
            return True  # its form shows the parts
        message = self.env._("Spread over products: %(count)s.", count=count)
        reasons = self._get_first_reasons(refused)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": " ".join([message, *reasons]),
                "type": "warning" if refused else "success",
                "sticky": bool(refused),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
