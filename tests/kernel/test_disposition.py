"""Proration: the catalogue's month and Butrico to the cent, and its laws."""

from collections import defaultdict
from decimal import Decimal

from costing.disposition import (
    CAPITALISED,
    KEPT,
    Bases,
    Standing,
    prorate,
    spread,
)
from costing.variance import KINDS
from hypothesis import given
from hypothesis import strategies as st

D = Decimal
CENT = D("0.01")
MATERIAL, LABOUR, VOH, FOH, FEE = 1, 2, 3, 4, 5
PPV, M_PRICE, M_QTY = 10, 11, 12
L_PRICE, L_QTY, V_PRICE, V_QTY, F_PRICE, F_QTY, S_PRICE = range(20, 27)


def standing(*rows):
    return [Standing(e, kind, account, D(x)) for e, kind, account, x in rows]


MONTH = standing(
    (MATERIAL, "material_price", PPV, 12),
    (MATERIAL, "material_usage", M_QTY, -5),
    (MATERIAL, "material_substitution", M_QTY, 36),
    (MATERIAL, "material_scrap", M_QTY, 5),
    (MATERIAL, "output_quantity", M_QTY, "0.9"),
    (MATERIAL, "material_count", M_QTY, 4),
    (MATERIAL, "output_scrap", M_QTY, 10),
    (MATERIAL, "output_price", M_PRICE, 1),
    (MATERIAL, "revaluation", 99, -52),
    (LABOUR, "labour_rate", L_PRICE, "5.5"),
    (LABOUR, "unallocated", L_PRICE, 30),
    (LABOUR, "labour_efficiency", L_QTY, 39),
    (LABOUR, "lot_size", L_QTY, 2),
    (LABOUR, "output_scrap", L_QTY, 10),
    (LABOUR, "timing", 98, 44),
    (VOH, "overhead_spending", V_PRICE, "4.7"),
    (VOH, "overhead_efficiency", V_QTY, "11.7"),
    (VOH, "lot_size", V_QTY, "0.6"),
    (VOH, "output_scrap", V_QTY, 3),
    (FOH, "overhead_budget", F_PRICE, 10),
    (FOH, "overhead_volume", F_QTY, 14),
    (FOH, "output_scrap", F_QTY, 2),
    (FEE, "subcontract_price", S_PRICE, 2),
)
HELD = {
    MATERIAL: Bases(D(195), D(418), D("348.1")),
    LABOUR: Bases(D(0), D(363), D(350), D(44)),
    VOH: Bases(D(0), D(99), D(105), D(12)),
    FOH: Bases(D(0), D(66), D(70), D(8)),
    FEE: Bases(D(0), D(30), D(0)),
}


def by_account(parts, places):
    result = defaultdict(D)
    for part in parts:
        if part.place in places:
            result[part.account] += part.amount
    return {account: amount for account, amount in result.items() if amount}


def test_the_month_of_the_catalogue():
    parts = prorate(MONTH, HELD, MATERIAL, CENT)
    assert by_account(parts, CAPITALISED) == {
        PPV: D("7.26"),
        M_QTY: D("20.37"),
        L_PRICE: D("2.96"),
        L_QTY: D("22.04"),
        V_PRICE: D("2.41"),
        V_QTY: D("6.32"),
        F_PRICE: D("5.14"),
        S_PRICE: D("2.00"),
    }
    assert by_account(parts, ["cost_of_sales"]) == {
        PPV: D("4.74"),
        M_PRICE: D("1.00"),
        M_QTY: D("30.53"),
        L_PRICE: D("32.54"),
        L_QTY: D("28.96"),
        V_PRICE: D("2.29"),
        V_QTY: D("8.98"),
        F_PRICE: D("4.86"),
        F_QTY: D("16.00"),
    }


def test_butrico():
    overhead = 6
    rows = standing(
        (MATERIAL, "material_price", PPV, 10000),
        (MATERIAL, "material_usage", M_QTY, -15000),
        (LABOUR, "labour_rate", L_PRICE, 20000),
        (LABOUR, "labour_efficiency", L_QTY, -5000),
        (overhead, "overhead_spending", V_PRICE, -6000),
    )
    held = {
        MATERIAL: Bases(D(65000), D(87000), D(348000)),
        LABOUR: Bases(D(0), D(130500), D(739500)),
        overhead: Bases(D(0), D(104400), D(591600)),
    }
    totals = defaultdict(D)
    for part in prorate(rows, held, MATERIAL, CENT):
        totals[part.element, part.place] += part.amount
    assert D(65000) + totals[MATERIAL, "materials"] == D("66340.21")
    assert D(87000) + totals[MATERIAL, "finished_goods"] == D("85731.95")
    assert D(130500) + totals[LABOUR, "finished_goods"] == D("132750.00")
    assert D(104400) + totals[overhead, "finished_goods"] == D("103500.00")
    sales = sum(amount for (_x, place), amount in totals.items() if "sales" in place)
    assert D(348000 + 739500 + 591600) + sales == D("1681677.84")


def test_an_unfavourable_volume_is_expensed_a_favourable_one_is_not():
    for amount, expected in ((D(14), {}), (D(-14), {F_QTY: D("-7.00")})):
        rows = [Standing(FOH, "overhead_volume", F_QTY, amount)]
        parts = prorate(rows, {FOH: Bases(D(0), D(5), D(5))}, MATERIAL, CENT)
        assert by_account(parts, CAPITALISED) == expected


# -- laws -----------------------------------------------------------------------

amounts = st.decimals(-10_000, 10_000, places=2)
held = st.decimals(0, 100_000, places=3)
bases = st.builds(Bases, held, held, held, held)
rows = st.lists(
    st.builds(
        Standing, st.integers(1, 3), st.sampled_from(KINDS), st.integers(1, 6), amounts
    ),
    max_size=12,
)


@given(rows, st.dictionaries(st.integers(1, 3), bases))
def test_each_account_gives_what_stands_on_it(found, places):
    """Nothing is left on an account and nothing is invented, to the cent."""
    expected = defaultdict(D)
    for row in found:
        if row.kind not in KEPT:
            expected[row.account] += row.amount
    given_away = defaultdict(D)
    for part in prorate(found, places, MATERIAL, CENT):
        given_away[part.account] += part.amount
        assert part.amount == part.amount.quantize(CENT)
    for account in expected.keys() | given_away.keys():
        assert given_away[account] == expected[account]


@given(amounts, st.dictionaries(st.sampled_from("abcd"), held, min_size=1))
def test_parts_add_up_and_keep_the_sign(amount, places):
    parts = spread(amount, places, CENT)
    assert sum(parts.values()) == amount
    total = sum(places.values())
    for place, part in parts.items():
        if total:
            fair = amount * places[place] / total
            assert abs(part - fair) <= CENT / 2 * len(places)


@given(
    st.builds(Bases, *[st.integers(0, 500).map(D)] * 4),
    st.integers(-500, 500).map(D),
    st.integers(-500, 500).map(D),
    st.integers(1, 500).map(D),
)
def test_materials_never_keep_more_than_the_price_variance(base, used, counted, price):
    """Favourable rows are bases, too; they must not blow up what is capitalised."""
    found = standing(
        (MATERIAL, "material_price", PPV, price),
        (MATERIAL, "material_usage", M_QTY, used),
        (MATERIAL, "material_count", M_QTY, counted),
    )
    parts = prorate(found, {MATERIAL: base}, MATERIAL, CENT)
    kept = [x.amount for x in parts if x.account == PPV and x.place == "materials"]
    assert 0 <= sum(kept) <= price
    kept = [x.amount for x in parts if x.place in CAPITALISED]
    assert abs(sum(kept)) <= price + abs(used) + CENT * 2


def test_favourable_rows_outweigh_what_is_there():
    assert spread(D(5), {"a": D(1), "b": D(-1)}, CENT) == {"cost_of_sales": D(5)}
    assert spread(D(5), {"a": D(1), "b": D(-2)}, CENT) == {"cost_of_sales": D(5)}
