from decimal import Decimal

from odoo import models

from ..costing.entry import round_half_up
from ..costing.matching import Moved, match_oldest_first
from ..costing.variance import ZERO, price_row
from .backflush_books import Books, number

ONE = Decimal(1)
#: Documents whose quantity comes in (a bill) or back in (a customer's credit note).
INCOMING = ("in_invoice", "in_receipt", "out_refund")


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def _get_price_unit_val_dif_and_relevant_qty(self):
        if self._is_backflush_goods_line():
            # The addon appends its own difference, from the standards at receipt.
            return 0.0, 0.0
        return super()._get_price_unit_val_dif_and_relevant_qty()

    def _get_cogs_value(self):
        price = super()._get_cogs_value()
        if not self._is_backflush_goods_line():
            return price
        quantity = self._get_backflush_quantity()
        passed = self._get_backflush_passed(self.product_id)
        return float(passed / quantity) if quantity else 0.0

    def _is_backflush_goods_line(self):
        """A product line whose goods stand in stock at a backflush standard."""
        self.ensure_one()
        product = self.product_id.with_company(self.company_id)
        return (
            self.display_type == "product"
            and product.is_storable
            and product.cost_method == "standard"
            and product._is_backflush_covered()
            and self._eligible_for_stock_account()
        )

    def _get_backflush_quantity(self) -> Decimal:
        """The line's quantity in the product's unit; positive also on credit notes."""
        self.ensure_one()
        quantity = self.product_uom_id._compute_quantity(
            self.quantity, self.product_id.uom_id, round=False
        )
        return number(quantity)

    def _get_backflush_passed(self, product, factor: Decimal = ONE) -> Decimal:
        """What the line's quantity passes at (DESIGN §4, rule 9), rounded.

        `product` is the line's own, or a component of the kit that the line sells, of
        which there are `factor` in each.

        Matched to the stock facts of its order line, oldest first, each at its own
        standard. What is billed or invoiced before it moved passes at today's standard;
        a credit note takes only what really went back.
        """
        self.ensure_one()
        already = self._get_backflush_before() * factor
        upper = already + self._get_backflush_quantity() * factor
        moved = self._get_backflush_moved(product)
        # The difference of two rounded totals: parts never add up to another cent.
        total = sum((fact.quantity for fact in moved), ZERO)
        unmoved = self._get_backflush_net() * factor - total
        return self._pass_at_standard(product, moved, upper, unmoved) - (
            self._pass_at_standard(product, moved, already, unmoved)
        )

    def _pass_at_standard(self, product, moved, quantity, unmoved) -> Decimal:
        match = match_oldest_first(moved, ZERO, quantity)
        amount = match.amount
        rest = min(quantity - match.quantity, unmoved)
        if self.move_id.move_type not in ("in_refund", "out_refund") and rest > 0:
            product = product.with_company(self.company_id)
            amount += rest * number(product.standard_price)
        return round_half_up(amount, number(self.company_id.currency_id.rounding))

    def _get_backflush_net(self) -> Decimal:
        """Quantity of the order line on documents, net of credit notes, this included.

        What passes before it has moved is what is billed, net, beyond the goods:
        billing again what a credit note has taken back brings no new goods.
        """
        sign = {"in_refund": -1, "out_refund": -1}
        net = self._get_backflush_quantity()
        for line in self._get_backflush_siblings():
            if (
                line.parent_state == "posted"
                and line.product_id == self.product_id
                and line.display_type == "product"
                and line.move_id != self.move_id
            ):
                quantity = line._get_backflush_quantity()
                net += sign.get(line.move_id.move_type, 1) * quantity
        return net

    def _get_backflush_moved(self, product) -> list[Moved]:
        """Facts of the line's order line in the document's direction, oldest first."""
        facts = self.env["backflush.stock.fact"].sudo()
        moves = self._get_stock_moves().filtered(
            lambda move: move.state == "done" and move.product_id == product
        )
        if not moves:
            return []
        incoming = self.move_id.move_type in INCOMING
        moves = moves.filtered("is_in" if incoming else "is_out")
        result = []
        for fact in facts.search([("move_id", "in", moves.ids)], order="id"):
            quantity = number(fact.quantity) * (1 if incoming else -1)
            result.append(Moved(quantity, self._get_backflush_standard(fact)))
        return result

    def _get_backflush_standard(self, fact) -> Decimal:
        """The standard at which a fact's goods pass through this document.

        Nothing where a delivery posting has costed them already; a return passes at the
        standard of the movement that it returns.
        """
        if fact.posting_id.trigger == "delivery":
            return ZERO
        origin = fact.move_id.origin_returned_move_id.backflush_fact_ids[:1]
        return number((origin or fact).standard)

    def _get_backflush_before(self) -> Decimal:
        """Quantity of the same order line on earlier documents of the same kind."""
        siblings = self._get_backflush_siblings()
        posting = self.env.context.get("backflush_posting_moves", self.move_id.ids)
        return sum(
            (
                line._get_backflush_quantity()
                for line in siblings
                if line.move_id.move_type == self.move_id.move_type
                and line.product_id == self.product_id
                and line.display_type == "product"
                and (
                    line.parent_state == "posted"
                    and line.move_id != self.move_id
                    or line.move_id.id in posting
                    and line.id < self.id
                )
            ),
            ZERO,
        )

    def _get_backflush_siblings(self):
        return self.purchase_line_id.invoice_lines | self.sale_line_ids.invoice_lines

    # -- cost of sales ----------------------------------------------------------

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
        order_line = self.sale_line_ids[-1:]
        moves = order_line.move_ids.filtered(
            lambda move: move.state != "cancel" and move.bom_line_id
        )
        boms = moves.bom_line_id.bom_id.filtered(
            lambda bom: (
                bom.type == "phantom"
                and bom.product_tmpl_id == self.product_id.product_tmpl_id
            )
        )
        if self.display_type != "product" or not boms:
            return {}
        bom = boms[0]
        products = self.env["product.product"].with_company(self.company_id)
        return {
            component: number(needed["qty"]) / number(bom.product_qty)
            for product_id, needed in order_line._get_bom_component_qty(bom).items()
            if (component := products.browse(product_id)).is_storable
            and component.valuation == "real_time"
            and component.cost_method == "standard"
            and component._is_backflush_covered()
        }

    def _prepare_backflush_costs(self, components):
        """Vals of the cost lines: each product at the standard of its delivery."""
        self.ensure_one()
        position = self.move_id.fiscal_position_id
        kit = self.product_id.product_tmpl_id
        expense = (
            kit.get_product_accounts(fiscal_pos=position)["expense"]
            or self.move_id.journal_id.default_account_id
        )
        sign = -1 if self.move_id.move_type == "out_refund" else 1
        vals_list = []
        for component, factor in components.items():
            cost = sign * float(self._get_backflush_passed(component, factor))
            template = component.product_tmpl_id
            stock = template.get_product_accounts(fiscal_pos=position)[
                "stock_valuation"
            ]
            if cost:
                vals_list += [
                    self._prepare_backflush_cost_item(component, stock, -cost),
                    self._prepare_backflush_cost_item(component, expense, cost)
                    | {"analytic_distribution": self.analytic_distribution},
                ]
        return vals_list

    def _prepare_backflush_cost_item(self, product, account, balance):
        return {
            "name": product.display_name,
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

    # -- vendor bills -----------------------------------------------------------

    def _get_price_difference_account(self):
        """Where the difference between bill and standard goes."""
        self.ensure_one()
        category = self.product_id.with_company(self.company_id).categ_id
        account = category.property_price_difference_account_id
        if not account:
            books = Books(self.company_id.with_company(self.company_id), self.move_id)
            account_id = books.accounts.variance["material_price"]
            account = self.env["account.account"].browse(account_id)
        return self.move_id.fiscal_position_id.map_account(account)

    def _passes_backflush_account(self):
        """Whether the line stands on the account that carries the goods."""
        self.ensure_one()
        product = self.product_id.with_company(self.company_id)
        account = product._get_backflush_relief_account()
        return self.account_id == self.move_id.fiscal_position_id.map_account(account)

    def _prepare_backflush_difference(self):
        """Vals of the two items that take the price difference out of stock."""
        self.ensure_one()
        sign = -1 if self.move_id.move_type == "in_refund" else 1
        passed = self._get_backflush_passed(self.product_id)
        difference = number(self.balance) - sign * passed
        if not difference:
            return []
        common = {
            "name": (self.name or "")[:64],
            "move_id": self.move_id.id,
            "partner_id": self.move_id.commercial_partner_id.id,
            "product_id": self.product_id.id,
            "product_uom_id": self.product_uom_id.id,
            "quantity": self.quantity,
            "analytic_distribution": self.analytic_distribution,
            "display_type": "cogs",
            "tax_ids": [],
            "cogs_origin_id": self.id,
        }
        # Only the balance is given: an amount in the bill's currency would be converted
        # once more, at another rate.
        return [
            {
                **common,
                "account_id": self._get_price_difference_account().id,
                "balance": float(difference),
            },
            {**common, "account_id": self.account_id.id, "balance": -float(difference)},
        ]

    def _prepare_backflush_price_variance(self, difference: float):
        """Vals of the `material_price` row of a bill line; `difference` is booked."""
        self.ensure_one()
        sign = -1 if self.move_id.move_type == "in_refund" else 1
        billed = number(self.balance)
        row = price_row(
            self.product_id.id,
            sign * self._get_backflush_quantity(),
            billed - number(difference),
            billed,
        )
        return {
            "kind": row.kind,
            "product_id": row.product,
            "quantity_standard": float(row.quantity_standard),
            "quantity_actual": float(row.quantity_actual),
            "price_standard": float(row.price_standard),
            "price_actual": float(row.price_actual),
            "amount": difference,
            "amount_exchange": self._get_backflush_exchange(),
            "bill_line_id": self.id,
            "date": self.date,
            "company_id": self.company_id.id,
        }

    def _get_backflush_exchange(self) -> float:
        """The part of the difference that the exchange rate made since the order.

        Billed amount at the bill's rate − the same amount at the order's rate.
        """
        order = self.purchase_line_id.order_id
        if order.currency_id != self.currency_id or not order.currency_rate:
            return 0.0
        if self.currency_id == self.company_currency_id:
            return 0.0
        at_order = self.amount_currency / order.currency_rate
        return self.company_currency_id.round(self.balance - at_order)
