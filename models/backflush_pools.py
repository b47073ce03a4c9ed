"""Goods and documents that belong together, read in bulk as the kernel's plain values."""

from collections import defaultdict
from decimal import Decimal
from typing import NamedTuple

from odoo.fields import Domain
from odoo.tools import SQL

from ..costing.entry import round_half_up
from ..costing.matching import (
    Claim,
    Lot,
    Part,
    Pool,
    find_lots,
    match_document,
    net,
    settle,
)
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


class Request(NamedTuple):
    """A quantity of one product on a document that is about to be posted."""

    line: object
    key: PoolKey
    quantity: Decimal
    is_return: bool


class Pools:
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
        costed = facts.posting_id.filtered(lambda p: p.trigger == "delivery")
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

    # -- documents --------------------------------------------------------------

    def match(self, requests):
        """Match document lines in their order; returns the matches."""
        self.load({request.key for request in requests})
        vals_list, keys = [], []
        for request in requests:
            for vals, claim in self._match_one(request):
                vals_list.append(vals)
                keys.append(claim)
        matches = self.matches.create(vals_list)
        pairs = list(zip(keys, matches, strict=True))
        known_by_key = {(key, claim.key): match for (key, claim), match in pairs}
        for (key, claim), match in pairs:
            if claim.taken and claim.taken < 0:  # a document of the same call
                match.taken_id = known_by_key[key, claim.taken]
        self.pools.clear()
        return matches

    def _match_one(self, request):
        pool = self.pools[request.key]
        product = self.env["product.product"].browse(request.key.product)
        today = number(product.standard_price)
        if request.line._get_backflush_fee_element():
            today = get_card_fee(self._get_active_card(product))
        parts = match_document(
            pool, request.quantity, today, is_return=request.is_return
        )
        exact = sum((part.quantity * part.standard for part in parts), ZERO)
        before, booked = self._amounts[request.key, request.is_return]
        # parts never add up to another cent than the whole
        amount = round_half_up(before + exact, self.unit) - booked
        self._amounts[request.key, request.is_return] = (
            before + exact,
            booked + amount,
        )
        for part in parts:
            claim = Claim(
                pool.new_key(),
                part.quantity,
                part.standard,
                part.standard,
                request.is_return,
                part.lot and part.lot.key,
                part.taken,
            )
            pool.claims.append(claim)
            vals = self._prepare_match(request, part, product, amount)
            yield vals, (request.key, claim)
            amount = ZERO

    def _prepare_match(self, request, part: Part, product, amount):
        lot = part.lot
        fact = self.facts.browse(lot.key) if lot and lot.key > 0 else self.facts
        return {
            **request.key.as_values(),
            "line_id": request.line.id,
            "is_return": request.is_return,
            "quantity": float(part.quantity),
            "passed": float(part.standard),
            "standard": float(part.standard),
            "amount": float(amount),
            "standard_id": self._get_card(product, fact, part).id,
            "fact_id": fact.id,
            "move_id": lot.move if lot else False,
            "taken_id": part.taken if part.taken and part.taken > 0 else False,
            "company_id": self.company.id,
        }

    def _get_card(self, product, fact, part):
        if fact:
            return get_first_fact(fact.move_id, fact).standard_id
        cards = self.env["backflush.standard"]
        if part.taken and part.taken > 0:
            return self.matches.browse(part.taken).standard_id
        if not part.standard or not product._get_backflush_trigger():
            return cards
        return self._get_active_card(product)

    def _get_active_card(self, product):
        cards = self.env["backflush.standard"]
        return cards._get_active_cards(product, self.company).get(product, cards)

    # -- goods that move after their documents ----------------------------------

    def settle(self, keys):
        """Bring the matches of `keys` up to date; returns the movements concerned."""
        self.pools.clear()
        self.load(keys)
        moves = self.env["stock.move"]
        nets = self.matches.search(
            self._get_domain(keys) & Domain("line_id", "=", False)
        )
        nets = nets.filtered(lambda match: self._get_key(match) in keys)
        vals_list = []
        for key in keys:
            pool = self.pools[key]
            self._split = {}
            for change in settle(pool):
                moves |= self._apply(change)
            vals_list += [self._prepare_netted(key, netted) for netted in net(pool)]
        if not self._is_same(nets, vals_list):
            moves |= nets.correction_move_id
            nets.unlink()
            moves |= self.matches.create(vals_list).correction_move_id
        self.pools.clear()
        return moves.exists()

    def get_keys(self, matches) -> set[PoolKey]:
        return {self._get_key(match) for match in matches.with_env(self.env)}

    def settle_unsettled(self, keys):
        """Settle those of `keys` where it may matter, and post what that owes."""
        self._settle_and_post(self.find_unsettled(keys))

    def withdraw(self, documents):
        """Forget what documents were matched to; what they had reversed is back."""
        lines = documents.invoice_line_ids.with_env(self.env)
        matches = lines.backflush_match_ids
        reversed_ = self.matches.search([("reversal_id", "in", documents.ids)])
        if not matches and not reversed_:
            return
        moves = (matches | reversed_).correction_move_id
        keys = self.get_keys(matches | reversed_)
        reversed_.reversal_id = False
        matches.unlink()
        self._settle_and_post(keys, moves)

    def mirror(self, lines, document):
        """Let `document` undo what `lines` were matched to."""
        matches = lines.with_env(self.env).backflush_match_ids
        if matches:
            matches.reversal_id = document
            self._settle_and_post(self.get_keys(matches), matches.correction_move_id)

    def _settle_and_post(self, keys, moves=None):
        moves = (moves or self.env["stock.move"]).exists()
        if keys:
            moves |= self.settle(keys)
        self.env["backflush.engine"]._enqueue(moves)

    def _apply(self, change):
        if change.part is None:
            match = self._get_match(change.claim)
        else:
            whole = self._get_match(change.claim)
            match = whole.copy({"quantity": float(change.quantity), "amount": 0.0})
            whole.quantity = float(number(whole.quantity) - change.quantity)
            self._split[change.part] = match
        moves = match.correction_move_id
        lot = change.lot
        match.write(
            {
                "standard": float(change.standard),
                "fact_id": lot.key if lot and lot.key > 0 else False,
                "move_id": lot.move if lot else False,
                "taken_id": False,
                "correction_move_id": change.move or False,
            }
        )
        return moves | match.correction_move_id

    def _get_match(self, key):
        return self._split[key] if key < 0 else self.matches.browse(key)

    def _prepare_netted(self, key, netted):
        fact = self.facts.browse(netted.lot.key)
        back = self.facts.browse(netted.back.key)
        later = max(fact, back, key=lambda x: x.id)
        return {
            **key.as_values(),
            "is_return": False,
            "quantity": float(netted.quantity),
            "passed": float(netted.back.standard),
            "standard": float(netted.lot.standard),
            "standard_id": get_first_fact(back.move_id, back).standard_id.id,
            "fact_id": fact.id,
            "move_id": fact.move_id.id,
            "correction_move_id": later.move_id.id,
            "company_id": self.company.id,
        }

    @staticmethod
    def _is_same(nets, vals_list):
        names = ("quantity", "passed", "standard", "fact_id", "correction_move_id")
        old = [
            tuple(x._fields[n].convert_to_write(x[n], x) for n in names) for x in nets
        ]
        new = [tuple(vals[name] for name in names) for vals in vals_list]
        return sorted(old) == sorted(new)


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
