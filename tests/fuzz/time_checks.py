"""What must hold of recorded time after every step, and of the close at the end.

Rows are compared with the kernel's; what they add up to is worked out once more from
the hours and what they cost.
"""

from fractions import Fraction

from odoo import fields

from ..time_twin import OrderTime, read_rows
from .standards import RECIPES, ZERO, exact

CENT = Fraction(1, 100)
SETUP, CYCLE = Fraction(1), Fraction(2, 5)


class TimeChecks:
    """The checks of one shop, by its orders."""

    def __init__(self, shop):
        self.shop = shop
        self.env, self.company = shop.env, shop.case.company

    def run(self):
        if self.shop.watcher.is_broken:
            return
        self.env.flush_all()
        for name, making in self.shop.makings.items():
            self._compare(name, making.order)
            self._explain(name, making)

    def _compare(self, name, order):
        found, expected = _sort(read_rows(order)), _sort(OrderTime(order).get_rows())
        if found != expected:
            raise AssertionError(
                f"time of {name}: {[x for x in found if x not in expected]}, and not "
                f"{[x for x in expected if x not in found]}"
            )

    def _explain(self, name, making):
        """EVENTS §2, I4: cost of the hours − what was absorbed = Σ rows."""
        if not self.shop.is_timed(name):
            return
        order = making.order
        rows = order.backflush_variance_ids.filtered(lambda row: not row.posting_id)
        for element in ("labour", "variable_overhead"):
            own = rows.filtered(lambda row, e=element: row.element_id.type == e)
            total = sum((exact(row.amount) for row in own), ZERO)
            expected = self._get_cost(making, element) - self._get_absorbed(
                making, element
            )
            if not self._is_booked(making):
                expected = ZERO
                if element == "labour" and not self._is_gone(making):
                    expected = self._get_cost(making, element)
                    expected -= self._get_progress(making, element)
            if abs(total - expected) > CENT / 2:
                raise AssertionError(
                    f"{element} of {name}: rows {float(total)}, and not "
                    f"{float(expected):.4f}"
                )

    # -- what was spent ---------------------------------------------------------

    def _is_gone(self, making):
        return making.order.state == "cancel"

    def _is_booked(self, making):
        """Finished, and its entry stands."""
        event = "mrp.production", making.order.id
        facts = [x for x in self.shop.model.facts if x.event == event]
        return any(x.posted for x in facts) and making.is_done

    def _get_rate(self, making, element):
        model = self.shop.model
        standards = model.cards.get(("order", making.order.id), model.standards)
        return standards.rates[element]

    def _get_sheets(self, making):
        return making.order.backflush_timesheet_ids

    def _get_minutes(self, making):
        workorders = making.order.workorder_ids.filtered(
            lambda w: not w.backflush_is_assumed and w.state != "cancel"
        )
        return sum((exact(t.duration) for t in workorders.time_ids), ZERO)

    def _get_hours(self, making, element):
        """Recorded; None where nobody did."""
        sheets = sum((exact(x.unit_amount) for x in self._get_sheets(making)), ZERO)
        machine = self._get_minutes(making) / 60
        if element == "labour":
            return sheets or machine or None
        return machine or sheets or None

    def _get_cost(self, making, element):
        """What the hours that count cost."""
        rate = self._get_rate(making, element)
        hours = self._get_hours(making, element)
        if element == "labour" and self._get_sheets(making):
            paid = sum((-exact(x.amount) for x in self._get_sheets(making)), ZERO)
            free = self._get_sheets(making).filtered(lambda x: not x.amount)
            return paid + rate * sum((exact(x.unit_amount) for x in free), ZERO)
        if hours is None:
            hours = self._get_allowed(making) if self._is_booked(making) else ZERO
        return hours * rate

    def _get_progress(self, making, element):
        """What an open order holds at standard."""
        hours = self._get_hours(making, element) or ZERO
        return hours * self._get_rate(making, element)

    # -- what is allowed and absorbed -------------------------------------------

    def _get_output(self, making):
        document = "order", making.order.id
        return sum(
            (
                fact.quantity
                for fact in self.shop.model.facts
                if fact.document == document
                and fact.role == "made"
                and fact.product == making.product
            ),
            ZERO,
        )

    def _get_allowed(self, making):
        starts = OrderTime(making.order).starts
        return (SETUP if starts else ZERO) + CYCLE * self._get_output(making)

    def _get_absorbed(self, making, element):
        hours = RECIPES[making.product].hours * self._get_output(making)
        return hours * self._get_rate(making, element)

    # -- the close --------------------------------------------------------------

    def check_close(self):
        """Nothing is unexplained; labour: control − cost of the time that counts."""
        today = fields.Date.today()
        close = self.env["backflush.close"].create(
            {
                "company_id": self.company.id,
                "date_from": fields.Date.subtract(today, days=200),
                "date_to": today,
            }
        )
        close.action_compute()
        for line in close.line_ids:
            if not self.company.currency_id.is_zero(line.remainder):
                raise AssertionError(f"{line.element_id.name}: {line.remainder} left")
        for element, kind in (
            ("labour", "unallocated"),
            ("variable_overhead", "overhead_spending"),
        ):
            self._check_period(close, element, kind)

    def _check_period(self, close, element, kind):
        if self._has_open_parts():
            return
        rows = close.variance_ids.filtered(
            lambda row: row.kind == kind and row.element_id.type == element
        )
        found = sum((exact(row.amount) for row in rows), ZERO)
        timed = [x for n, x in self.shop.makings.items() if self.shop.is_timed(n)]
        expected = -sum(
            (self._get_cost(x, element) for x in timed if not self._is_gone(x)), ZERO
        )
        expected += self._get_lost(element)
        bound = CENT / 2 * (len(timed) + 2)
        if abs(found - expected) > bound:
            raise AssertionError(
                f"{kind} of {element}: {float(found)}, and not {float(expected):.4f}"
            )

    def _has_open_parts(self):
        """Parts that are costed at delivery and were used: what was too much of them
        is applied by the close, with its conversion cost.
        """
        model = self.shop.model
        return model.trigger == "delivery" and any(
            fact.role == "used" and fact.product in RECIPES for fact in model.facts
        )

    def _get_lost(self, element):
        """What unbuilds that name no order take back of what was applied."""
        model = self.shop.model
        return sum(
            (
                -fact.quantity
                * RECIPES[fact.product].hours
                * model.cards[fact.document].rates[element]
                for fact in model.facts
                if fact.document[0] == "unbuild"
                and fact.role == "made"
                and fact.product in RECIPES
            ),
            ZERO,
        )


def _sort(rows):
    return sorted(
        tuple(x or 0 for x in row[:6])
        + (str(row.day),)
        + tuple(round(x, 6) for x in row[7:])
        for row in rows
    )
