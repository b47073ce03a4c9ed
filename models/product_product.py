from odoo import fields, models


class ProductProduct(models.Model):
    _inherit = "product.product"

    property_backflush_covered = fields.Boolean(
        string="Covered by Backflush Costing",
        company_dependent=True,
        copy=False,
        help="The stock account of this product holds standard prices only. Set when a "
        "costing version is activated or the product is first used.",
    )

    def _get_backflush_trigger(self):
        """Return `completion`, `delivery` or False, in the current company."""
        self.ensure_one()
        return self.categ_id.property_backflush_trigger or False

    def _is_backflush_covered(self):
        """Whether the ledger contract is about this product, in the current company."""
        self.ensure_one()
        return self.property_backflush_covered or bool(self._get_backflush_trigger())

    def _set_backflush_covered(self):
        """Cover the products of `self` from now on, in the current company.

        sudo: the first movement of a product may be made by a shop user.
        """
        new = self.filtered(lambda p: not p.property_backflush_covered)
        if new:
            new.sudo().property_backflush_covered = True

    def _get_backflush_relief_account(self):
        """Account that carries this product as a material.

        Its stock valuation account when perpetual, its expense account when periodic
        (or not kept in stock at all).
        """
        self.ensure_one()
        accounts = self.product_tmpl_id._get_product_accounts()
        perpetual = self.is_storable and self.valuation == "real_time"
        name = "stock_valuation" if perpetual else "expense"
        return accounts[name]
