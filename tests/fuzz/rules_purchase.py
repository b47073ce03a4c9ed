"""Rules for buying."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from .drawing import choose, few, flags, numbers, percents, quantities, up_to
from .standards import MATERIALS

materials = st.sampled_from(MATERIALS)


class PurchaseRules:
    def price(self, product, percent):
        """A price of the opening standards' kind: whole cents, or fractions."""
        price = round(self.opened.prices[product] * percent / 100, 5)
        return round(price, 2) if self.opened.is_exact else price

    def _select(self, condition):
        return [name for name, x in self.shop.purchases.items() if condition(x)]

    def _line(self, purchase):
        return "purchase", purchase.order.order_line.id

    @few("purchases", 3)
    @rule(
        product=materials,
        quantity=quantities,
        missing=st.sampled_from((0, 0, 1, 3)),
        percent=st.none() | percents,
    )
    def buy(self, product, quantity, missing, percent):
        bill = None if percent is None else self.price(product, percent)
        received = None if missing >= quantity or not missing else quantity - missing
        self.play("buy", product, quantity, receive=received, bill=bill)

    @few("purchases", 3)
    @rule(product=materials, quantity=quantities, percent=st.none() | percents)
    def order(self, product, quantity, percent):
        """Nothing comes yet; the bill may be there before the goods."""
        bill = None if percent is None else self.price(product, percent)
        self.play("buy", product, quantity, receive=0, bill=bill)

    def _receivable(self):
        return self._select(lambda x: x.ordered > x.received)

    @precondition(lambda self: self._receivable())
    @rule(which=numbers, number=numbers)
    def receive(self, which, number):
        name = choose(self._receivable(), which)
        purchase = self.shop.purchases[name]
        self.play("receive", name, up_to(purchase.ordered - purchase.received, number))

    def _billable(self):
        return self._select(lambda x: x.ordered > x.billed and not x.is_price_credited)

    @precondition(lambda self: self._billable())
    @rule(which=numbers, number=numbers, percent=percents, foreign=flags)
    def bill(self, which, number, percent, foreign):
        name = choose(self._billable(), which)
        purchase = self.shop.purchases[name]
        rest = purchase.received - purchase.billed
        quantity = up_to(
            rest if rest > 0 else purchase.ordered - purchase.billed, number
        )
        price = self.price(purchase.product, percent)
        self.play("bill", name, quantity, price, foreign=foreign)

    def _returnable(self):
        return self._select(
            lambda x: (
                x.received > x.returned
                # a return may pick the owner's goods, which no document is about
                and x.product not in self.shop.lent
                and not x.is_price_credited
                # part billed, part given back, at several standards: not defined
                and (x.billed == x.received or self.model.is_uniform(self._line(x)))
                and x.billed <= x.received
            )
        )

    @precondition(lambda self: self._returnable())
    @rule(which=numbers, number=numbers)
    def return_to_vendor(self, which, number):
        name = choose(self._returnable(), which)
        transfers = self.shop.purchases[name].transfers
        receipt, left = choose(
            [(i, left) for i, (_picking, left) in enumerate(transfers, 1) if left],
            number,
        )
        self.play("return_to_vendor", name, up_to(left, number), receipt=receipt)

    def _creditable(self):
        return self._select(lambda x: min(x.returned, x.billed) > x.credited)

    @precondition(lambda self: self._creditable())
    @rule(which=numbers, number=numbers, percent=percents)
    def credit_from_vendor(self, which, number, percent):
        name = choose(self._creditable(), which)
        purchase = self.shop.purchases[name]
        quantity = min(purchase.returned, purchase.billed) - purchase.credited
        price = self.price(purchase.product, percent)
        self.play("credit_from_vendor", name, up_to(quantity, number), price)

    def _complete(self):
        return self._select(
            lambda x: (
                x.ordered == x.received == x.billed
                and not x.returned
                and not x.is_price_credited
            )
        )

    @precondition(lambda self: self._complete())
    @rule(which=numbers)
    def price_credit_from_vendor(self, which):
        name = choose(self._complete(), which)
        self.play("price_credit_from_vendor", name, 1, 0.25)

    @precondition(lambda self: self._complete())
    @rule(which=numbers, percent=percents)
    def bill_again(self, which, percent):
        name = choose(self._complete(), which)
        product = self.shop.purchases[name].product
        self.play("bill_again", name, self.price(product, percent))

    def _renewable(self):
        return self._select(
            lambda x: x.billed and not x.returned and not x.is_price_credited
        )

    @precondition(lambda self: self._renewable())
    @rule(which=numbers, percent=percents)
    def bill_anew(self, which, percent):
        name = choose(self._renewable(), which)
        price = self.price(self.shop.purchases[name].product, percent)
        self.play("bill_anew", name, price)

    def _correctable_receipts(self):
        return self._select(
            lambda x: (
                x.transfers
                and not x.returned
                and not x.is_price_credited
                and x.product not in self.shop.lent
            )
        )

    @precondition(lambda self: self._correctable_receipts())
    @rule(which=numbers, change=st.sampled_from((1, 3, -1, -2)))
    def correct_receipt(self, which, change):
        """Not below what is billed: which bill has to wait is not defined here."""
        name = choose(self._correctable_receipts(), which)
        purchase = self.shop.purchases[name]
        least = max(purchase.billed, purchase.received - purchase.transfers[-1][1])
        if change > 0 or purchase.received + change >= least:
            self.play("correct_receipt", name, change)

    @few("lent", 2)
    @rule(product=materials, quantity=quantities)
    def lend(self, product, quantity):
        self.play("lend", product, quantity)

    @property
    def model(self):
        return self.shop.model
