from collections import defaultdict

from odoo import models

from ..costing.entry import COST_OF_SALES, Key, Target
from ..costing.lots import find_lots
from ..costing.trade import Passed, fee_rows, trade_target
from ..costing.variance import ZERO, Flow, Row
from .backflush_books import number
from .backflush_job import Job
from .backflush_pool_reader import PoolKey, get_original, measure
from .backflush_pools import Pools


class StockMove(models.Model):
    """Receipts, deliveries and returns: what their bills and invoices leave open.

    Bills and invoices pass goods at the standard at which they moved. What moved later
    at another standard, or went back after a change, is corrected by the movement.
    """

    _inherit = "stock.move"

    # -- where a movement belongs -----------------------------------------------

    def _get_backflush_trade(self):
        """(side, whether goods go back), or nothing where no partner is at the end.

        Goods in transit between companies belong to the order that they are on.
        """
        self.ensure_one()
        source, target = self.location_id, self.location_dest_id
        ends = (source.usage, target.usage)
        if ends in (("supplier", "customer"), ("customer", "supplier")):
            return False, False
        if "customer" in ends:
            return "sale", source.usage == "customer"
        if "supplier" in ends:
            return "purchase", target.usage == "supplier"
        return self._get_backflush_transit_trade()

    def _get_backflush_transit_trade(self):
        source, target = self.location_id, self.location_dest_id
        origin = self.origin_returned_move_id
        if target.usage == "transit" and not target.company_id:
            back = bool(self.purchase_line_id or origin and origin._is_in())
            return ("purchase", True) if back else ("sale", False)
        if source.usage == "transit" and not source.company_id:
            back = bool(self.sale_line_id or origin and origin._is_out())
            return ("sale", True) if back else ("purchase", False)
        return False, False

    def _is_backflush_trade_return(self):
        return bool(self._get_backflush_trade()[1])

    def _get_backflush_pool_key(self):
        """The goods and documents that this movement belongs to, if any."""
        self.ensure_one()
        side, _is_return = self._get_backflush_trade()
        if not side:
            return self._get_backflush_fee_key()
        line = self.sale_line_id if side == "sale" else self.purchase_line_id
        if line:
            return PoolKey(side, line.id, 0, self.product_id.id)
        if self.sale_line_id or self.purchase_line_id:
            return None
        partner = self.partner_id or self.picking_id.partner_id
        partner = partner.commercial_partner_id
        if not partner:
            return None
        return PoolKey(side, 0, partner.id, self.product_id.id)

    def _get_backflush_fee_key(self):
        """Of what a subcontractor has made: the order line of the receipt."""
        if not self.production_id or "is_subcontract" not in self._fields:
            return None
        receipts = self.move_dest_ids.filtered("is_subcontract")
        line = receipts.purchase_line_id[:1]
        if not line or line.product_id != self.product_id:
            return None
        return PoolKey("purchase", line.id, 0, self.product_id.id)

    # -- when goods move --------------------------------------------------------

    def _settle_backflush_trade(self):
        """Match waiting documents to goods that have moved; post what that owes.

        One query finds that there is nothing to do, as for nearly all movements.

        sudo: whoever moves goods can see neither facts nor bills.
        """
        for company, moves in self.sudo().grouped("company_id").items():
            keys = {
                move: key
                for move in moves
                if move._is_backflush_traded()
                and (key := move._get_backflush_pool_key())
            }
            if not keys:
                continue
            changed = self.browse(
                move.id for move in keys if move._is_backflush_restated()
            )
            pools = Pools(company)
            unsettled = pools.find_unsettled(set(keys.values()))
            unsettled |= {keys[move] for move in changed}
            if unsettled:
                changed |= pools.settle(unsettled)
            self.env["backflush.engine"]._enqueue(changed)

    def _is_backflush_traded(self):
        """Whether bills or invoices carry the goods at their standard."""
        product = self.product_id.with_company(self.company_id)
        if product.cost_method != "standard" or self.is_backflush_delivery:
            return False
        side, _is_return = self._get_backflush_trade()
        return side != "sale" or product.valuation == "real_time"

    def _is_backflush_restated(self):
        """Whether stock changed at another standard than the one that passes."""
        facts = self.backflush_fact_ids
        original = get_original(self)
        if original:
            return any(number(fact.standard) != original.unit for fact in facts)
        return len(facts) > 1

    # -- what they owe ----------------------------------------------------------

    def _prepare_backflush_trades(self, books):
        """Jobs of movements of `self` that bills and invoices are about."""
        matches = self.env["backflush.match"].search(
            [("correction_move_id", "in", self.ids), ("reversal_id", "=", False)]
        )
        matches = matches.grouped("correction_move_id")
        none = self.env["backflush.match"]
        return [
            move._prepare_backflush_trade(books, matches.get(move, none))
            for move in self
        ]

    def _prepare_backflush_trade(self, books, matches):
        self.ensure_one()
        product = self.product_id
        facts = books.facts_of(self).sorted("id").filtered(lambda x: not x.is_owner)
        trigger = product._get_backflush_trigger()
        job = Job(
            record=self,
            trigger=trigger == "completion" and trigger,
            group=self._get_backflush_group(),
            product=product,
            standard=self._get_backflush_standard(books),
            date_event=self._get_backflush_date(),
            quantity=sum((number(fact.quantity) for fact in facts), ZERO),
            facts=facts,
            target=Target({}, {}),
            silent=True,
        )
        if self.production_id:
            self._set_backflush_fees(job, matches, books)
        else:
            self._set_backflush_trade(job, matches, books)
        return job

    def _set_backflush_trade(self, job, matches, books):
        """What the documents left open, and what the standard has changed."""
        passed, changes, shares = [], [], defaultdict(dict)
        side, _is_return = self._get_backflush_trade()
        for match in matches:
            quantity = number(match.quantity)
            quantity *= (-1 if match.is_return else 1) * (
                1 if side == "purchase" else -1
            )
            counter = self._get_backflush_counter(match, side, books)
            if counter is None:
                changes.append(self._get_backflush_match_change(match, quantity, books))
                continue
            one = Passed(
                quantity, number(match.passed), number(match.standard), counter
            )
            passed.append(one)
            if counter.kind == "material_price":
                known = shares[counter].get(match.line_id, ZERO)
                shares[counter][match.line_id] = known - one.amount
        if change := self._get_backflush_change(job.facts, books):
            changes.append(change)
        job.target = trade_target(job.product.id, passed, changes, books.accounts)
        job.shares = shares

    def _get_backflush_counter(self, match, side, books):
        """Where a document put what it did not pass; none for a changed standard."""
        line = match.line_id
        if not line:
            return None
        product = match.product_id.id
        if side == "purchase":
            account = line._get_price_difference_account()
            element = books.accounts.material_element
            return Key(account.id, element, "material_price", product)
        if match.is_return:
            account = line._get_backflush_cost_account()
            return Key(account.id, None, COST_OF_SALES, product)
        return None

    def _get_backflush_match_change(self, match, quantity, books):
        """Goods that left at another standard than the one on their invoice."""
        change = quantity * (number(match.standard) - number(match.passed))
        card, known = match.fact_id.standard_id, match.standard_id
        parts = ()
        if card and known and card != known:
            now, then = books.content(card), books.content(known)
            parts = tuple(
                (element, quantity * (now.get(element, ZERO) - then.get(element, ZERO)))
                for element in sorted(now.keys() | then.keys())
            )
        return Flow(match.product_id.id, quantity, ZERO, change=change, parts=parts)

    def _get_backflush_change(self, facts, books):
        """What stock carries more, or less, than documents bring or take."""
        costed = facts.posting_id.filtered(lambda p: p.trigger == "delivery")
        if costed or not facts:
            return None
        measured = [
            (
                fact.id,
                measure(fact, fact.standard_id and books.content(fact.standard_id)),
            )
            for fact in facts
        ]
        _lots, change, parts = find_lots(measured, get_original(self, books))
        quantity = sum((number(fact.quantity) for fact in facts), ZERO)
        return Flow(self.product_id.id, quantity, ZERO, change=change, parts=parts)

    def _set_backflush_fees(self, job, matches, books):
        """A subcontractor's fee billed before its goods were made: no entry."""
        line = matches.line_id[:1]
        element = line and line._get_backflush_fee_element()
        if not element:
            return
        account = books.accounts.by_element["subcontract_price", element.id]
        key = Key(account, element.id, "subcontract_price", job.product.id)
        fees = [
            (
                number(match.quantity) * (-1 if match.is_return else 1),
                number(match.passed),
                number(match.standard),
            )
            for match in matches
        ]
        job.target = Target({}, {}, fee_rows(job.product.id, fees, key))
        shares = defaultdict(lambda: ZERO)
        for match, (quantity, passed, fee) in zip(matches, fees, strict=True):
            shares[match.line_id] += quantity * (passed - fee)
        job.shares = {key: dict(shares)}

    def _add_backflush_swaps(self, job):
        """Rows that move from one bill to another: the total owes nothing."""
        known = {key[1:] for key in job.owed.rows | job.owed.open_rows}
        for key in job.shares:
            if key[1:] not in known and self._get_backflush_owed_shares(job, key):
                job.owed.rows[key] = Row(key.kind, key.product, *[ZERO] * 5)

    def _get_backflush_owed_shares(self, job, key):
        """{bill line: amount} of a row: what it should be, less what is recorded."""
        shares = [share for known, share in job.shares.items() if known[1:] == key[1:]]
        owed = defaultdict(lambda: ZERO)
        for line, amount in (item for share in shares for item in share.items()):
            owed[line] += amount
        for row in self._get_backflush_standing(job).variance_ids:
            if row.kind == key.kind and row.bill_line_id:
                owed[row.bill_line_id] -= number(row.amount)
        round_ = self.company_id.currency_id.round
        return {x: amount for x, y in owed.items() if (amount := round_(float(y)))}

    def _get_backflush_standing(self, job):
        postings = self.backflush_posting_ids.filtered(lambda p: p != job.posting)
        return postings._filter_recorded()

    def _share_backflush_row(self, job, key, vals):
        """A row of prices, split by the bill lines that it is about.

        The last line takes what rounding leaves.
        """
        self.ensure_one()
        owed = self._get_backflush_owed_shares(job, key)
        if not owed:
            return [vals]
        if not vals["amount"]:
            entries = self._get_backflush_standing(job).account_move_id
            vals["account_move_id"] = entries[:1].id
        last = list(owed)[-1]
        others = sum(amount for line, amount in owed.items() if line != last)
        owed[last] = self.company_id.currency_id.round(vals["amount"] - others)
        whole = sum(abs(amount) for amount in owed.values()) or 1.0
        quantities = ("quantity_standard", "quantity_actual")
        return [
            vals
            | {"bill_line_id": line.id, "amount": amount}
            | {name: vals[name] * abs(amount) / whole for name in quantities}
            for line, amount in owed.items()
        ]
