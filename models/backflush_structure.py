"""Bills and routings of one company, read in bulk as the roll-up's plain values."""

from decimal import Decimal
from functools import cached_property

from odoo.fields import Domain
from odoo.tools import SQL

from ..costing.rollup import (
    Bill,
    ByProduct,
    Component,
    Operation,
    Structure,
    convert,
    find_purchased,
    whole_cycles,
)
from .backflush_books import number
from .backflush_structure_rates import RateReader

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


class StructureReader:
    """What the costing version's company makes, how, and at which rates.

    Which bill, which of its lines and which capacity count is left to Odoo's own
    methods. Lives as long as one roll-up. `remarks` collects sentences about what was
    left out.
    """

    def __init__(self, version):
        self.version = version
        self.company = version.company_id
        # sudo: whoever keeps the books need not have rights in manufacturing. Every
        # search names the company instead.
        self.env = version.sudo().with_company(self.company).env
        self.rates = RateReader(version.with_env(self.env))
        self.remarks: list[str] = self.rates.remarks
        self._factors: dict[int, Decimal] = {}

    def get_structure(self, prices, purchased) -> Structure:
        """Everything that the kernel needs.

        :param prices: {product id: price}
        :param purchased: ids of products that get a card at their own price
        """
        return Structure(
            material=self.rates.material.id,
            subcontract=self._get_fee_element(prices),
            subcontracted={product.id for product in self.subcontracted},
            bills=self.bills,
            kits=self.kits,
            prices=prices,
            rates=self.rates.get_rates(self._operations.workcenter_id),
            purchased=purchased,
        )

    def _get_fee_element(self, prices):
        for product in self.subcontracted:
            if prices.get(product.id):
                self.rates.check_subcontract(product)
        return self.rates.subcontract.id or None

    @cached_property
    def bills(self) -> dict[int, Bill]:
        self._remark_archived()
        return {p.id: self._read_bill(bom, p) for p, bom in self.boms.items()}

    @cached_property
    def kits(self) -> dict[int, Bill]:
        return {p.id: self._read_bill(bom, p) for p, bom in self.kit_boms.items()}

    def find_purchased(self):
        """Products without a bill that the bills use or yield."""
        ids = find_purchased(self.bills, self.kits)
        return self.env["product.product"].browse(ids)

    # -- bills ------------------------------------------------------------------

    @cached_property
    def boms(self):
        """{product: the bill that an order for it takes}

        A bill that the version names precedes; a product that is only ever made by
        subcontractors has theirs.
        """
        found = self._find_boms("normal")
        if self._knows_subcontracting():
            found = self._find_boms("subcontract") | found
        return found | self._named_boms("normal", "subcontract")

    @cached_property
    def kit_boms(self):
        """{product: the kit that it is replaced by in every order}"""
        return self._find_boms("phantom") | self._named_boms("phantom")

    @cached_property
    def made(self):
        """Products that are made or replaced: those that nobody has to price."""
        return self.env["product.product"].union(*self.boms, *self.kit_boms)

    @cached_property
    def _products(self):
        """Products that have a bill of any kind."""
        boms = self.env["mrp.bom"].search_fetch(
            [("company_id", "in", [False, self.company.id])], ["product_tmpl_id"]
        )
        Product = self.env["product.product"]
        domain = Domain(Product._check_company_domain(self.company))
        domain &= Domain("product_tmpl_id", "in", boms.product_tmpl_id.ids)
        return Product.search(domain)

    def _find_boms(self, bom_type):
        return dict(
            self.env["mrp.bom"]._bom_find(
                self._products, company_id=self.company.id, bom_type=bom_type
            )
        )

    def _named_boms(self, *types):
        """{product: bill} of the bills that the version names."""
        boms = self.version.with_env(self.env).bom_ids
        return {
            product: bom
            for bom in boms
            if bom.type in types and bom.active
            for product in bom.product_id or bom.product_tmpl_id.product_variant_ids
        }

    def _knows_subcontracting(self):
        """Whether Odoo's subcontracting, which this addon does not need, is there."""
        types = self.env["mrp.bom"]._fields["type"].get_values(self.env)
        return "subcontract" in types

    @cached_property
    def subcontracted(self):
        """{product: bill} of what subcontractors make for a fee."""
        return {p: bom for p, bom in self.boms.items() if bom.type == "subcontract"}

    def _read_bill(self, bom, product) -> Bill:
        unit = self._factor(bom.product_uom_id), self._factor(product.uom_id)
        quantity = convert(number(bom.product_qty), *unit)
        lot = convert(number(bom.backflush_lot_size), *unit)
        return Bill(
            quantity=quantity,
            lot=lot or quantity,
            components=tuple(self._read_components(bom, product)),
            operations=tuple(self._read_operations(bom, product)),
            byproducts=tuple(self._read_byproducts(bom, product)),
        )

    def _read_components(self, bom, product):
        for line in bom.bom_line_ids:
            if line._skip_bom_line(product):
                continue
            if line.product_id.type == "service":
                self._remark_service(bom, line)
                continue
            yield Component(line.product_id.id, self._line_quantity(line))

    def _read_byproducts(self, bom, product):
        for line in bom.byproduct_ids:
            if not line._skip_byproduct_line(product):
                quantity = self._line_quantity(line)
                yield ByProduct(line.product_id.id, quantity, number(line.cost_share))

    def _line_quantity(self, line) -> Decimal:
        """Quantity of a bill line in the unit of measure of its product."""
        unit = self._factor(line.product_uom_id)
        return convert(
            number(line.product_qty), unit, self._factor(line.product_id.uom_id)
        )

    def _factor(self, uom) -> Decimal:
        """How many of the reference unit make one `uom`, exactly."""
        if uom.id not in self._factors:
            factor = number(uom.relative_factor)
            if uom.relative_uom_id:
                factor *= self._factor(uom.relative_uom_id)
            self._factors[uom.id] = factor
        return self._factors[uom.id]

    def _remark_archived(self):
        """Bills may go on using what is not to be used any more: say so."""
        boms = self.env["mrp.bom"].union(*self.boms.values(), *self.kit_boms.values())
        for line in boms.bom_line_ids.filtered(lambda x: not x.product_id.active):
            self.remarks.append(
                self.env._(
                    "%(bill)s uses %(component)s, which is archived: replace it there.",
                    bill=line.bom_id.display_name,
                    component=line.product_id.display_name,
                )
            )
        for operation in boms.operation_ids.filtered(
            lambda x: not x.workcenter_id.active
        ):
            self.remarks.append(
                self.env._(
                    "%(bill)s: the operation %(operation)s is done at "
                    "%(workcenter)s, which is archived: choose another work center.",
                    bill=operation.bom_id.display_name,
                    operation=operation.name,
                    workcenter=operation.workcenter_id.display_name,
                )
            )

    def _remark_service(self, bom, line):
        self.remarks.append(
            self.env._(
                "%(bill)s: the service %(service)s is left out, because orders do not "
                "consume services.",
                bill=bom.display_name,
                service=line.product_id.display_name,
            )
        )

    # -- operations -------------------------------------------------------------

    @cached_property
    def _operations(self):
        Bom = self.env["mrp.bom"]
        boms = Bom.union(*self.boms.values(), *self.kit_boms.values())
        return boms.operation_ids

    def _read_operations(self, bom, product):
        """Times of one order, as Odoo plans it: with the work center's efficiency."""
        unit = self._factor(bom.product_uom_id), self._factor(product.uom_id)
        for operation in bom.operation_ids:
            if operation._skip_operation_line(product):
                continue
            workcenter = operation.workcenter_id
            capacity, setup, cleanup = workcenter._get_capacity(
                product, bom.product_uom_id, bom.product_qty
            )
            efficiency = number(workcenter.time_efficiency) or PERCENT
            cycle = self._get_cycle_time(operation) * PERCENT / efficiency
            yield Operation(
                operation.id,
                workcenter.id,
                (number(setup) + number(cleanup)) / MINUTES,
                cycle / MINUTES,
                convert(number(capacity), *unit),
            )

    def _get_cycle_time(self, operation) -> Decimal:
        """Minutes of one cycle at full efficiency, entered or measured."""
        minutes = self._measured.get(operation.id)
        return number(operation.time_cycle_manual) if minutes is None else minutes

    @cached_property
    def _measured(self) -> dict[int, Decimal]:
        """Minutes per cycle of operations that are timed by their last orders."""
        time, cycles = {}, {}
        for row in self._fetch_last_workorders():
            operation_id, workcenter_id, product_id, uom_id, duration, quantity = row
            operation = self.env["mrp.routing.workcenter"].browse(operation_id)
            capacity, _setup, _cleanup = (
                self.env["mrp.workcenter"]
                .browse(workcenter_id)
                ._get_capacity(
                    self.env["product.product"].browse(product_id),
                    self.env["uom.uom"].browse(uom_id),
                    operation.bom_id.product_qty,
                )
            )
            done = whole_cycles(number(quantity), number(capacity))
            time[operation_id] = time.get(operation_id, 0) + number(duration)
            cycles[operation_id] = cycles.get(operation_id, 0) + done
        return {key: time[key] / cycles[key] for key in time if cycles[key]}

    def _fetch_last_workorders(self):
        """The last finished work orders of each measured operation, as many as wanted.

        Odoo reads them operation by operation; here it is one query for all.
        """
        operations = self._operations.filtered(lambda o: o.time_mode == "auto")
        if not operations:
            return []
        self.env["mrp.workorder"].flush_model()
        self.env["mrp.production"].flush_model(["product_id", "product_uom_id"])
        operations.flush_recordset(["time_mode_batch"])
        return self.env.execute_query(
            SQL(
                LAST_WORKORDERS,
                operations.ids,
            )
        )
