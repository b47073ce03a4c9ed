"""Whether backflush costing suits a product, measured from real orders and stocks."""

from datetime import datetime, timedelta

from freezegun import freeze_time
from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .common import BackflushCommon

#: A day in the middle of no daylight saving; months before it are the history.
TODAY = datetime(2026, 6, 30, 12)


class SuitabilityCase(BackflushCommon):

    def _at(self, days):
        """So many days before today."""
        return freeze_time(TODAY - timedelta(days=days))

    def _make(self, product, quantity, start, finish, used=None, operations=True):
        """An order started and finished so many days ago."""
        with self._at(start):
            order = self._create_production(product, quantity)
            order.workorder_ids.button_start()
        with self._at(finish):
            return self._finish(order, used=used)

    def _measure(self, *products, company=None):
        company = company or self.company
        rows = self.env["backflush.suitability"]
        with self._at(0):
            rows._refresh(company)
        domain = [("company_id", "=", company.id)]
        if products:
            domain.append(("product_id", "in", [x.id for x in products]))
        return rows.search(domain)


@tagged("post_install", "-at_install")
class TestSuitability(SuitabilityCase):
    def test_a_product_that_fits(self):
        with self._at(100):
            self._buy(self.m, 100, 5)
        for week in range(6):
            self._make(self.p, 10, 80 - 7 * week, 79 - 7 * week)
        row = self._measure(self.p)
        print(row.read())
        print(row.conditions, row.reasons)
