"""Where documents took turns, what they were matched to tells what has to be true."""

from collections import defaultdict
from dataclasses import replace

from ..costing.check import QUANTITY_UNIT, tell
from ..costing.variance import ZERO
from .backflush_books import number
from .backflush_pool_reader import PoolKey
from .backflush_pools import Pools


class MatchReader:
    """Reads the recorded matches of some order lines, in bulk.

    *Oldest first* depends on the order in which goods and documents came: a bill that
    was opened again leaves a gap, goods were exchanged, corrected, billed before they
    came. There the matches are taken as they were recorded, and held against the goods
    and against the quantities on the documents.
    """

    def __init__(self, scope, side, forth, back):
        self.frame = scope.frame
        self.pools = Pools(scope.company)
        self.side, self.forth, self.back = side, forth, back

    def correct(self, groups, results):
        """Put what the matches tell into the results that are not plain."""
        keys = {
            key: PoolKey(self.side, *key)
            for key, result in results.items()
            if not groups[key].is_plain(result, self.back, self.pools.unit)
        }
        self.pools.load(set(keys.values()))
        exchanged = self._read_exchanged(set(keys.values()))
        others = self._find_fees() | self._find_later(set(keys.values()))
        for key, pool_key in keys.items():
            if pool_key not in others:
                told = tell(self.pools.pools[pool_key], exchanged[pool_key])
                results[key] = self._correct(groups[key], results[key], told)

    def _correct(self, group, result, told):
        quantity = group.documented[self.forth] - group.documented[self.back]
        if not told.is_sound or abs(told.documented - quantity) > QUANTITY_UNIT:
            return result
        found = number(group.booked[0]) + told.restated
        return replace(
            result,
            # what documents of before a switch have passed is known to them only
            expected=found if group.is_early else told.expected,
            found=found,
            open_quantity=told.open_quantity,
            open_amount=told.open_amount,
            ahead=told.ahead if told.ahead > QUANTITY_UNIT else ZERO,
            ahead_amount=told.ahead_amount,
        )

    def _read_exchanged(self, keys):
        """{pool: what goods that came in the place of others made movements owe}."""
        result = defaultdict(lambda: ZERO)
        if keys:
            domain = self.pools._get_domain(keys)
            for match in self.pools.matches.search(domain):
                if not match.line_id:
                    change = number(match.standard) - number(match.passed)
                    key = self.pools._get_key(match)
                    result[key] += number(match.quantity) * change
        return result

    def _find_later(self, keys):
        """Pools whose matches know more than was known at the end of the period, where
        that is asked for: *oldest first* has to tell all of them.
        """
        if not (self.frame.as_of_end and keys):
            return set()
        found = self.pools.matches.search(self.pools._get_domain(keys))
        late = {
            self.pools._get_key(match)
            for match in found
            if match.line_id and match.line_id.date > self.frame.date_to
        }
        for key in keys - late:
            pool = self.pools.pools[key]
            ids = [lot.key for lot in (*pool.lots, *pool.returns) if lot.key > 0]
            facts = self.pools.facts.browse(ids)
            if any(fact.date >= self.frame.until for fact in facts):
                late.add(key)
        return late

    def _find_fees(self):
        """Pools of what subcontractors made: their documents pass no goods."""
        moves = {
            key: [lot.move for lot in (*pool.lots, *pool.returns)]
            for key, pool in self.pools.pools.items()
        }
        ids = {move for some in moves.values() for move in some}
        known = self.pools.env["stock.move"].browse(ids)
        made = set(known.filtered("production_id").ids)
        return {key for key, some in moves.items() if made & set(some)}
