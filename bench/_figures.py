"""What was measured in rounds, in each of which every mode had its turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

import _common as common

MEASURES = ("cpu", "wall", "queries", "entries", "items")
TITLES = ("CPU ms", "wall ms", "queries", "entries", "items")


@dataclass
class Figures:
    """Medians over the rounds; proportions and differences are taken within each."""

    rounds: list[dict[str, dict[str, float]]] = field(
        default_factory=list, kw_only=True
    )

    def value(self, mode: str, measure: str) -> float:
        """What a document costs."""
        return median(values[mode][measure] for values in self.rounds)

    def ratio(self, mode: str, measure: str, base: str) -> float:
        """Quotient to ``base``; not a number where that does nothing."""
        pairs = [(x[mode][measure], x[base][measure]) for x in self.rounds]
        quotients = [mine / theirs for mine, theirs in pairs if theirs]
        return median(quotients) if quotients else float("nan")

    def added(self, mode: str, measure: str, base: str) -> float:
        """What the mode adds to ``base``."""
        return median(x[mode][measure] - x[base][measure] for x in self.rounds)


def number(measure: str, value: float) -> str:
    """A figure as it is printed."""
    if measure in ("cpu", "wall"):
        return f"{value:,.1f}"
    return f"{value:,.2f}".removesuffix(".00")


def print_figures(
    cases: Sequence[tuple[Sequence[str], Figures]],
    header: Sequence[str],
    modes: Sequence[str],
    base: str,
) -> None:
    """A line for each case and mode, with the proportion to ``base``."""
    columns = [*header, "mode"]
    for title in TITLES:
        columns += [title, "×"]
    rows = []
    for words, case in cases:
        for mode in modes:
            row = [*words, mode]
            for measure in MEASURES:
                ratio = case.ratio(mode, measure, base)
                row.append(number(measure, case.value(mode, measure)))
                row.append("–" if ratio != ratio else f"{ratio:.2f}")
            rows.append(row)
    title = f"Per document; × = in proportion to {base} Odoo"
    common.print_table(title, columns, rows)
