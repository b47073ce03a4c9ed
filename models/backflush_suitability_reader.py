"""What a company's history says of its products, read in bulk as plain values."""

from collections import defaultdict
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from odoo import fields

from ..costing.sql.suitability import (
    CUSTOMISED,
    CYCLES,
    LONGEST,
    OWN_WAY,
    STOCK,
    USED,
    VARIANCES,
    Window,
    query,
)
from ..costing.suitability import Cycle, Figures, Stock, measure
from .backflush_books import local_date, number


class Departures(NamedTuple):
    """Orders that departed from their bill, and why; one may be in several parts."""

    orders: int = 0
    bill: int = 0
    material: int = 0
    operation: int = 0


class History(NamedTuple):
    """What was found of one product."""

    figures: Figures
    departures: Departures


def _cycle(known, *days):
    """No median where there is no order with a known start."""
    return Cycle(known, *(x if x is None else number(x) for x in days))


class SuitabilityReader:
    """The last months of one company: of `products`, or of all that it has made.

    One statement for each measure, however many products there are.
    """

    def __init__(self, company, products=None):
        self.env = company.env
        self.env.flush_all()
        self.window = self._get_window(company, products)

    def _get_window(self, company, products):
        months = company._get_backflush_suitability_months()
        last = local_date(company)
        first = fields.Date.subtract(last, months=months)
        zone = self.env["backflush.time"]._get_zone(company)
        return Window(
            company=company.id,
            since=self._start(first, zone),
            until=self._start(last + timedelta(days=1), zone),
            first=first,
            last=last,
            zone=zone,
            products=None if products is None else products.ids,
        )

    @staticmethod
    def _start(day, zone):
        """The moment in UTC at which a day begins."""
        moment = datetime.combine(day, time.min, ZoneInfo(zone))
        return moment.astimezone(UTC).replace(tzinfo=None)

    def _read(self, text, **values):
        return self.env.execute_query(query(text, self.window, **values))

    def read_all(self):
        """{product id: History} of the products that were made."""
        cycles = {row[0]: row[1:] for row in self._read(CYCLES)}
        departed = {row[0]: Departures(*row[1:]) for row in self._read(CUSTOMISED)}
        used = defaultdict(list)
        for product, component, value in self._read(USED):
            used[product].append((component, number(value)))
        parts = {component for values in used.values() for component, _value in values}
        stocks = self.read_stocks({*cycles, *parts})
        variances = {x: tuple(map(number, row)) for x, *row in self._read(VARIANCES)}
        result = {}
        for product, (orders, *days) in cycles.items():
            departures = departed.get(product, Departures())
            counts = (orders, departures.orders)
            variance = variances.get(product)
            figures = measure(
                product, counts, _cycle(*days), used[product], stocks, variance
            )
            result[product] = History(figures, departures)
        return result

    def read_stocks(self, products):
        """{product id: Stock}"""
        rows = self._read(STOCK, stocked=list(products))
        return {row[0]: Stock(row[1], *map(number, row[2:])) for row in rows}

    def find_departed(self):
        """Orders that departed from their bill, the newest first."""
        return [row[0] for row in self._read(OWN_WAY)]

    def find_longest(self):
        """Orders by the days that they took, the longest first."""
        return [row[0] for row in self._read(LONGEST)]
