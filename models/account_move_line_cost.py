from odoo import models

from ..costing.variance import ZERO
from .account_move_line import ONE
from .backflush_books import number


class AccountMoveLine(models.Model):
    """Customer invoices: cost of sales at the standard of the delivery."""

    _inherit = "account.move.line"

    def _get_cogs_value(self):
        components = self._get_backflush_costed()
        if not components:
            return super()._get_cogs_value()
        quantity = self._get_backflush_quantity()
        passed = sum((self._get_backflush_passed(x) for x in components), ZERO)
        return float(passed / quantity) if quantity else 0.0

    def _get_backflush_costed(self):
        """{product: quantity in one unit of the line} whose cost the addon books."""
        self.ensure_one()
        if components := self._get_backflush_kit():
            return components
        product = self.product_id.with_company(self.company_id)
        if self._is_backflush_goods_line() and product.valuation == "real_time":
            return {product: ONE}
        return {}

    def _get_backflush_kit(self):
        """{component: quantity in one unit of the kit} of what the line delivers.

        Only perpetual components that the addon covers; empty for anything but a kit.
        """
        self.ensure_one()
        if self.display_type != "product":
            return {}
        order_line = self.sale_line_ids[:1]
        bom = self._get_backflush_kit_bom(order_line)
        if not bom:
            return {}
        products = self.env["product.product"].with_company(self.company_id)
        return {
            component: number(needed["qty"]) / number(bom.product_qty)
            for product_id, needed in order_line._get_bom_component_qty(bom).items()
            if (component := products.browse(product_id)).is_storable
            and component.valuation == "real_time"
            and component.cost_method == "standard"
            and component._is_backflush_covered()
        }

    def _get_backflush_kit_bom(self, order_line):
        """The bill by which the line's product was delivered, where it is a kit."""
        moves = order_line.move_ids.filtered(
            lambda move: (
                move.state != "cancel"
                and move.bom_line_id.bom_id.type == "phantom"
                and not move._is_dropshipped()
            )
        )
        boms = moves.bom_line_id.bom_id
        product = self.product_id
        own = boms.filtered(lambda bom: bom.product_tmpl_id == product.product_tmpl_id)
        if own or not boms or product in moves.product_id:
            return own[:1]
        # a kit of nothing but kits
        return boms._bom_find(
            product, company_id=self.company_id.id, bom_type="phantom"
        )[product]

    def _get_backflush_cost_account(self):
        """Cost of sales of the line's product (the kit, not its components)."""
        accounts = self.product_id.product_tmpl_id.get_product_accounts(
            fiscal_pos=self.move_id.fiscal_position_id
        )
        return accounts["expense"] or self.move_id.journal_id.default_account_id

    def _prepare_backflush_costs(self, components):
        """Vals of the cost lines: each product at the standard of its delivery.

        The stock account is the product's own, whatever the fiscal position says: it
        is the one that has to agree with the stock.
        """
        self.ensure_one()
        sign = self._get_backflush_sign()
        expense = self._get_backflush_cost_account()
        vals_list = []
        for component in components:
            cost = sign * float(self._get_backflush_passed(component))
            stock = component._get_backflush_relief_account()
            if cost:
                vals_list += [
                    self._prepare_backflush_item(stock, -cost, component),
                    self._prepare_backflush_item(expense, cost, component)
                    | {"analytic_distribution": self.analytic_distribution},
                ]
        return vals_list

    def _prepare_backflush_item(self, account, balance, product):
        """Vals of an item that the addon adds to a document.

        Only the balance is given: an amount in the document's currency would be
        converted once more, at another rate.
        """
        return {
            "name": (self.name or product.display_name or "")[:64],
            "move_id": self.move_id.id,
            "partner_id": self.move_id.commercial_partner_id.id,
            "product_id": product.id,
            "product_uom_id": product.uom_id.id,
            "account_id": account.id,
            "balance": balance,
            "display_type": "cogs",
            "tax_ids": [],
            "cogs_origin_id": self.id,
        }
