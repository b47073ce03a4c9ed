from odoo import api, fields, models


class BackflushStandardLine(models.Model):
    """One component, operation or by-product of a standard card.

    Quantities are per unit of the card's product: units of the component, or hours of
    the cost element. By-products are negative: they take their share off the card.
    """

    _name = "backflush.standard.line"
    _description = "Standard Cost Card Line"
    _inherit = ["backflush.version.part"]
    _order = "standard_id, sequence, id"
    _check_company_auto = True
    # the card tells who made it and when; keys to users cost time on each line
    _log_access = False

    standard_id = fields.Many2one(
        "backflush.standard",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="standard_id.company_id", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    sequence = fields.Integer(readonly=True)
    line_type = fields.Selection(
        [
            ("component", "Component"),
            ("operation", "Operation"),
            ("byproduct", "By-product"),
            ("fee", "Subcontractor's fee"),
        ],
        string="Type",
        required=True,
        readonly=True,
    )
    element_id = fields.Many2one(
        "backflush.element",
        string="Cost Element",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    component_id = fields.Many2one(
        "product.product",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    uom_id = fields.Many2one("uom.uom", readonly=True, ondelete="restrict")
    # The operation may be deleted one day; the card must stay as it was.
    operation_id = fields.Many2one(
        "mrp.routing.workcenter",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    workcenter_id = fields.Many2one(
        "mrp.workcenter", string="Work Center", readonly=True, ondelete="restrict"
    )
    quantity = fields.Float(
        digits=0,
        min_display_digits=2,
        readonly=True,
        aggregator=None,
        help="Per unit of the product: units of the component, or hours.",
    )
    rate = fields.Float(
        digits=0,
        min_display_digits=2,
        readonly=True,
        aggregator=None,
        help="Per unit of the component, or per hour.",
    )
    amount = fields.Float(
        digits=0,
        min_display_digits=2,
        readonly=True,
        help="Quantity × rate, not rounded.",
    )
    fixed_hours = fields.Float(
        digits=0,
        min_display_digits=2,
        readonly=True,
        aggregator=None,
        help="Set-up and clean-up of one order, in hours of the cost element.",
    )
    cycle_hours = fields.Float(
        digits=0,
        min_display_digits=2,
        readonly=True,
        aggregator=None,
        help="One cycle of the work center, efficiency included, in hours of the cost "
        "element.",
    )
    capacity = fields.Float(
        digits=0,
        min_display_digits=2,
        readonly=True,
        aggregator=None,
        help="Units of the product that one cycle yields.",
    )

    @api.depends("component_id", "operation_id", "workcenter_id", "line_type")
    def _compute_display_name(self):
        types = dict(self._fields["line_type"]._description_selection(self.env))
        # sudo: readers of cards need not have rights in manufacturing
        for line in self.sudo():
            source = line.component_id or line.operation_id or line.workcenter_id
            line.display_name = source.display_name or types[line.line_type]

    def _get_versions(self):
        return self.standard_id.version_id
