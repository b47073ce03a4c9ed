"""Whether backflush costing suits a product, told from what has happened to it.

Backflush costing books once, at standard, when goods are done. What it leaves out stays
small under three conditions (Horngren, Cost Accounting, ch. 20; Drury, ch. 15): cycles
are short, products are standard ones, and inventories are low or constant. A fourth
sign is that the standards hold: variances are small.

Formulas:

- cycle: days from start to finish of an order; its median over the orders of a period;
- customised: orders that departed from their bill or routing ÷ orders;
- days on hand: average stock ÷ daily usage; average stock = end-of-day stock weighted
  by the days that it lasted, daily usage = quantity used or sold ÷ days;
- variability: coefficient of variation of the end-of-day stock, its standard deviation
  (of the whole period, not of a sample) ÷ its average;
- materials of a product: both figures of each component, weighted by the value that the
  product used of it; so days are, for components that nothing else uses, inventory of
  materials ÷ daily usage, both in money;
- variance: per order the sum of its rows without its sign, together ÷ the standard of
  what the orders made. What one order saves does not excuse what another one wastes.

Each condition is judged by itself: it fits up to its limit, is on the border up to
twice the limit, else unfit. Stocks fit where they are low *or* constant. The product is
as good as its worst condition.

Plain Python: no Odoo import. Times in days, shares as fractions of 1.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from .variance import ZERO

FITS, BORDERLINE, UNFIT, UNKNOWN = "fits", "borderline", "unfit", "unknown"
#: From the best to the worst; not to know is worse than to be on the border.
VERDICTS = (FITS, BORDERLINE, UNKNOWN, UNFIT)
CYCLE, CUSTOMISED, MATERIALS, FINISHED, VARIANCE = CONDITIONS = (
    "cycle",
    "customised",
    "materials",
    "finished",
    "variance",
)
#: How many limits away a figure is still on the border.
BORDER = 2
#: Days on hand where there is stock and nothing is used: more than any limit.
NEVER = Decimal(9999)


class Limits(NamedTuple):
    """What a company asks for. Days; shares and variability as fractions of 1."""

    orders: int = 5
    cycle: Decimal = Decimal(5)
    customised: Decimal = Decimal("0.10")
    materials: Decimal = Decimal(30)
    finished: Decimal = Decimal(15)
    variability: Decimal = Decimal("0.5")
    variance: Decimal = Decimal("0.05")


class Cycle(NamedTuple):
    """Median and 90th percentile of days from start to finish.

    Odoo overwrites the start of an order whose work nobody started. ``orders``,
    ``median`` and ``high`` are about those with a known start; ``longest_median`` and
    ``longest_high`` about all, the others counted since they were entered.
    """

    orders: int
    median: Decimal | None
    high: Decimal | None
    longest_median: Decimal
    longest_high: Decimal


class Stock(NamedTuple):
    """Stock of a product in a period: end-of-day quantities, and what was used."""

    days: int
    average: Decimal
    deviation: Decimal
    used: Decimal


class Figures(NamedTuple):
    """What is known of a product. None: the condition does not apply to it."""

    orders: int
    departed: int
    cycle: Cycle | None = None
    materials_days: Decimal | None = None
    materials_variability: Decimal | None = None
    finished_days: Decimal | None = None
    finished_variability: Decimal | None = None
    variance_share: Decimal | None = None


class Condition(NamedTuple):
    """The verdict on one condition, with the figures it rests on.

    ``second`` is the 90th percentile of cycles, or the variability of stocks, and
    ``second_limit`` the limit of the latter. ``is_at_most``: the start of orders is not
    known, so that cycles are at most that long.
    """

    code: str
    verdict: str
    figure: Decimal
    limit: Decimal
    second: Decimal | None = None
    second_limit: Decimal | None = None
    is_at_most: bool = False


class Judgement(NamedTuple):
    verdict: str
    conditions: tuple[Condition, ...]

    def get(self, code: str) -> Condition | None:
        """The condition of that code, if it applies."""
        return next((x for x in self.conditions if x.code == code), None)

    @property
    def reasons(self) -> tuple[Condition, ...]:
        """The conditions that do not fit, the worst first."""
        bad = [x for x in self.conditions if x.verdict != FITS]
        return tuple(sorted(bad, key=lambda x: -VERDICTS.index(x.verdict)))


# -- figures ----------------------------------------------------------------------


def measure_stock(
    levels: Sequence[tuple[int, Decimal]], used: Decimal = ZERO
) -> Stock | None:
    """The stock of a period made of ``levels``: (days it lasted, end-of-day quantity).

    The twin of `sql.suitability.STOCK`. None: no day at all.
    """
    days = sum(x for x, _quantity in levels)
    if not days:
        return None
    average = sum((x * quantity for x, quantity in levels), ZERO) / days
    square = sum((x * (q - average) ** 2 for x, q in levels), ZERO) / days
    return Stock(days, average, square.sqrt(), used)


def days_on_hand(stock: Stock) -> Decimal:
    """Average stock ÷ daily usage; `NEVER` where nothing of it is used."""
    if stock.average <= 0:
        return ZERO
    if stock.used <= 0:
        return NEVER
    return min(stock.average * stock.days / stock.used, NEVER)


def variability(stock: Stock) -> Decimal | None:
    """Coefficient of variation; None where there is no stock to vary."""
    return stock.deviation / stock.average if stock.average > 0 else None


def weigh(
    parts: Iterable[tuple[Decimal, Stock]],
) -> tuple[Decimal | None, Decimal | None]:
    """Days on hand and variability of several stocks, by the weight of each.

    Without any weight (nothing has a price) each counts the same. What has no stock
    counts as zero days and says nothing about variability.
    """
    known = list(parts)
    if not any(weight > 0 for weight, _stock in known):
        known = [(Decimal(1), stock) for _weight, stock in known]
    days = _mean([(w, days_on_hand(stock)) for w, stock in known])
    varied = [(w, variability(stock)) for w, stock in known]
    return days, _mean([(w, x) for w, x in varied if x is not None])


def _mean(parts: Sequence[tuple[Decimal, Decimal]]) -> Decimal | None:
    total = sum((max(weight, ZERO) for weight, _x in parts), ZERO)
    if not total:
        return None
    return sum((max(weight, ZERO) * x for weight, x in parts), ZERO) / total


def share(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    """``part`` of ``whole``; None where there is no whole."""
    return Decimal(part) / Decimal(whole) if whole > 0 else None


def measure(
    product: int,
    orders: tuple[int, int],
    cycle: Cycle | None,
    used: Iterable[tuple[int, Decimal]],
    stocks: Mapping[int, Stock],
    variance: tuple[Decimal, Decimal] | None,
) -> Figures:
    """The figures of a product, from what the queries of a period have read.

    :param orders: how many were finished, and how many of them departed
    :param used: (component, value that the product used of it)
    :param stocks: of the components and of the product itself
    :param variance: total of the orders' variances without sign, standard of the output
    """
    known = [(value, stocks[x]) for x, value in used if x in stocks]
    materials_days, materials_variability = weigh(known)
    own = stocks.get(product)
    return Figures(
        orders=orders[0],
        departed=orders[1],
        cycle=cycle,
        materials_days=materials_days,
        materials_variability=materials_variability,
        finished_days=days_on_hand(own) if own else None,
        finished_variability=variability(own) if own else None,
        variance_share=share(*variance) if variance else None,
    )


# -- verdicts ---------------------------------------------------------------------


def grade(figure: Decimal, limit: Decimal) -> str:
    """How a figure compares with its limit."""
    if figure <= limit:
        return FITS
    return BORDERLINE if figure <= BORDER * limit else UNFIT


def worst(verdicts: Iterable[str]) -> str:
    return max(verdicts, key=VERDICTS.index, default=UNKNOWN)


def judge(figures: Figures, limits: Limits) -> Judgement:
    """The verdict on a product, and on each condition that applies to it.

    With fewer orders than asked for, conditions are shown and the verdict is unknown.
    """
    judged = (
        _judge_cycle(figures, limits),
        _judge_share(
            CUSTOMISED, share(figures.departed, figures.orders), limits.customised
        ),
        _judge_stock(
            MATERIALS,
            figures.materials_days,
            figures.materials_variability,
            limits.materials,
            limits.variability,
        ),
        _judge_stock(
            FINISHED,
            figures.finished_days,
            figures.finished_variability,
            limits.finished,
            limits.variability,
        ),
        _judge_share(VARIANCE, figures.variance_share, limits.variance),
    )
    conditions = tuple(x for x in judged if x)
    if figures.orders < limits.orders:
        return Judgement(UNKNOWN, conditions)
    return Judgement(worst(x.verdict for x in conditions), conditions)


def _judge_cycle(figures: Figures, limits: Limits) -> Condition | None:
    """By the orders with a known start, if there are enough of them.

    Else by what cycles can have been at most: short enough is short enough, while
    longer says nothing.
    """
    cycle = figures.cycle
    if cycle is None:
        return None
    enough = cycle.orders and cycle.orders >= min(limits.orders, figures.orders)
    if enough and cycle.median is not None:
        verdict = grade(cycle.median, limits.cycle)
        return Condition(CYCLE, verdict, cycle.median, limits.cycle, cycle.high)
    figure = cycle.longest_median
    verdict = FITS if figure <= limits.cycle else UNKNOWN
    return Condition(
        CYCLE, verdict, figure, limits.cycle, cycle.longest_high, is_at_most=True
    )


def _judge_share(code: str, figure: Decimal | None, limit: Decimal) -> Condition | None:
    if figure is None:
        return None
    return Condition(code, grade(figure, limit), figure, limit)


def _judge_stock(
    code: str,
    days: Decimal | None,
    varies: Decimal | None,
    limit: Decimal,
    limit_varies: Decimal,
) -> Condition | None:
    """Low or constant: the better of the two counts.

    What nothing is used of is not constant: it lies there.
    """
    if days is None:
        return None
    verdict = grade(days, limit)
    if varies is not None and days < NEVER:
        verdict = min(verdict, grade(varies, limit_varies), key=VERDICTS.index)
    return Condition(code, verdict, days, limit, varies, limit_varies)
