"""Orders and stocks with a history, for tests of suitability."""

from datetime import datetime, timedelta

from freezegun import freeze_time

from .common import BackflushCommon

#: "Today"; the history is in the months before, at noon.
TODAY = datetime(2026, 6, 30, 12)
RECORDED = ("create_date", "write_date")


class SuitabilityCase(BackflushCommon):
    """Days are counted back from today: 30 is thirty days ago."""

    trigger_used = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not cls.trigger_used:
            cls.finished.property_backflush_trigger = False

    def _at(self, days):
        return freeze_time(TODAY - timedelta(days=days))

    def _date(self, records, days):
        """The database's own dates are those of the transaction: set them."""
        self.env.flush_all()
        moment = TODAY - timedelta(days=days)
        for name in RECORDED:
            self.env.cr.execute(
                f"UPDATE {records._table} SET {name} = %s WHERE id = ANY(%s)",
                (moment, records.ids),
            )
        records.invalidate_recordset(RECORDED)

    def _start(self, product, quantity, days, **values):
        with self._at(days):
            order = self._create_production(product, quantity, **values)
            order.workorder_ids.button_start()
        return order

    def _make(self, product, start, finish, quantity=10, used=None, **values):
        """An order that was started and finished on these days."""
        order = self._start(product, quantity, start, **values)
        with self._at(finish):
            return self._finish(order, used=used)

    def _make_many(self, product, cycle=1, count=6, **values):
        """One a week, the last one a week ago; they took ``cycle`` days."""
        orders = self.env["mrp.production"]
        for week in range(count, 0, -1):
            orders |= self._make(product, 7 * week + cycle, 7 * week, **values)
        return orders

    def _refresh(self, company=None):
        with self._at(0):
            self.env["backflush.suitability"]._refresh(company or self.company)

    def _measure(self, product, company=None):
        """The row of a product, after everything has been measured."""
        self._refresh(company)
        return self._get_row(product, company)

    def _get_row(self, product, company=None):
        domain = [
            ("company_id", "=", (company or self.company).id),
            ("product_id", "=", product.id),
        ]
        return self.env["backflush.suitability"].search(domain)

    def assertVerdicts(self, row, **verdicts):
        """``verdict``, and those of the conditions that are named."""
        names = {
            name: "verdict" if name == "verdict" else f"{name}_verdict"
            for name in verdicts
        }
        found = {name: row[field] for name, field in names.items()}
        self.assertEqual(found, verdicts)
