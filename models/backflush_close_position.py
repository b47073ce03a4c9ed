"""What the books hold at a period's end, read in bulk as the kernel's values."""

from collections import defaultdict
from decimal import Decimal
from functools import cached_property

from odoo.fields import Domain
from odoo.tools import SQL

from ..costing.bridge import Carrier, Position
from ..costing.sql import bridge
from ..costing.sql.frame import DOCUMENTS
from ..costing.variance import ZERO
from .backflush_books import number


class PositionReader:
    """Goods by place, as sequential costing and as the books have them.

    :param scope: the `CloseScope` of the period
    :param proof: the `LedgerProof` of the same scope
    """

    def __init__(self, scope, proof):
        self.scope, self.env = scope, scope.env
        self.standing = {x: y.total for x, y in proof.carried.items()}
        self.closed = {x: y.parts["closed"] for x, y in proof.carried.items()}
        self.carriers: dict[int, Carrier] = {}
        self.totals = defaultdict(lambda: ZERO)

    def read_position(self, **values: Decimal) -> Position:
        """`values`: fields of `Position` that goods do not tell."""
        self._read_stock()
        self._read_open_orders()
        self._read_documents()
        self._read_closed()
        self._read_carried()
        return Position(list(self.carriers.values()), **self.totals, **values)

    def _get_carrier(self, account_id, product_id) -> Carrier:
        if account_id not in self.carriers:
            known = self.scope.known.get(product_id)
            books = self.scope.books
            is_inventory = books.is_perpetual(books.product(product_id))
            is_inventory = is_inventory or bool(known and known.is_perpetual)
            self.carriers[account_id] = Carrier(account_id, is_inventory)
        return self.carriers[account_id]

    def _add(self, product_id, name, amount):
        """Add to the carrier of a material; what is made here has its own total."""
        account_id = self.scope.known[product_id].account
        if account_id:
            carrier = self._get_carrier(account_id, product_id)
            setattr(carrier, name, getattr(carrier, name) + amount)

    @cached_property
    def finished(self):
        """Ids of products costed at completion."""
        return {
            product.id
            for product in self.scope.products
            if product._get_backflush_trigger() == "completion"
        }

    # -- goods ------------------------------------------------------------------

    def _read_stock(self):
        delivered = {product.id: card for product, card in self.scope.cards.items()}
        for product_id, quantity in self.scope.on_hand.items():
            if self.scope.known[product_id].is_delivered:
                # on no account as long as there is no card
                if card := delivered.get(product_id):
                    self.totals["delivery"] += quantity * number(card.amount)
                    self._add_content(product_id, quantity, "content")
                continue
            amount = quantity * number(self.scope.known[product_id].price)
            if product_id in self.finished:
                self.totals["finished"] += amount
            else:
                self._add(product_id, "held", amount)

    def _add_content(self, product_id, quantity, name):
        """Materials of goods costed at delivery, on the accounts that carry them."""
        card = self.scope.cards[self.env["product.product"].browse(product_id)]
        for material, account_id, unit in self.scope.get_materials(card):
            carrier = self._get_carrier(account_id, material)
            setattr(carrier, name, getattr(carrier, name) + quantity * unit)

    def _read_open_orders(self):
        """Materials that orders had used which were not finished then."""
        for product_id, quantity, amount in self.scope.used:
            if self.scope.known[product_id].is_delivered:
                product = self.env["product.product"].browse(product_id)
                if card := self.scope.cards.get(product):
                    self._add_content(product_id, quantity, "issued")
                    self.totals["inner"] += quantity * self._get_conversion(card)
            elif product_id in self.finished:
                # it is on no material's account: its own has it until then
                self.totals["parts"] += amount
            else:
                self._add(product_id, "issued", amount)

    def _get_conversion(self, card):
        """What one unit holds beyond the materials that accounts carry."""
        materials = (amount for *_who, amount in self.scope.get_materials(card))
        return number(card.amount) - sum(materials, ZERO)

    def _read_documents(self):
        purchases, sales = self.scope.documents
        for group in purchases:
            amount = group.open_amount - group.ahead_amount
            if group.product in self.finished:
                self.totals["bought"] += amount
            else:
                self._add(group.product, "received", amount)
        for group in sales:
            amount = group.open_amount - group.ahead_amount
            if group.product in self.finished:
                self.totals["sold"] += amount
            else:
                self._add(group.product, "delivered", amount)

    # -- what Odoo's own closing has done ---------------------------------------

    def _read_closed(self):
        """What it has added to accounts of perpetual goods."""
        # those of goods at average or FIFO alone are not proved
        others = [x for x in self.carriers if x not in self.closed]
        self.closed |= self.scope.read_closed(others)
        for account_id, amount in self.closed.items():
            carrier = self.carriers.get(account_id)
            if not carrier:
                self.totals["closed"] += amount
            elif carrier.is_inventory:
                carrier.carried += amount

    def _read_carried(self):
        """Periodic materials that are in the balance sheet already, by carrier.

        Odoo's closing puts all goods that share a valuation account there in one
        amount: what is not of perpetual goods is shared out by value on hand.
        """
        weights = self._get_weights()
        query = SQL(
            bridge.BALANCES,
            company=self.scope.company.id,
            date_to=self.scope.date_to,
            accounts=list(weights),
            products=[x.id for x in self.scope.frame.products if x.at_standard],
            documents=list(DOCUMENTS),
        )
        for account_id, balance in self.env.execute_query(query):
            left = number(balance) - self.standing.get(account_id, ZERO)
            shares = weights[account_id]
            total = sum(shares.values(), ZERO)
            for position, (carrier_id, weight) in enumerate(shares.items()):
                if carrier_id:
                    # nothing on hand: all of it is of goods that are gone
                    share = weight / total if total else Decimal(position == 0)
                    self.carriers[carrier_id].carried += left * share

    def _get_weights(self):
        """{valuation account: {carrier: value of periodic goods}}; others under 0."""
        weights = defaultdict(lambda: defaultdict(lambda: ZERO))
        for product in self.scope.products:
            known = self.scope.known[product.id]
            if known.is_delivered or known.is_perpetual or not known.account:
                continue
            self._get_carrier(known.account, product.id)
            valuation = self._get_valuation_account(product)
            quantity = self.scope.on_hand.get(product.id, ZERO)
            amount = max(quantity * number(known.price), ZERO)
            weights[valuation.id][known.account] += amount
        others = self._get_others(set(weights))
        for product, amount in self.scope.get_values(others).items():
            weights[self._get_valuation_account(product).id][0] += max(amount, ZERO)
        return weights

    def _get_others(self, accounts):
        """Periodic goods that are not covered, and share one of these accounts."""
        products = self.env["product.product"].with_context(active_test=False)
        if not accounts:
            return products
        domain = Domain("is_storable", "=", True)
        domain &= Domain(products._check_company_domain(self.scope.company))
        domain &= Domain("id", "not in", self.scope.products.ids)
        return products.search(domain).filtered(
            lambda product: (
                product.valuation != "real_time"
                and self._get_valuation_account(product).id in accounts
            )
        )

    def _get_valuation_account(self, product):
        category = product.categ_id
        if category.id not in self._valuation:
            accounts = product.product_tmpl_id._get_product_accounts()
            self._valuation[category.id] = accounts["stock_valuation"]
        return self._valuation[category.id]

    @cached_property
    def _valuation(self):
        return {}
