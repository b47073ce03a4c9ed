"""Reads from Odoo's own tables what has happened, and hands it to the model."""

from odoo.tools import SQL

from .model import Fact, Passed
from .standards import KIT, exact

MOVES = """
    SELECT m.id, l.product_id,
           SUM(l.quantity_product_uom * (
               (there.usage = 'internal')::int - (here.usage = 'internal')::int)),
           m.purchase_line_id, m.sale_line_id, m.origin_returned_move_id,
           m.raw_material_production_id, m.production_id, m.unbuild_id, u.mo_id,
           here.usage, there.usage
      FROM stock_move m
      LEFT JOIN mrp_unbuild u ON u.id = m.unbuild_id
      JOIN stock_move_line l ON l.move_id = m.id
      JOIN stock_location here ON here.id = l.location_id
      JOIN stock_location there ON there.id = l.location_dest_id
     WHERE m.state = 'done' AND m.company_id = %s AND l.owner_id IS NULL
     GROUP BY m.id, u.id, l.product_id, here.usage, there.usage
     ORDER BY m.id
"""
# An order counts what it uses of another owner's goods, at no value.
OWNED = """
    SELECT m.id,
           SUM(l.quantity_product_uom * (
               (there.usage = 'internal')::int - (here.usage = 'internal')::int))
      FROM stock_move m
      JOIN stock_move_line l ON l.move_id = m.id
      JOIN stock_location here ON here.id = l.location_id
      JOIN stock_location there ON there.id = l.location_dest_id
     WHERE m.state = 'done' AND m.company_id = %s AND l.owner_id IS NOT NULL
       AND (m.raw_material_production_id IS NOT NULL OR m.unbuild_id IS NOT NULL)
       AND 'inventory' NOT IN (here.usage, there.usage)
     GROUP BY m.id
"""
LINES = """
    SELECT l.id, 'purchase', l.purchase_line_id, l.product_id,
           l.quantity * u.factor / own.factor, m.move_type LIKE '%%refund'
      FROM account_move_line l
      JOIN account_move m ON m.id = l.move_id
      JOIN product_product p ON p.id = l.product_id
      JOIN product_template t ON t.id = p.product_tmpl_id
      JOIN uom_uom own ON own.id = t.uom_id
      JOIN uom_uom u ON u.id = l.product_uom_id
     WHERE l.purchase_line_id IS NOT NULL AND l.display_type = 'product'
       AND m.state = 'posted' AND m.company_id = %(company)s
       AND NOT m.id = ANY(%(undone)s)
    UNION ALL
    SELECT l.id, 'sale', r.order_line_id, l.product_id, l.quantity,
           m.move_type LIKE '%%refund'
      FROM account_move_line l
      JOIN account_move m ON m.id = l.move_id
      JOIN sale_order_line_invoice_rel r ON r.invoice_line_id = l.id
     WHERE l.display_type = 'product'
       AND m.state = 'posted' AND m.company_id = %(company)s
       AND NOT m.id = ANY(%(undone)s)
     ORDER BY 1
"""


class Watcher:
    """Keeps the model of a shop up to date."""

    def __init__(self, case, model):
        self.env = case.env
        self.company = case.company
        self.names = case.product_names
        self.model = model
        # an event that cannot be posted now, because the books are not set up
        self.is_broken = False
        self.undone = []  # documents that were reversed, and those that reverse them

    def watch(self):
        self.env.flush_all()
        self._watch_moves()
        owned = self.env.execute_query(SQL(OWNED, self.company.id))
        self.model.owned = {move: exact(quantity) for move, quantity in owned}
        self._watch_documents()
        self.model.freeze_cards()

    def _watch_moves(self):
        known = {}
        for fact in self.model.facts:
            known[fact.move] = known.get(fact.move, 0) + fact.quantity
        for row in self.env.execute_query(SQL(MOVES, self.company.id)):
            move, product, quantity, *about = row
            change = exact(quantity) - known.get(move, 0)
            if change:
                self._add_fact(move, self.names[product], change, *about)

    def _add_fact(self, move, product, change, purchase, sale, origin, *about):
        raw, made, unbuild, unmade, here, there = about
        event = "stock.move", move
        if purchase:
            role, document, event = "receipt", ("purchase", purchase), None
        elif "customer" in (here, there):
            role, document = "delivery", ("sale", sale)
            event = event if self.model.trigger == "delivery" else None
        elif "inventory" in (here, there):
            # scrapped from an order: a component, or what it made
            role = "used" if raw else "lost"
            document = ("order", raw or made) if raw or made else ("move", move)
        elif unbuild:
            role = "made" if there == "production" else "used"
            document = ("order", unmade) if unmade else ("unbuild", unbuild)
            event = "mrp.unbuild", unbuild
        else:
            role, document = "used" if raw else "made", ("order", raw or made)
            event = "mrp.production", raw or made
        fact = Fact(
            move,
            product,
            change,
            self.model.cost(product),
            role,
            document,
            origin,
            event,
            posted=True,
        )
        self.model.add(fact)
        self._set_posted(fact)

    def _set_posted(self, fact):
        """Posting an event posts all that has ever moved in it."""
        if not fact.event:
            return
        for other in self.model.facts if not self.is_broken else [fact]:
            if other.event == fact.event:
                other.posted = not self.is_broken

    def set_posted(self, event, posted):
        for fact in self.model.facts:
            if event in (None, fact.event):
                fact.posted = posted

    def _watch_documents(self):
        seen = {}
        query = SQL(LINES, company=self.company.id, undone=self.undone)
        rows = self.env.execute_query(query)
        for item, side, line, product, quantity, refund in rows:
            name, quantity = self.names[product], exact(quantity)
            if name == "KIT":
                ((name, factor),) = KIT.items()
                quantity *= factor
            line = side, line
            known = self.model.documents.get(item)
            if not known:
                others = [doc for doc in seen.values() if doc.line == line]
                ahead = self.model.find_ahead(line, quantity, others)
                cost = self.model.cost(name)
                known = Passed(line, name, quantity, refund, cost, ahead)
            seen[item] = known
        self.model.documents = seen
