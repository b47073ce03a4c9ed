from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..costing.variance import (
    COST_OF_SALES_KINDS,
    PRICE_KINDS,
    QUANTITY_KINDS,
    RESIDUAL_KINDS,
    REVALUATION_KINDS,
)

ACCOUNT_DOMAIN = [
    (
        "account_type",
        "not in",
        (
            "asset_receivable",
            "asset_cash",
            "liability_payable",
            "liability_credit_card",
            "off_balance",
        ),
    )
]


class BackflushElement(models.Model):
    """One kind of cost in a standard: materials, a conversion cost, a fee.

    What is really spent on it is booked by the user to the control account; a posting
    credits the applied account with the standard; the close clears one against the
    other. Materials have neither: they are relieved from the account that carries them.
    """

    _name = "backflush.element"
    _inherit = ["backflush.kept"]
    _description = "Cost Element"
    _order = "sequence, id"
    _check_company_auto = True
    # a branch uses the elements of its parent
    _check_company_domain = models.check_company_domain_parent_of

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True)
    type = fields.Selection(
        [
            ("material", "Materials"),
            ("conversion", "Conversion cost"),
            ("labour", "Labour"),
            ("variable_overhead", "Variable overhead"),
            ("fixed_overhead", "Fixed overhead"),
            ("subcontract", "Subcontracting"),
        ],
        required=True,
        help="Conversion cost is one pool for everything that a work centre costs. Use "
        "labour and the two overheads instead when they are to be explained apart.",
    )
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    # Not required, and emptied rather than protected: another chart of accounts
    # replaces every account of a company that has no entries yet. The configuration
    # check tells what is missing.
    control_account_id = fields.Many2one(
        "account.account",
        check_company=True,
        domain=ACCOUNT_DOMAIN,
        ondelete="set null",
        help="Where you book what is really spent: payroll, energy, rent, a "
        "subcontractor's bills. It belongs to this cost element only.",
    )
    applied_account_id = fields.Many2one(
        "account.account",
        check_company=True,
        domain=ACCOUNT_DOMAIN,
        ondelete="set null",
        help="Credited at standard when goods are finished or delivered. May be the "
        "same as the control account.",
    )
    price_variance_account_id = fields.Many2one(
        "account.account",
        check_company=True,
        domain=ACCOUNT_DOMAIN,
        ondelete="set null",
        help="Takes what a dearer or cheaper unit cost: purchase price, hourly rate, "
        "overhead spending and budget, the subcontractor's fee.",
    )
    quantity_variance_account_id = fields.Many2one(
        "account.account",
        check_company=True,
        domain=ACCOUNT_DOMAIN,
        ondelete="set null",
        help="Takes what using more or less than the standard cost: usage, scrap, "
        "counts, efficiency, lot size, volume.",
    )

    _code_unique = models.UniqueIndex(
        "(company_id, code)", "Another cost element has this code already."
    )
    _active_type_unique = models.UniqueIndex(
        "(company_id, type) WHERE active",
        "There is an active cost element of this type already. Archive it first.",
    )
    _control_account_unique = models.UniqueIndex(
        "(company_id, control_account_id) "
        "WHERE active AND control_account_id IS NOT NULL",
        "A control account belongs to one cost element. Choose another account.",
    )

    @api.constrains("control_account_id", "applied_account_id", "active")
    def _check_control_account(self):
        """No element may use another's control or applied account: the close could not
        tell what was spent on which of them, or clear it once.
        """
        active = self.with_context(active_test=True)
        for element in self.filtered("active"):
            others = active.search(
                [("company_id", "=", element.company_id.id), ("id", "!=", element.id)]
            )
            own = element.control_account_id | element.applied_account_id
            used = others.control_account_id | others.applied_account_id
            if shared := own & used:
                raise ValidationError(
                    self.env._(
                        "%(account)s is used by another cost element too. The control "
                        "and applied accounts of %(element)s must be its own.",
                        account=shared[:1].display_name,
                        element=element.name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_if_on_no_card(self):
        self.env["backflush.standard.line"]._refuse_deletion("element_id", self)

    def _is_conversion(self):
        """Whether it has a control and an applied account: all but materials."""
        self.ensure_one()
        return self.type != "material"

    def _get_variance_account(self, kind):
        """Account on which variances of `kind` stand; empty where none is set.

        The category's price-difference account, which precedes for `material_price`, is
        the caller's to look up.
        """
        self.ensure_one()
        company = self.company_id
        if kind in PRICE_KINDS:
            return self.price_variance_account_id
        if kind in QUANTITY_KINDS:
            return self.quantity_variance_account_id
        if kind in RESIDUAL_KINDS:
            is_material = self.type == "material"
            element = (
                self if is_material else company._get_backflush_element("material")
            )
            return element.quantity_variance_account_id
        if kind in REVALUATION_KINDS:
            return company._backflush_config("backflush_revaluation_account_id")
        if kind in COST_OF_SALES_KINDS:
            return company._backflush_config("backflush_cost_of_sales_account_id")
        raise ValueError(f"Unknown kind of variance: {kind!r}")
