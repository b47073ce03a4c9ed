"""The month of the event catalogue, played through real documents in its order.

Every event is one method, `_play_<code>`; it returns nothing, what it has made is found
by the case that plays it. Documents that later events go back to are kept by name in
`self.made`. Hours are recorded as section 8 says: 38.55 h that cost 780.50.
"""

from odoo import Command, fields

from .time import RecordedTime

#: Sections 3 to 8 of the catalogue.
SECTIONS = (
    ("A1", "A2", "A3", "A4", "A5", "A5r", "A6", "A7", "A8", "A9"),
    ("C1", "C2", "C3", "C4a", "C4b", "C5", "C6", "C7", "C8", "C9", "C10", "C11")
    + ("C12", "C13", "C14"),
    ("D1", "D1i", "D2", "D2b", "D3", "D3B", "D4", "D5"),
    ("I1", "I2", "I3", "I4"),
    ("S0", "S1", "S2", "S3", "S4", "S5"),
    ("T0", "T1", "V1"),
)


class MonthGoods:
    """Besides P, M and S: Q with its by-product B, R of a subcontractor, freight."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_more_goods()
        cls._name_accounts()
        cls._create_currency()
        cls._activate_standards(m=5.0, s=6.0, b=0.9, r=3.0)

    @classmethod
    def _create_more_goods(cls):
        cls.q = cls._create_product("Q", cls.finished, list_price=38.0)
        cls.b = cls._create_product("B", cls.finished, list_price=1.0)
        cls.b.standard_price = 0.9
        cls.r = cls._create_product("R", cls.finished, list_price=12.0)
        cls.freight = cls._create_product("Freight", cls.materials, is_storable=False)
        cls.freight.type = "service"
        share = {"product_id": cls.b.id, "product_qty": 10, "cost_share": 4}
        byproducts = [Command.create(share)]
        cls._create_bom(cls.q, 10, {cls.m: 20}, 24, byproduct_ids=byproducts)
        cls.subcontractor = cls.env["res.partner"].create({"name": "Subcontractor"})
        partners = [Command.set(cls.subcontractor.ids)]
        cls.r_bom = cls._create_bom(
            cls.r, 1, {cls.m: 1}, type="subcontract", subcontractor_ids=partners
        )
        cls.r.seller_ids = [
            Command.create({"partner_id": cls.subcontractor.id, "price": 3.2})
        ]
        cls.elements["subcontract"].active = True

    @classmethod
    def _name_accounts(cls):
        cls.accounts["revaluation"] = cls.company.backflush_revaluation_account_id
        fee = cls.elements["subcontract"]
        for role in ("control", "applied", "price_variance"):
            field = f"{role}_account_id"
            fee[field] = fee[field] or cls._create_account(f"Fee {role}")
            cls.accounts[f"subcontract_{role}"] = fee[field]
        cls.account_names = {account: name for name, account in cls.accounts.items()}

    @classmethod
    def _create_currency(cls):
        cls.foreign = cls.env["res.currency"].create({"name": "FRG", "symbol": "F"})
        cls._set_rate(10, 3.06)

    @classmethod
    def _set_rate(cls, days, rate):
        """Foreign units for one of the company's, from so many days ago."""
        cls.env["res.currency.rate"].create(
            {
                "name": fields.Date.subtract(fields.Date.today(), days=days),
                "rate": rate,
                "currency_id": cls.foreign.id,
                "company_id": cls.company.id,
            }
        )


class MonthPurchases:
    def _keep(self, name, record):
        self.made[name] = record
        return record

    def _play_a1(self):
        self.m_100 = self._order(self.m, 100, 5.2)
        self._receive(self.m_100)

    def _play_a2(self):
        self._keep("a2", self._bill(self.m_100).invoice_line_ids)

    def _play_a3(self):
        self._keep("a3", self._buy(self.m, 40, 4.75).invoice_line_ids)

    def _play_a4(self):
        ordered = fields.Date.subtract(fields.Date.today(), days=5)
        currency = self.foreign.id
        order = self._order(self.m, 20, 15.3, currency_id=currency, date_order=ordered)
        self._set_rate(0, 3.0)
        self._receive(order)
        self._keep("a4", self._bill(order).invoice_line_ids)

    def _play_a5(self):
        self.m.purchase_method = "purchase"
        self.m_20 = self._order(self.m, 20, 5.05)
        self._keep("a5", self._bill(self.m_20).invoice_line_ids)
        self.m.purchase_method = "receive"

    def _play_a5r(self):
        self._receive(self.m_20)

    def _credit_part(self, bill, quantity, price):
        """A credit note from the bill's own button, its line changed by hand."""
        note = self._reverse(bill, post=False)
        note.invoice_line_ids.write({"quantity": quantity, "price_unit": price})
        note.action_post()
        return note.invoice_line_ids

    def _play_a6(self):
        self._return(self.m_100.picking_ids, 10)
        self._keep("a6", self._credit_part(self.made["a2"].move_id, 10, 5.2))

    def _play_a7(self):
        self._keep("a7", self._credit_part(self.made["a2"].move_id, 90, 0.1))

    def _play_a8(self):
        self._bill_charge(self.made["a2"], 7.0, self.freight)

    def _play_a9(self):
        self._buy(self.s, 10, 6.0)


class MonthProduction:
    def _order_with_time(self, name, product, hours, cost=20.0):
        """An order that people have worked on."""
        order = self._keep(name, self._create_production(product, 10))
        self._record(order, hours, cost)
        return order

    def _play_c1(self):
        self._finish(self._order_with_time("mo1", self.p, 5))

    def _play_c2(self):
        order = self._order_with_time("mo2", self.p, 5.5, 21.0)
        self._finish(order, used={self.m: 22})

    def _play_c3(self):
        order = self._order_with_time("mo3", self.p, 5)
        self._finish(order, used={self.m: 15, self.s: 6})

    def _play_c4a(self):
        order = self._order_with_time("mo4", self.p, 3.4)
        self._finish(order, made=6, backorder=True)

    def _play_c4b(self):
        order = self.made["mo4"]
        backorder = order.production_group_id.production_ids - order
        self._record(backorder, 1.6, 20.0)
        self._keep("mo4b", self._finish(backorder))

    def _play_c5(self):
        self._finish(self._order_with_time("mo5", self.p, 5.8), made=12)

    def _play_c6(self):
        order = self._order_with_time("mo6", self.q, 5)
        order.qty_producing = 10
        order._set_qty_producing()
        order.move_byproduct_ids.write({"quantity": 9, "picked": True})
        self._finish_as_is(order)

    def _play_c7(self):
        order = self._order_with_time("mo7", self.p, 5)
        self._scrap(self.m, 1, production_id=order.id)
        self._finish(order)

    def _play_c8(self):
        self._scrap(self.p, 1, production_id=self.made["mo7"].id)

    def _play_c9(self):
        self._correct(self.made["mo1"].move_raw_ids, 21)

    def _play_c10(self):
        self._correct(self.made["mo2"].move_raw_ids, 21)

    def _play_c11(self):
        self._correct(self.made["mo3"].move_finished_ids, 9)

    def _play_c12(self):
        self._unbuild(self.p, 1, self.made["mo5"])

    def _play_c13(self):
        route = self.env.ref("mrp_subcontracting.route_resupply_subcontractor_mto")
        self.m.route_ids += route
        order = self._order(self.r, 10, 3.2, partner_id=self.subcontractor.id)
        sent = order._get_subcontracting_resupplies()
        sent.action_assign()
        self._validate(sent)
        self._receive(order)
        self.fee_order = order
        made = order.order_line.move_ids._get_subcontract_production()
        self._keep("mo_r", made)

    def _play_c14(self):
        self._keep("c14", self._bill(self.fee_order).invoice_line_ids)


class MonthSales:
    def _play_d1(self):
        self.p_20 = self._sell(self.p, 20, 40.0)
        self._deliver(self.p_20)

    def _play_d1i(self):
        self._invoice(self.p_20)

    def _play_d2(self):
        self.p_8 = self._sell(self.p, 8, 40.0)
        self._deliver(self.p_8, 5)
        self._invoice(self.p_8)

    def _play_d2b(self):
        self._deliver(self.p_8)

    def _play_d3(self):
        self.q_10 = self._sell(self.q, 10, 38.0)
        self._deliver(self.q_10)
        self._invoice(self.q_10)

    def _play_d3b(self):
        order = self._sell(self.b, 9, 1.0)
        self._deliver(order)
        self._invoice(order)

    def _take_back(self, quantity):
        """P of the first delivery come back and are credited."""
        delivery = self.p_20.picking_ids.sorted("id")[0]
        self._return(delivery, quantity)
        note = self.p_20._create_invoices(final=True)
        note.action_post()

    def _play_d4(self):
        self._take_back(2)

    def _play_d5(self):
        self._credit(self.q_10.invoice_ids.invoice_line_ids, 10, 0.5)


class MonthCounts:
    def _count_more(self, product, change):
        self._count(product, product.qty_available + change)

    def _play_i1(self):
        self._count_more(self.m, -2)

    def _play_i2(self):
        self._count_more(self.s, 1)

    def _play_i3(self):
        self._count_more(self.p, -1)

    def _play_i4(self):
        self._count_more(self.p, 1)


class MonthStandards:
    def _play_s0(self):
        """The 10 kg that S1 finds received and not billed."""
        self.m_10 = self._order(self.m, 10, 5.3)
        self._receive(self.m_10)

    def _play_s1(self):
        on_hand = [x.qty_available for x in (self.m, self.s, self.p, self.r)]
        self.assertEqual(on_hand, [28, 5, 33, 10])
        version = self._create_version("v2", "2021-01-01", m=5.5, s=6, b=0.9, r=3)
        labour = version.rate_ids.filtered(lambda x: x.element_id.type == "labour")
        labour.rate = 22.0
        version.action_roll_up()
        version.action_activate()
        prices = [x.standard_price for x in (self.p, self.q, self.r)]
        self.assertEqual(prices, [27.0, 25.92, 8.5])

    def _play_s2(self):
        self._keep("s2", self._bill(self.m_10).invoice_line_ids)

    def _play_s3(self):
        self._invoice(self.p_8)

    def _play_s4(self):
        self._take_back(1)

    def _play_s5(self):
        self._unbuild(self.p, 1, self.made["mo7"])


class MonthTime:
    def _play_t0(self):
        """Time on MO9, which is still open when the month ends."""
        self._order_with_time("mo9", self.p, 2, 22.0)

    def _play_t1(self):
        self._record(self.made["mo1"], 0.25, 20.0)

    def _play_v1(self):
        """Payroll, energy and rent."""
        self._spend(labour=810.5, variable_overhead=236.0, fixed_overhead=170.0)


class Month(
    MonthPurchases,
    MonthProduction,
    MonthSales,
    MonthCounts,
    MonthStandards,
    MonthTime,
    MonthGoods,
    RecordedTime,
):
    """All events; plays one of them by its code."""

    def play(self, code):
        getattr(self, f"_play_{code.lower()}")()
