from decimal import Decimal

from odoo import fields, models
from odoo.fields import Domain

from ..costing.suitability import Limits
from .backflush_books import number

PERCENT = Decimal(100)
LIMIT_FIELDS = (
    "backflush_suitability_orders",
    "backflush_suitability_cycle",
    "backflush_suitability_customised",
    "backflush_suitability_materials",
    "backflush_suitability_finished",
    "backflush_suitability_variability",
    "backflush_suitability_variance",
)


class ResCompany(models.Model):
    """What a company asks of products that backflush costing is to suit."""

    _inherit = "res.company"

    backflush_suitability_months = fields.Integer(
        string="Months Looked At",
        default=12,
        help="Orders and stock of so many months, up to today.",
    )
    backflush_suitability_orders = fields.Integer(
        string="Orders at Least",
        default=5,
        help="Products with fewer finished orders are not judged.",
    )
    backflush_suitability_cycle = fields.Float(
        string="Days of a Cycle",
        default=5.0,
        digits=(16, 2),
        help="From start to finish of an order; the median of a product's orders.",
    )
    backflush_suitability_customised = fields.Float(
        string="Customised Orders (%)",
        default=10.0,
        digits=(16, 2),
        help="Orders with other components or operations than their bill.",
    )
    backflush_suitability_materials = fields.Float(
        string="Days of Materials on Hand",
        default=30.0,
        digits=(16, 2),
        help="Average stock ÷ daily usage. More will do where the stock is constant.",
    )
    backflush_suitability_finished = fields.Float(
        string="Days of Finished Goods on Hand",
        default=15.0,
        digits=(16, 2),
        help="Average stock ÷ daily usage. More will do where the stock is constant.",
    )
    backflush_suitability_variability = fields.Float(
        string="Variability of a Constant Stock",
        default=0.5,
        digits=(16, 2),
        help="Standard deviation ÷ average of the end-of-day stock.",
    )
    backflush_suitability_variance = fields.Float(
        string="Variances (% of Standard)",
        default=5.0,
        digits=(16, 2),
        help="Variances of each order, favourable or not, against the standard of what "
        "was made.",
    )

    _backflush_suitability_months_range = models.Constraint(
        "CHECK(backflush_suitability_months BETWEEN 1 AND 60)",
        "Suitability looks back over 1 to 60 months.",
    )
    _backflush_suitability_orders_positive = models.Constraint(
        "CHECK(backflush_suitability_orders >= 1)",
        "Suitability needs at least 1 order to judge a product by.",
    )
    _backflush_suitability_days_not_negative = models.Constraint(
        "CHECK(backflush_suitability_cycle >= 0 AND backflush_suitability_materials "
        ">= 0 AND backflush_suitability_finished >= 0)",
        "A limit in days cannot be negative.",
    )
    _backflush_suitability_shares_range = models.Constraint(
        "CHECK(backflush_suitability_customised BETWEEN 0 AND 100 AND "
        "backflush_suitability_variance BETWEEN 0 AND 100)",
        "The limits of customised orders and of variances are percentages: choose them "
        "between 0 and 100.",
    )
    _backflush_suitability_variability_not_negative = models.Constraint(
        "CHECK(backflush_suitability_variability >= 0)",
        "The limit of variability cannot be negative.",
    )

    def write(self, vals):
        res = super().write(vals)
        if not vals.keys().isdisjoint(LIMIT_FIELDS):
            # sudo: whoever sets limits need not see what they are about
            domain = Domain("company_id", "child_of", self.ids)
            self.env["backflush.suitability"].sudo().search(domain)._judge()
        return res

    def _get_backflush_suitability_limits(self):
        """What the company asks for; a branch without books of its own: its parent's.

        Not the first value that is set, on the way up: 0 is a limit, too.
        """
        # sudo: a user of a branch need not have access to the parent company
        owner = self._get_backflush_config_company().sudo()
        return Limits(
            orders=owner.backflush_suitability_orders,
            cycle=number(owner.backflush_suitability_cycle),
            customised=number(owner.backflush_suitability_customised) / PERCENT,
            materials=number(owner.backflush_suitability_materials),
            finished=number(owner.backflush_suitability_finished),
            variability=number(owner.backflush_suitability_variability),
            variance=number(owner.backflush_suitability_variance) / PERCENT,
        )

    def _get_backflush_suitability_months(self):
        """How many months back is looked at."""
        owner = self._get_backflush_config_company().sudo()
        return owner.backflush_suitability_months
