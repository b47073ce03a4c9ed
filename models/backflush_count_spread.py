from odoo import fields, models
from odoo.tools import SQL

from ..costing import spread as kernel
from ..costing.sql import spread as queries
from .backflush_books import number
from .backflush_once import start_over


class BackflushCountSpread(models.Model):
    """What one product bears of a count difference.

    The count's own row stays as it is: reports by product take these parts instead of
    it. They add up to it to the cent, and move neither its account nor its entry.
    """

    _name = "backflush.count.spread"
    _description = "Count Difference Spread over Products"
    _order = "variance_id desc, share desc, id"
    _check_company_auto = True
    _rec_name = "product_id"

    variance_id = fields.Many2one(
        "backflush.variance", required=True, readonly=True, ondelete="cascade"
    )
    product_id = fields.Many2one(
        "product.product",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        help="The product that consumed what was counted.",
    )
    quantity = fields.Float(
        string="Standard Usage",
        digits=0,
        min_display_digits=2,
        readonly=True,
        aggregator=None,
        help="What the output made since the last count should have used of it: "
        "quantity on the standard cost card × output, in the unit of what was counted.",
    )
    uom_id = fields.Many2one("uom.uom", string="Unit", readonly=True)
    share = fields.Float(
        digits=0, readonly=True, help="Its part of all standard usage since then."
    )
    amount = fields.Monetary(
        readonly=True, help="Positive = unfavourable; the parts add up to the variance."
    )
    date_from = fields.Datetime(
        string="Last Counted",
        readonly=True,
        help="Output since then bears the difference; empty where it was the first "
        "count.",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )

    _product_unique = models.UniqueIndex(
        "(variance_id, product_id)", "This count difference has already been spread."
    )

    def _spread(self, variances):
        """Write the parts of `variances`; return those that nobody's usage bears."""
        counts = {count.row: count for count in self._find_counts(variances)}
        usage = self._find_usage(list(counts.values()))
        vals_list, left = [], variances.browse()
        for variance in variances:
            shares = kernel.spread(
                number(variance.amount),
                usage.get(variance.id, {}),
                number(variance.currency_id.rounding),
            )
            left |= variance if not shares else variances.browse()
            vals_list += [
                self._prepare_share(variance, counts[variance.id], share)
                for share in shares
            ]
        with start_over():
            self.create(vals_list)
        return left

    def _prepare_share(self, variance, count, share):
        return {
            "variance_id": variance.id,
            "product_id": share.product,
            "quantity": float(share.quantity),
            "uom_id": variance._get_counted_product().uom_id.id,
            "share": float(share.part),
            "amount": float(share.amount),
            "date_from": count.date,
            "company_id": variance.company_id.id,
        }

    def _find_counts(self, variances):
        self.env.flush_all()
        moves = variances.posting_id.move_id.ids
        rows = self.env.execute_query(queries.windows(variances.ids, moves))
        return [queries.Count(*row) for row in rows]

    def _find_usage(self, counts):
        """{row: {product: standard usage since the last count}}"""
        usage: dict = {}
        for row, product, quantity in self.env.execute_query(queries.usage(counts)):
            usage.setdefault(row, {})[product] = number(quantity)
        return usage

    def _mirror(self, reversal):
        """The same shares of the row that reverses this one, with opposite amounts."""
        for part in self:
            part.copy({"variance_id": reversal.id, "amount": -part.amount})

    def _read_by_product(self, domain):
        """{product id: amount} of the variances that fit, parts instead of spread rows.

        The method for reports by product; `costing.sql.spread` has the columns for
        those that join the parts themselves.
        """
        variances = self.env["backflush.variance"]
        self.env.flush_all()
        rows = SQL("%s", variances._search(domain).subselect())
        return dict(self.env.execute_query(queries.by_product(rows)))
