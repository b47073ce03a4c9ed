from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..costing.entry import round_half_up
from ..costing.variance import ZERO, price_row
from .backflush_books import Books, number


class AccountMoveLine(models.Model):
    """Vendor bills: goods pass at their standard, the rest is price variance."""

    _inherit = "account.move.line"

    backflush_goods_line_id = fields.Many2one(
        "account.move.line",
        string="Charge on Goods",
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        help="For freight, duty and other charges that belong to goods at standard "
        "cost: the bill line of those goods. The charge then goes to their price "
        "difference account and counts as their material price variance. Leave it "
        "empty for anything else.",
    )

    @api.constrains("backflush_goods_line_id")
    def _check_backflush_goods_line(self):
        for line in self.filtered("backflush_goods_line_id"):
            goods = line.backflush_goods_line_id
            bought = goods.move_id.is_purchase_document(True)
            if goods == line or not bought or not goods._is_backflush_product_line():
                raise ValidationError(
                    self.env._(
                        "%(line)s cannot be a charge on %(goods)s. Choose a line of a "
                        "vendor bill with goods at standard cost that backflush "
                        "costing covers.",
                        line=line.display_name,
                        goods=goods.display_name,
                    )
                )

    def _get_price_unit_val_dif_and_relevant_qty(self):
        if self._is_backflush_product_line():
            # The addon appends its own difference, from the standards at receipt.
            return 0.0, 0.0
        return super()._get_price_unit_val_dif_and_relevant_qty()

    @api.depends("backflush_goods_line_id")
    def _compute_account_id(self):
        res = super()._compute_account_id()
        for line in self:
            if line.move_id.is_purchase_document(True):
                line.account_id = line._get_backflush_account() or line.account_id
        return res

    def _get_backflush_account(self):
        """The account of a bill line that Odoo would put on another one."""
        self.ensure_one()
        if self.backflush_goods_line_id:
            return self.backflush_goods_line_id._get_price_difference_account()
        if element := self._get_backflush_fee_element():
            return element.control_account_id
        if self._is_backflush_product_line() and self._is_backflush_bought_elsewhere():
            return self._map_backflush_account(self._get_backflush_carrier())
        return self.env["account.account"]

    def _is_backflush_bought_elsewhere(self):
        """Whether Odoo leaves its stock account out: drop-shipped, or a receipt."""
        return self.move_id.move_type == "in_receipt" or (
            self._is_backflush_dropshipped()
        )

    def _map_backflush_account(self, account):
        return self.move_id.fiscal_position_id.map_account(account)

    def _get_backflush_carrier(self):
        """The account that carries the goods of the line.

        Goods that go straight to the customer are never in stock: they are expense.
        """
        self.ensure_one()
        product = self.product_id.with_company(self.company_id)
        if self._is_backflush_dropshipped():
            return product.product_tmpl_id._get_product_accounts()["expense"]
        return product._get_backflush_relief_account()

    def _get_price_difference_account(self):
        """Where the difference between bill and standard goes."""
        self.ensure_one()
        category = self.product_id.with_company(self.company_id).categ_id
        account = category.property_price_difference_account_id
        if not account:
            books = Books(self.company_id.with_company(self.company_id), self.move_id)
            account_id = books.accounts.variance["material_price"]
            account = self.env["account.account"].browse(account_id)
        return self._map_backflush_account(account)

    def _passes_backflush_account(self):
        """Whether the line's goods pass here, at standard."""
        self.ensure_one()
        if not self._is_backflush_product_line():
            return False
        if element := self._get_backflush_fee_element():
            return self.account_id == element.control_account_id
        account = self._map_backflush_account(self._get_backflush_carrier())
        return self.account_id == account

    # -- what the addon adds to the bill ----------------------------------------

    def _get_backflush_billed(self) -> Decimal:
        """Balance of all items of the line: with the tax that stays a cost, without
        the share that is private.
        """
        self.ensure_one()
        return number(self.balance) + self._get_backflush_aside()

    def _get_backflush_aside(self) -> Decimal:
        """What other items of the document put on the line's account, or take off."""
        return self._get_backflush_lasting_tax() + self._get_backflush_private()

    def _get_backflush_private(self) -> Decimal:
        """The line's share of what Odoo takes off as not deductible."""
        if self.deductible_amount == 100:
            return ZERO
        items = self.move_id.line_ids.filtered(
            lambda item: (
                item.display_type == "non_deductible_product"
                and item.account_id == self.account_id
                and item.name == self.name
            )
        )
        lines = self.move_id.invoice_line_ids.filtered(
            lambda line: (
                line.deductible_amount != 100
                and line.account_id == self.account_id
                and line.name == self.name
            )
        )
        total = sum((number(item.balance) for item in items), ZERO)
        return self._get_backflush_share(total, lines)

    def _get_backflush_lasting_tax(self) -> Decimal:
        """The line's share of the tax items that have no account of their own.

        Odoo books such a tax on the account of the lines it is for, together.
        """
        total = ZERO
        for item in self.move_id.line_ids:
            repartition = item.tax_repartition_line_id
            if not repartition or repartition.account_id:
                continue
            if item.account_id != self.account_id:
                continue
            lines = self.move_id.invoice_line_ids.filtered(
                lambda line, item=item: (
                    line.account_id == item.account_id
                    and item.tax_line_id in line.tax_ids.flatten_taxes_hierarchy()
                )
            )
            if self in lines:
                total += self._get_backflush_share(number(item.balance), lines)
        return total

    def _get_backflush_share(self, amount: Decimal, lines) -> Decimal:
        """The line's part of an amount, so that the parts add up to it."""
        whole = sum((number(line.balance) for line in lines), ZERO)
        if not whole:
            return ZERO
        unit = number(self.company_currency_id.rounding)
        before = ZERO
        for line in lines.sorted("id"):
            after = before + number(line.balance)
            if line == self:
                shares = [amount * x / whole for x in (before, after)]
                return round_half_up(shares[1], unit) - round_half_up(shares[0], unit)
            before = after
        return ZERO

    def _prepare_backflush_difference(self):
        """Vals of the items that leave the goods at standard on their account.

        That is the product's own account, whatever the fiscal position made of it: it
        is the one that is relieved.
        """
        self.ensure_one()
        if self._get_backflush_fee_element():
            return []
        passed = self._get_backflush_sign() * self._get_backflush_passed(
            self.product_id
        )
        billed = self._get_backflush_billed()
        carrier = self._get_backflush_carrier()
        if self._is_backflush_dropshipped():
            carrier = self.account_id
        amounts = {self.account_id: -billed}
        amounts[carrier] = amounts.get(carrier, ZERO) + passed
        if billed != passed:
            account = self._get_price_difference_account()
            amounts[account] = amounts.get(account, ZERO) + billed - passed
        return [
            self._prepare_backflush_item(account, float(amount), self.product_id)
            | {
                "product_uom_id": self.product_uom_id.id,
                "quantity": self.quantity,
                "analytic_distribution": self.analytic_distribution,
            }
            for account, amount in amounts.items()
            if amount
        ]

    # -- variance rows ----------------------------------------------------------

    def _prepare_backflush_goods_variance(self):
        """Vals of the row of what the goods cost beyond their standard."""
        self.ensure_one()
        passed = self._get_backflush_sign() * self._get_backflush_passed(
            self.product_id
        )
        difference = self._get_backflush_billed() - passed
        vals = self._prepare_backflush_price_variance(difference)
        if difference:
            vals["account_id"] = self._get_price_difference_account().id
            vals["account_move_id"] = self.move_id.id
        return vals

    def _prepare_backflush_price_variance(self, difference):
        """Vals of the `material_price` row of a bill line; `difference` is booked."""
        self.ensure_one()
        billed = self._get_backflush_billed()
        row = price_row(
            self.product_id.id,
            self._get_backflush_sign() * self._get_backflush_quantity(),
            billed - difference,
            billed,
        )
        return {
            "kind": row.kind,
            "product_id": row.product,
            "quantity_standard": float(row.quantity_standard),
            "quantity_actual": float(row.quantity_actual),
            "price_standard": float(row.price_standard),
            "price_actual": float(row.price_actual),
            "amount": float(row.amount),
            "amount_exchange": self._get_backflush_exchange(),
            "bill_line_id": self.id,
            "date": self.date,
            "company_id": self.company_id.id,
        }

    def _prepare_backflush_charge_variance(self):
        """Vals of the row of a charge; it points at the goods that it is for."""
        self.ensure_one()
        goods = self.backflush_goods_line_id
        return {
            "kind": "material_price",
            "product_id": goods.product_id.id,
            "amount": float(self._get_backflush_billed()),
            "amount_exchange": self._get_backflush_exchange(),
            "bill_line_id": goods.id,
            "account_id": self.account_id.id,
            "account_move_id": self.move_id.id,
            "date": self.date,
            "company_id": self.company_id.id,
        }

    def _is_backflush_charge(self):
        """Whether the line stands as a charge on the account of its goods."""
        self.ensure_one()
        goods = self.backflush_goods_line_id
        return bool(goods) and (
            self.account_id == goods._get_price_difference_account()
        )

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

    def _get_backflush_dropped_back(self) -> Decimal:
        """Quantity sent back to the vendor that no credit note has taken yet."""
        self.ensure_one()
        moves = self._get_stock_moves().filtered(
            lambda move: move.state == "done" and move._is_dropshipped_returned()
        )
        unit = self.product_id.uom_id
        back = sum(
            (
                number(m.product_uom._compute_quantity(m.quantity, unit, round=False))
                for m in moves
            ),
            ZERO,
        )
        known = (
            self.env["backflush.match"]
            .sudo()
            .search(
                [
                    ("purchase_line_id", "=", self.purchase_line_id.id),
                    ("product_id", "=", self.product_id.id),
                    ("is_return", "=", True),
                    ("line_id", "!=", self.id),
                ]
            )
        )
        return max(ZERO, back - sum((number(x.quantity) for x in known), ZERO))
