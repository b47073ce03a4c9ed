"""Bills and routings of one company, read in bulk as the roll-up's plain values."""

from decimal import Decimal
from functools import cached_property

from odoo.fields import Domain

from ..costing.structure import (
    Bill,
    ByProduct,
    Component,
    Operation,
    Structure,
    convert,
    find_purchased,
)
from .backflush_books import number
from .backflush_structure_rates import RateReader
from .backflush_structure_rows import BillRows
from .backflush_structure_times import MINUTES, PERCENT, TimeReader


class StructureReader:
    """What the costing version's company makes, how, and at which rates.

    Which bill, which of its lines and which capacity count is left to Odoo's own
    methods; they are asked only where the answer can depend on the product. Lives as
    long as one roll-up. `remarks` collects sentences about what was left out.
    """

    def __init__(self, version):
        self.version = version
        self.company = version.company_id
        # sudo: whoever keeps the books need not have rights in manufacturing. Every
        # search names the company instead.
        # prefetch_fields: one or two fields of thousands of records, not all of them
        self.env = (
            version.sudo()
            .with_company(self.company)
            .with_context(prefetch_fields=False)
            .env
        )
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
            rates=self.rates.get_rates(self._times.workcenters),
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
        """Products that have a bill of a type, by type."""
        groups = self.env["mrp.bom"]._read_group(
            [("company_id", "in", [False, self.company.id])],
            ["type"],
            ["product_tmpl_id:array_agg"],
        )
        Product = self.env["product.product"]
        company = Domain(Product._check_company_domain(self.company))
        return {
            bom_type: Product.search(company & Domain("product_tmpl_id", "in", ids))
            for bom_type, ids in groups
        }

    def _find_boms(self, bom_type):
        products = self._products.get(bom_type)
        if not products:
            return {}
        Bom = self.env["mrp.bom"]
        company_id = self.company.id
        return dict(Bom._bom_find(products, company_id=company_id, bom_type=bom_type))

    @cached_property
    def _rows(self):
        boms = [*self.boms.values(), *self.kit_boms.values()]
        return BillRows(self.env["mrp.bom"].union(*boms), self.made)

    @cached_property
    def _times(self):
        return TimeReader(self._rows, self._uoms)

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
        row = self._rows.bills[bom.id]
        unit = self._factor(row.uom), self._factor(self._rows.units[product.id])
        quantity = convert(number(row.quantity), *unit)
        lot = convert(number(row.lot), *unit)
        return Bill(
            quantity=quantity,
            lot=lot or quantity,
            components=tuple(self._read_components(bom, product)),
            operations=tuple(self._read_operations(bom, product)),
            byproducts=tuple(self._read_byproducts(bom, product)),
        )

    def _read_components(self, bom, product):
        for row in self._rows.components.get(bom.id, ()):
            if self._rows.skips("mrp.bom.line", "_skip_bom_line", row, product):
                continue
            if row.is_service:
                self._remark_service(bom, row.product)
                continue
            yield Component(row.product, self._line_quantity(row), number(row.percent))

    def _read_byproducts(self, bom, product):
        for row in self._rows.byproducts.get(bom.id, ()):
            if not self._rows.skips(
                "mrp.bom.byproduct", "_skip_byproduct_line", row, product
            ):
                quantity = self._line_quantity(row)
                yield ByProduct(row.product, quantity, number(row.percent))

    def _line_quantity(self, row) -> Decimal:
        """Quantity of a bill line in the unit of measure of its product."""
        quantity = number(row.quantity)
        if row.uom == row.product_uom:
            return quantity
        return convert(quantity, self._factor(row.uom), self._factor(row.product_uom))

    @cached_property
    def _uoms(self):
        """{id: unit of measure}; there are few, and it takes a chain of them."""
        Uom = self.env["uom.uom"].with_context(active_test=False, prefetch_fields=True)
        return {uom.id: uom for uom in Uom.search([])}

    def _factor(self, uom_id) -> Decimal:
        """How many of the reference unit make one of this unit, exactly."""
        if uom_id not in self._factors:
            uom = self._uoms[uom_id]
            factor = number(uom.relative_factor)
            if uom.relative_uom_id:
                factor *= self._factor(uom.relative_uom_id.id)
            self._factors[uom_id] = factor
        return self._factors[uom_id]

    def _remark_archived(self):
        """Bills may go on using what is not to be used any more: say so."""
        for row in self._rows.list_archived_components():
            line = self.env["mrp.bom.line"].browse(row.id)
            self.remarks.append(
                self.env._(
                    "%(bill)s uses %(component)s, which is archived: replace it there.",
                    bill=line.bom_id.display_name,
                    component=line.product_id.display_name,
                )
            )
        for row in self._rows.list_archived_operations():
            operation = self.env["mrp.routing.workcenter"].browse(row.id)
            self.remarks.append(
                self.env._(
                    "%(bill)s: the operation %(operation)s is done at "
                    "%(workcenter)s, which is archived: choose another work center.",
                    bill=operation.bom_id.display_name,
                    operation=operation.name,
                    workcenter=operation.workcenter_id.display_name,
                )
            )

    def _remark_service(self, bom, product_id):
        self.remarks.append(
            self.env._(
                "%(bill)s: the service %(service)s is left out, because orders do not "
                "consume services.",
                bill=bom.display_name,
                service=self.env["product.product"].browse(product_id).display_name,
            )
        )

    # -- operations -------------------------------------------------------------

    def _read_operations(self, bom, product):
        """Times of one order, as Odoo plans it: with the work center's efficiency."""
        rows = self._rows.operations.get(bom.id)
        if not rows:
            return
        uom_id = self._rows.bills[bom.id].uom
        unit = self._factor(uom_id), self._factor(self._rows.units[product.id])
        for row in rows:
            if self._rows.skips(
                "mrp.routing.workcenter", "_skip_operation_line", row, product
            ):
                continue
            capacity, fixed, efficiency = self._times.get_capacity(
                row.workcenter, product, bom.id
            )
            cycle = self._times.get_cycle_time(row) * PERCENT / efficiency
            yield Operation(
                row.id,
                row.workcenter,
                fixed,
                cycle / MINUTES,
                convert(capacity, *unit),
            )
