"""Bills with their lines, by-products and operations as rows: a query for each table.

Reading them record by record takes most of the time of a roll-up.
"""

from collections import defaultdict
from functools import cached_property
from typing import NamedTuple

from odoo.tools import SQL

#: Lines of either kind; `%(percent)s` is a column of it.
LINES = """
    SELECT l.bom_id, l.id, l.product_id, l.product_qty, l.product_uom_id, t.uom_id,
           t.type = 'service', NOT p.active, %(percent)s, %(has_values)s
      FROM %(table)s l
      JOIN product_product p ON p.id = l.product_id
      JOIN product_template t ON t.id = p.product_tmpl_id
     WHERE l.bom_id = ANY(%(ids)s)
     ORDER BY l.bom_id, l.sequence, l.id
"""
OPERATIONS = """
    SELECT l.bom_id, l.id, l.workcenter_id, l.time_cycle_manual, l.time_mode = 'auto',
           NOT w.active, %(has_values)s
      FROM mrp_routing_workcenter l
      JOIN mrp_workcenter w ON w.id = l.workcenter_id
     WHERE l.bom_id = ANY(%(ids)s) AND l.active
     ORDER BY l.bom_id, l.sequence, l.id
"""
BILLS = """
    SELECT id, product_qty, product_uom_id, backflush_lot_size
      FROM mrp_bom
     WHERE id = ANY(%s)
"""
UNITS = """
    SELECT p.id, t.uom_id
      FROM product_product p
      JOIN product_template t ON t.id = p.product_tmpl_id
     WHERE p.id = ANY(%s)
"""
#: Methods by which Odoo decides what of a bill counts, and how fast it is worked off.
ASKED_METHODS = (
    ("mrp.bom.line", "_skip_bom_line"),
    ("mrp.bom.byproduct", "_skip_byproduct_line"),
    ("mrp.routing.workcenter", "_skip_operation_line"),
    ("mrp.workcenter", "_get_capacity"),
)
ATTRIBUTE_VALUES = "bom_product_template_attribute_value_ids"


class BillRow(NamedTuple):
    """A bill: quantity and standard lot in its unit of measure."""

    quantity: float
    uom: int
    lot: float


class LineRow(NamedTuple):
    """A component or by-product, with the unit of its product.

    `percent` is the scrap allowance of a component, the cost share of a by-product.
    `may_be_skipped` tells that Odoo must be asked whether a product takes the line.
    """

    id: int
    product: int
    quantity: float
    uom: int
    product_uom: int
    is_service: bool
    is_archived: bool
    percent: float
    may_be_skipped: bool


class OperationRow(NamedTuple):
    """A step of a routing, with the minutes of a cycle that were entered."""

    id: int
    workcenter: int
    minutes: float
    is_measured: bool
    is_archived: bool
    may_be_skipped: bool


class BillRows:
    """Rows of some bills and their products; without access rights."""

    def __init__(self, boms, products):
        self.env = boms.env
        self.boms = boms
        # ids of lines that Odoo is asked about, by model
        self._asked = defaultdict(list)
        self.env.flush_all()
        self.bills = {
            bom_id: BillRow(*values)
            for bom_id, *values in self._fetch(SQL(BILLS, boms.ids))
        }
        self.units = dict(self._fetch(SQL(UNITS, products.ids)))
        self.components = self._read_lines(
            "mrp.bom.line", boms, SQL("COALESCE(l.backflush_scrap, 0)")
        )
        self.byproducts = self._read_lines(
            "mrp.bom.byproduct", boms, SQL("l.cost_share")
        )
        self.operations = self._read_operations("mrp.routing.workcenter", boms)

    def _read_lines(self, model, boms, percent):
        query = SQL(
            LINES,
            percent=percent,
            table=SQL.identifier(self.env[model]._table),
            has_values=self._has_values(model),
            ids=boms.ids,
        )
        return self._group(model, LineRow, query)

    def _read_operations(self, model, boms):
        query = SQL(OPERATIONS, ids=boms.ids, has_values=self._has_values(model))
        return self._group(model, OperationRow, query)

    def _has_values(self, model):
        """Whether a line is for some variants only."""
        field = self.env[model]._fields[ATTRIBUTE_VALUES]
        return SQL(
            "EXISTS (SELECT FROM %s v WHERE v.%s = l.id)",
            SQL.identifier(field.relation),
            SQL.identifier(field.column1),
        )

    def _group(self, model, row_type, query):
        """{bill id: rows}, in Odoo's order."""
        result = defaultdict(list)
        for bom_id, *values in self._fetch(query):
            row = row_type._make(values)
            result[bom_id].append(row)
            if row.may_be_skipped:
                self._asked[model].append(row.id)
        return result

    def _fetch(self, query):
        return self.env.execute_query(query)

    def list_operations(self):
        """All operations, in the order of the bills."""
        return self._list(self.operations)

    def list_archived_components(self):
        """Components of any bill that are not to be used any more."""
        return [row for row in self._list(self.components) if row.is_archived]

    def list_archived_operations(self):
        """Operations at a work center that is not to be used any more."""
        return [row for row in self.list_operations() if row.is_archived]

    def _list(self, rows):
        return [row for bom_id in self.boms.ids for row in rows.get(bom_id, ())]

    # -- what Odoo decides ------------------------------------------------------

    def skips(self, model, method, row, product):
        """Whether `product` is made without the line, which Odoo's `method` decides.

        A line without attribute values is for every variant, unless another addon has
        a say.
        """
        if not row.may_be_skipped and method in self.odoos_methods:
            return False
        line = self.env[model].browse(row.id).with_prefetch(self._asked[model])
        return getattr(line, method)(product)

    @cached_property
    def odoos_methods(self):
        """Names of the methods that no addon beyond Odoo's manufacturing overrides."""
        return {
            method
            for model, method in ASKED_METHODS
            if all(
                getattr(self.env.registry[name], function).__module__.startswith(
                    "odoo.addons.mrp."
                )
                for name, function in (
                    (model, method),
                    ("mrp.bom", "_skip_for_no_variant"),
                )
            )
        }
