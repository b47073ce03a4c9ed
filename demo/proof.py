"""Ledger = stock: the accounts against what is in the warehouse."""

from collections import defaultdict


class Proof:
    """Compares the stock accounts of the demonstration with its stock at standard."""

    def __init__(self, factory, paper):
        self.env = factory.env
        self.company = factory.company
        self.factory = factory
        self.paper = paper

    def print(self):
        self.paper.title(
            "Ledger = stock, at standard cost", "Ledger", "Stock", "Difference"
        )
        stock = self._find_stock()
        content, usage = self._find_lamp_content(), self._find_open_usage()
        agree = True
        accounts = {
            "materials": "materials",
            "parts": "parts",
            "furniture": "finished",
        }
        for category, account in accounts.items():
            value = stock[self.factory.categories[category]]
            if category == "materials":
                value += content + usage
            agree &= self._print_account(self.factory.accounts[account], value)
        self.paper.text(
            f"        Materials include {content:,.2f} in lamps made and not delivered "
            f"and {usage:,.2f} of open usage."
        )
        self._print_verdict(agree)

    def _print_account(self, account, value):
        items = self.env["account.move.line"]._read_group(
            [("account_id", "=", account.id), ("parent_state", "=", "posted")],
            aggregates=["balance:sum"],
        )
        balance = items[0][0]
        difference = round(balance - value, 2) + 0.0
        self.paper.row(f"        {account.name}", balance, value, difference)
        return not difference

    def _print_verdict(self, agree):
        self.paper.text("")
        if agree:
            self.paper.text("Ledger = stock: every account equals quantity x standard.")
        else:
            self.paper.text("Ledger and stock differ.")
        found = self.company._action_close_stock_valuation()
        if not found:
            self.paper.text("Odoo's own inventory closing finds nothing to book.")
            return
        self.paper.title("Odoo's own inventory closing would book", "Debit", "Credit")
        for vals in found:
            account = self.env["account.account"].browse(vals["account_id"])
            self.paper.balance(account.name, vals["debit"] - vals["credit"])

    # -- stock ------------------------------------------------------------------

    def _find_stock(self):
        """Quantity in the warehouse × standard price, by product category."""
        quants = self.env["stock.quant"].search(
            [
                ("company_id", "=", self.company.id),
                ("location_id.usage", "=", "internal"),
            ]
        )
        values = defaultdict(float)
        for quant in quants:
            product = quant.product_id
            values[product.categ_id] += quant.quantity * product.standard_price
        return values

    def _find_lamp_content(self):
        """Lamps on hand × the materials on their card."""
        lamp = self.factory.products["lamp"]
        card = self.env["backflush.standard"]._get_active_cards(lamp, self.company)[
            lamp
        ]
        materials = card.line_ids.filtered(
            lambda line: line.element_id.type == "material"
        )
        return lamp.qty_available * sum(materials.mapped("amount"))

    def _find_open_usage(self):
        """Material rows of orders that no journal entry carries before the close."""
        rows = self.env["backflush.variance"].search(
            [
                ("company_id", "=", self.company.id),
                ("account_move_id", "=", False),
                ("production_id", "!=", False),
                ("element_id.type", "=", "material"),
            ]
        )
        return sum(rows.mapped("amount"))
