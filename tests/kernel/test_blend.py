"""Properties of mix and yield (plain pytest, no Odoo)."""

from decimal import Decimal as D

import pytest
from costing.blend import MIX, USAGE, YIELD, Measure, Part, find_blend, split_usage
from costing.completion import Completion, completion_target
from costing.entry import (
    Accounts,
    Card,
    CardLine,
    Key,
    owed_rows,
    round_half_up,
    round_target,
)
from costing.variance import KINDS, Flow, Row
from hypothesis import given
from hypothesis import strategies as st

CENT = D("0.01")
KG, G, L, PIECE = Measure(1, D(1000)), Measure(1, D(1)), Measure(2, D(1)), 9
PIECES = Measure(PIECE, D(1), True)
P, A, B, C, X = 100, 101, 102, 103, 104

quantities = st.decimals(0, 10000, places=3)
prices = st.decimals("0.0001", 1000, places=4)
card_quantities = st.decimals("0.001", 100, places=5)
component = st.tuples(card_quantities, quantities, prices, st.sampled_from([KG, G]))


def usage(product, standard, actual, price):
    amount = (actual - standard) * price
    return Row(USAGE, product, standard, actual, price, price, amount)


def split(components, made):
    """Rows of a blend of (quantity, actual, price, measure), and its usage rows."""
    measures = {n: measure for n, (_q, _a, _p, measure) in enumerate(components)}
    parts = [Part(n, q, q * p) for n, (q, _a, p, _m) in enumerate(components)]
    rows = [usage(n, q * made, a, p) for n, (q, a, p, _m) in enumerate(components)]
    return split_usage(rows, find_blend(parts, measures), measures), rows, measures


def test_horngren_tomatoes():
    """Delpino: 50 % latoms at 70, 30 % caltoms at 80, 20 % flotoms at 90 a ton.

    Allowed for the output 6,400 tons in all; used 6,500: 3,250, 2,275 and 975.
    """
    card = [(D("0.5"), D(3250), D(70), KG), (D("0.3"), D(2275), D(80), KG)]
    card.append((D("0.2"), D(975), D(90), KG))
    rows, _usage, _measures = split(card, D(6400))
    mix = [round(row.amount, 2) for row in rows if row.kind == MIX]
    yields = [round(row.amount, 2) for row in rows if row.kind == YIELD]
    assert mix == [0, 26000, -29250]
    assert yields == [3500, 2400, 1800]


@given(st.lists(component, min_size=2, max_size=6), st.decimals(-100, 1000, places=2))
def test_mix_and_yield_are_the_usage(components, made):
    rows, whole, _measures = split(components, made)
    assert {row.kind for row in rows} == {MIX, YIELD}
    for row in whole:
        parts = [part for part in rows if part.product == row.product]
        assert len(parts) == 2
        mix, rest = parts
        # DESIGN: mix = (AQ − ΣAQ·SQ/ΣSQ) × SP, yield the rest
        assert mix.quantity_actual == row.quantity_actual
        assert rest.quantity_standard == row.quantity_standard
        assert mix.quantity_standard == rest.quantity_actual
        assert mix.amount + rest.amount == pytest.approx(row.amount, abs=D("1e-15"))
        for part in parts:
            change = part.quantity_actual - part.quantity_standard
            expected = change * part.price_standard
            assert part.amount == pytest.approx(expected, abs=D("1e-12"))


@given(st.lists(component, min_size=2, max_size=6), st.decimals(1, 1000, places=2))
def test_quantities_of_the_mix_cancel_out(components, made):
    rows, _whole, measures = split(components, made)
    moved = sum(
        (row.quantity_actual - row.quantity_standard) * measures[row.product].factor
        for row in rows
        if row.kind == MIX
    )
    assert moved == pytest.approx(D(0), abs=D("1e-12"))


@given(st.lists(component, min_size=2, max_size=6), st.decimals(1, 1000, places=2))
def test_favourable_mirrors_unfavourable(components, made):
    """As much less as there was more of each: every row changes its sign."""
    more = [(q, q * made + a, p, m) for q, a, p, m in components]
    less = [(q, q * made - a, p, m) for q, a, p, m in components]
    pairs = zip(split(more, made)[0], split(less, made)[0], strict=True)
    for one, other in pairs:
        assert one.amount == pytest.approx(-other.amount, abs=D("1e-12"))


@given(
    st.lists(component, min_size=2, max_size=6),
    st.decimals(1, 1000, places=2),
    st.sampled_from([D("0.001"), D(1000), D("0.45359237")]),
)
def test_the_unit_of_a_component_changes_no_amount(components, made, factor):
    quantity, actual, price, measure = components[0]
    smaller = measure._replace(factor=measure.factor * factor)
    other = (quantity / factor, actual / factor, price * factor, smaller)
    converted = split([other, *components[1:]], made)[0]
    pairs = zip(split(components, made)[0], converted, strict=True)
    for one, two in pairs:
        assert one.amount == pytest.approx(two.amount, abs=D("1e-12"))


def test_standard_proportions_are_pure_yield():
    rows, _whole, _measures = split(
        [(D(2), D(22), D(5), KG), (D(3), D(33), D(7), KG)], D(10)
    )
    assert [row.amount for row in rows if row.kind == MIX] == [0, 0]


def test_without_output_all_that_went_in_is_yield():
    """An order that failed: nothing was allowed, and the proportions are the card's."""
    rows, _whole, _measures = split(
        [(D(2), D(4), D(5), KG), (D(3), D(6), D(7), KG)], D(0)
    )
    assert [row.amount for row in rows] == [0, 20, 0, 42]


def find(parts, measures, made=None):
    parts = [Part(product, D(q), D(amount)) for product, q, amount in parts]
    return set(find_blend(parts, measures, made))


def test_one_component_alone_is_no_blend():
    assert find([(A, 1, 1)], {A: KG}) == set()
    assert find([(A, 1, 1), (B, 1, 1)], {A: KG, B: L}) == set()
    assert find([(A, 1, 1), (A, 2, 2)], {A: KG}) == set()
    assert find([(A, 0, 0), (B, 1, 1)], {A: KG, B: KG}) == set()


def test_bottles_and_labels_are_not_blended_with_the_sauce():
    parts = [(A, 1, 2), (B, 500, 1), (C, 1, 90), (X, 1, 1)]
    measures = {A: KG, B: G, C: PIECES, X: PIECES}
    assert find(parts, measures) == {A, B}
    assert find(parts, measures, PIECES) == {A, B}
    # where all is counted, it is what is blended
    assert find([(C, 1, 90), (X, 1, 1)], measures) == {C, X}


def test_of_two_groups_the_product_s_own_and_then_the_dearer():
    parts = [(A, 1, 2), (B, 1, 1), (C, 1, 9), (X, 1, 1)]
    measures = {A: KG, B: G, C: L, X: L}
    assert find(parts, measures) == {C, X}
    assert find(parts, measures, KG) == {A, B}


CARD = Card(
    P,
    D("33.5"),
    (
        CardLine("component", 1, A, D(2), D(5), D(10)),
        CardLine("component", 1, B, D(3), D(7), D(21)),
        CardLine("component", 1, C, D(1), D("2.5"), D("2.5")),
    ),
)
STOCK = {P: 10, A: 12, B: 12, C: 12, X: 12}
ACCOUNTS = Accounts(1, STOCK, {}, dict.fromkeys(KINDS, 30))
MEASURES = {A: KG, B: KG, C: PIECES, P: PIECES}


def complete(used, made=10, measures=MEASURES, **options):
    flows = [
        Flow(product, D(quantity), D(quantity) * D(price), **options)
        for product, quantity, price in used
    ]
    output = Flow(P, D(made), D(made) * CARD.amount)
    order = Completion(output, (), flows, measures=measures)
    return completion_target(CARD, order, ACCOUNTS)


def test_what_is_measured_otherwise_keeps_its_usage():
    used = [(A, 22, 5), (B, 28, 7), (C, 11, "2.5"), (X, 1, 6)]
    rows = {(k.kind, k.product): r.amount for k, r in complete(used).rows.items()}
    assert rows == {
        (MIX, A): 10,
        (MIX, B): -14,
        (USAGE, C): D("2.5"),
        ("material_substitution", X): 6,
    }


def test_average_cost_keeps_its_price_apart():
    used = [(A, 24, 6), (B, 36, 8), (C, 10, "2.5")]
    rows = complete(used, actual_cost=True).rows
    kinds = {(key.kind, key.product): row.amount for key, row in rows.items()}
    assert kinds == {
        (YIELD, A): 20,
        (YIELD, B): 42,
        ("material_issue_price", A): 24,
        ("material_issue_price", B): 36,
    }


used_lists = st.tuples(quantities, quantities, quantities)


@given(used_lists, st.sampled_from([CENT, D(1), D("0.05")]))
def test_rounded_mix_and_yield_are_the_rounded_usage(used, unit):
    """To the cent per component, in an entry and in rows without one."""
    products = zip((A, B, C), used, ("5.003", "7.01", "2.5"), strict=True)
    items = [(product, quantity, price) for product, quantity, price in products]
    rounding = Key(30, 1, "rounding", None)
    split_, whole = complete(items), complete(items, measures={})
    booked = round_target(split_.amounts, unit, rounding)
    expected = round_target(whole.amounts, unit, rounding)
    rows = owed_rows(split_.rows, {}, unit)
    plain = owed_rows(whole.rows, {}, unit)
    for product in (A, B):
        parts = [booked.get(Key(30, 1, kind, product), 0) for kind in (MIX, YIELD)]
        assert sum(parts) == expected.get(Key(30, 1, USAGE, product), 0)
        parts = [r.amount for k, r in rows.items() if k[1:] in _parts(product)]
        known = plain.get(Key(30, 1, USAGE, product))
        assert sum(parts) == (known.amount if known else 0)
        assert all(part == round_half_up(part, unit) for part in parts)


def _parts(product):
    return [Key(30, 1, kind, product)[1:] for kind in (MIX, YIELD)]
