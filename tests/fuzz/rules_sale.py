"""Rules for selling."""

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from .drawing import choose, few, flags, numbers, quantities, up_to

goods = st.sampled_from(("P", "X", "KIT", "Q", "B"))


class SaleRules:
    @initialize(two_steps=st.sampled_from((False, False, True)))
    def choose_delivery(self, two_steps):
        """Goods go out in as many steps during the whole scenario."""
        if two_steps:
            self.play("deliver_in_two_steps")

    def _select_sales(self, condition):
        return [name for name, x in self.shop.sales.items() if condition(x)]

    @few("sales", 3)
    @rule(
        product=goods,
        quantity=quantities,
        missing=st.sampled_from((0, 0, 1, 3)),
        invoice=flags,
    )
    def sell(self, product, quantity, missing, invoice):
        delivered = None if missing >= quantity or not missing else quantity - missing
        self.play("sell", product, quantity, deliver=delivered, invoice=invoice)

    @few("sales", 3)
    @rule(product=goods, quantity=quantities, invoice=flags)
    def take_order(self, product, quantity, invoice):
        """Nothing goes out yet; the invoice may be there before the goods."""
        self.play("sell", product, quantity, deliver=0, invoice=invoice)

    def _deliverable(self):
        """Not what was corrected to less: Odoo plans no transfer of the rest."""
        return self._select_sales(
            lambda x: x.ordered > x.delivered and self.shop._find_open(x, "outgoing")
        )

    @precondition(lambda self: self._deliverable())
    @rule(which=numbers, number=numbers)
    def deliver(self, which, number):
        name = choose(self._deliverable(), which)
        sale = self.shop.sales[name]
        self.play("deliver", name, up_to(sale.ordered - sale.delivered, number))

    def _invoiceable(self):
        return self._select_sales(
            lambda x: x.ordered > x.invoiced and not x.is_price_credited
        )

    @precondition(lambda self: self._invoiceable())
    @rule(which=numbers, number=numbers)
    def invoice(self, which, number):
        name = choose(self._invoiceable(), which)
        sale = self.shop.sales[name]
        rest = sale.delivered - sale.invoiced
        rest = rest if rest > 0 else sale.ordered - sale.invoiced
        self.play("invoice", name, up_to(rest, number))

    def _takeable_back(self):
        return self._select_sales(
            lambda x: (
                x.delivered > x.returned
                and not x.is_price_credited
                # part invoiced, part given back, at several standards: not defined
                and x.invoiced <= x.delivered
                and (
                    x.invoiced == x.delivered
                    or self.model.is_uniform(("sale", x.order.order_line.id))
                )
            )
        )

    @precondition(lambda self: self._takeable_back())
    @rule(which=numbers, number=numbers)
    def return_from_customer(self, which, number):
        name = choose(self._takeable_back(), which)
        transfers = self.shop.sales[name].transfers
        delivery, left = choose(
            [(i, left) for i, (_picking, left) in enumerate(transfers, 1) if left],
            number,
        )
        self.play("return_from_customer", name, up_to(left, number), delivery=delivery)

    def _creditable_sales(self):
        return self._select_sales(lambda x: min(x.returned, x.invoiced) > x.credited)

    @precondition(lambda self: self._creditable_sales())
    @rule(which=numbers, number=numbers)
    def credit_to_customer(self, which, number):
        name = choose(self._creditable_sales(), which)
        sale = self.shop.sales[name]
        quantity = min(sale.returned, sale.invoiced) - sale.credited
        self.play("credit_to_customer", name, up_to(quantity, number))

    def _untouched(self, condition):
        return self._select_sales(
            lambda x: condition(x) and not x.returned and not x.is_price_credited
        )

    @precondition(lambda self: self._untouched(lambda x: x.invoiced))
    @rule(which=numbers)
    def invoice_anew(self, which):
        name = choose(self._untouched(lambda x: x.invoiced), which)
        self.play("invoice_anew", name)

    @precondition(lambda self: self._untouched(lambda x: x.transfers))
    @rule(which=numbers, change=st.sampled_from((1, 3, -1, -2)))
    def correct_delivery(self, which, change):
        """Not below what is invoiced: which one has to wait is not defined here."""
        name = choose(self._untouched(lambda x: x.transfers), which)
        sale = self.shop.sales[name]
        least = max(sale.invoiced, sale.delivered - sale.transfers[-1][1])
        if change > 0 or sale.delivered + change >= least:
            self.play("correct_delivery", name, change)

    def _complete_sales(self):
        return self._select_sales(
            lambda x: (
                x.ordered == x.delivered == x.invoiced
                and not x.returned
                and not x.is_price_credited
            )
        )

    @precondition(lambda self: self._complete_sales())
    @rule(which=numbers)
    def price_credit_to_customer(self, which):
        name = choose(self._complete_sales(), which)
        self.play("price_credit_to_customer", name, 1, 5.0)
