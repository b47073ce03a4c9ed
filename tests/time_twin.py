"""Time variances of an order by the kernel, from what the ORM says of it.

The statement in `costing.sql.time` reads the same from the tables, for many orders.
"""

from collections import defaultdict
from decimal import Decimal
from typing import NamedTuple

from odoo.addons.backflush_costing.costing.hours import (
    LABOUR,
    HourRate,
    Order,
    Place,
    Run,
    Sheet,
    Time,
    round_rows,
    time_rows,
)
from odoo.addons.backflush_costing.models.backflush_books import number

ZERO = Decimal(0)


class Booked(NamedTuple):
    """What a row says, besides its order."""

    kind: str
    element: int
    operation: int
    workcenter: int
    department: int
    timesheet: int
    day: object
    standard: float
    actual: float
    price: float
    paid: float
    amount: float


class OrderTime:
    """One order: its card, output, time and the rows that follow."""

    def __init__(self, order):
        self.order = order.sudo()
        self.env = self.order.env
        self.company = order.company_id
        domain = [
            ("production_id", "=", order.id),
            ("company_id", "=", self.company.id),
        ]
        self.postings = self.env["backflush.posting"].search(domain, order="id")
        self.own = self.postings.filtered(lambda p: p.res_model == order._name)
        self.card = self.own.filtered("standard_id")[:1].standard_id
        self.is_booked = any(self._stands(p) for p in self.own)
        self.is_gone = order.state == "cancel" and not self.is_booked
        if not self.card and not self.is_gone:
            self.card = self._get_card_in_force()
        source = self.company.backflush_labour_source
        self.by_sheet = source != "workorder"
        self.by_machine = source != "timesheet"
        self.steps = self._get_steps()
        self.places = self._get_places()

    def _stands(self, posting):
        failed = posting.state == "failed" and posting.date
        return posting.state in ("posted", "pending") or failed

    def _get_card_in_force(self):
        product = self.order.product_id.with_company(self.company)
        if not product._get_backflush_trigger():
            return self.env["backflush.standard"]
        cards = self.env["backflush.standard"]._get_active_cards(product, self.company)
        return cards.get(product, self.env["backflush.standard"])

    # -- output -----------------------------------------------------------------

    def _get_day(self, posting):
        """That on which its event is booked now."""
        if self._stands(posting):
            return posting.date
        again = self.env["backflush.posting"].search(
            [
                ("company_id", "=", self.company.id),
                ("res_model", "=", posting.res_model),
                ("res_id", "=", posting.res_id),
            ],
            order="id",
        )
        return again.filtered(self._stands)[:1].date

    def _get_steps(self):
        """[(day, good output until then)]"""
        if not self.is_booked:
            return []
        days = defaultdict(lambda: ZERO)
        models = ("mrp.production", "mrp.unbuild")  # not what was scrapped
        for posting in self.postings.filtered(lambda p: p.res_model in models):
            for fact in posting.fact_ids:
                move = fact.move_id
                is_made = move.production_id == self.order or (
                    (move.unbuild_id or move.consume_unbuild_id)
                    and move.location_dest_id.usage == "production"
                )
                if fact.product_id == self.order.product_id and is_made:
                    days[self._get_day(posting)] += number(fact.quantity)
        made, result = ZERO, []
        for day in sorted(x for x in days if x):
            made += days[day]
            result.append((day, made))
        return result

    @property
    def made(self):
        return self.steps[-1][1] if self.steps else ZERO

    @property
    def starts(self):
        family = self.order.production_group_id.production_ids or self.order
        if not self.order.production_group_id:
            return True
        postings = self.env["backflush.posting"].search(
            [("res_model", "=", self.order._name), ("res_id", "in", family.ids)],
            order="id",
        )
        booked = set(postings.filtered(self._stands).mapped("res_id"))
        # one that was reversed and booked again has not come later
        postings = postings.filtered(lambda p: p.quantity > 0 and p.res_id in booked)
        return postings[:1].res_id == self.order.id

    # -- the card ---------------------------------------------------------------

    def _get_crew(self, line):
        rate = self.card.version_id.rate_ids.filtered(
            lambda r: (
                r.workcenter_id == line.workcenter_id
                and r.element_id == line.element_id
            )
        )
        is_labour = line.element_id.type == LABOUR and rate
        return number(rate.crew) if is_labour else Decimal(1)

    def _get_places(self):
        groups = defaultdict(list)
        for line in self.card.line_ids:
            if line.line_type == "operation":
                place = line.operation_id.id or -line.workcenter_id.id
                groups[place].append(line)
        self.workcenters = {
            place: min(line.workcenter_id.id for line in lines)
            for place, lines in groups.items()
        }
        return {place: self._get_place(place, lines) for place, lines in groups.items()}

    def _get_place(self, place, lines):
        first = min(line.element_id.id for line in lines)
        runs = [
            Run(
                number(line.fixed_hours) / self._get_crew(line),
                number(line.cycle_hours) / self._get_crew(line),
                number(line.capacity) or Decimal(1),
                number(line.quantity) / self._get_crew(line),
            )
            for line in lines
            if line.element_id.id == first
        ]
        rates = {
            line.element_id.id: HourRate(
                line.element_id.id,
                line.element_id.type,
                number(line.rate),
                self._get_crew(line),
            )
            for line in lines
        }
        return Place(place, tuple(runs), tuple(rates.values()))

    def _add_stray(self, place, workcenter):
        """A work center that the card does not know."""
        if place in self.places:
            return
        rates = self.card.version_id.rate_ids.filtered(
            lambda rate: rate.workcenter_id == workcenter
        )
        pool = self.company._get_backflush_element("conversion")
        known = [
            HourRate(
                rate.element_id.id,
                rate.element_id.type,
                number(rate.rate),
                number(rate.crew) if rate.element_id.type == LABOUR else Decimal(1),
            )
            for rate in rates
        ]
        if not rates and pool:
            known = [HourRate(pool.id, pool.type, number(workcenter.costs_hour))]
        if known:
            self.places[place] = Place(place, (), tuple(known))
            self.workcenters[place] = workcenter.id

    # -- time -------------------------------------------------------------------

    def _get_workorder_place(self, workorder):
        return workorder.operation_id.id or -workorder.workcenter_id.id

    def get_time(self):
        hour = self.env.ref("uom.product_uom_hour")
        self.about, sheets = {}, []
        lines = self.env["account.analytic.line"].search(
            [("production_id", "=", self.order.id), ("project_id", "!=", False)]
        )
        for line in lines if self.by_sheet else ():
            workorder = line.workorder_id
            place = self._get_workorder_place(workorder) if workorder else None
            if workorder:
                self._add_stray(place, workorder.workcenter_id)
            hours = number(line.unit_amount)
            if line.product_uom_id:
                hours *= number(line.product_uom_id.factor / hour.factor)
            cost = -number(line.amount) or None
            sheets.append(Sheet(line.id, hours, cost, place))
            self.about[line.id] = (
                line.date,
                line.department_id.id,
                workorder.workcenter_id.id,
                line.id,
            )
        if self.by_sheet:
            sheets += self._get_shares()
        machine = defaultdict(lambda: ZERO)
        for workorder in self.order.workorder_ids:
            if workorder.backflush_is_assumed or workorder.state == "cancel":
                continue
            minutes = sum((number(t.duration) for t in workorder.time_ids), ZERO)
            if minutes > 0:
                place = self._get_workorder_place(workorder)
                self._add_stray(place, workorder.workcenter_id)
                machine[place] += minutes / 60
        return Time(tuple(sheets), dict(machine), self.by_machine)

    def _get_weight(self, order):
        """(month, standard hours of its output) where it is finished."""
        domain = [
            ("res_model", "=", order._name),
            ("res_id", "=", order.id),
            ("company_id", "=", self.company.id),
        ]
        postings = self.env["backflush.posting"].search(domain, order="id")
        standing = postings.filtered(self._stands)
        if not standing or standing[-1].quantity <= 0:
            return None, ZERO
        hours = defaultdict(lambda: ZERO)
        for line in standing[0].standard_id.line_ids:
            if line.line_type == "operation":
                hours[line.element_id] += number(line.quantity)
        people = [x for element, x in hours.items() if element.type == LABOUR]
        if not hours:
            return None, ZERO
        unit = sum(people, ZERO) if people else max(hours.values())
        day = standing[0].date
        return (day.year, day.month), unit * number(standing[-1].quantity)

    def _get_shares(self):
        """Time of the order's project that names none, by month and department."""
        project = self.order.project_id
        if not project or project == self.company.backflush_project_id:
            return []
        month, own = self._get_weight(self.order)
        if not own:
            return []
        mates = self.env["mrp.production"].search([("project_id", "=", project.id)])
        weights = [self._get_weight(mate) for mate in mates]
        total = sum((x for when, x in weights if when == month), ZERO)
        pools = defaultdict(list)
        domain = [("project_id", "=", project.id), ("production_id", "=", False)]
        for line in self.env["account.analytic.line"].search(domain):
            if (line.date.year, line.date.month) == month:
                pools[line.department_id.id, line.amount == 0].append(line)
        result = []
        for (department, _is_free), lines in pools.items():
            hours = sum((number(x.unit_amount) for x in lines), ZERO)
            cost = -sum((number(x.amount) for x in lines), ZERO)
            key = -1 - len(result)
            paid = cost * own / total if cost else None
            result.append(Sheet(key, hours * own / total, paid, None))
            self.about[key] = (max(x.date for x in lines), department, False, False)
        return result

    # -- rows -------------------------------------------------------------------

    def get_rows(self):
        """What is to be booked, as `Booked`."""
        if self.is_gone or not self.card:
            return []
        time = self.get_time()
        made = tuple(made for _day, made in self.steps)
        starts = self.starts if self.steps else False
        order = Order(tuple(self.places.values()), made, starts)
        self.only = self._get_only_place(time)
        rows = [(row, self._describe(row)) for row in time_rows(order, time)]
        rows.sort(key=lambda pair: _sort_key(pair[1]))
        unit = number(self.company.currency_id.rounding)
        rounded = round_rows([row for row, _about in rows], unit)
        return [self._describe(row) for row in rounded]

    def _get_only_place(self, time):
        found = {self.workcenters[x.id] for x in self.places.values() if x.crew}
        return found.pop() if len(found) == 1 else False

    def _describe(self, row):
        place = row.place
        operation = place if place and place > 0 else False
        if row.kind == "labour_rate":
            day, department, workcenter, sheet = self.about[row.sheet]
            workcenter = workcenter or self.only
        else:
            day = self.steps[row.step][0]
            department = sheet = False
            workcenter = self.workcenters[place]
        numbers = (row.standard, row.actual, row.price, row.paid, row.amount)
        return Booked(
            row.kind,
            row.element,
            operation,
            workcenter,
            department,
            sheet,
            day,
            *map(float, numbers),
        )


def _sort_key(row):
    """As the statement orders rows of one amount; what is empty comes last."""
    about = (row.operation, row.workcenter, row.timesheet, row.department)
    return (row.kind, row.day, *(x or float("inf") for x in about))


def read_rows(order):
    """What is booked of the time of an order, as `Booked`."""
    rows = order.sudo().backflush_variance_ids.filtered(lambda row: not row.posting_id)
    return [
        Booked(
            row.kind,
            row.element_id.id,
            row.operation_id.id,
            row.workcenter_id.id,
            row.department_id.id,
            row.timesheet_id.id,
            row.date,
            row.quantity_standard,
            row.quantity_actual,
            row.price_standard,
            row.price_actual,
            row.amount,
        )
        for row in rows
    ]
