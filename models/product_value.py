from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

#: Adds a product's new price to its history, unless that ends with the price already.
INSERT_HISTORY = """
    INSERT INTO product_value (product_id, value, company_id, date, user_id,
           description, create_uid, create_date, write_uid, write_date)
    SELECT new.product_id, new.price, %(company)s, %(now)s, %(uid)s,
           new.text, %(uid)s, %(now)s, %(uid)s, %(now)s
      FROM unnest(%(ids)s::integer[], %(prices)s::numeric[], %(texts)s::varchar[])
           AS new (product_id, price, text)
      LEFT JOIN (
           SELECT DISTINCT ON (product_id) product_id, value
             FROM product_value
            WHERE company_id = %(company)s AND product_id = ANY(%(ids)s)
              AND move_id IS NULL AND lot_id IS NULL
            ORDER BY product_id, date DESC, id DESC) AS last
        ON last.product_id = new.product_id
     WHERE last.value IS DISTINCT FROM new.price
"""


class ProductValue(models.Model):
    _inherit = "product.value"

    @api.model
    def _insert_backflush_prices(self, company, prices, texts):
        """Record new standard prices with all their digits.

        `create` rounds to the currency and rewrites the value of every receipt that is
        still in stock, so this is the one way to keep a price of 0.01719. Prices that
        the history ends with already are not repeated.

        :param prices: {product: price per unit of measure}
        :param texts: {product: why}
        """
        if not prices:
            return
        self.flush_model()
        self.env.execute_query(
            SQL(
                INSERT_HISTORY,
                company=company.id,
                ids=[product.id for product in prices],
                now=fields.Datetime.now(),
                prices=list(prices.values()),
                texts=[texts[product] for product in prices],
                uid=self.env.uid,
            )
        )
        self.invalidate_model()

    @api.model
    def _find_backflush_price(self, product, company, date):
        """The record of the price of `product` in force in `company` at `date`.

        Before the first one: the first. Empty where there is none.
        """
        history = Domain(
            [
                ("product_id", "=", product.id),
                ("company_id", "=", company.id),
                ("move_id", "=", False),
                ("lot_id", "=", False),
            ]
        )
        past = history & Domain("date", "<=", date)
        return self.search(past, order="date desc, id desc", limit=1) or self.search(
            history, order="date, id", limit=1
        )
