"""A close asks the database as often for many orders as for a few."""

from odoo.tests import tagged

from .closing import Closing
from .common import BackflushCommon
from .time import RecordedTime
from .variants import Variant1, Variant2

FEW, MORE = 4, 12
METHODS = ("action_compute", "action_post", "action_adjust", "action_reverse")


class CloseQueries(Closing, RecordedTime):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards(m=5.0, s=6.0)

    def setUp(self):
        super().setUp()
        self.company.backflush_variance_policy = "prorate"
        self._buy(self.m, 1000, 5.2)

    def _work(self, number):
        """Finished orders with time and usage, open ones, purchases and sales."""
        for _order in range(number):
            order = self._create_production(self.p, 10)
            self._record(order, 5.5, 21.0)
            self._finish(order, used={self.m: 21})
            self._record(self._create_production(self.p, 10), 1, 20.0)
            self._buy(self.m, 5, 5.1)
            self._receive(self._order(self.m, 5, 5.1))
            sold = self._sell(self.p, 3, 40.0)
            self._deliver(sold)
            self._invoice(sold)

    def _count_queries(self, close, method):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        getattr(close, method)()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def _close_and_count(self):
        """{method: queries} of a close that is taken back in the end."""
        close = self._create_close()
        counts = {name: self._count_queries(close, name) for name in METHODS}
        self.assertEqual(close.state, "reversed")
        return counts

    def test_queries_do_not_grow_with_orders(self):
        self._work(FEW)
        self._close_and_count()  # what is read only once
        few = self._close_and_count()
        self._work(MORE)
        many = self._close_and_count()
        # Odoo's numbering of entries asks some more, whatever the number of orders:
        # less than one query for each of them
        for name, queries in many.items():
            self.assertLess(queries, few[name] + MORE, (name, few, many))


@tagged("post_install", "-at_install")
class TestCloseQueries1(CloseQueries, Variant1, BackflushCommon):
    pass


@tagged("post_install", "-at_install")
class TestCloseQueries2(CloseQueries, Variant2, BackflushCommon):
    pass
