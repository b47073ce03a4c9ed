"""Standard cost problems of textbooks, set up as work centers, rates and a product.

A case names its standards as class attributes; orders, time, entries and the close are
real documents.
"""

from datetime import datetime, time, timedelta

from odoo import Command, fields

from .time import RecordedTime


class Textbook(RecordedTime):
    """Part of cases that inherit `BackflushCommon`.

    ``works``: {work center: {element's type: rate}}; a rate is an amount for an hour,
    or (amount, crew) for labour and (amount, normal hours) for fixed overhead.
    ``operations``: (work center, minutes of a unit, minutes of set-up). ``components``:
    {name: (quantity, price)} of one unit.
    """

    works = {"Assembly": {}}
    operations = (("Assembly", 60, 0),)
    components = {}
    capacities = {}  # units of one cycle, by work center
    lot = 1
    price = 1.0

    @classmethod
    def _create_products(cls):
        setups = {name: setup for name, _minutes, setup in cls.operations}
        cls.places = {
            name: cls._create_place(name, setups.get(name, 0)) for name in cls.works
        }
        cls.parts = {
            name: cls._create_product(name, cls.materials, standard_price=price)
            for name, (_quantity, price) in cls.components.items()
        }
        cls.product = cls._create_product("Product", cls.finished, list_price=cls.price)
        quantities = {
            cls.parts[name]: quantity * cls.lot
            for name, (quantity, _price) in cls.components.items()
        }
        operations = [
            Command.create(
                {
                    "name": name,
                    "workcenter_id": cls.places[name].id,
                    "time_cycle_manual": minutes,
                }
            )
            for name, minutes, _setup in cls.operations
        ]
        cls.bom = cls._create_bom(
            cls.product, cls.lot, quantities, operation_ids=operations
        )

    @classmethod
    def _create_place(cls, name, setup=0):
        capacity = {
            "product_uom_id": cls.unit.id,
            "capacity": cls.capacities.get(name, 1),
            "time_start": setup,
            "time_stop": 0,
        }
        return cls.env["mrp.workcenter"].create(
            {
                "name": name,
                "company_id": cls.company.id,
                "capacity_ids": [Command.create(capacity)],
            }
        )

    @classmethod
    def _create_version(cls, name="Standards", date_from="2020-01-01", **_prices):
        prices = [
            Command.create({"product_id": cls.parts[part].id, "price": price})
            for part, (_quantity, price) in cls.components.items()
        ]
        rates = [
            Command.create(
                {
                    "workcenter_id": place.id,
                    "element_id": cls.elements[element].id,
                    **cls._prepare_rate(cls.elements[element].type, rate),
                }
            )
            for work, place in cls.places.items()
            for element, rate in cls.works[work].items()
        ]
        return cls.env["backflush.version"].create(
            {
                "name": name,
                "company_id": cls.company.id,
                "date_from": date_from,
                "price_ids": prices,
                "rate_ids": rates,
            }
        )

    @classmethod
    def _prepare_rate(cls, element_type, rate):
        amount, more = rate if isinstance(rate, tuple) else (rate, None)
        names = {"labour": "crew", "fixed_overhead": "normal_hours"}
        vals = {"rate": amount}
        if more is not None:
            vals[names[element_type]] = more
        return vals

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.version = cls._activate_standards()

    # -- facts ------------------------------------------------------------------

    def _run_machine(self, order, hours, work=None, day=None):
        """Time that a work order's work center has recorded."""
        workorder = order.workorder_ids.filtered(
            lambda w: work is None or w.workcenter_id == self.places[work]
        )
        workorder.ensure_one()
        end = datetime.combine(day, time(20)) if day else fields.Datetime.now()
        return self.env["mrp.workcenter.productivity"].create(
            {
                "workorder_id": workorder.id,
                "workcenter_id": workorder.workcenter_id.id,
                "company_id": self.company.id,
                "loss_id": self.env.ref("mrp.block_reason7").id,
                "date_start": end - timedelta(hours=hours),
                "date_end": end,
            }
        )

    def _stand(self, order, day):
        """Have an order finished on a day that is over."""
        order.date_finished = datetime.combine(day, time(12))

    def _deliver_all(self, quantity):
        sale = self._sell(self.product, quantity, self.price)
        self._deliver(sale)
        self._invoice(sale)

    # -- figures ----------------------------------------------------------------

    def assertPeriod(self, close, expected):
        """All rows of the period of one element and kind; nothing is unexplained."""
        domain = [
            ("company_id", "=", self.company.id),
            ("date", ">=", close.date_from),
            ("date", "<=", close.date_to),
        ]
        found = {}
        for row in self.env["backflush.variance"].search(domain):
            key = (row.element_id.code.lower(), row.kind)
            found[key] = round(found.get(key, 0) + row.amount, 2)
        self.assertEqual({key: x for key, x in found.items() if x}, expected)
        for line in close.line_ids:
            self.assertEqual(line.remainder, 0.0, line.element_id.name)

    def _sum_rows(self):
        domain = [("company_id", "=", self.company.id)]
        return sum(self.env["backflush.variance"].search(domain).mapped("amount"))
