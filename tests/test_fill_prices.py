"""Filling the material prices of a draft from bills and price lists, and by import."""

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import file_open, mute_logger
from psycopg2 import IntegrityError

from .test_standards import StandardsCase

DAY = "2026-06-30"


class FillCase(StandardsCase):
    """The table's steel, and glue that no bill of materials uses."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.glue = cls._create_product("Glue", cls.materials, default_code="GL-1")
        cls.steel.default_code = "ST-1"

    def _bill_of(self, lines, day, move_type="in_invoice", post=True, **values):
        """A vendor bill, `lines`: product → (quantity, price, other values)."""
        bill = self.env["account.move"].create(
            {
                "move_type": move_type,
                "partner_id": self.vendor.id,
                "invoice_date": day,
                "date": day,
                "company_id": self.company.id,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "quantity": quantity,
                            "price_unit": price,
                            "tax_ids": False,
                            **dict(*others),
                        }
                    )
                    for product, (quantity, price, *others) in lines.items()
                ],
                **values,
            }
        )
        if post:
            bill.action_post()
        return bill

    def _bill_elsewhere(self, day):
        """Another company buys steel at 99."""
        other = self._create_company(name="Other")
        self.steel.company_id = False
        self.env.user.company_ids |= other
        line = {"product_id": self.steel.id, "quantity": 1, "price_unit": 99}
        bill = self.env["account.move"].with_company(other)
        bill.create(
            {
                "move_type": "in_invoice",
                "partner_id": self.vendor.id,
                "invoice_date": day,
                "invoice_line_ids": [Command.create(line)],
            }
        ).action_post()

    def _fill(self, source, version=None, **values):
        """Fill and return {product: price}."""
        version = version or self.version
        wizard = self.env["backflush.fill.prices"].create(
            {"version_id": version.id, "source": source, "date_to": DAY, **values}
        )
        self.message = wizard.action_fill()["params"]["message"]
        return self._prices(version)

    def _prices(self, version=None):
        version = version or self.version
        return {price.product_id: price.price for price in version.price_ids}

    def _source(self, product):
        line = self.version.price_ids.filtered(lambda p: p.product_id == product)
        return line.source, line.percent


@tagged("post_install", "-at_install")
class TestFillFromBills(FillCase):
    def test_average_is_weighted_by_quantity(self):
        """(100 × 5.20 + 300 × 5.00) ÷ 400 = 5.05."""
        self._bill_of({self.steel: (100, 5.2)}, "2026-01-15")
        self._bill_of({self.steel: (300, 5.0)}, "2026-06-30")
        self.assertEqual(self._fill("average"), {self.steel: 5.05})
        self.assertEqual(self._source(self.steel), ("average", 0))

    def test_bills_that_do_not_count(self):
        """Drafts, cancelled ones, sales, other companies', older and later ones."""
        self._bill_of({self.steel: (10, 6.0)}, "2026-03-01")
        self._bill_of({self.steel: (10, 99)}, "2026-03-01", post=False)
        self._bill_of({self.steel: (10, 99)}, "2026-03-01").button_cancel()
        self._bill_of({self.steel: (10, 99)}, "2026-03-01", "out_invoice")
        self._bill_of({self.steel: (10, 99)}, "2025-06-30")
        self._bill_of({self.steel: (10, 99)}, "2026-07-01")
        self._bill_elsewhere("2026-03-01")
        self.assertEqual(self._fill("average"), {self.steel: 6.0})
        self.assertEqual(self._fill("bill"), {self.steel: 6.0})

    def test_shorter_period(self):
        self._bill_of({self.steel: (10, 6.0)}, "2026-03-30")
        self._bill_of({self.steel: (10, 4.0)}, "2026-03-31")
        self.assertEqual(self._fill("average", months=3), {self.steel: 4.0})

    def test_credit_notes_are_taken_off(self):
        """100 at 5.20 less 20 at 5.20, and 50 at 4.90: 661 ÷ 130."""
        self._bill_of({self.steel: (100, 5.2)}, "2026-01-15")
        self._bill_of({self.steel: (20, 5.2)}, "2026-02-15", "in_refund")
        self._bill_of({self.steel: (50, 4.9)}, "2026-03-15")
        prices = self._fill("average")
        self.assertAlmostEqual(prices[self.steel], 661 / 130, 12)

    def test_everything_credited_says_nothing(self):
        self._set_price(self.steel, 5.5)
        bill = self._bill_of({self.steel: (10, 9.0)}, "2026-03-01")
        bill._reverse_moves([{"invoice_date": "2026-03-02"}], cancel=True)
        self.assertEqual(bill.payment_state, "reversed")
        for source in ("average", "bill"):
            self.assertEqual(self._fill(source, overwrite=True), {self.steel: 5.5})
            self.assertIn("No price was found for [ST-1] Steel", self.message)

    def test_last_bill(self):
        """Two lines of the same product on the last bill: their average."""
        self._bill_of({self.steel: (100, 9)}, "2026-05-01")
        last = self._bill_of({self.steel: (10, 5.0)}, "2026-06-01", post=False)
        line = {"product_id": self.steel.id, "quantity": 30, "price_unit": 6.0}
        last.invoice_line_ids = [Command.create({**line, "tax_ids": False})]
        last.action_post()
        self._bill_of({self.steel: (5, 1)}, "2026-06-02", "in_refund")
        self.assertEqual(self._fill("bill"), {self.steel: 5.75})
        self.assertEqual(self._source(self.steel), ("bill", 0))

    def test_units_and_currencies(self):
        """20,000 g at 0.0102 EUR, 2 USD each: 0.0204 per g, 20.40 per kg."""
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.env["res.currency.rate"].create(
            {
                "name": "2026-01-01",
                "currency_id": euro.id,
                "company_id": self.company.id,
                "rate": 0.5,
            }
        )
        gram = {"product_uom_id": self.gram.id}
        self._bill_of(
            {self.steel: (20000, 0.0102, gram)}, "2026-03-01", currency_id=euro.id
        )
        for source in ("average", "bill"):
            prices = self._fill(source)
            self.assertAlmostEqual(prices[self.steel], 20.4, 10)

    def test_price_difference_of_a_covered_product_does_not_count(self):
        """Odoo's product line carries what was billed, whatever the standard is."""
        self._activate()
        self._buy(self.steel, 10, 5.0, billed=5.3)
        draft = self.version.copy({"date_from": "2027-01-01"})
        today = fields.Date.today()
        prices = self._fill("average", draft, date_to=today)
        self.assertAlmostEqual(prices[self.steel], 5.3, 12)

    def test_one_query_for_any_number_of_products(self):
        products = self.env["product.product"]
        for number in range(20):
            products |= self._create_product(f"Part {number}", self.materials)
        reader = self._get_reader()
        self._bill_of({product: (1, 2.0) for product in products}, "2026-03-01")
        self.env.flush_all()
        with self.assertQueryCount(1):
            averages = reader.get_averages(products, 12, fields.Date.to_date(DAY))
        self.assertEqual(set(averages.values()), {2})
        with self.assertQueryCount(1):
            reader.get_last(products, fields.Date.to_date(DAY))

    def _get_reader(self):
        return (
            self.env["backflush.fill.prices"]
            .new({"version_id": self.version.id})
            ._get_reader()
        )


@tagged("post_install", "-at_install")
class TestFillFromPriceLists(FillCase):
    def _seller(self, product, price, vendor=None, **values):
        return self.env["product.supplierinfo"].create(
            {
                "product_tmpl_id": product.product_tmpl_id.id,
                "partner_id": (vendor or self.vendor).id,
                "price": price,
                "company_id": self.company.id,
                **values,
            }
        )

    def test_vendor_that_odoo_picks(self):
        """The first vendor's price on the version's day, not the cheaper second's."""
        second = self.env["res.partner"].create({"name": "Second"})
        self._seller(self.steel, 6.0, sequence=1, date_end="2025-12-31")
        self._seller(self.steel, 6.5, sequence=2, date_start="2026-01-01")
        self._seller(self.steel, 1.0, second, sequence=3)
        self.assertEqual(self._fill("vendor"), {self.steel: 6.5})
        self.assertEqual(self._source(self.steel), ("vendor", 0))

    def test_quantity_breaks(self):
        self._seller(self.steel, 6.0)
        self._seller(self.steel, 5.0, min_qty=100)
        self.assertEqual(self._fill("vendor"), {self.steel: 6.0})
        self.assertEqual(self._fill("vendor", order_quantity=100), {self.steel: 5.0})

    def test_least_quantity_where_all_ask_for_more(self):
        self._seller(self.steel, 6.0, min_qty=50)
        self._seller(self.steel, 5.0, min_qty=100)
        self.assertEqual(self._fill("vendor"), {self.steel: 6.0})

    def test_unit_discount_and_currency(self):
        """0.004 EUR per g less 25 %, two dollars a euro on the version's day."""
        euro = self.env.ref("base.EUR")
        euro.active = True
        for day, rate in (("2025-01-01", 0.25), ("2026-01-01", 0.5)):
            self.env["res.currency.rate"].create(
                {
                    "name": day,
                    "currency_id": euro.id,
                    "company_id": self.company.id,
                    "rate": rate,
                }
            )
        self._seller(
            self.steel,
            0.004,
            currency_id=euro.id,
            product_uom_id=self.gram.id,
            discount=25,
        )
        prices = self._fill("vendor")
        self.assertAlmostEqual(prices[self.steel], 6.0, 12)

    def test_tax_that_the_price_includes_is_taken_off(self):
        tax = self.env["account.tax"].create(
            {
                "name": "20 % included",
                "amount": 20,
                "type_tax_use": "purchase",
                "price_include_override": "tax_included",
                "company_id": self.company.id,
                "country_id": self.company.country_id.id,
            }
        )
        self.steel.supplier_taxes_id = tax
        self._seller(self.steel, 6.01)
        prices = self._fill("vendor")
        self.assertAlmostEqual(prices[self.steel], 6.01 / 1.2, 12)

    def test_nothing_known(self):
        self._seller(self.steel, 0.0)
        self.assertEqual(self._fill("vendor"), {})
        self.assertIn("Prices set: 0", self.message)
        self.assertIn("No price was found for [ST-1] Steel", self.message)


@tagged("post_install", "-at_install")
class TestFill(FillCase):
    def test_current_standard_and_percent(self):
        prices = self._fill("current", percent=3)
        self.assertEqual(prices, {self.steel: 5.15})
        self.assertEqual(self._source(self.steel), ("current", 3))
        self.assertIn("Prices set: 1 (Current standard, +3 %).", self.message)
        self.assertIn(self.message, self.version.message_ids[0].body)

    def test_percent_is_not_added_twice(self):
        self._fill("current", percent=10)
        self.assertEqual(self._fill("current", percent=10), {self.steel: 5.5})

    def test_no_price_below_0(self):
        self.assertEqual(self._fill("current", percent=-100), {self.steel: 0.0})
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self._fill("current", percent=-101)

    def test_entered_prices_stay(self):
        self._set_price(self.steel, 7.0)
        self.assertEqual(self._fill("current"), {self.steel: 7.0})
        self.assertIn("Entered prices kept: 1.", self.message)
        self.assertEqual(self._fill("current", overwrite=True), {self.steel: 5.0})
        self.assertEqual(self._source(self.steel), ("current", 0))

    def test_filled_price_that_is_changed_by_hand_is_an_entered_one(self):
        self._fill("current", percent=3)
        self._set_price(self.steel, 5.2)
        self.assertEqual(self._source(self.steel), ("manual", 0))

    def test_categories_and_products(self):
        timber = self._create_category("Timber", parent_id=self.materials.id)
        board = self._create_product("Board", timber, standard_price=3.0)
        self.bill.bom_line_ids.copy(
            {"product_id": board.id, "product_uom_id": self.unit.id}
        )
        self.glue.standard_price = 8.0
        self.assertEqual(self._fill("current", category_ids=timber.ids), {board: 3.0})
        self.assertEqual(
            self._fill("current", product_ids=self.glue.ids, percent=50),
            {board: 3.0, self.glue: 12.0},
        )
        self.assertEqual(
            self._fill("current", category_ids=self.materials.ids),
            {board: 3.0, self.glue: 8.0, self.steel: 5.0},
        )

    def test_cards_are_outdated_only_by_a_change(self):
        self._roll_up()
        self.assertEqual(self._fill("current"), {self.steel: 5.0})
        self.assertFalse(self.version.is_outdated)
        self._fill("current", percent=1)
        self.assertTrue(self.version.is_outdated)

    def test_versions_in_force_are_left_alone(self):
        self._activate()
        with self.assertRaisesRegex(UserError, "2026 is active"):
            self._fill("current", percent=1)

    def test_rights(self):
        users = {
            role: new_test_user(
                self.env,
                login=f"backflush_{role}",
                groups=f"base.group_user,backflush_costing.group_backflush_{role}",
                company_id=self.company.id,
                company_ids=[Command.set(self.company.ids)],
            )
            for role in ("user", "accountant")
        }
        self._bill_of({self.steel: (10, 6.0)}, "2026-03-01")
        with self.assertRaises(AccessError):
            self.env["backflush.fill.prices"].with_user(users["user"]).create(
                {"version_id": self.version.id}
            )
        wizard = Form(
            self.env["backflush.fill.prices"]
            .with_user(users["accountant"])
            .with_context(default_version_id=self.version.id)
        )
        wizard.date_to = fields.Date.to_date(DAY)
        wizard.save().action_fill()
        self.assertEqual(self._prices(), {self.steel: 6.0})

    def test_long_lists_of_products_are_cut(self):
        components = {
            self._create_product(f"Part {number}", self.materials): 1
            for number in range(22)
        }
        self._bom(self._create_product("Box", self.finished), components)
        self._fill("bill")
        self.assertIn("and 4 more", self.message)


@tagged("post_install", "-at_install")
class TestImport(FillCase):
    """What Odoo's own import of spreadsheets calls, `load`, with a draft's inputs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accountant = new_test_user(
            cls.env,
            login="backflush_import",
            groups="base.group_user,backflush_costing.group_backflush_accountant",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def _load(self, model, columns, *rows, **context):
        context.setdefault("default_version_id", self.version.id)
        records = self.env[model].with_user(self.accountant).with_context(**context)
        return records.load(columns, list(rows))

    def assertRefused(self, result, *messages):
        """No record was made; the first message on each of these rows says why."""
        self.assertFalse(result["ids"])
        found = {}
        for message in result["messages"]:
            found.setdefault(message["record"], message["message"])
        self.assertEqual(len(found), len(messages), found)
        for message, words in zip(found.values(), messages, strict=True):
            self.assertRegex(message, words)

    def test_prices_by_name_and_by_reference(self):
        result = self._load(
            "backflush.price",
            ["product_id", "price"],
            ["Steel", "5.75"],
            ["GL-1", "0.01719"],
        )
        self.assertFalse(result["messages"])
        self.assertEqual(self._prices(), {self.steel: 5.75, self.glue: 0.01719})
        self.assertEqual(self._source(self.glue), ("manual", 0))

    def test_prices_with_a_column_for_the_version(self):
        result = self._load(
            "backflush.price",
            ["version_id", "product_id", "price"],
            ["2026", "[ST-1] Steel", "5.75"],
            default_version_id=False,
        )
        self.assertFalse(result["messages"])
        self.assertEqual(self._prices(), {self.steel: 5.75})

    def test_prices_that_were_exported_are_changed(self):
        price = self._set_price(self.steel, 5.0)
        result = self._load(
            "backflush.price", [".id", "price"], [str(price.id), "5.25"]
        )
        self.assertFalse(result["messages"])
        self.assertEqual(self._prices(), {self.steel: 5.25})

    @mute_logger("odoo.sql_db")
    def test_bad_prices(self):
        self._set_price(self.glue, 1.0)
        columns = ["product_id", "price"]
        result = self._load(
            "backflush.price",
            columns,
            ["Steel", "-1"],
            ["GL-1", "2"],
        )
        self.assertRefused(
            result, "price cannot be negative", "has a price in the version already"
        )
        result = self._load("backflush.price", columns, ["Unknown", "1"])
        self.assertRefused(result, "No matching record found for name 'Unknown'")
        result = self._load("backflush.price", columns, ["Steel", "1"], ["ST-1", "2"])
        self.assertRefused(result, "has a price in the version already")
        self.assertEqual(self._prices(), {self.glue: 1.0})

    def test_prices_of_a_version_in_force(self):
        self._activate()
        result = self._load("backflush.price", ["product_id", "price"], ["GL-1", "1"])
        self.assertRefused(result, "2026 is active")

    def test_rates(self):
        self.version.rate_ids.unlink()
        columns = ["workcenter_id", "element_id", "rate", "crew", "normal_hours"]
        labour = self.elements["labour"].name
        fixed = self.elements["fixed_overhead"].name
        result = self._load(
            "backflush.rate",
            columns,
            ["Bench", labour, "22.5", "2", "0"],
            ["Bench", fixed, "4", "1", "160"],
        )
        self.assertFalse(result["messages"])
        self.assertEqual(self.version.rate_ids.mapped("rate"), [22.5, 4])
        self.assertEqual(self.version.rate_ids.mapped("crew"), [2, 1])

    @mute_logger("odoo.sql_db")
    def test_bad_rates(self):
        labour = self.elements["labour"].name
        material = self.elements["material"].name
        columns = ["workcenter_id", "element_id", "rate"]
        for row, words in (
            (["Bench", labour, "1"], "has a rate for this cost element already"),
            (["Bench", material, "1"], "is no cost of a work center"),
            (["Nowhere", labour, "1"], "No matching record found for name 'Nowhere'"),
        ):
            self.assertRefused(self._load("backflush.rate", columns, row), words)
        self.version.rate_ids.unlink()
        result = self._load("backflush.rate", columns, ["Bench", labour, "-1"])
        self.assertRefused(result, "rate cannot be negative")

    def test_version_with_its_lines(self):
        labour = self.elements["labour"].name
        result = self._load(
            "backflush.version",
            [
                "name",
                "date_from",
                "price_ids/product_id",
                "price_ids/price",
                "rate_ids/workcenter_id",
                "rate_ids/element_id",
                "rate_ids/rate",
            ],
            ["2027", "2027-01-01", "ST-1", "5.9", "Bench", labour, "23"],
            ["", "", "GL-1", "2.5", "", "", ""],
        )
        self.assertFalse(result["messages"])
        version = self.env["backflush.version"].browse(result["ids"])
        self.assertEqual(self._prices(version), {self.steel: 5.9, self.glue: 2.5})
        self.assertEqual(version.rate_ids.rate, 23)
        self.assertEqual(version.company_id, self.company)
        version.action_roll_up()
        self.assertAlmostEqual(version.standard_ids.amount, 2 * 5.9 + 0.5 * 23, 12)

    def test_status_cannot_be_imported(self):
        result = self._load(
            "backflush.version",
            ["name", "date_from", "state"],
            ["2027", "2027-01-01", "Active"],
        )
        self.assertRefused(result, "starts as a draft")

    def test_templates(self):
        """The files that the import page offers have the columns of the fields."""
        for model in ("backflush.price", "backflush.rate"):
            (template,) = self.env[model].get_import_templates()
            with file_open(template["template"].strip("/")) as file:
                header = file.readline().strip().split(",")
            labels = {field.string for field in self.env[model]._fields.values()}
            self.assertLessEqual(set(header), labels)

    def test_lists(self):
        """The lists of a version's inputs: editable in a draft only."""
        for action in (self.version.action_open_prices, self.version.action_open_rates):
            self.assertEqual(action()["context"]["default_version_id"], self.version.id)
        self._activate()
        for action in (self.version.action_open_prices, self.version.action_open_rates):
            view_id = action()["views"][0][0]
            model = self.env[action()["res_model"]]
            arch = model.get_view(view_id, "list")["arch"]
            self.assertIn('create="false"', arch)
