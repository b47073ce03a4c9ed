"""Times of the operations of bills, as Odoo plans them: a few queries for all."""

from decimal import Decimal
from functools import cached_property

from odoo.tools import SQL

from ..costing.rollup import whole_cycles
from .backflush_books import number

MINUTES = Decimal(60)
PERCENT = Decimal(100)
#: The last finished work orders of operations, as many as each of them wants.
LAST_WORKORDERS = """
    SELECT operation_id, workcenter_id, product_id, product_uom_id,
           duration, qty_produced
      FROM (SELECT wo.operation_id, wo.workcenter_id, mo.product_id,
                   mo.product_uom_id, wo.duration, wo.qty_produced,
                   op.time_mode_batch,
                   ROW_NUMBER() OVER (PARTITION BY wo.operation_id
                       ORDER BY wo.date_finished DESC, wo.id DESC) AS place
              FROM mrp_workorder wo
              JOIN mrp_production mo ON mo.id = wo.production_id
              JOIN mrp_routing_workcenter op ON op.id = wo.operation_id
             WHERE wo.operation_id = ANY(%s)
               AND wo.state = 'done'
               AND wo.qty_produced > 0) done
     WHERE place <= time_mode_batch
"""


class TimeReader:
    """Capacities and cycle times of operations.

    :param rows: the bills (`BillRows`)
    :param uoms: {id: unit of measure}
    """

    def __init__(self, rows, uoms):
        self._env = rows.env(context={**rows.env.context, "prefetch_fields": True})
        self._rows = rows
        self._uoms = uoms
        self._capacities: dict[tuple, tuple[Decimal, Decimal, Decimal]] = {}

    @cached_property
    def workcenters(self):
        """Work centers of these operations: few, and many of their fields count."""
        return self._env["mrp.workcenter"].browse(self._workcenters)

    @cached_property
    def _workcenters(self):
        ids = [row.workcenter for row in self._rows.list_operations()]
        return self._browse("mrp.workcenter", ids)

    def get_capacity(self, workcenter_id, product, bom_id):
        """Capacity in the bill's unit, set-up and clean-up in hours, efficiency.

        Odoo is asked once for all products that no capacity names and that share their
        unit of measure.
        """
        quantity, uom_id, _lot = self._rows.bills[bom_id]
        key = (workcenter_id, self._rows.units[product.id], uom_id, quantity)
        if product.id in self._named_in_capacities:
            key = (*key, product.id)
        if key not in self._capacities:
            workcenter = self._workcenters[workcenter_id]
            capacity, setup, cleanup = workcenter._get_capacity(
                product, self._uoms[uom_id], quantity
            )
            self._capacities[key] = (
                number(capacity),
                (number(setup) + number(cleanup)) / MINUTES,
                number(workcenter.time_efficiency) or PERCENT,
            )
        return self._capacities[key]

    @cached_property
    def _named_in_capacities(self):
        """Ids of products with a capacity of their own at some work center.

        Of all products, if another addon has a say in capacities.
        """
        if "_get_capacity" not in self._rows.odoos_methods:
            return set(self._rows.units)
        return set(self.workcenters.capacity_ids.product_id.ids)

    def get_cycle_time(self, row) -> Decimal:
        """Minutes of one cycle at full efficiency, entered or measured."""
        minutes = self._measured.get(row.id)
        return number(row.minutes) if minutes is None else minutes

    @cached_property
    def _measured(self) -> dict[int, Decimal]:
        """Minutes per cycle of operations that are timed by their last orders."""
        time, cycles = {}, {}
        orders = self._fetch_last_workorders()
        operations = self._browse("mrp.routing.workcenter", [o[0] for o in orders])
        workcenters = self._browse("mrp.workcenter", [o[1] for o in orders])
        products = self._browse("product.product", [o[2] for o in orders])
        for (
            operation_id,
            workcenter_id,
            product_id,
            uom_id,
            duration,
            quantity,
        ) in orders:
            capacity, _setup, _cleanup = workcenters[workcenter_id]._get_capacity(
                products[product_id],
                self._uoms[uom_id],
                operations[operation_id].bom_id.product_qty,
            )
            done = whole_cycles(number(quantity), number(capacity))
            time[operation_id] = time.get(operation_id, 0) + number(duration)
            cycles[operation_id] = cycles.get(operation_id, 0) + done
        return {key: time[key] / cycles[key] for key in time if cycles[key]}

    def _browse(self, model, ids):
        """{id: record}, read together."""
        records = self._env[model].browse(dict.fromkeys(ids))
        return {record.id: record for record in records}

    def _fetch_last_workorders(self):
        """The last finished work orders of each measured operation, as many as wanted.

        Odoo reads them operation by operation; here it is one query for all.
        """
        ids = [row.id for row in self._rows.list_operations() if row.is_measured]
        if not ids:
            return []
        self._env["mrp.workorder"].flush_model()
        self._env["mrp.production"].flush_model(["product_id", "product_uom_id"])
        self._env["mrp.routing.workcenter"].flush_model(["time_mode_batch"])
        return self._env.execute_query(SQL(LAST_WORKORDERS, ids))
