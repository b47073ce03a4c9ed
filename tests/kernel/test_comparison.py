"""Why standard costs change: the worked example, and laws for any two versions."""

from dataclasses import replace
from decimal import Decimal as D
from decimal import localcontext

import pytest
from costing.comparison import Standards, compare
from costing.rollup import complete_splits, roll_up
from costing.structure import (
    Bill,
    ByProduct,
    CardLine,
    Component,
    Operation,
    Rate,
    Structure,
    select,
)
from hypothesis import given
from hypothesis import strategies as st

MATERIAL, LABOUR, VOH, FOH, FEE = 1, 2, 3, 4, 5
P, Q, B, M, S, X = 10, 11, 12, 13, 14, 15
BENCH, SAW = 20, 21
ASSEMBLY = Operation(30, BENCH, D(1), D("0.4"), D(1))
RATES = {BENCH: (Rate(LABOUR, D(20)), Rate(VOH, D(6)), Rate(FOH, D(4)))}


def example(components=((M, 20),), lot=10, operations=(ASSEMBLY,), byproducts=()):
    """Ten P of 2 kg M each; set-up of 1 h over the lot, and 0.4 h each: 25.00."""
    parts = tuple(Component(product, D(quantity)) for product, quantity in components)
    return Bill(D(10), D(lot), parts, operations, byproducts)


def one_of(product, quantity=1):
    return Bill(D(1), D(1), (Component(product, D(quantity)),))


def structure(bills=None, prices=None, **values):
    prices = {M: D(5), S: D(6), **(prices or {})}
    values = {"rates": RATES, **values}
    return Structure(MATERIAL, bills or {P: example()}, prices=prices, **values)


def standards(structure, convert=None):
    cards = roll_up(structure).cards
    kits = {
        step.operation for kit in structure.kits.values() for step in kit.operations
    }
    cards = convert(cards) if convert else cards
    return Standards(cards, structure.prices, kits)


def stored(cards):
    """The cards as the database gives them back: binary numbers, 17 digits."""

    def number(value):
        return D(repr(float(value)))

    cards = {
        product: replace(
            card,
            lot=number(card.lot),
            amount=number(card.amount),
            lines=tuple(
                CardLine(*(number(x) if isinstance(x, D) else x for x in line))
                for line in card.lines
            ),
        )
        for product, card in cards.items()
    }
    splits = complete_splits(cards)
    return {key: replace(card, split=splits[key]) for key, card in cards.items()}


def explain(old, new):
    """{product: {(element, reason): amount}} of what changes."""
    found = compare(standards(old), standards(new), MATERIAL)
    return {key: value.effects for key, value in found.items() if value.effects}


def test_price_and_rate_of_the_worked_example():
    rates = {BENCH: (Rate(LABOUR, D(22)), *RATES[BENCH][1:])}
    result = compare(
        standards(structure()),
        standards(structure(prices={M: D("5.5")}, rates=rates)),
        MATERIAL,
    )
    assert (result[P].old, result[P].new, result[P].change) == (25, 27, 2)
    assert result[P].effects == {(MATERIAL, "price"): 1, (LABOUR, "rate"): 1}
    assert result[M].effects == {(MATERIAL, "price"): D("0.5")}
    assert result[S].effects == {}


def test_price_at_the_new_quantity_and_quantity_at_the_old_price():
    new = structure({P: example([(M, 30)])}, {M: D(7)})
    assert explain(structure(), new)[P] == {
        (MATERIAL, "price"): 6,
        (MATERIAL, "quantity"): 5,
    }


def test_larger_lot_spreads_the_set_up():
    assert explain(structure(), structure({P: example(lot=20)})) == {
        P: {
            (LABOUR, "lot_size"): -1,
            (VOH, "lot_size"): D("-0.3"),
            (FOH, "lot_size"): D("-0.2"),
        }
    }


def test_lot_times_and_rate_together():
    """Set-up 2 h over 20 instead of 1 h over 10, 0.3 h each instead of 0.4 h."""
    step = Operation(30, BENCH, D(2), D("0.3"), D(1))
    rates = {BENCH: (Rate(LABOUR, D(22)),)}
    old = structure(rates={BENCH: (Rate(LABOUR, D(20)),)})
    new = structure({P: example(lot=20, operations=(step,))}, rates=rates)
    # 0.5 h → 0.4 h; the new times over the old lot would be 0.5 h
    assert explain(old, new)[P] == {
        (LABOUR, "lot_size"): -2,
        (LABOUR, "rate"): D("0.8"),
    }


def test_levels_pass_their_reasons_on():
    """X = 3 Q, Q = 2 P; then X takes 4 Q, and M costs 0.5 more."""
    bills = {P: example(), Q: one_of(P, 2), X: one_of(Q, 3)}
    new = structure({**bills, X: one_of(Q, 4)}, {M: D("5.5")})
    result = explain(structure(bills), new)
    assert result[Q] == {(MATERIAL, "price"): 2}
    assert result[X] == {
        (MATERIAL, "price"): 8,
        (MATERIAL, "quantity"): 20,
        (LABOUR, "quantity"): 20,
        (VOH, "quantity"): 6,
        (FOH, "quantity"): 4,
    }


def test_replaced_component():
    new = structure({P: example([(S, 20)])})
    assert explain(structure(), new)[P] == {(MATERIAL, "structure"): 2}


def test_replaced_operation():
    """The saw takes over: same element and time, another rate."""
    rates = {**RATES, SAW: (Rate(LABOUR, D(15)),)}
    step = ASSEMBLY._replace(workcenter=SAW)
    new = structure({P: example(operations=(step,))}, rates=rates)
    assert explain(structure(), new)[P] == {
        (LABOUR, "structure"): D("-2.5"),
        (VOH, "structure"): -3,
        (FOH, "structure"): -2,
    }


def test_rate_for_an_element_of_its_own_instead_of_the_pool():
    old = structure(rates={BENCH: (Rate(FOH, D(30)),)})
    new = structure(rates={BENCH: (Rate(LABOUR, D(20)), Rate(VOH, D(12)))})
    assert explain(old, new)[P] == {
        (FOH, "rate"): -15,
        (LABOUR, "rate"): 10,
        (VOH, "rate"): 6,
    }


def test_crew_is_quantity():
    rates = {BENCH: (Rate(LABOUR, D(20), D(2)), *RATES[BENCH][1:])}
    assert explain(structure(), structure(rates=rates))[P] == {(LABOUR, "quantity"): 10}


def test_component_that_becomes_made():
    """Q needs an M, which then is made of 1 S and an hour at the bench."""
    old = structure({Q: one_of(M)})
    made = Bill(D(1), D(1), (Component(S, D(1)),), (ASSEMBLY,))
    new = structure({Q: one_of(M), M: made}, rates={BENCH: (Rate(LABOUR, D(10)),)})
    changes = {(MATERIAL, "structure"): 1, (LABOUR, "structure"): 14}
    assert explain(old, new) == {Q: changes, M: changes}


def test_product_in_one_version_only():
    old, new = structure(), structure({Q: one_of(M, 3)})
    result = compare(standards(old), standards(new), MATERIAL)
    assert (result[P].old, result[P].new) == (25, None)
    assert result[P].effects[(LABOUR, "structure")] == -10
    assert result[P].change == -25
    assert result[Q].effects == {(MATERIAL, "structure"): 15}


def test_bought_product_with_a_card_changes_by_price():
    old = structure(prices={B: D("0.9")}, purchased=(B,))
    new = structure(prices={B: D(1)}, purchased=(B,))
    assert explain(old, new) == {B: {(MATERIAL, "price"): D("0.1")}}


def test_by_products_take_their_share_of_every_change():
    """Gross 25 → 27, of which 4 % are credited; both reasons on the material."""
    bills = {P: example(byproducts=(ByProduct(B, D(10), D(4)),))}
    rates = {BENCH: (Rate(LABOUR, D(22)), *RATES[BENCH][1:])}
    old = structure(bills, {B: D(1)})
    new = structure(bills, {B: D(1), M: D("5.5")}, rates=rates)
    assert explain(old, new)[P] == {
        (MATERIAL, "price"): D("0.96"),
        (LABOUR, "rate"): 1,
        (MATERIAL, "rate"): D("-0.04"),
    }


def test_share_of_a_by_product_is_structure():
    bills = [{P: example(byproducts=(ByProduct(B, D(10), D(n)),))} for n in (4, 10)]
    old, new = (structure(bill, {B: D(1)}) for bill in bills)
    assert explain(old, new) == {P: {(MATERIAL, "structure"): D("-1.5")}}


def test_operation_of_a_kit_does_not_depend_on_the_lot_of_the_card():
    """A lot of 4 kits takes 1.4 h; P takes 2 kits, in a lot of 6 or of 10."""
    kit = Bill(D(4), D(4), (Component(M, D(8)),), (ASSEMBLY._replace(capacity=D(4)),))
    slow = replace(kit, operations=(ASSEMBLY._replace(fixed=D(3), capacity=D(4)),))

    def version(lot, kit):
        bill = Bill(D(2), D(lot), (Component(X, D(4)),))
        rates = {BENCH: (Rate(LABOUR, D(20)),)}
        return structure({P: bill}, kits={X: kit}, rates=rates)

    assert explain(version(6, kit), version(10, kit)) == {}
    assert explain(version(6, kit), version(10, slow)) == {
        P: {(LABOUR, "quantity"): D(20)}
    }


def test_fee_of_a_subcontractor_is_a_price():
    def version(fee):
        bills = {P: example(), Q: one_of(P, 2)}
        return structure(bills, {P: D(fee)}, subcontract=FEE, subcontracted=[P])

    assert explain(version(3), version(4)) == {
        P: {(FEE, "price"): 1},
        Q: {(FEE, "price"): 2},
    }
    assert explain(version(0), version(4))[P] == {(FEE, "structure"): 4}


def test_card_that_was_kept_takes_nothing_over():
    """Q is rolled up on its own, X still counts it at its former cost."""
    bills = {P: example(), Q: one_of(P, 2), X: one_of(P, 3)}
    old = structure(bills)
    cards = roll_up(old).cards
    new = select(structure(bills, {M: D("5.5")}), [Q], cards)
    assert explain(old, new) == {
        M: {(MATERIAL, "price"): D("0.5")},
        P: {(MATERIAL, "price"): 1},
        Q: {(MATERIAL, "price"): 2},
    }
    # the next roll-up of all catches up: nothing in it has changed but X
    assert explain(new, structure(bills, {M: D("5.5")})) == {
        X: {(MATERIAL, "structure"): 3}
    }


def test_card_that_does_not_add_up_leaves_a_rest_of_the_structure():
    card = roll_up(structure()).cards[P]
    old, new = Standards({P: card}, {}), Standards({P: replace(card, amount=D(26))}, {})
    assert compare(old, new, MATERIAL)[P].effects == {(MATERIAL, "structure"): 1}


# -- laws ----------------------------------------------------------------------------

amounts = st.decimals("0", "1000", places=4, allow_nan=False)
positive = st.decimals("0.001", "1000", places=3, allow_nan=False)
shares = st.decimals("0", "40", places=2, allow_nan=False)
LEAVES = (1000, 1001, 1002)


@st.composite
def structures(draw):
    """Up to five levels of bills and kits; two of them share products by chance."""
    below, bills, kits = list(LEAVES), {}, {}
    levels = draw(st.integers(1, 5))
    for product in range(100, 100 + levels):
        kind = draw(st.sampled_from((bills, bills, kits)))
        kind[product] = draw(_bills(product, below))
        below.append(product)
    prices = {product: draw(amounts) for product in LEAVES}
    rates = {BENCH: (Rate(LABOUR, draw(amounts)), Rate(VOH, draw(amounts)))}
    return Structure(MATERIAL, bills, kits, prices, rates, draw(st.sets(_leaf)))


_leaf = st.sampled_from(LEAVES)


@st.composite
def _bills(draw, product, below):
    components = tuple(
        Component(draw(st.sampled_from(below)), draw(amounts))
        for _line in range(draw(st.integers(0, 3)))
    )
    operations = tuple(
        Operation(10 * product + n, BENCH, draw(amounts), draw(amounts), draw(positive))
        for n in range(draw(st.integers(0, 2)))
    )
    byproducts = tuple(
        ByProduct(2000 + n, draw(amounts), draw(shares))
        for n in range(draw(st.integers(0, 2)))
    )
    return Bill(draw(positive), draw(positive), components, operations, byproducts)


conversions = pytest.mark.parametrize(
    "convert", [None, stored], ids=["exact", "stored"]
)


@conversions
@given(structures(), structures())
def test_reasons_add_up_to_the_change(convert, old, new):
    result = compare(standards(old, convert), standards(new, convert), MATERIAL)
    with localcontext(prec=60):
        for item in result.values():
            if item.effects:
                assert sum(item.effects.values()) == item.change
            else:
                scale = max(abs(item.old or 0), abs(item.new or 0), D(1))
                assert abs(item.change) <= scale * D("1e-9")


@conversions
@given(structures())
def test_a_version_beside_itself_shows_nothing(convert, structure):
    one = standards(structure, convert)
    assert all(not x.effects for x in compare(one, one, MATERIAL).values())


@conversions
@given(structures(), amounts, _leaf)
def test_one_price_gives_prices_only(convert, structure, price, leaf):
    new = replace(structure, prices={**structure.prices, leaf: price})
    result = compare(standards(structure, convert), standards(new, convert), MATERIAL)
    kinds = {kind for item in result.values() for _element, kind in item.effects}
    assert kinds <= {"price"}


@conversions
@given(structures(), positive)
def test_lots_alone_give_lot_sizes_only(convert, structure, factor):
    bills = {
        product: replace(bill, lot=bill.lot * factor)
        for product, bill in structure.bills.items()
    }
    new = replace(structure, bills=bills)
    result = compare(standards(structure, convert), standards(new, convert), MATERIAL)
    kinds = {kind for item in result.values() for _element, kind in item.effects}
    assert kinds <= {"lot_size"}


@given(structures(), structures())
def test_the_other_way_round_negates_the_changes(old, new):
    there = compare(standards(old), standards(new), MATERIAL)
    back = compare(standards(new), standards(old), MATERIAL)
    assert there.keys() == back.keys()
    for product, item in there.items():
        assert item.change == -back[product].change
        # not each effect: what is valued at the old rate is then valued at the new one
        effects = [sum(x.effects.values()) for x in (item, back[product])]
        assert abs(effects[0] + effects[1]) < D("1e-15")
