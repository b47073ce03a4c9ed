from odoo import api, fields, models
from odoo.exceptions import UserError

from .backflush_once import start_over


class BackflushStockFact(models.Model):
    """One change of valued quantity of a covered product.

    A log: a movement writes one, a later correction of the done movement another. The
    standard is the one in force at that moment and is never looked up again, because
    Odoo rewrites `stock.move.value` from bills, orders and returns.
    """

    _name = "backflush.stock.fact"
    _description = "Backflush Stock Fact"
    _order = "date desc, id desc"
    _check_company_auto = True
    _rec_name = "move_id"

    move_id = fields.Many2one(
        "stock.move", required=True, readonly=True, ondelete="restrict"
    )
    sequence = fields.Integer(readonly=True, required=True, default=1)
    product_id = fields.Many2one(
        "product.product",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    quantity = fields.Float(
        digits=0,
        min_display_digits=2,
        readonly=True,
        help="In the product's unit of measure; positive when stock grows.",
    )
    standard = fields.Float(
        digits=0,
        min_display_digits=2,
        readonly=True,
        aggregator=None,
        help="Standard price per unit at that moment, not rounded.",
    )
    amount = fields.Float(
        digits=0,
        min_display_digits=2,
        readonly=True,
        help="Quantity × standard, not rounded. Materials valued at average or FIFO: "
        "the value of the movement.",
    )
    standard_id = fields.Many2one(
        "backflush.standard",
        string="Standard Cost Card",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The card in force at that moment, of a product under a trigger.",
    )
    is_owner = fields.Boolean(
        string="Of Another Owner",
        readonly=True,
        help="Goods of another owner that an order used: they have no value here.",
    )
    date = fields.Datetime(readonly=True, required=True)
    posting_id = fields.Many2one(
        "backflush.posting",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The posting that booked this change, where one does.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    uom_id = fields.Many2one(related="product_id.uom_id")
    reference = fields.Char(related="move_id.reference", string="Movement")
    picking_id = fields.Many2one(related="move_id.picking_id")
    production_id = fields.Many2one(
        "mrp.production", string="Manufacturing Order", compute="_compute_production_id"
    )
    document_type = fields.Char(compute="_compute_document")
    document_name = fields.Char(string="Document", compute="_compute_document")
    location_id = fields.Many2one(related="move_id.location_id")
    location_dest_id = fields.Many2one(related="move_id.location_dest_id")

    _move_sequence_unique = models.UniqueIndex(
        "(move_id, sequence)", "This movement has already been recorded."
    )

    @api.depends("move_id.production_id", "move_id.raw_material_production_id")
    def _compute_production_id(self):
        # sudo: a link only; opening the order asks for the rights that it needs
        for fact in self:
            move = fact.sudo().move_id
            fact.production_id = move.production_id or move.raw_material_production_id

    @api.depends("move_id")
    @api.depends_context("lang")
    def _compute_document(self):
        # sudo: names only; opening the document asks for the rights that it needs
        types = self.env["ir.model"].sudo()
        for fact in self:
            document = fact.sudo().move_id._get_backflush_document()
            fact.document_type = types._get(document._name).name
            fact.document_name = self.posting_id._get_name_of(document)

    @api.depends("move_id", "product_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        # sudo: the name of the movement, to whoever reads the fact
        for fact in self:
            name = fact.sudo().move_id._get_backflush_name()
            fact.display_name = f"{name} - {fact.product_id.display_name}"

    @api.model_create_multi
    def create(self, vals_list):
        with start_over():
            return super().create(vals_list)

    def write(self, vals):
        engine = self.env.su and self.env.context.get("backflush_engine")
        if not engine or set(vals) != {"posting_id"} or self.posting_id:
            raise UserError(
                self.env._(
                    "A stock fact is a record of what happened and cannot be changed. "
                    "Correct the movement itself: the difference is recorded then."
                )
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_refused(self):
        raise UserError(
            self.env._(
                "A stock fact is a record of what happened and cannot be deleted."
            )
        )

    def action_open_document(self):
        """Open what moved the goods: order, scrap, transfer or the movement."""
        self.ensure_one()
        return self.posting_id._open(self.sudo().move_id._get_backflush_document())
