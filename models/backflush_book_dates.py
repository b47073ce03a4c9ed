"""The accounting date of an event (DESIGN §4, rule 6)."""

from datetime import UTC
from functools import cached_property
from zoneinfo import ZoneInfo

from odoo import fields
from odoo.tools import SQL


def local_date(company, moment=None):
    """The company's calendar day of a UTC moment (default: now)."""
    moment = moment or fields.Datetime.now()
    company.partner_id.fetch(["tz"])  # of its many fields
    zone = company.partner_id.tz or company.resource_calendar_id.tz or "UTC"
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()


class BookDates:
    """Part of `Books`: needs `env`, `company`, `journal` and `_dates`."""

    def date(self, date_event):
        """Accounting date of an event and, where it differs, the reason.

        The event date, or the day after the last lock date it violates, or after the
        last posted close: never "today".
        """
        if date_event not in self._dates:
            locks = self.company._get_violated_lock_dates(
                date_event, False, self.journal
            )
            date, reason = date_event, ""
            if locks:
                date = fields.Date.add(locks[-1][0], days=1)
                reason = self.env._(
                    "%(event)s is in a locked period: booked on the first open day.",
                    event=fields.Date.to_string(date_event),
                )
            if self._closed and date <= self._closed:
                date = fields.Date.add(self._closed, days=1)
                reason = self.env._(
                    "%(event)s is in a closed period: booked on the first day after.",
                    event=fields.Date.to_string(date_event),
                )
            self._hold(date)
            self._dates[date_event] = (date, reason)
        return self._dates[date_event]

    def _hold(self, date):
        """Keep closes that are about `date` from being posted until this is written.

        Whoever comes second starts over: what is dated in a period is either seen by
        its close, or booked after it.
        """
        query = """SELECT id FROM backflush_close
                    WHERE company_id = %s AND state IN ('draft', 'computed')
                      AND date_to >= %s
                    ORDER BY id FOR SHARE"""
        self.env["backflush.close"].flush_model(["company_id", "date_to", "state"])
        self.env.execute_query(SQL(query, self.company.id, date))

    @cached_property
    def _closed(self):
        """The last day of the last posted close."""
        return self.company._get_backflush_closed_until()
