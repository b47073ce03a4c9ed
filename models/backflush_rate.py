from odoo import api, fields, models
from odoo.exceptions import ValidationError


class BackflushRate(models.Model):
    """Standard rate per hour of a work center for one conversion cost element.

    A work center without any rate in a version costs its own hourly cost, on the
    company's conversion pool.
    """

    _name = "backflush.rate"
    _description = "Standard Rate"
    _inherit = ["backflush.version.part"]
    _order = "version_id, workcenter_id, element_id"
    _check_company_auto = True
    _outdates_cards = True

    version_id = fields.Many2one(
        "backflush.version", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="version_id.company_id", store=True, index=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    workcenter_id = fields.Many2one(
        "mrp.workcenter",
        string="Work Center",
        required=True,
        index=True,
        check_company=True,
        ondelete="restrict",
    )
    element_id = fields.Many2one(
        "backflush.element",
        string="Cost Element",
        required=True,
        domain="[('type', 'in', "
        "('conversion', 'labour', 'variable_overhead', 'fixed_overhead'))]",
        ondelete="restrict",
    )
    element_type = fields.Selection(related="element_id.type")
    rate = fields.Float(
        digits=0,
        min_display_digits=2,
        required=True,
        aggregator=None,
        help="Per labour hour for labour, per hour of the work center for the others.",
    )
    crew = fields.Float(
        digits=0,
        min_display_digits=2,
        default=1.0,
        required=True,
        aggregator=None,
        help="Labour hours per hour of the work center: how many people run it. Counts "
        "for labour only.",
    )
    normal_hours = fields.Float(
        digits=0,
        min_display_digits=2,
        help="Normal capacity per month. The rate times these hours is the monthly "
        "budget of the fixed overhead; for the other elements it is not used.",
    )

    _workcenter_element_unique = models.UniqueIndex(
        "(version_id, workcenter_id, element_id)",
        "This work center has a rate for this cost element already.",
    )
    _rate_not_negative = models.Constraint(
        "CHECK(rate >= 0)", "A rate cannot be negative."
    )
    _crew_positive = models.Constraint(
        "CHECK(crew > 0)",
        "At least a part of a person runs a work center: set the crew.",
    )
    _normal_hours_not_negative = models.Constraint(
        "CHECK(normal_hours >= 0)", "Normal hours cannot be negative."
    )

    @api.constrains("element_id", "version_id")
    def _check_element(self):
        for rate in self:
            element = rate.element_id
            # a branch uses the elements of its parent
            if element.company_id not in rate.sudo().company_id.parent_ids:
                raise ValidationError(
                    self.env._(
                        "The cost element %(element)s belongs to another company than "
                        "the costing version %(version)s.",
                        element=element.display_name,
                        version=rate.version_id.display_name,
                    )
                )
            if element.type in ("material", "subcontract"):
                raise ValidationError(
                    self.env._(
                        "%(element)s is no cost of a work center: choose conversion "
                        "cost, labour or overhead.",
                        element=element.display_name,
                    )
                )

    @api.depends("workcenter_id", "element_id")
    def _compute_display_name(self):
        for rate in self:
            workcenter = rate.workcenter_id.display_name
            rate.display_name = f"{workcenter} - {rate.element_id.display_name}"

    @api.model
    def get_import_templates(self):
        return [
            {
                "label": self.env._("Import Template for Standard Rates"),
                "template": "/backflush_costing/static/import/rates.csv",
            }
        ]
