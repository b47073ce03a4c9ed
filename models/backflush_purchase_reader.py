"""What a company has paid for products, read in bulk as the kernel's plain values."""

from dateutil.relativedelta import relativedelta
from odoo import fields
from odoo.tools import SQL

from ..costing.pricing import Bought, average_price
from .backflush_books import number

#: Product lines of posted purchase documents: quantity in the product's own unit,
#: amount in company currency without taxes; both negative on a credit note. What is
#: split off as price difference stands on lines of another type.
PURCHASES = """
    SELECT l.product_id, l.move_id, l.invoice_date,
           m.move_type <> 'in_refund' AS is_bill,
           m.payment_state = 'reversed' AS is_reversed,
           l.balance AS amount,
           l.quantity * COALESCE(given.factor / own.factor, 1)
               * CASE m.move_type WHEN 'in_refund' THEN -1 ELSE 1 END AS quantity
      FROM account_move_line l
      JOIN account_move m ON m.id = l.move_id
      JOIN product_product p ON p.id = l.product_id
      JOIN product_template t ON t.id = p.product_tmpl_id
      JOIN uom_uom own ON own.id = t.uom_id
      LEFT JOIN uom_uom given ON given.id = l.product_uom_id
     WHERE m.state = 'posted'
       AND m.move_type IN ('in_invoice', 'in_receipt', 'in_refund')
       AND l.display_type = 'product'
       AND l.company_id = %(company)s
       AND l.product_id = ANY(%(products)s)
       AND l.invoice_date <= %(until)s
"""
TOTALS = """
    SELECT product_id, SUM(quantity), SUM(amount),
           COUNT(DISTINCT move_id) FILTER (WHERE is_bill AND NOT is_reversed)
      FROM (%s) purchase
     WHERE invoice_date > %s
     GROUP BY product_id
"""
LAST = """
    SELECT DISTINCT ON (product_id) product_id, SUM(quantity), SUM(amount)
      FROM (%s) purchase
     WHERE is_bill AND NOT is_reversed
     GROUP BY product_id, invoice_date, move_id
    HAVING SUM(quantity) > 0
     ORDER BY product_id, invoice_date DESC, move_id DESC
"""


class PurchaseReader:
    """Prices that a company has paid, or would pay, for products.

    One query for any number of products, except for price lists, where the choice of
    the vendor is left to Odoo's own method.
    """

    def __init__(self, company):
        # sudo: whoever keeps the books need not have rights in invoicing or purchase.
        # Every query names the company instead.
        self.env = company.sudo().with_company(company).env
        self.company = company.with_env(self.env)

    def get_totals(self, products, months, until):
        """{product id: Bought} in the `months` before the end of the day `until`.

        Credit notes take off what they say: those for a price alone, too, because they
        carry no sign of it.
        """
        since = until - relativedelta(months=months)
        query = SQL(TOTALS, self._get_purchases(products, until), since)
        return {
            product_id: Bought(number(quantity), number(amount), documents)
            for product_id, quantity, amount, documents in self._fetch(query)
        }

    def get_averages(self, products, months, until):
        """{product id: price}, weighted by quantity; unknown ones are left out."""
        totals = self.get_totals(products, months, until)
        return _known({key: average_price(bought) for key, bought in totals.items()})

    def get_last(self, products, until):
        """{product id: price} on the last bill; reversed bills do not count."""
        query = SQL(LAST, self._get_purchases(products, until))
        return _known(
            {
                product_id: average_price(Bought(number(quantity), number(amount)))
                for product_id, quantity, amount in self._fetch(query)
            }
        )

    def get_list_prices(self, products, day, quantity):
        """{product id: price} of the vendor that Odoo picks for an order on `day`.

        :param quantity: ordered, in each product's own unit of measure; where every
            price asks for more, the one that asks for the least counts
        """
        products = products.with_env(self.env)
        prices = {}
        for product in products:
            choose = {"date": day, "uom_id": product.uom_id}
            seller = product._select_seller(quantity=quantity, **choose)
            if not seller:
                seller = product._select_seller(
                    quantity=None, ordered_by="min_qty", **choose
                )
            if seller and seller.price > 0:
                prices[product.id] = number(
                    self._get_seller_price(product, seller, day)
                )
        return prices

    def _get_seller_price(self, product, seller, day):
        """Per unit of the product in company currency: less discount, without tax."""
        return seller.currency_id._convert(
            self._exclude_taxes(product, seller.price_discounted),
            self.company.currency_id,
            self.company,
            day or fields.Date.context_today(seller),
            round=False,
        )

    def _exclude_taxes(self, product, price):
        """Bills book goods without the taxes that their prices include."""
        taxes = product.supplier_taxes_id._filter_taxes_by_company(self.company)
        if not any(tax.price_include for tax in taxes.flatten_taxes_hierarchy()):
            return price
        details = taxes._get_tax_details(
            price, 1, rounding_method="round_globally", product=product
        )
        return details["total_excluded"]

    def _get_purchases(self, products, until):
        return SQL(
            PURCHASES, company=self.company.id, products=products.ids, until=until
        )

    def _fetch(self, query):
        self.env["account.move.line"].flush_model(
            [
                "balance",
                "company_id",
                "display_type",
                "invoice_date",
                "product_id",
                "product_uom_id",
                "quantity",
            ]
        )
        self.env["account.move"].flush_model(["state", "move_type", "payment_state"])
        self.env["product.template"].flush_model(["uom_id"])
        self.env["uom.uom"].flush_model(["factor"])
        return self.env.execute_query(query)


def _known(prices):
    return {key: price for key, price in prices.items() if price is not None}
