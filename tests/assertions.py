"""What tests through real documents assert of entries, rows, stock and orders."""

import math
from collections import defaultdict

from odoo.addons.backflush_costing.models.backflush_books import number
from odoo.addons.backflush_costing.models.backflush_pools import Pools


class BackflushAssertions:
    """Part of `BackflushCommon`."""

    def assertOrderExplained(self, order):
        """EVENTS §2, I4: actual − good output at standard = the order's rows."""
        facts = self.env["backflush.stock.fact"]
        unbuilt = (
            order.unbuild_ids.produce_line_ids | order.unbuild_ids.consume_line_ids
        )
        moves = order.all_move_raw_ids | order.all_move_ids | unbuilt
        stock = sum(facts.search([("move_id", "in", moves.ids)]).mapped("amount"))
        made = facts.search(
            [
                ("move_id", "in", (order.move_finished_ids | unbuilt).ids),
                ("product_id", "=", order.product_id.id),
            ]
        )
        quantity = sum(made.mapped("quantity"))
        rows = sum(order.backflush_variance_ids.mapped("amount"))
        actual = self._get_conversion_cost(order, quantity) - stock
        self.assertAlmostEqual(actual, rows, 2)

    def _get_conversion_cost(self, order, quantity):
        """Recorded hours at their cost, else allowed ones at the rate; fixed overhead
        absorbed; the standard fee. Of orders that say in which operation time was spent
        only where people work at one.
        """
        postings = order.backflush_posting_ids
        completed = postings.filtered(lambda p: p.res_model == order._name)
        card = completed.standard_id[:1]
        starts = self._get_starter(order) == order
        sheets = order.backflush_timesheet_ids
        total = 0.0
        for line in card.line_ids:
            if line.line_type == "fee" or line.element_id.type == "fixed_overhead":
                total += line.amount * quantity
            elif line.line_type == "operation":
                recorded = sum(sheets.mapped("unit_amount"))
                if line.element_id.type != "labour":
                    recorded = self._get_machine_hours(order, line) or recorded
                cycles = math.ceil(round(quantity / line.capacity, 9))
                fixed = line.fixed_hours if starts else 0.0
                hours = recorded or fixed + cycles * line.cycle_hours
                total += hours * line.rate
                if line.element_id.type == "labour" and sheets:
                    total -= hours * line.rate + sum(sheets.mapped("amount"))
        return total

    def _get_machine_hours(self, order, line):
        orders = order.workorder_ids.filtered(
            lambda w: w.operation_id == line.operation_id and not w.backflush_is_assumed
        )
        return sum(orders.mapped("duration")) / 60

    def _get_starter(self, order):
        """The order that was posted first of those that one was split into."""
        family = order.production_group_id.production_ids or order
        postings = family.backflush_posting_ids.filtered(
            lambda p: p.res_model == order._name and p.quantity > 0
        )
        booked = postings.filtered("is_recorded").production_id
        postings = postings.filtered(lambda p: p.production_id in booked)
        return postings.sorted("id")[:1].production_id

    def _get_valued_quantity(self, product):
        """On hand, without what belongs to others."""
        quants = self.env["stock.quant"].search(
            [
                ("product_id", "=", product.id),
                ("location_id.usage", "=", "internal"),
                ("owner_id", "=", False),
            ]
        )
        return sum(quants.mapped("quantity"))

    def _get_undocumented(self, category):
        """What stock has, and its account not: received not billed, less delivered not
        invoiced, and the reverse; at the standards at which it is to pass.
        """
        products = self.env["product.product"].search([("categ_id", "=", category.id)])
        domain = [("product_id", "in", products.ids)]
        facts = self.env["backflush.stock.fact"].search(domain)
        pools = Pools(self.company)
        moves = facts.move_id.filtered(lambda move: not move.production_id)
        known = {move._get_backflush_pool_key() for move in moves}
        # a subcontractor's fee is for no goods on a stock account
        matches = self.env["backflush.match"].search(domain)
        matches = matches.filtered(
            lambda match: (
                not match.line_id or not match.line_id._get_backflush_fee_element()
            )
        )
        keys = (known | pools.get_keys(matches)) - {None}
        pools.load(keys)
        total = 0
        for key, pool in pools.pools.items():
            sign = 1 if key.side == "purchase" else -1
            product = self.env["product.product"].browse(key.product)
            if key.side == "sale" and product.valuation != "real_time":
                continue
            waiting = [claim for claim in pool.claims if claim.lot is None]
            for is_return, back in ((False, sign), (True, -sign)):
                free = pool.free(is_return=is_return)
                total += back * sum(x.quantity * x.standard for x in free)
                same = [x for x in waiting if x.is_return is is_return]
                total -= back * sum(x.quantity * x.standard for x in same)
        for match in matches.filtered(lambda match: not match.line_id):
            sign = 1 if match.side == "purchase" else -1
            change = number(match.standard) - number(match.passed)
            total -= sign * number(match.quantity) * change
        return float(total)

    def _get_material_content(self, product, cards):
        """Of one unit; parts that are costed at delivery count with theirs."""
        return sum(
            line.quantity * self._get_material_content(line.component_id, cards)
            if line.line_type == "component"
            and line.component_id in cards
            and line.component_id != product
            else line.amount
            for line in cards[product].line_ids
            if line.element_id.type == "material"
        )

    def assertLedgerIsStock(self):
        """EVENTS §2, I2 and I3.

        Materials: on hand × price, under `delivery` with the material content of
        finished goods and the usage that no entry carries yet; finished goods: on hand
        × price, or nothing. Less what is not billed, with what is not invoiced yet.
        """
        materials = sum(
            self._get_valued_quantity(product) * product.standard_price
            for product in self.env["product.product"].search(
                [("categ_id", "=", self.materials.id)]
            )
        )
        goods = self.env["product.product"].search(
            [("categ_id", "=", self.finished.id)]
        )
        finished = sum(self._get_valued_quantity(x) * x.standard_price for x in goods)
        if self.trigger == "delivery":
            finished = 0.0
            cards = self.env["backflush.standard"]._get_active_cards(
                goods, self.company
            )
            for product in cards:
                content = self._get_material_content(product, cards)
                materials += self._get_valued_quantity(product) * content
            rows = self.env["backflush.variance"].search(
                [
                    ("company_id", "=", self.company.id),
                    ("account_move_id", "=", False),
                    ("posting_id.state", "in", ("posted", "reversed")),
                    ("element_id.type", "=", "material"),
                ]
            )
            materials += sum(rows.mapped("amount"))
        materials -= self._get_undocumented(self.materials)
        finished -= self._get_undocumented(self.finished)
        self.assertBalance("materials", materials)
        if self.finished_account != self.materials_account:
            self.assertBalance("finished", finished)

    def _summarise(self, lines):
        totals = defaultdict(float)
        for line in lines:
            name = self.account_names.get(line.account_id, line.account_id.account_type)
            totals[name] += line.balance
        return {
            name: round(total, 2) for name, total in totals.items() if round(total, 2)
        }

    def assertEntry(self, moves, expected):
        """`expected`: account name (or type) → balance (debit +)."""
        self.assertEqual(self._summarise(moves.line_ids), expected)
        for move in moves:
            self.assertEqual(move.state, "posted")

    def assertRows(self, variances, expected):
        """`expected`: list of (kind, amount)."""
        rows = [(row.kind, round(row.amount, 2)) for row in variances]
        self.assertEqual(sorted(rows), sorted(expected))

    def assertBalance(self, name, expected):
        """The account's balance; in daily mode with what the day is yet to book."""
        lines = self.env["account.move.line"].search(
            [
                ("account_id", "=", self.accounts[name].id),
                ("parent_state", "=", "posted"),
            ]
        )
        waiting = self.env["backflush.posting.line"].search(
            [
                ("account_id", "=", self.accounts[name].id),
                ("posting_id.state", "=", "pending"),
            ]
        )
        balance = sum(lines.mapped("balance")) + sum(waiting.mapped("amount"))
        self.assertAlmostEqual(balance, expected, 2, name)

    def assertClosed(self):
        """Odoo's own inventory closing finds nothing."""
        vals = self.company._get_stock_valuation_account_vals(
            self.company._get_accounts_by_product()
        )
        self.assertEqual(
            [(x["account_id"], x["debit"] - x["credit"]) for x in vals], []
        )
