from odoo import api, fields, models
from odoo.tools import SQL

from .backflush_bulk import insert_rows, prepare_stamps

#: Columns of a card's cumulative split: one for each type of cost element.
SPLIT_FIELDS = {
    "material": "amount_material",
    "conversion": "amount_conversion",
    "labour": "amount_labour",
    "variable_overhead": "amount_variable_overhead",
    "fixed_overhead": "amount_fixed_overhead",
    "subcontract": "amount_subcontract",
}
CARD_COLUMNS = (
    "product_id",
    "uom_id",
    "bom_id",
    "lot_size",
    "amount",
    *SPLIT_FIELDS.values(),
)
LINE_COLUMNS = (
    "standard_id",
    "sequence",
    "line_type",
    "element_id",
    "component_id",
    "uom_id",
    "operation_id",
    "workcenter_id",
    "quantity",
    "rate",
    "amount",
    "fixed_hours",
    "cycle_hours",
    "capacity",
)


class BackflushStandard(models.Model):
    """Standard cost card: what one unit of a product should cost, in one version.

    The lines show this level; the amounts by kind of cost element are cumulative,
    through all levels below. Nothing is rounded.
    """

    _name = "backflush.standard"
    _description = "Standard Cost Card"
    _inherit = ["backflush.version.part"]
    _order = "version_id desc, product_id"
    _check_company_auto = True

    version_id = fields.Many2one(
        "backflush.version",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    state = fields.Selection(related="version_id.state", string="Version Status")
    company_id = fields.Many2one(
        related="version_id.company_id", store=True, index=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    product_id = fields.Many2one(
        "product.product",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    uom_id = fields.Many2one(
        "uom.uom",
        required=True,
        readonly=True,
        ondelete="restrict",
        help="Unit of measure of the product when the card was rolled up.",
    )
    bom_id = fields.Many2one(
        "mrp.bom",
        string="Bill of Materials",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    lot_size = fields.Float(
        digits=0,
        min_display_digits=2,
        readonly=True,
        aggregator=None,
        help="Standard lot over which set-up and clean-up are spread, in the unit of "
        "measure of the product.",
    )
    amount = fields.Float(
        string="Standard Cost",
        digits=0,
        min_display_digits=2,
        readonly=True,
        aggregator=None,
        help="Per unit of the product, not rounded.",
    )
    amount_material = fields.Float(
        string="Materials",
        digits=0,
        min_display_digits=2,
        readonly=True,
        aggregator=None,
    )
    amount_conversion = fields.Float(
        string="Conversion",
        digits=0,
        min_display_digits=2,
        readonly=True,
        aggregator=None,
    )
    amount_labour = fields.Float(
        string="Labour",
        digits=0,
        min_display_digits=2,
        readonly=True,
        aggregator=None,
    )
    amount_variable_overhead = fields.Float(
        string="Variable Overhead",
        digits=0,
        min_display_digits=2,
        readonly=True,
        aggregator=None,
    )
    amount_fixed_overhead = fields.Float(
        string="Fixed Overhead",
        digits=0,
        min_display_digits=2,
        readonly=True,
        aggregator=None,
    )
    amount_subcontract = fields.Float(
        string="Subcontracting",
        digits=0,
        min_display_digits=2,
        readonly=True,
        aggregator=None,
    )
    is_drifted = fields.Boolean(
        string="Drifted",
        copy=False,
        readonly=True,
        help="The product's cost was changed by hand: it is another one than this. "
        "Roll up and activate a new costing version, or set the cost back.",
    )
    line_ids = fields.One2many("backflush.standard.line", "standard_id", readonly=True)
    component_line_ids = fields.One2many(
        "backflush.standard.line",
        "standard_id",
        readonly=True,
        domain=[("line_type", "=", "component")],
    )
    operation_line_ids = fields.One2many(
        "backflush.standard.line",
        "standard_id",
        readonly=True,
        domain=[("line_type", "in", ("operation", "fee"))],
    )
    byproduct_line_ids = fields.One2many(
        "backflush.standard.line",
        "standard_id",
        readonly=True,
        domain=[("line_type", "=", "byproduct")],
    )

    _product_unique = models.UniqueIndex(
        "(version_id, product_id)", "This product has a card in the version already."
    )

    @api.depends("product_id", "version_id")
    def _compute_display_name(self):
        for card in self:
            product = card.product_id.display_name
            card.display_name = f"{product} ({card.version_id.name})"

    def action_open_product(self):
        self.ensure_one()
        return self.product_id.get_formview_action()

    def action_open_bom(self):
        self.ensure_one()
        return self.bom_id.get_formview_action()

    def action_view_postings(self):
        """The postings that used this card."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "backflush_costing.backflush_posting_action"
        )
        return {**action, "domain": [("standard_id", "=", self.id)], "context": {}}

    @api.model
    def _get_active_cards(self, products, company):
        """{product: card} in force in `company`; products without one are left out."""
        cards = self.search_fetch(
            [
                ("product_id", "in", products.ids),
                ("version_id.company_id", "=", company.id),
                ("version_id.state", "=", "active"),
            ],
            ["product_id", "uom_id", "amount", "lot_size"],
        )
        return {card.product_id: card for card in cards}

    @api.model
    def _replace_cards(self, version, cards, boms, elements):
        """Write the kernel's `cards` as those of a draft, in place of its former ones.

        A statement each for headers and lines instead of the ORM's work per record:
        there may be thousands of cards, and nothing hangs on those of a draft.

        :param cards: list of costing.rollup.Card
        :param boms: {product: bill that its card was made from}
        :param elements: the company's active cost elements
        """
        version._check_draft()
        self._delete_cards(version)
        boms = {product.id: bom.id for product, bom in boms.items()}
        types = {element.id: element.type for element in elements}
        units = self._get_units(cards)
        rows = [self._prepare_card_row(card, boms, types, units) for card in cards]
        ids = dict(
            insert_rows(
                self,
                CARD_COLUMNS,
                rows,
                ["product_id", "id"],
                {
                    "company_id": version.company_id.id,
                    "version_id": version.id,
                    **prepare_stamps(self.env),
                },
            )
        )
        rows = [
            self._prepare_line_row(ids[card.product], place, line, units)
            for card in cards
            for place, line in enumerate(card.lines, start=1)
        ]
        lines = self.env["backflush.standard.line"]
        insert_rows(lines, LINE_COLUMNS, rows, constants={})
        self.env.invalidate_all()

    @api.model
    def _delete_cards(self, version):
        self.env.flush_all()
        # the lines in one go, before the database looks for them card by card
        self.env.cr.execute(
            SQL(
                """DELETE FROM backflush_standard_line l
                    USING backflush_standard s
                    WHERE s.id = l.standard_id AND s.version_id = %s""",
                version.id,
            )
        )
        self.env.cr.execute(
            SQL("DELETE FROM backflush_standard WHERE version_id = %s", version.id)
        )

    @api.model
    def _get_units(self, cards):
        """{product id: its unit's id} of everything on the cards."""
        ids = {card.product for card in cards}
        ids |= {line.product for card in cards for line in card.lines if line.product}
        # products of a kind that the user may not see are on cards, too
        query = """
            SELECT p.id, t.uom_id
              FROM product_product p
              JOIN product_template t ON t.id = p.product_tmpl_id
             WHERE p.id = ANY(%s)
        """
        return dict(self.env.execute_query(SQL(query, list(ids))))

    @api.model
    def _prepare_card_row(self, card, boms, types, units):
        split = {types[element]: amount for element, amount in card.split.items()}
        return (
            card.product,
            units[card.product],
            boms.get(card.product),
            float(card.lot),
            float(card.amount),
            *(float(split.get(name, 0)) for name in SPLIT_FIELDS),
        )

    @api.model
    def _prepare_line_row(self, card_id, place, line, units):
        return (
            card_id,
            place,
            line.type,
            line.element,
            line.product,
            units.get(line.product),
            line.operation,
            line.workcenter,
            float(line.quantity),
            float(line.rate),
            float(line.amount),
            float(line.fixed_hours),
            float(line.cycle_hours),
            float(line.capacity),
        )
