"""Standard review: how far standards are from recent bills and recorded times."""

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .test_fill_prices import FillCase


class ReviewCase(FillCase):
    """The table: 2 kg of steel at 5.00, 0.5 h at 30 (1 h a lot of 10, 0.4 h each)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = fields.Date.today()
        cls.version.action_roll_up()
        cls.version.action_activate()
        cls.operation = cls.bill.operation_ids

    def _make(self, quantity, minutes, product=None, **finish):
        """An order with recorded time on its work orders; 0: Odoo fills it in."""
        order = self._create_production(product or self.table, quantity)
        order.workorder_ids.duration = minutes
        return self._finish(order, **finish)

    def _review(self, **values):
        self.review = self.env["backflush.review"].create(
            {"version_id": self.version.id, "date_to": self.today, **values}
        )
        self.review.action_open()
        return self.review.line_ids

    def _row(self, kind, product=None, **values):
        rows = self._review(**values).filtered(lambda line: line.type == kind)
        if product:
            rows = rows.filtered(lambda line: line.product_id == product)
        self.assertEqual(len(rows), 1, rows.mapped("display_name"))
        return rows

    def assertRow(self, row, **expected):
        for name, value in expected.items():
            found = row[name]
            if isinstance(value, float):
                self.assertAlmostEqual(found, value, 9, name)
            else:
                self.assertEqual(found, value, name)


@tagged("post_install", "-at_install")
class TestReview(ReviewCase):
    def test_material_price(self):
        """(100 × 5.20 + 300 × 5.60) ÷ 400 = 5.50 beside 5.00: 10 %, 200.00 a year."""
        self._bill_of({self.steel: (100, 5.2)}, self.today)
        self._bill_of({self.steel: (300, 5.6)}, self.today)
        row = self._row("material", self.steel)
        self.assertRow(
            row,
            standard=5.0,
            actual=5.5,
            drift=0.5,
            drift_percent=10.0,
            documents=2,
            yearly_quantity=400.0,
            effect=200.0,
            is_known=True,
            has_drifted=True,
            to_review=True,
            age=0,
            uom_id=self.kg,
            product_categ_id=self.materials,
            in_force_since=self.version.date_activated,
        )

    def test_effect_is_that_of_a_year(self):
        self._bill_of({self.steel: (100, 5.5)}, self.today)
        row = self._row("material", self.steel, months=3)
        self.assertRow(row, yearly_quantity=400.0, effect=200.0)

    def test_material_without_bills(self):
        row = self._row("material", self.steel)
        self.assertRow(
            row, documents=0, is_known=False, effect=0.0, drift=0.0, to_review=False
        )

    def test_operation_time(self):
        """6 h for 10, where 1 + 10 × 0.4 = 5 h are allowed; an hour costs 30."""
        self._make(10, 360)
        row = self._row("operation")
        self.assertRow(
            row,
            product_id=self.table,
            operation_id=self.operation,
            workcenter_id=self.bench,
            standard=0.5,
            actual=0.6,
            drift_percent=20.0,
            documents=1,
            yearly_quantity=10.0,
            effect=30.0,
            to_review=True,
        )

    def test_time_is_allowed_for_the_quantity_really_made(self):
        """5 of 5: 1 + 5 × 0.4 = 3 h, 0.6 h each; as recorded, so nothing drifts."""
        self._make(5, 180.5)
        row = self._row("operation")
        self.assertRow(row, standard=0.6, actual=180.5 / 300, has_drifted=False)

    def test_set_up_is_allowed_once_for_a_backorder(self):
        """6 of 10 and then 4: 1 + 4 h in all, recorded 4 and 2."""
        order = self._make(10, 240, made=6, backorder=True)
        rest = order.production_group_id.production_ids - order
        rest.workorder_ids.duration = 120
        self._finish(rest)
        row = self._row("operation")
        self.assertRow(row, standard=0.5, actual=0.6, documents=2, effect=30.0)

    def test_time_that_odoo_fills_in_is_no_evidence(self):
        self._make(10, 0)
        self.assertRow(self._row("operation"), documents=0, is_known=False)
        self._make(10, 330)
        self.assertRow(self._row("operation"), documents=1, actual=0.55)

    def test_crew(self):
        """Two persons: 22.50 an hour of work, 45 an hour of the bench, and 6 + 4."""
        draft = self.version.copy({"date_from": "2026-12-01", "name": "Crew"})
        labour = draft.rate_ids.filtered(lambda r: r.element_type == "labour")
        labour.write({"rate": 22.5, "crew": 2})
        self._activate(draft)
        self._make(10, 360)
        row = self._row("operation", version_id=draft.id)
        self.assertRow(row, standard=0.5, actual=0.6, effect=55.0)

    def test_product_card_at_recent_prices_and_times(self):
        """2 × 5.50 + 0.5 h × 1.2 × 30 = 29.00 beside 25.00."""
        self._bill_of({self.steel: (100, 5.5)}, self.today)
        self._make(10, 360)
        row = self._row("product", self.table)
        self.assertRow(
            row,
            standard=25.0,
            actual=29.0,
            drift=4.0,
            drift_percent=16.0,
            documents=1,
            yearly_quantity=10.0,
            effect=40.0,
            to_review=True,
        )

    def test_levels(self):
        """A cabinet of 3 tables has drifted with its tables, though it is not made."""
        cabinet = self._create_product("Cabinet", self.finished)
        self._bom(cabinet, {self.table: 3})
        draft = self.version.copy({"date_from": "2026-12-01", "name": "Levels"})
        self._activate(draft)
        self._bill_of({self.steel: (100, 6.0)}, self.today)
        row = self._row("product", cabinet, version_id=draft.id)
        self.assertRow(row, standard=75.0, actual=81.0, documents=0, effect=0.0)
        self.assertTrue(row.has_drifted)

    def test_thresholds(self):
        self._bill_of({self.steel: (100, 5.25)}, self.today)
        self.assertFalse(self._row("material", self.steel).to_review)
        row = self._row("material", self.steel, drift_percent=4.9)
        self.assertTrue(row.to_review)
        row = self._row("material", self.steel, drift_percent=4.9, min_documents=2)
        self.assertFalse(row.to_review)
        # too few bills are not taken for the card either
        card = self.review.line_ids.filtered(lambda line: line.type == "product")
        self.assertEqual(card.filtered(lambda c: c.product_id == self.table).drift, 0)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self._review(min_documents=0)

    def test_age_and_last_review(self):
        """In force for 400 days; a review after 100 days leaves 300."""
        self.version.sudo().date_activated = fields.Datetime.subtract(
            fields.Datetime.now(), days=400
        )
        row = self._row("material", self.steel)
        self.assertRow(row, age=400, is_old=True, has_drifted=False, to_review=True)
        self.version.sudo().reviewed_on = fields.Date.subtract(self.today, days=300)
        row = self._row("material", self.steel)
        self.assertRow(row, age=400, is_old=False, to_review=False)
        row = self._row("material", self.steel, age_days=299)
        self.assertTrue(row.to_review)

    def test_order_of_the_list(self):
        """What is to be reviewed first, the largest effect at the top."""
        self._bill_of({self.steel: (100, 5.5)}, self.today)
        self._make(10, 360)
        rows = self._review()
        flagged = rows.filtered("to_review")
        self.assertEqual(rows[: len(flagged)], flagged)
        self.assertEqual(
            [(row.type, row.effect) for row in flagged],
            [("material", 50.0), ("product", 40.0), ("operation", 30.0)],
        )

    def test_constant_number_of_queries(self):
        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._review()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        self._bill_of({self.steel: (100, 5.5)}, self.today)
        self._make(10, 360)
        count()
        few = count()
        parts = {
            self._create_product(f"Part {number}", self.materials, standard_price=1): 1
            for number in range(20)
        }
        for number in range(20):
            product = self._create_product(f"Good {number}", self.finished)
            self._bom(product, parts, [(self.bench, 5)])
        draft = self.version.copy({"date_from": "2026-12-01", "name": "Many"})
        self.version = self._activate(draft)
        self._bill_of({part: (1, 1.5) for part in parts}, self.today)
        count()
        self.assertLessEqual(count(), few)
        self.assertGreater(len(self.review.line_ids), 60)

    def test_bills_of_other_companies_do_not_count(self):
        self._bill_elsewhere(self.today)
        self.assertFalse(self._row("material", self.steel).is_known)


@tagged("post_install", "-at_install")
class TestReviewed(ReviewCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for role in ("user", "accountant"):
            user = new_test_user(
                cls.env,
                login=f"review_{role}",
                groups=f"base.group_user,backflush_costing.group_backflush_{role}",
                company_id=cls.company.id,
                company_ids=[Command.set(cls.company.ids)],
            )
            setattr(cls, role, user)

    def test_accountant_reviews_and_records_it(self):
        self._bill_of({self.steel: (100, 5.5)}, self.today)
        version = self.version.with_user(self.accountant)
        action = version.action_review()
        form = Form(
            self.env[action["res_model"]]
            .with_user(self.accountant)
            .with_context(**action["context"])
        )
        action = form.save().action_open()
        rows = self.env[action["res_model"]].with_user(self.accountant)
        rows = rows.search(action["domain"])
        self.assertIn("Steel", rows[0].display_name)
        self.assertEqual(action["display_name"], "Review of 2026")
        version.action_mark_reviewed()
        self.assertEqual(version.reviewed_on, self.today)
        self.assertEqual(version.reviewed_by_id, self.accountant)
        message = version.message_ids[0]
        self.assertEqual(message.author_id, self.accountant.partner_id)
        self.assertIn("Standards reviewed and kept. 1 of 3 standards", message.body)

    def test_version_in_force_is_proposed(self):
        form = Form(self.env["backflush.review"].with_user(self.accountant))
        self.assertEqual(form.version_id, self.version)

    def test_without_a_list(self):
        self.version.action_mark_reviewed()
        self.assertIn("reviewed and kept", self.version.message_ids[0].body)

    def test_only_standards_in_force(self):
        draft = self.version.copy({"date_from": "2027-01-01"})
        with self.assertRaisesRegex(UserError, "is not in force"):
            draft.action_mark_reviewed()
        with self.assertRaisesRegex(UserError, "neither cards nor prices"):
            empty = self._version("Empty", rates=False)
            self._review(version_id=empty.id)

    def test_record_is_made_by_the_button_only(self):
        version = self.version.with_user(self.accountant)
        for values in ({"reviewed_on": self.today}, {"reviewed_by_id": False}):
            with self.assertRaisesRegex(UserError, "Mark as Reviewed only"):
                version.write(values)
        with self.assertRaisesRegex(UserError, "Mark as Reviewed only"):
            version.create({"name": "2027", "reviewed_on": self.today})
        self.version.action_mark_reviewed()
        self.assertFalse(self.version.copy().reviewed_on)

    def test_reader_does_not_review(self):
        with self.assertRaises(AccessError):
            self.version.with_user(self.user).action_mark_reviewed()
        with self.assertRaises(AccessError):
            self.env["backflush.review"].with_user(self.user).create({})

    def test_lists_belong_to_whoever_made_them(self):
        self._review()
        lines = self.env["backflush.review.line"].with_user(self.accountant)
        self.assertFalse(lines.search([]))
