"""Matches of documents to goods: written, completed and forgotten."""

from decimal import Decimal
from typing import NamedTuple

from odoo.fields import Domain

from ..costing.entry import round_half_up
from ..costing.matching import Claim, Part, match_document, net, settle
from ..costing.variance import ZERO
from .backflush_books import number
from .backflush_pool_reader import PoolKey, PoolReader, get_card_fee, get_first_fact


class Request(NamedTuple):
    """A quantity of one product on a document that is about to be posted."""

    line: object
    key: PoolKey
    quantity: Decimal
    is_return: bool


class Pools(PoolReader):
    """Matches document lines to goods, and keeps the matches up to date."""

    # -- documents --------------------------------------------------------------

    def match(self, requests):
        """Match document lines in their order; returns the matches."""
        self.load({request.key for request in requests})
        products = self.env["product.product"].browse(
            {request.key.product for request in requests}
        )
        vals_list, keys = [], []
        for request in requests:
            product = products.browse(request.key.product)
            product = product.with_prefetch(products.ids)
            for vals, claim in self._match_one(request, product):
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

    def _match_one(self, request, product):
        pool = self.pools[request.key]
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
