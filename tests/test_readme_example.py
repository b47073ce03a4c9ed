"""The worked example of README.md, in both triggers, to the cent."""

from odoo.tests import tagged

from .common import BackflushCommon
from .variants import Variant2


class ReadmeExample:
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._activate_standards(m=5.0)

    def _play(self):
        """Buy 100 kg at 5.20, make 10 P of 22 kg, deliver and invoice them at 40."""
        self._buy(self.m, 100, 5.0, billed=5.2)
        self._produce(self.p, 10, used={self.m: 22})
        order = self._sell(self.p, 10, 40.0)
        self._deliver(order)
        self._invoice(order)

    def assertBalances(self, **expected):
        for name, amount in expected.items():
            self.assertBalance(name, amount)


@tagged("post_install", "-at_install")
class TestReadmeCompletion(ReadmeExample, BackflushCommon):
    def test_costed_when_finished(self):
        self._play()
        self.assertBalances(
            materials=390,
            ppv=20,
            finished=0,
            cost_of_sales=250,
            material_quantity_variance=10,
            labour_applied=-100,
            variable_overhead_applied=-30,
            fixed_overhead_applied=-20,
        )
        self.assertClosed()


@tagged("post_install", "-at_install")
class TestReadmeDelivery(ReadmeExample, Variant2, BackflushCommon):
    def test_costed_when_delivered(self):
        self._play()
        # 78 kg on hand at 5.00, and 2 kg over-used that wait for the period close
        self.assertBalances(
            materials=400,
            ppv=20,
            finished=0,
            cost_of_sales=250,
            material_quantity_variance=0,
            labour_applied=-100,
            variable_overhead_applied=-30,
            fixed_overhead_applied=-20,
        )
        self.assertClosed()
