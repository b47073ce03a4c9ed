"""Checks before a close that are about time and open orders."""

from functools import cached_property

from odoo.tools.misc import formatLang

from ..costing.sql import period, readiness


class TimeReadiness:
    """Part of `Readiness`: needs its close, company, scope and env."""

    @cached_property
    def _time_values(self):
        """What the statements about time ask of the company and the period."""
        company = self.scope.company
        reserved = company._backflush_config("backflush_project_id")
        return {
            **self.env["backflush.time"]._prepare_recompute(company),
            "date_from": self.close.date_from,
            "date_to": self.close.date_to,
            "since": self.scope.frame.since,
            "until": self.scope.frame.until,
            "reserved": reserved.ids,
        }

    def _ask(self, text, **values):
        query = readiness.query(text, **self._time_values | values)
        return self.env.execute_query(query)

    def _find_time_assumed(self):
        rows = self._ask(readiness.ASSUMED)
        if not rows:
            return None
        amount = sum(amount for _order, amount in rows)
        return self._found(
            self.env._(
                "No time is recorded on %(count)s orders whose card knows labour: "
                "%(amount)s at standard is taken for what was worked.",
                count=len(rows),
                amount=self.money(amount),
            ),
            len(rows),
            self.env["mrp.production"].browse([order for order, _amount in rows]),
            amount,
        )

    def _find_time_unallocated(self):
        rows = self.env.execute_query(readiness.stray(**self._time_values))
        if not rows:
            return None
        hours = formatLang(self.env, float(sum(hours for _sheet, hours in rows)))
        return self._found(
            self.env._(
                "%(hours)s hours on %(count)s timesheets of orders' projects count on "
                "no order.",
                hours=hours,
                count=len(rows),
            ),
            len(rows),
            self.env["account.analytic.line"].browse([sheet for sheet, _h in rows]),
        )

    def _find_timers(self):
        orders = [order for (order,) in self._ask(readiness.TIMERS)]
        if not orders:
            return None
        return self._found(
            self.env._(
                "The time of %(count)s work orders is still running.",
                count=len(orders),
            ),
            len(orders),
            self.env["mrp.workorder"].browse(orders),
        )

    def _find_work_in_process(self):
        last = {"until": self.close.date_to}
        last |= self._reader._get_scope("completion", "delivery")
        orders = [order for (order,) in self._ask(readiness.LONG_OPEN, **last)]
        if not orders:
            return None
        values = self._time_values | last
        rows = self.env.execute_query(period.progress(orders, **values))
        amount = sum(amount for _element, _workcenter, amount in rows)
        return self._found(
            self.env._(
                "%(count)s orders were begun before the period and are not finished at "
                "its end: %(amount)s of recorded time at standard.",
                count=len(orders),
                amount=self.money(amount),
            ),
            len(orders),
            self.env["mrp.production"].browse(orders),
            amount,
        )
