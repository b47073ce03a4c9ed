"""What a company has made and how long it took, read in bulk as plain values."""

from collections import defaultdict

from dateutil.relativedelta import relativedelta
from odoo.tools import SQL

from ..costing.review import Runs
from .backflush_books import number

#: Finished orders: what each really made, in the product's own unit of measure.
MADE = """
    SELECT o.id, o.product_id, o.backorder_sequence <= 1 AS starts,
           SUM(m.quantity * given.factor / own.factor) AS quantity
      FROM mrp_production o
      JOIN stock_move m ON m.production_id = o.id AND m.product_id = o.product_id
      JOIN uom_uom given ON given.id = m.product_uom
      JOIN product_product p ON p.id = o.product_id
      JOIN product_template t ON t.id = p.product_tmpl_id
      JOIN uom_uom own ON own.id = t.uom_id
     WHERE o.company_id = %(company)s
       AND o.state = 'done'
       AND m.state = 'done'
       AND o.date_finished >= %(since)s
       AND o.date_finished < %(until)s
     GROUP BY o.id
    HAVING SUM(m.quantity) > 0
"""
#: Time that somebody recorded. Where a work order without time is finished, Odoo fills
#: in the expected duration as a single entry, to the second: that tells nothing.
RECORDED = """
    SELECT made.id, made.product_id, made.starts, made.quantity, w.operation_id,
           SUM(t.minutes) AS minutes
      FROM (%s) made
      JOIN mrp_workorder w ON w.production_id = made.id
      JOIN LATERAL (SELECT SUM(duration) AS minutes, COUNT(*) AS entries
                      FROM mrp_workcenter_productivity
                     WHERE workorder_id = w.id) t ON t.minutes > 0
     WHERE w.state = 'done'
       AND w.operation_id IS NOT NULL
       AND NOT (t.entries = 1 AND ABS(t.minutes - w.duration_expected) < 0.03)
     GROUP BY made.id, made.product_id, made.starts, made.quantity, w.operation_id
"""
#: Orders of one size behave alike, and there are few sizes.
RUNS = """
    SELECT product_id, operation_id, quantity, starts, COUNT(*), SUM(minutes)
      FROM (%s) recorded
     GROUP BY product_id, operation_id, quantity, starts
"""
TOTALS = """
    SELECT product_id, SUM(quantity), COUNT(*) FROM (%s) made GROUP BY product_id
"""
MINUTES = 60


class WorkReader:
    """Finished manufacturing orders of a company in a period, one query each."""

    def __init__(self, company, months, until):
        # sudo: whoever keeps the books need not have rights in manufacturing. Every
        # query names the company instead.
        self.env = company.sudo().env
        self.company = company
        self.since = until - relativedelta(months=months, days=-1)
        self.until = until + relativedelta(days=1)

    def get_made(self):
        """{product id: (quantity, number of orders)}"""
        rows = self._fetch(SQL(TOTALS, self._get_orders()))
        return {key: (number(quantity), orders) for key, quantity, orders in rows}

    def get_runs(self):
        """{(product id, operation id): [Runs]} of orders with recorded time."""
        result = defaultdict(list)
        recorded = SQL(RECORDED, self._get_orders())
        for product, operation, quantity, starts, orders, minutes in self._fetch(
            SQL(RUNS, recorded)
        ):
            hours = number(minutes) / MINUTES
            run = Runs(number(quantity), starts, orders, hours)
            result[product, operation].append(run)
        return result

    def _get_orders(self):
        return SQL(MADE, company=self.company.id, since=self.since, until=self.until)

    def _fetch(self, query):
        for model in (
            "mrp.production",
            "mrp.workorder",
            "mrp.workcenter.productivity",
            "stock.move",
        ):
            self.env[model].flush_model()
        self.env["product.template"].flush_model(["uom_id"])
        return self.env.execute_query(query)
