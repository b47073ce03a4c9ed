"""Checks before a close that are about goods and their documents."""

from datetime import date

from ..costing.check import QUANTITY_UNIT
from ..costing.sql import readiness
from .backflush_proof import BROKEN


class GoodsReadiness:
    """Part of `Readiness`: needs its close, company, scope and env."""

    # -- accounts ---------------------------------------------------------------

    def _find_stock_accounts(self):
        """Those that differ from stock at standard by more than rounding."""
        if self.close.state == "computed":
            broken = self.close.account_proof_ids.filtered(lambda x: x.state == BROKEN)
            amounts = {x.account_id: x.difference for x in broken}
        else:
            amounts = {
                finding.record: finding.found - finding.expected
                for finding in self.scope.ledger.prove().findings
                if finding.record._name == "account.account" and finding.state == BROKEN
            }
        if not amounts:
            return None
        accounts = self.env["account.account"].union(*amounts)
        amount = sum(abs(x) for x in amounts.values())
        return self._found(
            self.env._(
                "%(accounts)s differ from stock at standard by %(amount)s at the end "
                "of the period.",
                accounts=", ".join(accounts.mapped("display_name")),
                amount=self.money(amount),
            ),
            len(accounts),
            accounts,
            amount,
        )

    # -- movements that are not booked ------------------------------------------

    def _find_unbooked(self):
        rows = self.env.execute_query(readiness.unbooked(self.scope.frame))
        if not rows:
            return None
        moves = self.env["stock.move"].browse([move for move, _amount in rows])
        amount = sum(amount for _move, amount in rows)
        return self._found(
            self.env._(
                "%(count)s movements of the period are in no posting, or not with the "
                "quantity that has moved: %(amount)s at standard.",
                count=len(moves),
                amount=self.money(amount),
            ),
            len(moves),
            moves,
            amount,
        )

    # -- bills and invoices -----------------------------------------------------

    @property
    def _purchases(self):
        """What was on bills at the end of the period, at average or FIFO too."""
        return self.scope.documents[0]

    @property
    def _sales(self):
        return self.scope.documents[1]

    def _find_received_not_billed(self):
        groups = [x for x in self._purchases if x.open_quantity > QUANTITY_UNIT]
        return self._find_open(
            groups,
            "purchase.order",
            lambda values: self.env._(
                "Goods worth %(amount)s, on %(count)s order lines, were "
                "received and not billed by %(day)s.",
                **values,
            ),
        )

    def _find_billed_not_received(self):
        return self._find_open(
            [x for x in self._purchases if self._is_ahead(x)],
            "purchase.order",
            lambda values: self.env._(
                "Goods worth %(amount)s, on %(count)s order lines, were billed and not "
                "received, or sent back and not credited by the vendor, by %(day)s.",
                **values,
            ),
        )

    def _find_delivered_not_invoiced(self):
        groups = [
            x for x in self._sales if x.open_quantity > QUANTITY_UNIT and x.open_amount
        ]
        return self._find_open(
            groups,
            "sale.order",
            lambda values: self.env._(
                "Goods worth %(amount)s, on %(count)s order lines, were "
                "delivered and not invoiced by %(day)s.",
                **values,
            ),
        )

    def _find_invoiced_not_delivered(self):
        return self._find_open(
            [x for x in self._sales if self._is_ahead(x)],
            "sale.order",
            lambda values: self.env._(
                "Goods worth %(amount)s, on %(count)s order lines, were invoiced and "
                "not delivered, or came back and were not credited to the customer, by "
                "%(day)s.",
                **values,
            ),
        )

    @staticmethod
    def _is_ahead(group):
        return group.ahead or group.open_quantity < -QUANTITY_UNIT

    def _find_open(self, groups, model, explain):
        """What is open, with its orders; without an order line, the products."""
        if not groups:
            return None
        amount = sum(x.ahead_amount if x.ahead else abs(x.open_amount) for x in groups)
        if all(group.line for group in groups):
            lines = self.env[f"{model}.line"].browse([x.line for x in groups])
            records = lines.order_id
        else:
            records = self.env["product.product"].browse(
                sorted({group.product for group in groups})
            )
        values = {"amount": self.money(amount), "count": len(groups), "day": self.day}
        return self._found(explain(values), len(groups), records, amount)

    # -- counts -----------------------------------------------------------------

    def _find_counts(self):
        query = readiness.query(
            readiness.COUNTS,
            company=self.company.id,
            products=self.scope.products.ids,
            date_to=self.close.date_to,
        )
        rows = self.env.execute_query(query)
        if not rows:
            return None
        counted = sum(is_counted for _quant, is_counted in rows)
        return self._found(
            self.env._(
                "%(due)s counts were due by %(day)s and are not made, %(counted)s are "
                "made and not applied.",
                due=len(rows) - counted,
                counted=counted,
                day=self.day,
            ),
            len(rows),
            self.env["stock.quant"].browse([quant for quant, _counted in rows]),
        )

    # -- Odoo's own inventory closing -------------------------------------------

    def _find_native_closing(self):
        """Accounts at standard need no closing: one that booked there found goods
        without their bill or invoice, which will book them again.
        """
        accounts = {
            product.account
            for product in self.scope.frame.products
            if product.is_perpetual and product.account
        }
        query = readiness.query(
            readiness.CLOSINGS,
            company=self.company.id,
            accounts=sorted(accounts),
            entries=self._get_native_closings(),
            closed=self.company._get_backflush_closed_until() or date.min,
            date_to=self.close.date_to,
        )
        rows = self.env.execute_query(query)
        if not rows:
            return None
        amount = sum(balance for _entry, balance in rows)
        return self._found(
            self.env._(
                "Odoo's inventory closing has booked %(amount)s on accounts that "
                "backflush keeps at standard, with %(count)s entries.",
                amount=self.money(amount),
                count=len(rows),
            ),
            len(rows),
            self.env["account.move"].browse([entry for entry, _balance in rows]),
            amount,
        )

    def _get_native_closings(self):
        """Ids of the entries of Odoo's closing, as it remembers them."""
        name = f"{self.company.id}.stock_valuation_closing_ids"
        known = self.env["ir.config_parameter"].sudo().get_param(name)
        return [int(entry) for entry in known.split(",")] if known else []
