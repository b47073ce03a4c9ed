from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..costing.analysis import is_exceptional, percent, variance_type
from ..costing.sql import analysis
from .backflush_books import number

TYPE_LABELS = [
    ("price", "Price"),
    ("quantity", "Quantity"),
    ("neither", "Neither"),
]


class BackflushVariance(models.Model):
    """What variances are analysed by: read from their documents, stored nowhere.

    Rows are written in bulk at each completion, and are many. All of this follows from
    the documents they point at, and the database joins those when it groups.
    """

    _inherit = "backflush.variance"

    type = fields.Selection(
        TYPE_LABELS,
        compute="_compute_type",
        search="_search_type",
        help="Whether a price departed from the standard, or a quantity.",
    )
    categ_id = fields.Many2one(related="product_id.categ_id", string="Product Category")
    buyer_id = fields.Many2one(
        related="bill_line_id.purchase_line_id.order_id.user_id", string="Buyer"
    )
    purchase_id = fields.Many2one(
        related="bill_line_id.purchase_line_id.order_id", string="Purchase Order"
    )
    order_user_id = fields.Many2one(
        related="production_id.user_id", string="Responsible for the Order"
    )
    project_id = fields.Many2one(
        related="production_id.project_id", string="Project of the Order"
    )
    sale_id = fields.Many2one(
        "sale.order",
        string="Sales Order",
        compute="_compute_sale_id",
        search="_search_sale_id",
        help="That the order was made for, or the goods were delivered on.",
    )
    analytic_distribution = fields.Json(
        compute="_compute_analytic_distribution",
        search="_search_analytic_distribution",
        help="Of the bill line, or of the project of the order.",
    )
    analytic_precision = fields.Integer(compute="_compute_analytic_precision")
    percent = fields.Float(
        string="% of Standard",
        digits=(16, 1),
        compute="_compute_percent",
        help="Amount in percent of the standard amount (standard quantity × price).",
    )
    is_exceptional = fields.Boolean(
        string="Above Threshold",
        compute="_compute_percent",
        search="_search_is_exceptional",
        help="Reaches one of the thresholds in the settings of the company.",
    )

    @api.depends("kind")
    def _compute_type(self):
        for variance in self:
            variance.type = variance_type(variance.kind)

    @api.depends("production_id", "posting_id")
    def _compute_sale_id(self):
        # sudo: a link only; opening the order asks for the rights that it needs
        for variance in self:
            order = variance.sudo().production_id.sale_line_id.order_id
            delivered = variance.sudo().posting_id.picking_id.sale_id
            variance.sale_id = order or delivered

    @api.depends("bill_line_id", "production_id")
    def _compute_analytic_distribution(self):
        # sudo: shares of accounts only, to whoever reads the variance
        for variance in self:
            line, order = variance.sudo().bill_line_id, variance.sudo().production_id
            distribution = line.analytic_distribution
            if not distribution and order.project_id:
                distribution = order.project_id._get_analytic_distribution()
            variance.analytic_distribution = distribution or False

    def _compute_analytic_precision(self):
        precision = self.env["decimal.precision"]
        self.analytic_precision = precision.precision_get("Percentage Analytic")

    @api.depends("amount", "quantity_standard", "price_standard", "company_id")
    def _compute_percent(self):
        for variance in self:
            company = variance.company_id.sudo()
            amount = number(variance.amount)
            standard = number(variance.quantity_standard)
            standard *= number(variance.price_standard)
            variance.percent = float(percent(amount, standard) or 0)
            variance.is_exceptional = is_exceptional(
                amount,
                standard,
                number(company.backflush_threshold_amount),
                number(company.backflush_threshold_percent),
            )

    # -- searched and grouped by the database -----------------------------------

    def _field_to_sql(self, alias, field_expr, query=None):
        if query is None or field_expr not in ("type", "is_exceptional", "sale_id"):
            return super()._field_to_sql(alias, field_expr, query)
        self._check_field_access(self._fields[field_expr], "read")
        if field_expr == "type":
            return analysis.variance_type(self._field_to_sql(alias, "kind", query))
        if field_expr == "sale_id":
            made = self._join(alias, query, "production_id", "sale_line_id")
            delivered = self._join(alias, query, "posting_id", "picking_id")
            return analysis.first(made("order_id"), delivered("sale_id"))
        company = self._join(alias, query, "company_id")
        return analysis.is_exceptional(
            *(
                self._field_to_sql(alias, name, query)
                for name in ("amount", "quantity_standard", "price_standard")
            ),
            company("backflush_threshold_amount"),
            company("backflush_threshold_percent"),
        )

    def _join(self, alias, query, *path):
        """Join what the links of `path` lead to; returns what reads its columns.

        sudo: links and thresholds only, for whoever reads the variance.
        """
        model = self.sudo()
        for name in path:
            model, alias = model._fields[name].join(model, alias, query)
        return lambda name: model._field_to_sql(alias, name, query)

    @api.model
    def _search_type(self, operator, value):
        if operator != "in":
            return NotImplemented
        kinds = [
            kind
            for kind in self._fields["kind"].get_values(self.env)
            if variance_type(kind) in value
        ]
        return Domain("kind", "in", kinds)

    @api.model
    def _search_sale_id(self, operator, value):
        if operator in ("any", "any!", "ilike", "=ilike"):
            # sudo: the links between documents that a variance points at
            orders = self.env["sale.order"].sudo()
            named = value
            if operator.endswith("like"):
                named = Domain("name", operator, value)
            return self._search_sale_id("in", orders.search(named).ids)
        if operator != "in":
            return NotImplemented
        ids = [x for x in value if x] or [0]
        without = not all(value)

        def to_sql(model, alias, query):
            sale = model._field_to_sql(alias, "sale_id", query)
            return SQL(
                "(%s IN %s OR %s AND %s IS NULL)", sale, tuple(ids), without, sale
            )

        return Domain.custom(to_sql=to_sql)

    @api.model
    def _search_analytic_distribution(self, operator, value):
        if operator not in ("in", "ilike"):
            return NotImplemented
        # sudo: the links between documents that a variance points at
        lines = self.env["account.move.line"].sudo()
        projects = self.env["project.project"].sudo()
        accounts = self._find_analytic_accounts(operator, value)
        columns = projects._get_plan_fnames()
        named = Domain.OR(Domain(name, "in", accounts.ids) for name in columns)
        found = projects.search(named)
        distributed = lines._search([("analytic_distribution", "in", accounts.ids)])
        return Domain("bill_line_id", "in", distributed) | Domain(
            "production_id.project_id", "in", found.ids
        )

    def _find_analytic_accounts(self, operator, value):
        accounts = self.env["account.analytic.account"]
        if operator == "ilike":
            return accounts.search([("display_name", "ilike", value)])
        names = [x for x in value if isinstance(x, str)]
        return accounts.browse(x for x in value if isinstance(x, int)) | (
            accounts.search([("name", "in", names)])
        )

    @api.model
    def _search_is_exceptional(self, operator, value):
        if operator != "in":
            return NotImplemented

        def to_sql(model, alias, query):
            return model._field_to_sql(alias, "is_exceptional", query)

        found = Domain.custom(to_sql=to_sql)
        domains = [found] * (True in value) + [~found] * (False in value)
        return Domain.OR(domains)
