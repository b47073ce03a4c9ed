"""What a period's conversion cost is made of, read in bulk as the kernel's values."""

from collections import defaultdict
from datetime import date
from decimal import Decimal
from functools import cached_property

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..costing.close import PERIOD_KINDS, Capacity, Conversion, month_shares
from ..costing.entry import APPLIED
from ..costing.sql import closing
from ..costing.sql.period import (
    ACCOUNTS,
    ARCHIVED,
    FORMER,
    MADE,
    OPEN,
    STOCK,
    SWITCHED,
    progress,
)
from .backflush_books import Books, PastTriggers, local_date, number

ZERO = Decimal(0)


class CloseReader:
    """The conversion cost elements of a company in a period."""

    def __init__(self, company, date_from, date_to):
        # sudo: whoever closes the books need not see orders, timesheets or stock.
        # Every query names the company instead.
        self.company = company.sudo().with_company(company)
        switches = self.company.env["backflush.switch"]
        self.triggers = switches._get_triggers_at(self.company, date_to)
        self.company = self.company.with_context(
            backflush_triggers=PastTriggers(self.triggers)
        )
        self.env = self.company.env
        self.date_from, self.date_to = date_from, date_to
        self.elements = self._get_elements()
        self.books = Books(self.company, self.env["stock.move"])
        self.values = {
            "company": company.id,
            "date_from": date_from,
            "date_to": date_to,
            "elements": self.elements.ids,
            "zone": self.env["backflush.time"]._get_zone(company),
            **self._get_late(),
        }

    def _get_elements(self):
        """The conversion elements, and archived ones that the period is about."""
        known = self.company._get_backflush_elements()
        self.env.flush_all()
        query = SQL(
            ARCHIVED,
            company=self.company.id,
            companies=self.company.parent_ids.ids,
            date_from=self.date_from,
            date_to=self.date_to,
        )
        archived = [row[0] for row in self.env.execute_query(query)]
        return known.filtered(lambda x: x.type != "material") | known.browse(archived)

    @property
    def late(self):
        """First and last of the days before the period that it is about, too."""
        return self.values["late_from"], self.values["late_to"]

    def _get_late(self):
        """The days that are closed before the period: what became known of them since
        is explained by it. None where something between them is not closed yet.
        """
        late = {"late_from": date.max, "late_to": date.min}
        closed = self.company._get_backflush_closed_until()
        if not closed or closed >= self.date_from:
            return late
        between = Domain("company_id", "=", self.company.id)
        between &= Domain("date", ">", closed) & Domain("date", "<", self.date_from)
        if self.env["backflush.posting"].search_count(between, limit=1):
            return late
        posted = Domain("company_id", "=", self.company.id)
        posted &= Domain("state", "=", "posted")
        closes = self.env["backflush.close"].search(posted, order="date_from", limit=1)
        before = fields.Date.subtract(self.date_from, days=1)
        return {"late_from": closes.date_from, "late_to": before}

    def read_elements(self) -> list[Conversion]:
        """Each element with what explains its control and applied account."""
        spent, applied = self._get_totals()
        rows = defaultdict(lambda: ZERO)
        for element, kind, _account, amount in self._rows:
            if kind not in PERIOD_KINDS:
                rows[element] += number(amount)
        made = self._get_made()
        stock = self._get_stock()
        work = self._get_progress_change()
        plans = self._get_plans(made, work)
        return [
            Conversion(
                element.id,
                element.type,
                spent[element.id],
                applied[element.id],
                rows[element.id],
                sum(work[element.id].values(), ZERO),
                stock[element.id],
                tuple(plans.get(element.id, ())),
            )
            for element in self.elements
        ]

    def _fetch(self, query, **values):
        return self.env.execute_query(SQL(query, **self.values, **values))

    def fetch(self, query, **values):
        """The rows of a statement of costing/sql/closing.py."""
        self.env.flush_all()
        return self.env.execute_query(closing.query(query, **self.values, **values))

    @cached_property
    def accounts(self):
        """[(element id, account id, spent, applied)]: what they hold, and will hold
        with the open usage of parts that are costed at delivery.
        """
        used = [
            (part.element, part.account, ZERO, part.amount)
            for _account, _amount, parts in self.usage
            for part in parts
            if part.kind == APPLIED
        ]
        # elements may have had other accounts in the period
        former = [(*key, 0, applied) for *key, applied in self._fetch(FORMER)]
        held = [
            (element, account, number(spent), number(applied))
            for element, account, spent, applied in [*self._fetch(ACCOUNTS), *former]
        ]
        return held + used

    def _get_totals(self):
        """{element id: what was spent}, {element id: what was applied}"""
        spent, applied = defaultdict(lambda: ZERO), defaultdict(lambda: ZERO)
        for element, _account, control, credited in self.accounts:
            spent[element] += control
            applied[element] += credited
        return spent, applied

    @cached_property
    def _rows(self):
        return self.fetch(closing.CONVERSION)

    def read_rows(self):
        """[(element id, kind, account id, amount)] that the close's entry carries; once
        the period was computed, with its own.
        """
        return self._rows

    # -- open usage -------------------------------------------------------------

    @cached_property
    def usage(self):
        """[(account of the rows, amount, [Stood])] of material rows without entry."""
        products = self.env["product.product"]
        cards = self.env["backflush.standard"]
        return [
            (
                account,
                number(amount),
                self._find_usage(
                    products.browse(component),
                    cards.browse(card),
                    number(amount),
                    is_change=is_change,
                ),
            )
            for account, component, card, is_change, amount in self.fetch(closing.USAGE)
        ]

    def _find_usage(self, component, card, amount, *, is_change):
        try:
            return self.books.stood(component, card, amount, is_change=is_change)
        except UserError:
            # its category or card is not usable any more: it stands on no account
            return []

    # -- output and stock -------------------------------------------------------

    def _get_made(self):
        """{card: output of the period at it}"""
        return {
            self.env["backflush.standard"].browse(card): number(quantity)
            for card, quantity in self._fetch(MADE)
        }

    def _get_stock(self):
        """{element id: change of conversion cost in goods costed at delivery}"""
        result = defaultdict(lambda: ZERO)
        for card, quantity in self._fetch(STOCK, **self._get_scope("delivery")):
            content = self.books.content(self.env["backflush.standard"].browse(card))
            for element, amount in content.items():
                result[element] += number(quantity) * amount
        for element, amount in self._fetch(SWITCHED):
            result[element] += number(amount)
        if not result:
            return result
        for element, kind, _account, amount in self._rows:
            if kind == "revaluation":  # favourable: stock is worth more
                result[element] -= number(amount)
        return result

    def _get_categories(self, *triggers):
        categories = self.env["product.category"]
        return categories.search([("property_backflush_trigger", "in", triggers)])

    def _get_scope(self, *triggers):
        """Goods under these triggers at the period's end, switched since or not."""
        known = self.triggers.items()
        return {
            "categories": self._get_categories(*triggers).ids,
            "also": [product for product, trigger in known if trigger in triggers],
            "other": [x for x, trigger in known if trigger not in triggers],
        }

    # -- work in process --------------------------------------------------------

    def get_progress(self, day):
        """{element id: {work centre id: recorded hours × rate}} of orders open then."""
        time = self.env["backflush.time"]
        values = time._prepare_recompute(self.company) | {"until": day}
        scope = self._get_scope("completion", "delivery")
        query = SQL(OPEN, company=self.company.id, until=day, **scope)
        orders = [row[0] for row in self.env.execute_query(query)]
        result = defaultdict(dict)
        if orders:
            for element, workcenter, amount in self.env.execute_query(
                progress(orders, **values)
            ):
                result[element][workcenter] = number(amount)
        return result

    def get_opening(self):
        """The same at the beginning: as the last close left it, else as it was."""
        close = self.env["backflush.close"]._get_last(self.company, self.date_from)
        if close and not self._is_open_between(close):
            return close._get_progress()
        return self.get_progress(fields.Date.subtract(self.date_from, days=1))

    def _is_open_between(self, close):
        """Whether something was booked after `close` that a later one is to take."""
        between = Domain("company_id", "=", self.company.id)
        between &= Domain("date", ">", close.date_to)
        between &= Domain("date", "<", self.date_from)
        return bool(self.env["backflush.posting"].search_count(between, limit=1))

    def _get_progress_change(self):
        self.closing, opening = self.get_progress(self.date_to), self.get_opening()
        change = defaultdict(lambda: defaultdict(lambda: ZERO))
        for sign, state in ((1, self.closing), (-1, opening)):
            for element, amounts in state.items():
                for workcenter, amount in amounts.items():
                    change[element][workcenter] += sign * amount
        return change

    # -- fixed overhead ---------------------------------------------------------

    def _get_plans(self, made, work):
        """{element id: [Capacity of each work centre]}"""
        plans = defaultdict(lambda: defaultdict(lambda: defaultdict(lambda: ZERO)))
        for rate, share in self._get_normal():
            place = plans[rate.element_id.id][rate.workcenter_id.id]
            hours = number(rate.normal_hours) * share
            place["normal"] += hours
            place["budget"] += hours * number(rate.rate)
        fixed = self.elements.filtered(lambda x: x.type == "fixed_overhead")
        for card, quantity in made.items():
            for line in card.line_ids:
                if line.line_type == "operation" and line.element_id in fixed:
                    place = plans[line.element_id.id][line.workcenter_id.id]
                    place["absorbed"] += number(line.quantity) * quantity
                    place["applied"] += number(line.amount) * quantity
        for element in fixed:
            for workcenter, amount in work[element.id].items():
                plans[element.id][workcenter]["progress"] += amount
        return {
            element: [Capacity(wc, **values) for wc, values in places.items()]
            for element, places in plans.items()
        }

    def _get_normal(self):
        """[(rate of fixed overhead, months)]: each day by the version in force then."""
        versions = self._get_versions()
        if not versions:
            return []
        shares = defaultdict(lambda: ZERO)
        for day, share in month_shares(self.date_from, self.date_to):
            known = [version for first, version in versions if first <= day]
            # before the addon was in use, as from its first day
            shares[(known or [versions[0][1]])[-1]] += share
        return [
            (rate, share)
            for version, share in shares.items()
            for rate in version.rate_ids
            if rate.element_id.type == "fixed_overhead" and rate.normal_hours
        ]

    def _get_versions(self):
        """[(first day in force, version)], oldest first."""
        versions = self.env["backflush.version"].search(
            [
                ("company_id", "=", self.company.id),
                ("date_activated", "!=", False),
            ],
            order="date_activated, id",
        )
        return [(local_date(self.company, x.date_activated), x) for x in versions]
