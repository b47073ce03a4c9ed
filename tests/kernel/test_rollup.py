"""The roll-up of standard cards: worked examples and laws that hold for any bill."""

from dataclasses import replace
from decimal import Decimal as D

import pytest
from costing.rollup import allowed_hours, complete_splits, roll_up, whole_cycles
from costing.structure import (
    Bill,
    ByProduct,
    Component,
    Operation,
    Rate,
    Structure,
    convert,
    find_purchased,
    select,
)
from hypothesis import given
from hypothesis import strategies as st

MATERIAL, LABOUR, VOH, FOH, FEE = 1, 2, 3, 4, 5
P, Q, B, M, S, X, Y = 10, 11, 12, 13, 14, 15, 16
BENCH = 20
TOLERANCE = D("1e-18")


def assert_same(first, second):
    assert abs(first - second) <= TOLERANCE * max(abs(first), abs(second), D(1))


def one_of(product, quantity=1, **kwargs):
    return Bill(D(1), D(1), (Component(product, D(quantity)),), **kwargs)


# The worked example: 2 kg of M at 5.00; set-up 1 h over a lot of 10 and 0.4 h each.
ASSEMBLY = Operation(30, BENCH, D(1), D("0.4"), D(1))
RATES = {BENCH: (Rate(LABOUR, D(20)), Rate(VOH, D(6)), Rate(FOH, D(4)))}


def example(byproducts=()):
    return Bill(D(10), D(10), (Component(M, D(20)),), (ASSEMBLY,), byproducts)


def example_card(**kwargs):
    bill = example(kwargs.pop("byproducts", ()))
    structure = Structure(
        MATERIAL, {P: bill}, prices={M: D(5), B: D("0.9")}, rates=RATES, **kwargs
    )
    return roll_up(structure).cards[P]


def test_card_of_the_worked_example():
    card = example_card()
    assert card.amount == D(25)
    assert card.split == {MATERIAL: D(10), LABOUR: D(10), VOH: D(3), FOH: D(2)}
    assert [(line.type, line.quantity, line.rate) for line in card.lines] == [
        ("component", D(2), D(5)),
        ("operation", D("0.5"), D(20)),
        ("operation", D("0.5"), D(6)),
        ("operation", D("0.5"), D(4)),
    ]


def test_by_product_takes_its_share_out_of_the_material():
    card = example_card(byproducts=(ByProduct(B, D(10), D(4)),))
    credit = card.lines[-1]
    assert (credit.type, credit.product) == ("byproduct", B)
    assert (credit.quantity, credit.rate, credit.amount) == (D(-1), D(1), D(-1))
    assert card.amount == D(24)
    assert card.split[MATERIAL] == D(9)


def test_by_product_of_which_nothing_is_expected_takes_no_share():
    card = example_card(byproducts=(ByProduct(B, D(0), D(4)),))
    assert card.amount == D(25)


def test_share_that_is_left_is_rounded_as_odoo_rounds_it():
    """1 − 3 × 1.333 % = 0.96001 becomes 0.96; what is credited makes it up to 1."""
    card = example_card(byproducts=(ByProduct(B, D(10), D("1.333")),) * 3)
    assert_same(card.amount, D(24))
    assert_same(card.lines[-1].amount, -D(1) / 3)


def test_by_product_without_share_is_expected_at_no_value():
    card = example_card(byproducts=(ByProduct(B, D(10), D(0)),))
    assert (card.lines[-1].quantity, card.lines[-1].amount) == (D(-1), D(0))
    assert card.amount == D(25)


def test_crew_multiplies_hours_of_labour_only():
    rates = {BENCH: (Rate(LABOUR, D(20), D(3)), Rate(VOH, D(6)))}
    structure = Structure(MATERIAL, {P: example()}, prices={M: D(5)}, rates=rates)
    labour, overhead = roll_up(structure).cards[P].lines[1:]
    assert (labour.quantity, labour.amount) == (D("1.5"), D(30))
    assert (labour.fixed_hours, labour.cycle_hours) == (D(3), D("1.2"))
    assert (overhead.quantity, overhead.fixed_hours) == (D("0.5"), D(1))


@pytest.mark.parametrize(
    ("quantity", "hours"), [("10", "5"), ("6", "3.4"), ("12", "5.8"), ("5.2", "3.4")]
)
def test_allowed_hours_count_begun_cycles_and_set_up_once(quantity, hours):
    line = example_card().lines[1]
    allowed = allowed_hours(
        line.fixed_hours, line.cycle_hours, line.capacity, D(quantity)
    )
    assert allowed == D(hours)


def test_a_ratio_next_to_a_whole_number_is_that_number():
    assert whole_cycles(D(2) / 3, D(1) / 3) == 2
    assert whole_cycles(D("10.0001"), D(5)) == 3
    assert whole_cycles(D(0), D(5)) == 0


def test_levels_are_added_up_and_split_by_element():
    bills = {
        Y: one_of(P, 2),
        P: example(),
        X: Bill(D(1), D(1), (Component(Y, D(3)), Component(M, D(1)))),
    }
    result = roll_up(Structure(MATERIAL, bills, prices={M: D(5)}, rates=RATES))
    assert list(result.cards) == [P, Y, X]
    assert result.cards[X].amount == D(155)
    assert result.cards[X].split == {
        MATERIAL: D(65),
        LABOUR: D(60),
        VOH: D(18),
        FOH: D(12),
    }


def test_kits_are_replaced_by_their_components_and_work():
    kit = Bill(D(4), D(4), (Component(M, D(8)),), (ASSEMBLY._replace(capacity=D(4)),))
    structure = Structure(
        MATERIAL,
        {P: Bill(D(2), D(6), (Component(X, D(4)), Component(S, D(2))))},
        kits={X: Bill(D(1), D(1), (Component(Y, D(1)),)), Y: kit},
        prices={M: D(5), S: D(6)},
        rates={BENCH: (Rate(LABOUR, D(20)),)},
    )
    material, substitute, work = roll_up(structure).cards[P].lines
    # 2 kits per unit, 2 kg of M in each
    assert (material.product, material.quantity) == (M, D(4))
    assert (substitute.product, substitute.quantity) == (S, D(1))
    # 1.4 h for a lot of 4 kits, of which a unit takes 2
    assert (work.operation, work.quantity) == (30, D("0.7"))
    # a lot of 6 units takes 3 lots of kits: 3 set-ups, and a cycle for every 2 units
    assert (work.fixed_hours, work.cycle_hours, work.capacity) == (D(3), D("0.4"), D(2))
    assert allowed_hours(*work[-3:], D(6)) == work.quantity * 6


def test_optional_component_is_on_the_card_at_nothing():
    bill = Bill(D(1), D(1), (Component(M, D(0)), Component(X, D(0))))
    kits = {X: one_of(S, operations=(ASSEMBLY,))}
    prices = {M: D(5), S: D(6)}
    card = roll_up(Structure(MATERIAL, {P: bill}, kits, prices, RATES)).cards[P]
    assert [(line.product, line.quantity) for line in card.lines] == [(M, 0), (S, 0)]
    assert card.amount == 0


def test_a_product_with_a_bill_and_a_kit_is_made_alone_and_exploded_inside_others():
    bills = {X: one_of(M, 7), P: one_of(X)}
    kits = {X: one_of(S)}
    cards = roll_up(Structure(MATERIAL, bills, kits, {M: D(5), S: D(6)})).cards
    assert (cards[X].amount, cards[P].amount) == (D(35), D(6))


def test_circles_are_named_and_do_not_hold_up_the_others():
    bills = {P: one_of(X), X: one_of(Y), Y: one_of(X), Q: one_of(P), S: one_of(M)}
    result = roll_up(Structure(MATERIAL, bills, prices={M: D(5)}))
    assert result.cycles == ((X, Y, X),)
    assert set(result.blocked) == {P, Q, X, Y}
    assert list(result.cards) == [S]


def test_circle_through_a_kit_is_named():
    result = roll_up(Structure(MATERIAL, {P: one_of(X)}, {X: one_of(Y), Y: one_of(X)}))
    assert result.cycles == ((X, Y, X),)
    assert result.blocked == (P,)


def test_product_in_its_own_bill_is_a_circle():
    result = roll_up(Structure(MATERIAL, {P: one_of(P)}))
    assert result.cycles == ((P, P),)


def test_neither_price_nor_bill_counts_as_nothing_and_is_reported():
    bill = Bill(D(1), D(1), (Component(M, D(2)), Component(S, D(1))))
    bill = Bill(D(1), D(1), bill.components, byproducts=(ByProduct(B, D(1), D(0)),))
    result = roll_up(Structure(MATERIAL, {P: bill}, prices={M: D(5)}))
    assert result.missing == (S, B)
    assert result.cards[P].amount == D(10)


def test_price_of_nothing_is_a_price():
    result = roll_up(Structure(MATERIAL, {P: one_of(M)}, prices={M: D(0)}))
    assert result.missing == ()
    assert result.cards[P].amount == 0


def test_the_bill_precedes_the_price():
    bills = {P: one_of(X), X: one_of(M)}
    result = roll_up(Structure(MATERIAL, bills, prices={M: D(5), X: D(99)}))
    assert result.cards[P].amount == D(5)


def test_purchased_product_gets_a_card_at_its_own_price():
    structure = Structure(MATERIAL, prices={B: D("0.9")}, purchased=(B,))
    card = roll_up(structure).cards[B]
    assert card.amount == D("0.9")
    assert [(line.product, line.quantity) for line in card.lines] == [(B, D(1))]
    assert card.split == {MATERIAL: D("0.9")}


def test_purchased_products_are_found_through_kits():
    bills = {P: example((ByProduct(B, D(1), D(4)),)), Q: one_of(X)}
    kits = {X: Bill(D(1), D(1), (Component(S, D(1)), Component(P, D(1)))), Y: one_of(7)}
    assert find_purchased(bills, kits) == (M, B, S)


def test_purchased_products_are_found_in_spite_of_a_circle_of_kits():
    kits = {X: one_of(Y), Y: Bill(D(1), D(1), (Component(X, D(1)), Component(S, D(1))))}
    assert find_purchased({P: one_of(X)}, kits) == (S,)


def test_ten_thousand_levels():
    bills = {n: one_of(n + 1) for n in range(100, 10_100)}
    result = roll_up(Structure(MATERIAL, bills, prices={10_100: D(5)}))
    assert result.cards[100].amount == D(5)


# -- laws ----------------------------------------------------------------------------

amounts = st.decimals("0", "1000", places=4, allow_nan=False)
positive = st.decimals("0.001", "1000", places=3, allow_nan=False)
shares = st.decimals("0", "40", places=2, allow_nan=False)


@st.composite
def structures(draw):
    """Up to five levels of bills and kits, each level using only those below it."""
    levels = draw(st.integers(1, 5))
    leaves = [1000, 1001, 1002]
    below, bills, kits = list(leaves), {}, {}
    for product in range(100, 100 + levels):
        bill = draw(_bills(below))
        (kits if draw(st.booleans()) and product != 99 + levels else bills)[product] = (
            bill
        )
        below.append(product)
    prices = {product: draw(amounts) for product in leaves}
    rates = {BENCH: (Rate(LABOUR, draw(amounts)), Rate(VOH, draw(amounts)))}
    return Structure(MATERIAL, bills, kits, prices, rates)


@st.composite
def _bills(draw, below):
    components = tuple(
        Component(draw(st.sampled_from(below)), draw(amounts))
        for _line in range(draw(st.integers(0, 3)))
    )
    operations = tuple(
        Operation(n, BENCH, draw(amounts), draw(amounts), draw(positive))
        for n in range(draw(st.integers(0, 2)))
    )
    byproducts = tuple(
        ByProduct(2000 + n, draw(amounts), draw(shares))
        for n in range(draw(st.integers(0, 2)))
    )
    return Bill(draw(positive), draw(positive), components, operations, byproducts)


def scaled(structure, factor):
    """The same structure with every price and rate `factor` times as high."""
    return Structure(
        structure.material,
        structure.bills,
        structure.kits,
        {product: price * factor for product, price in structure.prices.items()},
        {
            workcenter: tuple(
                rate._replace(amount=rate.amount * factor) for rate in rates
            )
            for workcenter, rates in structure.rates.items()
        },
    )


@given(structures())
def test_lines_and_split_add_up_to_the_amount(structure):
    for card in roll_up(structure).cards.values():
        assert_same(sum(line.amount for line in card.lines), card.amount)
        assert_same(sum(card.split.values()), card.amount)
        for line in card.lines:
            assert_same(line.quantity * line.rate, line.amount)


@given(structures(), st.decimals("0", "10", places=3))
def test_cards_are_linear_in_prices_and_rates(structure, factor):
    cards = roll_up(structure).cards
    for product, card in roll_up(scaled(structure, factor)).cards.items():
        assert_same(card.amount, cards[product].amount * factor)


@given(structures(), positive)
def test_cards_do_not_depend_on_the_unit_of_a_material(structure, size):
    """A leaf counted in a unit `size` times as large, at a price to match."""
    leaf = 1000

    def in_new_unit(bill):
        components = tuple(
            line._replace(quantity=convert(line.quantity, D(1), size))
            if line.product == leaf
            else line
            for line in bill.components
        )
        return Bill(
            bill.quantity, bill.lot, components, bill.operations, bill.byproducts
        )

    other = Structure(
        structure.material,
        {product: in_new_unit(bill) for product, bill in structure.bills.items()},
        {product: in_new_unit(kit) for product, kit in structure.kits.items()},
        {**structure.prices, leaf: structure.prices[leaf] * size},
        structure.rates,
    )
    cards = roll_up(structure).cards
    for product, card in roll_up(other).cards.items():
        assert_same(card.amount, cards[product].amount)


@given(positive, positive, positive, st.integers(1, 1000))
def test_the_lot_spreads_set_up_and_nothing_else(fixed, cycle, rate, lot):
    def card(lot):
        operation = Operation(1, BENCH, fixed, cycle, D(1))
        bill = Bill(D(1), D(lot), (), (operation,))
        rates = {BENCH: (Rate(LABOUR, rate),)}
        return roll_up(Structure(MATERIAL, {P: bill}, rates=rates)).cards[P]

    assert_same(card(1).amount, (fixed + cycle) * rate)
    assert_same(card(lot).amount, (fixed / lot + cycle) * rate)
    line = card(lot).lines[0]
    assert_same(
        allowed_hours(line.fixed_hours, line.cycle_hours, line.capacity, D(lot)),
        line.quantity * lot,
    )


def test_splits_are_worked_out_again_from_the_cards():
    """As `roll_up` gave them, whatever the order in which the cards are read."""
    bills = {
        Q: one_of(P, 3, operations=(ASSEMBLY,)),
        X: one_of(Q, 2),
        P: example((ByProduct(B, D(10), D(4)),)),
    }
    structure = Structure(MATERIAL, bills, prices={M: D(5)}, rates=RATES, purchased=[M])
    cards = dict(reversed(roll_up(structure).cards.items()))
    assert complete_splits(cards) == {key: card.split for key, card in cards.items()}


def test_fee_of_a_subcontractor():
    structure = Structure(
        MATERIAL,
        {P: one_of(M)},
        prices={M: D(5), P: D(3)},
        subcontract=FEE,
        subcontracted=[P],
    )
    card = roll_up(structure).cards[P]
    assert card.amount == D(8)
    assert card.split == {MATERIAL: D(5), FEE: D(3)}
    assert [line[:5] for line in card.lines] == [
        ("component", MATERIAL, D(1), D(5), D(5)),
        ("fee", FEE, D(1), D(3), D(3)),
    ]


def test_selected_products_are_made_anew_and_the_others_keep_their_cards():
    bills = {P: one_of(M, 2), Q: one_of(P, 3), X: one_of(M)}
    before = Structure(MATERIAL, bills, prices={M: D(5)}, purchased=[S])
    cards = roll_up(before).cards
    now = Structure(MATERIAL, bills, prices={M: D(6)}, purchased=[S, B])
    chosen = roll_up(select(now, [Q], cards)).cards
    assert {p: card.amount for p, card in chosen.items()} == {
        P: D(12),  # below Q
        Q: D(36),
        X: D(5),
        S: D(0),
    }
    assert chosen[X] is cards[X]


def test_components_that_are_not_selected_count_at_the_card_that_they_keep():
    bills = {P: one_of(M, 2), Q: one_of(P, 3)}
    now = Structure(MATERIAL, bills, prices={M: D(6)})
    kept = roll_up(Structure(MATERIAL, {P: one_of(M, 2)}, prices={M: D(5)})).cards
    result = roll_up(replace(now, kept=kept))
    assert result.cards[Q].amount == D(30)
    assert result.cards[P] is kept[P]


def test_normal_scrap_is_part_of_the_standard_quantity():
    bill = Bill(D(10), D(10), (Component(M, D(20), D(5)),))
    line = roll_up(Structure(MATERIAL, {P: bill}, prices={M: D(5)})).cards[P].lines[0]
    assert (line.quantity, line.amount) == (D("2.1"), D("10.5"))
