from odoo import fields, models

#: The order or, without one, the partner whose goods and documents belong together.
POOL_FIELDS = ("side", "purchase_line_id", "sale_line_id", "partner_id", "product_id")


class BackflushMatch(models.Model):
    """What a quantity on a posted bill or invoice was matched to.

    Working memory of rule 9, no document: posting a document writes its matches, goods
    that move later complete them, resetting the document deletes them. Without a line:
    goods that came back and went out again (or the reverse) with no document.
    """

    _name = "backflush.match"
    _description = "Goods Matched to a Document"
    _order = "id"
    _check_company_auto = True

    line_id = fields.Many2one(
        "account.move.line", readonly=True, index=True, ondelete="cascade"
    )
    side = fields.Selection(
        [("purchase", "Purchase"), ("sale", "Sale")], required=True, readonly=True
    )
    purchase_line_id = fields.Many2one(
        "purchase.order.line", readonly=True, index="btree_not_null", ondelete="cascade"
    )
    sale_line_id = fields.Many2one(
        "sale.order.line", readonly=True, index="btree_not_null", ondelete="cascade"
    )
    partner_id = fields.Many2one(
        "res.partner",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="Vendor or customer of goods and documents without an order line.",
    )
    product_id = fields.Many2one(
        "product.product",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        help="The product of the line, or a component of the kit on it.",
    )
    is_return = fields.Boolean(readonly=True)
    quantity = fields.Float(
        digits=0, readonly=True, help="In the product's unit of measure."
    )
    passed = fields.Float(
        digits=0,
        readonly=True,
        aggregator=None,
        help="Standard per unit at which the quantity passed through the document.",
    )
    standard = fields.Float(
        digits=0,
        readonly=True,
        aggregator=None,
        help="Standard per unit at which it has to pass, from the goods.",
    )
    amount = fields.Float(
        digits=0,
        readonly=True,
        help="What the line's quantity of the product passed at, rounded; on its first "
        "match.",
    )
    standard_id = fields.Many2one(
        "backflush.standard",
        string="Standard Cost Card",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The card at whose standard the quantity passed.",
    )
    fact_id = fields.Many2one(
        "backflush.stock.fact",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
        help="The goods that it was matched to; empty while it waits for goods.",
    )
    move_id = fields.Many2one(
        "stock.move", readonly=True, index="btree_not_null", ondelete="cascade"
    )
    taken_id = fields.Many2one(
        "backflush.match",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="What a document of the other direction passed, and this one takes back.",
    )
    correction_move_id = fields.Many2one(
        "stock.move",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The movement whose posting corrects what the document passed.",
    )
    reversal_id = fields.Many2one(
        "account.move",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The document that reverses all of this one, item by item.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
