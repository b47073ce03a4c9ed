from collections import defaultdict
from contextlib import suppress
from decimal import Decimal

from odoo import Command, fields, models
from odoo.exceptions import ConcurrencyError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..costing.entry import Key, Target, merge
from ..costing.revaluation import REVALUATION, Revaluation
from ..costing.switching import Moved, Proven, switch_goods
from .backflush_books import number
from .backflush_on_hand import (
    has_stock_moved,
    read_quantities_on_hand,
    shared_versions,
)
from .backflush_switch_reader import SwitchReader

ZERO = Decimal(0)
ONE = Decimal(1)


class Undo(Exception):
    """Ends a preview: everything it has written is taken back."""


class BackflushSwitch(models.Model):
    """What a switch moves: computed, shown, and booked in one entry.

    All methods here run as the engine of the switch's company.
    """

    _inherit = "backflush.switch"

    # -- showing and doing ------------------------------------------------------

    def _preview(self):
        """Switch, look, and take everything back."""
        figures, orders, issues = [], self.production_ids.browse(), []
        try:
            with suppress(Undo), self.env.cr.savepoint():
                try:
                    self._check_switch()
                except UserError as error:
                    issues.append(str(error))
                orders = self._find_orders()
                _target, figures, _facts = self._compute(self.env.user)
                issues += [x for group in self._get_issues() for x in group]
                raise Undo
        except UserError as error:
            issues.append(str(error))
        self._store(figures, orders, issues)

    def _switch(self, user):
        """Write the settings and book what moves with them."""
        self._take_turn()
        self._check_draft()
        self._check_switch()
        orders = self._find_orders()
        target, figures, facts = self._compute(user)
        blocking, others = self._get_issues()
        if blocking:
            raise UserError("\n".join(blocking))
        posting = self._book(target, facts)
        self._store(figures, orders, others)
        self._prove()
        self.posting_id = posting
        self.env["backflush.outdated"]._mark_all(self.company_id)

    def _take_turn(self):
        """Wait for whoever does the same switch, or moves goods at this moment."""
        self.env["backflush.engine"]._lock(self)
        self.env["backflush.engine"]._touch(self)
        self.invalidate_recordset(["state"])
        # as an activation does: whoever moves goods shares this row, and starts over
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM backflush_version WHERE %s "
                "ORDER BY id FOR NO KEY UPDATE",
                shared_versions(self.company_id),
            )
        )
        versions = self.env["backflush.version"].browse(row[0] for row in rows)
        self.env["backflush.engine"]._touch(versions)
        with self.env.registry.cursor() as cr:
            if has_stock_moved(self.company_id, cr):
                raise ConcurrencyError("Goods have moved before the switch began.")

    def _store(self, figures, orders, issues):
        self.account_ids.unlink()
        self.write(
            {
                "account_ids": [Command.create(vals) for vals in figures],
                "production_ids": [Command.set(orders.ids)],
                "issues": "\n".join(dict.fromkeys(issues)) or False,
                "date_computed": fields.Datetime.now(),
            }
        )

    def _find_orders(self):
        """Orders of these goods that are not finished."""
        products = self._find_switched()
        return self.env["mrp.production"].search(
            Domain("company_id", "=", self.company_id.id)
            & Domain("product_id", "in", products.ids)
            & Domain("state", "not in", ("done", "cancel"))
        )

    def _find_switched(self):
        products = self.env["product.product"].browse()
        for line in self.line_ids:
            products |= line._find_products()
        return products

    def _get_triggers_at(self, company, day):
        """{product id: trigger on a day} of goods that were switched since."""
        domain = Domain("company_id", "=", company.id) & Domain("state", "=", "done")
        domain &= Domain("date", ">", day)
        result = {}
        # the oldest has the last word: what it found was in force before all of them
        for switch in self.search(domain, order="date desc, id desc"):
            result |= switch.line_ids._get_triggers_before()
        return result

    # -- what moves -------------------------------------------------------------

    def _compute(self, user):
        """Write the settings, by `user`; return what is to be booked, the figures of
        the accounts and the stock facts that the posting takes.
        """
        switched, delivered = self._find_switched(), self._find_delivered()
        periodic = self._find_periodic(switched)
        closed = self._compute_closing(periodic)
        material = self._find_moved_material()
        facts, returned = self._compute_returned()
        (switched - periodic)._set_backflush_covered()
        before = SwitchReader(self.company_id, self)
        undocumented = before.get_undocumented(switched)
        perpetual = switched.filtered(lambda p: p.valuation == "real_time")
        places = self._read_places(before, switched | delivered)
        old = {p: before.get_stock_account(p) for p in undocumented}
        usage, stock = before.get_usage(), before.stock
        self._put_in_force(user)
        switched._set_backflush_covered()
        opened = self._match_invoices(switched - perpetual)
        after = SwitchReader(self.company_id, self)
        goods = self._get_moved(after, places, switched | delivered)
        goods.append(Moved(None, ONE, usage, after.get_usage()))
        rest = Key(after.books.accounts.variance[REVALUATION], *self._get_rest(after))
        target = switch_goods(goods, rest, after.books.unit)
        amounts = [target.amounts, closed, returned]
        lost = {p: x for p, x in undocumented.items() if p in perpetual}
        amounts.append(self._take_over(material, after))
        amounts += [self._expense(lost, old, after), self._open(opened, after)]
        target = Target(merge(amounts), target.rows)
        figures = self._get_figures(target, stock, after, self._add_up(returned))
        return target, figures, facts

    def _put_in_force(self, user):
        """Write the settings, and what was switched."""
        for line in self.line_ids:
            line.product_ids = line._find_products()
        self.line_ids._apply()
        self.write(
            {
                "state": "done",
                "last_fact_id": self._find_last_fact().id,
                "date_done": fields.Datetime.now(),
                "done_by_id": user.id,
            }
        )
        self.env.flush_all()

    @staticmethod
    def _get_rest(reader):
        return reader.books.material.id, REVALUATION, None

    def _find_delivered(self):
        """Goods costed at delivery: their cards may contain what is switched."""
        products = (
            self.env["product.product"]
            .with_context(active_test=False)
            .search(
                Domain("is_storable", "=", True)
                & Domain("categ_id.property_backflush_trigger", "=", "delivery")
            )
        )
        cards = self.env["backflush.standard"]._get_active_cards(
            products.with_context(active_test=True), self.company_id
        )
        return products.browse().union(*cards)

    def _find_periodic(self, products):
        """Of those, what Odoo alone values, at its closing."""
        return products.filtered(
            lambda p: not p._get_backflush_trigger() and p.valuation != "real_time"
        )

    def _read_places(self, reader, products):
        """{product: places of one unit} of what is on hand."""
        quantities = read_quantities_on_hand(self.company_id, products)
        on_hand = products.filtered(lambda p: p.id in quantities)
        reader.load(on_hand)
        return {p: (number(quantities[p.id]), reader.get_places(p)) for p in on_hand}

    def _get_moved(self, reader, places, products):
        """Goods on hand with where they stood and where they stand now.

        Also those that only now are costed at delivery, or not any more.
        """
        reader.load(products.browse([product.id for product in places]))
        return [
            Moved(product.id, quantity, before, reader.get_places(product))
            for product, (quantity, before) in places.items()
        ]

    # -- booking and proving ----------------------------------------------------

    def _book(self, target, facts):
        """One posting with one entry; empty where nothing moves."""
        revaluation = self.env["backflush.revaluation"]
        books = revaluation._get_books(self.company_id, self)
        label = self.env._("Switch of trigger: %(name)s", name=self.name)
        posting = revaluation._post(
            books, [(self, Revaluation(target, {}), {})], label, self.date
        )
        if posting and facts:
            facts.with_env(posting.env).write({"posting_id": posting.id})
        return posting

    @staticmethod
    def _add_up(amounts):
        """{account id: amount}"""
        totals = defaultdict(lambda: ZERO)
        for key, amount in amounts.items():
            totals[key.account] += amount
        return totals

    def _get_figures(self, target, stock, reader, returned):
        """Values of the accounts: what they hold, what moves, what they are to hold.

        :param returned: {account id: amount} of stock facts that no posting has yet
        """
        moved = self._add_up(target.amounts)
        carried = {x for x in stock.keys() | reader.stock.keys() if moved.get(x)}
        balances = reader.get_balances(moved)
        figures = []
        for account, amount in moved.items():
            if not amount:
                continue
            proven = Proven(
                balances.get(account, ZERO),
                stock.get(account, ZERO),
                amount,
                reader.stock.get(account, ZERO) + returned.get(account, ZERO),
            )
            figures.append(
                self._prepare_figure(account, proven, is_stock=account in carried)
            )
        return figures

    @staticmethod
    def _prepare_figure(account, proven, *, is_stock):
        vals = {
            "account_id": account,
            "is_stock": is_stock,
            "before": float(proven.before),
            "moved": float(proven.moved),
            "after": float(proven.after),
        }
        if is_stock:
            vals |= {
                "stock_before": float(proven.stock_before),
                "stock_after": float(proven.stock_after),
                "difference": float(proven.open_after),
                "difference_before": float(proven.open_before),
            }
        return vals

    def _prove(self):
        """The accounts hold now what was computed; anything else takes all back."""
        accounts = self.account_ids.account_id
        reader = SwitchReader(self.company_id, self)
        balances = reader.get_balances(accounts.ids)
        for figure in self.account_ids:
            held = float(balances.get(figure.account_id.id, ZERO))
            if self.currency_id.compare_amounts(held, figure.after):
                raise UserError(
                    self.env._(
                        "%(account)s does not hold what it should after the switch: "
                        "nothing was switched. Try again, and see Check the Books.",
                        account=figure.account_id.display_name,
                    )
                )
