from odoo import api, fields, models
from odoo.exceptions import UserError

from .backflush_kept_link import KeptLink


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
    company_id = fields.Many2one(related="standard_id.company_id")
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
    element_id = KeptLink(
        "backflush.element", string="Cost Element", required=True, readonly=True
    )
    component_id = KeptLink("product.product", readonly=True, index="btree_not_null")
    uom_id = KeptLink("uom.uom", string="Unit", readonly=True)
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

    @api.model
    def _refuse_deletion(self, field, records):
        """Keep `records`, to which the link `field` of some card line points.

        sudo: cards of every company, whatever the user may see of them.
        """
        line = self.sudo().search([(field, "in", records.ids)], limit=1)
        if line:
            raise UserError(
                self.env._(
                    "%(record)s is on a standard cost card (%(card)s), which is kept: "
                    "archive it instead.",
                    record=line[field].display_name,
                    card=line.standard_id.display_name,
                )
            )

    def _get_versions(self):
        return self.standard_id.version_id
