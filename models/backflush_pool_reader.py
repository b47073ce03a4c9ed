"""Goods and documents that belong together, read in bulk as plain values."""

from collections import defaultdict
from decimal import Decimal
from typing import NamedTuple

from odoo.fields import Domain
from odoo.tools import SQL

from ..costing.lots import find_lots
from ..costing.matching import Claim, Lot, Pool
from ..costing.variance import ZERO, Measured, Original
from .backflush_books import number

#: Of the order lines and partners of movements: those whose documents wait for goods,
#: and those whose goods have come back.
UNSETTLED = """
    SELECT purchase_line_id, sale_line_id, partner_id
      FROM backflush_match
     WHERE (purchase_line_id = ANY(%(purchase)s) OR sale_line_id = ANY(%(sale)s)
            OR partner_id = ANY(%(partners)s))
       AND (line_id IS NULL OR fact_id IS NULL AND move_id IS NULL)
     UNION
    SELECT purchase_line_id, NULL, NULL
      FROM stock_move
     WHERE purchase_line_id = ANY(%(purchase)s)
       AND origin_returned_move_id IS NOT NULL AND state = 'done'
     UNION
    SELECT NULL, sale_line_id, NULL
      FROM stock_move
     WHERE sale_line_id = ANY(%(sale)s)
       AND origin_returned_move_id IS NOT NULL AND state = 'done'
"""


class PoolKey(NamedTuple):
    """One product of an order line, or of a partner where there is no order line."""

    side: str  # purchase | sale
    line: int
    partner: int
    product: int

    def as_values(self) -> dict:
        name = f"{self.side}_line_id"
        return {
            "side": self.side,
            name: self.line or False,
            "partner_id": self.partner or False,
            "product_id": self.product,
        }


class PoolReader:
    """The pools of one company that a call is about."""

    def __init__(self, company):
        # sudo: whoever posts a document or moves goods need not see the matches, nor
        # the movements or bills on the other side of them.
        context = dict(company.env.context, backflush_engine=True)
        env = company.env(su=True, context=context)
        self.company = company.with_env(env).with_company(company)
        self.env = self.company.env
        self.unit = number(company.currency_id.rounding)
        self.pools: dict[PoolKey, Pool] = {}
        self.matches = self.env["backflush.match"]
        self.facts = self.env["backflush.stock.fact"]
        self._amounts: dict = {}
        self._split: dict = {}

    # -- reading ----------------------------------------------------------------

    def find_unsettled(self, keys) -> set[PoolKey]:
        """Those of `keys` where goods that moved are not only goods that moved."""
        purchase = {key.line for key in keys if key.side == "purchase"} - {0}
        sale = {key.line for key in keys if key.side == "sale"} - {0}
        partners = {key.partner for key in keys} - {0}
        if not purchase and not sale and not partners:
            return set()
        self.matches.flush_model()
        self.env["stock.move"].flush_model(
            ["purchase_line_id", "sale_line_id", "origin_returned_move_id", "state"]
        )
        found = self.env.execute_query(
            SQL(
                UNSETTLED,
                purchase=list(purchase),
                sale=list(sale),
                partners=list(partners),
            )
        )
        lines = {("purchase", a) for a, _b, _c in found}
        lines |= {("sale", b) for _a, b, _c in found}
        known = {c for _a, _b, c in found}
        return {
            key
            for key in keys
            if (key.line and (key.side, key.line) in lines)
            or (key.partner and key.partner in known)
        }

    def load(self, keys):
        """Read the pools of `keys`: their goods, and what documents have claimed."""
        keys = {key for key in keys if key not in self.pools}
        if not keys:
            return
        matches = self.matches.search(self._get_domain(keys))
        by_key = defaultdict(self.matches.browse)
        for match in matches.filtered(lambda match: match.line_id):
            by_key[self._get_key(match)] |= match
        lots = self._read_lots(keys)
        for key in keys:
            claims = [self._get_claim(match) for match in by_key[key]]
            self.pools[key] = Pool(*lots[key], claims)
            for is_return in (False, True):
                same = by_key[key].filtered(
                    lambda match, is_return=is_return: match.is_return is is_return
                )
                self._amounts[key, is_return] = (
                    sum((number(x.quantity) * number(x.passed) for x in same), ZERO),
                    sum((number(x.amount) for x in same), ZERO),
                )

    def _get_domain(self, keys, prefix=""):
        domains = []
        for side in ("purchase", "sale"):
            lines = [key.line for key in keys if key.side == side and key.line]
            if lines:
                domains.append(Domain(f"{prefix}{side}_line_id", "in", lines))
        partners = {key.partner for key in keys if key.partner}
        if partners and not prefix:
            domains.append(Domain("partner_id", "in", list(partners)))
        elif partners:
            given = Domain(f"{prefix}partner_id", "child_of", list(partners))
            picked = Domain(
                f"{prefix}picking_id.partner_id", "child_of", list(partners)
            )
            products = list({key.product for key in keys if key.partner})
            domains.append(
                (given | picked)
                & Domain(f"{prefix}purchase_line_id", "=", False)
                & Domain(f"{prefix}sale_line_id", "=", False)
                & Domain(f"{prefix}product_id", "in", products)
            )
        if prefix:
            domains += self._get_fee_domains(keys, prefix)
        domain = Domain.OR(domains)
        if not prefix:
            domain &= Domain("reversal_id", "=", False)
        return domain

    def _get_fee_domains(self, keys, prefix):
        """Goods that a subcontractor has made: the fee is for making them."""
        lines = [key.line for key in keys if key.side == "purchase" and key.line]
        if not lines or "is_subcontract" not in self.env["stock.move"]._fields:
            return []
        return [
            Domain(f"{prefix}production_id", "!=", False)
            & Domain(f"{prefix}move_dest_ids.purchase_line_id", "in", lines)
        ]

    @staticmethod
    def _get_key(match) -> PoolKey:
        line = match.purchase_line_id.id or match.sale_line_id.id or 0
        return PoolKey(match.side, line, match.partner_id.id or 0, match.product_id.id)

    @staticmethod
    def _get_claim(match) -> Claim:
        owned = -match.move_id.id if match.move_id else None
        return Claim(
            match.id,
            number(match.quantity),
            number(match.passed),
            number(match.standard),
            match.is_return,
            match.fact_id.id or owned or None,
            match.taken_id.id or None,
        )

    def _read_lots(self, keys):
        """{key: (lots, lots that came back)}."""
        company = Domain("company_id", "=", self.company.id)
        facts = self.facts.search(
            self._get_domain(keys, "move_id.") & company, order="id"
        ).filtered(lambda fact: not fact.is_owner)
        result: dict = defaultdict(lambda: ([], []))
        for move, group in facts.grouped("move_id").items():
            key = move._get_backflush_pool_key()
            if key in keys:
                came_back = move._is_backflush_trade_return()
                result[key][came_back].extend(self._get_lots(move, group))
        for move, quantity in self._read_owned(keys).items():
            key = move._get_backflush_pool_key()
            if key in keys:
                came_back = move._is_backflush_trade_return()
                origin = move.origin_returned_move_id.id if came_back else move.id
                lot = Lot(-move.id, move.id, origin or move.id, quantity, ZERO)
                result[key][came_back].append(lot)
        return result

    def _get_lots(self, move, facts):
        measured = [(fact.id, measure(fact)) for fact in facts.sorted("id")]
        lots, _change, _parts = find_lots(measured, get_original(move))
        came_back = move._is_backflush_trade_return()
        origin = came_back and move.origin_returned_move_id.id or move.id
        fees = {fact.id: get_fee(fact) for fact in facts if move.production_id}
        # what a delivery posting has costed already passes at nothing
        postings = facts.posting_id.filtered(lambda p: p.trigger == "delivery")
        costed = postings and not move.production_id
        return [
            Lot(
                key,
                move.id,
                origin,
                quantity,
                ZERO if costed else fees.get(key, standard),
            )
            for key, quantity, standard in lots
        ]

    def _read_owned(self, keys):
        """{movement: quantity} of goods that belong to somebody else."""
        lines = self.env["stock.move.line"].search(
            self._get_domain(keys, "move_id.")
            & Domain("state", "=", "done")
            & Domain("owner_id", "not in", [False, self.company.partner_id.id])
            & Domain("company_id", "=", self.company.id)
        )
        result: dict = defaultdict(Decimal)
        for line in lines:
            result[line.move_id] += number(line.quantity_product_uom)
        return result


def measure(fact, content=None) -> Measured:
    """A stock fact in its own sign."""
    return Measured(
        number(fact.quantity), number(fact.standard), number(fact.amount), content or {}
    )


def get_first_fact(move, fact):
    """The fact at whose standard the goods of a movement pass.

    A return passes at the standard of the movement that it returns.
    """
    if move._is_backflush_trade_return():
        origin = move.origin_returned_move_id.backflush_fact_ids.sorted("id")[:1]
        return origin or fact
    return fact


def get_original(move, books=None) -> Original | None:
    """The standard of the movement that `move` returns, if any."""
    if not move._is_backflush_trade_return():
        return None
    fact = move.origin_returned_move_id.backflush_fact_ids.sorted("id")[:1]
    if not fact:
        return None
    content = books.content(fact.standard_id) if books and fact.standard_id else {}
    return Original(number(fact.standard), content)


def get_fee(fact):
    """What the subcontractor gets for one unit, by the card in force."""
    return get_card_fee(fact.standard_id)


def get_card_fee(card):
    lines = card.line_ids.filtered(lambda line: line.line_type == "fee")
    return sum((number(line.amount) for line in lines), ZERO)
