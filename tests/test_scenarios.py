"""Scenarios that once went wrong, as plain calls; every call is checked by itself."""

from odoo.tests import tagged

from .fuzz.case import FRACTIONS, ShopCase
from .variants import Variant2, Variant3, Variant4


class Scenarios:
    """What the generator of `fuzz/` has found, and one scenario through all steps."""

    def test_a_month(self):
        shop = self.open_shop()
        po1 = shop.buy("M", 20, receive=15, bill=5.2)
        shop.receive(po1, 5)
        shop.bill(po1, 5, 4.75)
        shop.make("P", 10, used={"M": 22, "S": 3})
        mo2 = shop.plan("P", 10)
        shop.finish(mo2, made=6, backorder=True)
        shop.make_many("P", 1, 2)
        shop.make("X", 5)
        shop.make("P", 10, made=12, work_orders=True)
        so1 = shop.sell("P", 5, deliver=3, invoice=True)
        shop.deliver(so1, 2)
        shop.invoice(so1, 2)
        shop.return_from_customer(so1, 2)
        shop.credit_to_customer(so1, 2)
        shop.sell("KIT", 2, invoice=True)
        self.assertSettled(shop)

    def test_time_recorded_changed_and_moved(self):
        shop = self.open_shop()
        mo1 = shop.plan("P", 10)
        ts1 = shop.record_time(mo1, 3, 22.5, days=35)
        shop.run_machine(mo1, 95)
        shop.finish(mo1, made=6, backorder=True)
        mo3 = shop.make("P", 4)
        ts2 = shop.record_time(mo3, 5, 0)
        shop.change_time(ts1, 7.75)
        shop.move_time(ts2, mo1)
        shop.correct(mo1, made=7)
        shop.unbuild("P", 2, order=mo1)
        shop.new_standards(labour=22)
        shop.change_date(mo1, 20)
        mo4 = shop.plan("P", 2)
        shop.record_time(mo4, 1.25)
        shop.cancel(mo4)
        shop.delete_time(ts1)
        self.assertSettled(shop)

    def test_order_of_another_day_that_is_still_on_hand(self):
        """Its output counted on the day on which it was first booked."""
        shop = self.open_shop()
        mo1 = shop.make("P", 10)
        shop.record_time(mo1, 6, 22.5, days=35)
        shop.change_date(mo1, 34)
        self.assertSettled(shop)

    def test_goods_scrapped_from_an_order_took_their_time(self):
        """What is scrapped was made: neither allowed hours nor lot size change."""
        shop = self.open_shop()
        mo1 = shop.make("Q", 9, made=12, used={"M": 23}, work_orders=True)
        shop.run_machine(mo1, 300)
        shop.scrap("Q", 5, order=mo1)
        self.assertSettled(shop)

    def test_receipt_that_owes_nothing_is_retried(self):
        """It failed without a journal, and had nothing to book afterwards."""
        shop = self.open_shop()
        po1 = shop.buy("K", 9, receive=0, bill=0.5)
        shop.make("X", 2)
        shop.break_books()
        shop.receive(po1, 1)
        self.assertSettled(shop)

    def test_documents_made_anew_and_transfers_corrected(self):
        shop = self.open_shop()
        shop.deliver_in_two_steps()
        po1 = shop.buy("M", 20, receive=5, bill=5.2)
        shop.bill(po1, 15, 5.5, foreign=True)
        shop.set_price("M", 5.5)
        shop.receive(po1, 15)
        shop.correct_receipt(po1, 3)
        shop.bill_anew(po1, 6)
        shop.make("P", 20)
        so1 = shop.sell("P", 8, deliver=5, invoice=True)
        shop.new_standards(M=6, labour=22)
        shop.deliver(so1, 3)
        shop.correct_delivery(so1, -1)
        shop.invoice(so1, 2)
        shop.correct_delivery(so1, 2)
        shop.invoice_anew(so1)
        self.assertSettled(shop)

    def test_delivered_at_the_cards_of_its_day_all_levels(self):
        """Posting again after new standards took P's part at the new card of P."""
        shop = self.open_shop()
        shop.sell("X", 7)
        shop.new_standards(labour=30)
        self.assertSettled(shop)

    def test_open_usage_of_a_part_is_not_restated(self):
        """A P too many in an X was open usage at the content of a later card."""
        shop = self.open_shop()
        shop.make("P", 10)
        shop.make("X", 5, used={"P": 6})
        shop.new_standards(M=5.5, labour=22)
        self.assertSettled(shop)

    def test_invoiced_before_new_standards_and_delivered_after(self):
        """Cost of sales stays that of the invoice, the rest is standard change."""
        shop = self.open_shop()
        so1 = shop.sell("P", 11, deliver=0, invoice=True)
        shop.new_standards(labour=22)
        shop.deliver(so1, 11)
        self.assertSettled(shop)

    def test_taking_apart_gives_back_fractions(self):
        shop = self.open_shop()
        shop.make_many("Q", 2, 10)
        shop.correct("mo2", made=11)
        shop.unbuild("Q", 6, order="mo2")
        self.assertSettled(shop)

    def test_correction_at_a_new_price_stands_with_its_material(self):
        """The change of K stood with X's largest material, on another account."""
        shop = self.open_shop()
        mo1 = shop.make("X", 8)
        shop.set_price("K", 1.5)
        shop.correct(mo1, used={"K": 0})
        self.assertSettled(shop)

    def test_part_that_comes_out_of_an_unbuilt_product(self):
        """Its content was taken for a change of its standard."""
        shop = self.open_shop(FRACTIONS)
        shop.unbuild("X", 1)
        shop.count("M", -1)
        self.assertSettled(shop)

    def test_unbuilding_when_only_the_labour_of_a_part_has_changed(self):
        """A part costed at delivery stands on no account, also with old materials."""
        shop = self.open_shop()
        shop.make_many("X", 10, 11)
        shop.new_standards(K=0.75, labour=18)
        shop.unbuild("X", 11, order="mo2")
        shop.unbuild("X", 10, order="mo1")
        self.assertSettled(shop)

    def test_unbuilding_at_new_prices_of_two_accounts(self):
        shop = self.open_shop()
        mo1 = shop.make("X", 8)
        shop.new_standards(K=1.5, M=5.5, labour=22)
        shop.unbuild("X", 3, order=mo1)
        shop.correct(mo1, used={"K": 2}, made=6)
        self.assertSettled(shop)

    def test_order_used_a_part_before_new_standards(self):
        shop = self.open_shop()
        mo1 = shop.make("X", 5, used={"P": 6})
        shop.new_standards(M=5.5, labour=22)
        shop.reverse(mo1)
        shop.book_again(mo1)
        self.assertSettled(shop)

    def test_component_added_with_nothing_and_again(self):
        shop = self.open_shop()
        mo1 = shop.make("P", 4)
        shop.correct(mo1, used={"S": 0})
        shop.correct(mo1, used={"S": 2})
        shop.correct(mo1, used={"S": 0})
        self.assertSettled(shop)


@tagged("post_install", "-at_install")
class TestScenarios1(Scenarios, ShopCase):
    pass


@tagged("post_install", "-at_install")
class TestScenarios2(Scenarios, Variant2, ShopCase):
    pass


@tagged("post_install", "-at_install")
class TestScenarios3(Scenarios, Variant3, ShopCase):
    pass


@tagged("post_install", "-at_install")
class TestScenarios4(Scenarios, Variant4, ShopCase):
    pass
