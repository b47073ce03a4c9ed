from odoo import api, fields, models
from odoo.exceptions import UserError

TRIGGERS = [
    ("completion", "When it is finished"),
    ("delivery", "When it is delivered"),
]
#: Inventory valuation that each trigger needs.
VALUATIONS = {"completion": "real_time", "delivery": "periodic"}


class BackflushSwitchLine(models.Model):
    """A category with its new trigger, or a product that moves to another category."""

    _name = "backflush.switch.line"
    _inherit = ["backflush.kept"]
    _description = "Switch of a Category or Product"
    _order = "id"

    switch_id = fields.Many2one(
        "backflush.switch", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="switch_id.company_id", store=True)
    product_tmpl_id = fields.Many2one(
        "product.template",
        string="Product",
        ondelete="restrict",
        help="A single product that moves to the category. Empty: the whole category.",
    )
    category_id = fields.Many2one(
        "product.category", required=True, ondelete="restrict"
    )
    trigger_old = fields.Selection(
        TRIGGERS,
        string="Now",
        compute="_compute_old",
        store=True,
        readonly=True,
        help="Empty: Odoo's own way of valuing production.",
    )
    trigger = fields.Selection(
        TRIGGERS,
        string="From Then",
        compute="_compute_trigger",
        store=True,
        readonly=False,
        help="Empty: Odoo's own way of valuing production.",
    )
    valuation = fields.Selection(
        [
            ("periodic", "Periodic (at closing)"),
            ("real_time", "Perpetual (at invoicing)"),
        ],
        string="Inventory Valuation",
        compute="_compute_valuation",
        store=True,
        readonly=False,
        help="Written together with the trigger: perpetual for goods costed when "
        "finished, periodic for goods costed when delivered.",
    )
    product_ids = fields.Many2many(
        "product.product",
        "backflush_switch_line_product_rel",
        string="Products Switched",
        readonly=True,
        help="The products that were switched.",
    )

    _target_unique = models.UniqueIndex(
        "(switch_id, category_id, COALESCE(product_tmpl_id, 0))",
        "Each category and each product is named once in a switch.",
    )

    @api.depends("category_id", "product_tmpl_id", "switch_id.company_id")
    def _compute_old(self):
        for line in self.filtered(lambda line: line._is_open()):
            line.trigger_old = line._get_category_now().property_backflush_trigger

    @api.depends("category_id", "product_tmpl_id", "switch_id.company_id")
    def _compute_trigger(self):
        for line in self.filtered(lambda line: line._is_open()):
            line.trigger = line._get_category().property_backflush_trigger

    @api.depends("trigger", "category_id", "product_tmpl_id", "switch_id.company_id")
    def _compute_valuation(self):
        for line in self.filtered(lambda line: line._is_open()):
            known = line._get_category().property_valuation
            line.valuation = VALUATIONS.get(line.trigger, known)

    def _is_open(self):
        return self.switch_id.state in (False, "draft", "scheduled")

    def _get_category(self):
        """The category named, with the settings of the company."""
        company = self.switch_id.company_id or self.env.company
        return self.category_id.with_company(company)

    def _get_category_now(self):
        """The category whose settings hold until the switch."""
        template = self.product_tmpl_id
        return (
            self._get_category()
            if not template
            else template.categ_id.with_company(
                self.switch_id.company_id or self.env.company
            )
        )

    def _find_products(self):
        """What is switched: variants of the product, or all goods of the category."""
        self.ensure_one()
        products = self.env["product.product"].with_context(active_test=False)
        domain = [("is_storable", "=", True)]
        if self.product_tmpl_id:
            domain.append(("product_tmpl_id", "=", self.product_tmpl_id.id))
        else:
            moving = self.switch_id.line_ids.product_tmpl_id
            domain.append(("categ_id", "=", self.category_id.id))
            domain.append(("product_tmpl_id", "not in", moving.ids))
        company = self.switch_id.company_id
        domain += products._check_company_domain(company)
        return products.search(domain).with_context(active_test=True)

    def _apply(self):
        """Write the settings."""
        for line in self:
            category = line._get_category()
            if line.product_tmpl_id:
                line.product_tmpl_id.categ_id = line.category_id
                continue
            vals = {
                "property_backflush_trigger": line.trigger,
                "property_valuation": line.valuation,
            }
            category.write({name: x for name, x in vals.items() if category[name] != x})

    # -- nobody changes what was done -------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._refuse_if_done()
        lines.switch_id._unschedule()
        return lines

    def write(self, vals):
        self._refuse_if_done()
        res = super().write(vals)
        self._refuse_if_done()
        if {"category_id", "product_tmpl_id", "trigger", "valuation"} & set(vals):
            self.switch_id._unschedule()
        return res

    @api.ondelete(at_uninstall=False)
    def _unlink_if_open(self):
        self._refuse_if_done()
        self.switch_id._unschedule()

    def _refuse_if_done(self):
        if self.env.su and self.env.context.get("backflush_engine"):
            return
        if not all(line._is_open() for line in self):
            raise UserError(
                self.env._(
                    "This switch is kept as it was done. Make a new one to change the "
                    "trigger again."
                )
            )


class BackflushSwitchAccount(models.Model):
    """An account that a switch moves goods to or from, proven before and after."""

    _name = "backflush.switch.account"
    _inherit = ["backflush.kept"]
    _description = "Account in a Switch of Trigger"
    _order = "account_id"

    switch_id = fields.Many2one(
        "backflush.switch", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="switch_id.company_id", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    account_id = fields.Many2one("account.account", required=True, ondelete="restrict")
    is_stock = fields.Boolean(help="Whether it carries goods at standard.")
    before = fields.Monetary(string="Holds Before")
    stock_before = fields.Monetary(
        help="Stock × standard before, with what bills and invoices are still to book."
    )
    moved = fields.Monetary(string="Moves")
    after = fields.Monetary(string="Holds After")
    stock_after = fields.Monetary(
        string="Stock at Standard",
        help="Stock × standard after, with what bills and invoices are still to book.",
    )
    difference = fields.Monetary(
        string="Unexplained",
        help="What the account holds beyond the stock at standard, after the switch.",
    )
    difference_before = fields.Monetary(
        string="Unexplained Before",
        help="The same before: what the switch found and has not changed.",
    )

    def write(self, vals):
        self._refuse_change()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_by_engine(self):
        self._refuse_change()

    def _refuse_change(self):
        if not (self.env.su and self.env.context.get("backflush_engine")):
            raise UserError(self.env._("The figures of a switch are not edited."))
