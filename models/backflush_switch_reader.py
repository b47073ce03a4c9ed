"""Where goods and open usage stand under the settings of now, and what proves it."""

from decimal import Decimal
from functools import cached_property

from ..costing.entry import OUTPUT, relieve
from ..costing.revaluation import RESTATED
from ..costing.sql import ledger
from ..costing.switching import Place
from .backflush_books import Books, local_date, number
from .backflush_proof_ledger import LedgerProof
from .backflush_proof_scope import ProofScope

ZERO = Decimal(0)


class SwitchReader:
    """One look at a company's books: read once before a switch, and once after it.

    Lives as long as nobody writes settings.
    """

    def __init__(self, company, records):
        self.company, self.env = company, company.env
        self.books = Books(company, records)

    @cached_property
    def scope(self):
        today = local_date(self.company)
        return ProofScope(self.company, today, today)

    # -- where goods stand ------------------------------------------------------

    def load(self, products):
        """Have cards and accounts of `products` read together."""
        self.books.prefetch(products)
        self.books.load_cards(products)

    def get_places(self, product) -> tuple[Place, ...]:
        """Where one unit stands: on its stock account, or, costed at delivery, with its
        materials and as conversion cost that is not applied.
        """
        product = product.with_env(self.env)
        if product._get_backflush_trigger() == "delivery":
            standard = self.books.get_standard(product)
            card, inner = self.books.priced(standard)
            return tuple(
                Place(part.account, part.element, part.kind, part.product, part.amount)
                for part in relieve(card, self.books.accounts, inner)
            )
        price = number(product.standard_price)
        account = self.get_stock_account(product)
        return (Place(account, self.books.material.id, OUTPUT, product.id, price),)

    def get_stock_account(self, product) -> int:
        """Its stock valuation account; of periodic goods the one of Odoo's closing."""
        accounts = product.product_tmpl_id._get_product_accounts()
        return self.books.usable(
            accounts["stock_valuation"],
            self.env._("stock valuation account"),
            lambda: product.categ_id.display_name or product.display_name,
            product.categ_id or product,
        )

    def get_usage(self) -> tuple[Place, ...]:
        """Where the material rows stand that the close is to book."""
        places = []
        rows = self.env.execute_query(ledger.open_usage(self.scope.frame))
        for component, card, is_change, amount in rows:
            material = self.env["product.product"].browse(component or [])
            standard = self.env["backflush.standard"].browse(card or [])
            for part in self.books.stood(
                material, standard, number(amount), is_change=is_change
            ):
                places.append(
                    Place(
                        part.account, part.element, RESTATED, part.product, part.amount
                    )
                )
        return tuple(places)

    # -- what the accounts are to hold ------------------------------------------

    @cached_property
    def stock(self) -> dict:
        """{account id: what it is to hold} of accounts that carry covered goods: stock
        at standard, with what bills and invoices are still to book.
        """
        self.env.flush_all()
        carried = LedgerProof(self.scope)._get_carried()
        return {account: values.total for account, values in carried.items()}

    def get_undocumented(self, products) -> dict:
        """{product: amount on its account} of goods delivered and not invoiced, less
        received and not billed, and the reverse.
        """
        result = {}
        for groups, sign in ((self.scope.sales, 1), (self.scope.purchases, -1)):
            for group in groups:
                if group.product in products.ids:
                    amount = sign * (group.open_amount - group.ahead_amount)
                    result[group.product] = result.get(group.product, ZERO) + amount
        return {x: result[x.id] for x in products if result.get(x.id)}

    def get_unclosed(self, accounts) -> dict:
        """{account id: what Odoo's closing would book on it} of periodic goods."""
        known = self.company._get_accounts_by_product()
        stock = self.company.stock_value(known)
        books = self.company.stock_accounting_value(known)
        return {
            account.id: number(stock.get(account, 0.0))
            - number(books.get(account, 0.0))
            for account in accounts
        }

    def get_balances(self, accounts) -> dict:
        """{account id: balance of posted items}"""
        groups = self.env["account.move.line"]._read_group(
            [
                ("account_id", "in", list(accounts)),
                ("company_id", "=", self.company.id),
                ("parent_state", "=", "posted"),
            ],
            ["account_id"],
            ["balance:sum"],
        )
        return {account.id: number(balance) for account, balance in groups}
