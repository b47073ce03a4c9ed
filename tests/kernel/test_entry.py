"""Properties of the entry kernel (plain pytest, no Odoo)."""

from dataclasses import replace
from decimal import Decimal as D

from costing.completion import Completion, completion_target
from costing.entry import (
    Accounts,
    Card,
    CardLine,
    Key,
    Recorded,
    Standard,
    Target,
    delta,
    freeze_accounts,
    main_material,
    merge,
    owed,
    owed_rows,
    round_half_up,
    round_target,
)
from costing.movement import delivery_target
from costing.variance import KINDS, Flow
from hypothesis import given
from hypothesis import strategies as st

CENT = D("0.01")
MATERIAL, LABOUR, OVERHEAD = 1, 2, 3
P, Q, B, M, S, X = 100, 101, 102, 103, 104, 105
ACCOUNTS = Accounts(
    material_element=MATERIAL,
    stock={P: 10, Q: 10, B: 11, M: 12, S: 12, X: 13},
    applied={LABOUR: 20, OVERHEAD: 21},
    variance={
        "material_usage": 30,
        "material_substitution": 30,
        "output_quantity": 30,
        "method": 30,
        "rounding": 30,
        "material_issue_price": 31,
        "output_price": 31,
        "standard_change": 32,
    },
)
ROUNDING = Key(30, MATERIAL, "rounding", None)


def make_card(product=P, material=5, byproduct=None):
    lines = [
        CardLine("component", MATERIAL, M, D(2), D(material), D(2) * material),
        CardLine("operation", LABOUR, None, D("0.5"), D(20), D(10)),
        CardLine("operation", OVERHEAD, None, D("0.5"), D(10), D(5)),
    ]
    if byproduct:
        lines.append(CardLine("byproduct", MATERIAL, B, D(-1), D(1), D(-1)))
    return Card(product, sum(line.amount for line in lines), tuple(lines))


def flow(product, quantity, price):
    return Flow(product, D(quantity), D(quantity) * D(price))


def deliver(card, quantity, accounts, cost_of_sales, inner=None):
    standard = Standard(card, inner or {})
    return delivery_target(standard, [(quantity, standard)], accounts, cost_of_sales)


def by_account(amounts):
    totals = {}
    for key, amount in amounts.items():
        totals[key.account] = totals.get(key.account, 0) + amount
    return {account: amount for account, amount in totals.items() if amount}


def by_kind(rows):
    return {row.kind: row.amount for row in rows.values()}


def test_exact_order_has_no_rows():
    order = Completion(flow(P, 10, 25), (), (flow(M, 20, 5),))
    target = completion_target(make_card(), order, ACCOUNTS)
    assert by_account(target.amounts) == {10: 250, 12: -100, 20: -100, 21: -50}
    assert target.rows == {}


def test_substitution_leaves_usage_of_what_it_replaced():
    order = Completion(flow(P, 10, 25), (), (flow(M, 15, 5), flow(S, 6, 6)))
    target = completion_target(make_card(), order, ACCOUNTS)
    assert by_kind(target.rows) == {"material_usage": -25, "material_substitution": 36}
    assert by_account(target.amounts)[12] == -111


def test_byproduct_splits_into_price_and_quantity():
    order = Completion(flow(Q, 10, 24), (flow(B, 9, "0.90"),), (flow(M, 20, 5),))
    target = completion_target(make_card(Q, byproduct=True), order, ACCOUNTS)
    assert by_kind(target.rows) == {"output_price": 1, "output_quantity": D("0.90")}
    assert sum(target.amounts.values()) == 0


def test_price_of_stock_other_than_the_card_is_method():
    order = Completion(flow(P, 10, 26), (), (flow(M, 20, "5.50"),))
    target = completion_target(make_card(), order, ACCOUNTS)
    # materials cost 10.00 more than the card says, output is carried 10.00 higher
    assert sorted(row.amount for row in target.rows.values()) == [-10, 10]
    assert {row.kind for row in target.rows.values()} == {"method"}


def test_average_material_keeps_its_price_apart():
    used = Flow(M, D(22), D(132), D(6), True)
    order = Completion(flow(P, 10, 25), (), (used,))
    target = completion_target(make_card(), order, ACCOUNTS)
    assert by_kind(target.rows) == {"material_usage": 10, "material_issue_price": 22}


def test_delivery_relieves_the_card():
    target = deliver(make_card(), D(20), ACCOUNTS, 40)
    assert by_account(target.amounts) == {40: 500, 12: -200, 20: -200, 21: -100}


def test_byproduct_credit_stays_with_the_largest_material():
    target = deliver(make_card(Q, byproduct=True), D(10), ACCOUNTS, 40)
    assert by_account(target.amounts) == {40: 240, 12: -90, 20: -100, 21: -50}


def test_byproduct_credit_of_an_assembly_goes_through_the_card_of_its_part():
    """Its largest line is P, so B stands with the M in it, though S is more."""
    lines = (
        CardLine("component", MATERIAL, P, D(1), D(25), D(25)),
        CardLine("component", MATERIAL, S, D(4), D(6), D(24)),
        CardLine("byproduct", MATERIAL, B, D(-1), D(1), D(-1)),
    )
    card = Card(Q, D(48), lines)
    inner = {P: make_card()}
    assert main_material(card, inner) == M
    apart = replace(ACCOUNTS, stock={**ACCOUNTS.stock, S: 14})
    target = deliver(card, D(1), apart, 40, inner)
    assert by_account(target.amounts) == {40: 48, 12: -9, 14: -24, 20: -10, 21: -5}


def test_component_costed_at_delivery_is_relieved_through_its_card():
    line = CardLine("component", MATERIAL, P, D(2), D(25), D(50))
    outer = Card(X, D(50), (line,))
    target = deliver(outer, D(3), ACCOUNTS, 40, {P: make_card()})
    assert by_account(target.amounts) == {40: 150, 12: -60, 20: -60, 21: -30}
    through = {P: [(D(150), Standard(make_card()))]}
    order = Completion(flow(X, 3, 50), (), (flow(P, 6, 25),), through)
    target = completion_target(outer, order, ACCOUNTS)
    assert by_account(target.amounts) == {13: 150, 12: -60, 20: -60, 21: -30}


def test_kept_card_is_relieved_of_its_own_amount():
    """It counts P at 25.00, which has become 27.00: 12 of material, 15 of work."""
    line = CardLine("component", MATERIAL, P, D(2), D(25), D(50))
    inner = make_card(material=6)
    target = deliver(Card(X, D(50), (line,)), D(27), ACCOUNTS, 40, {P: inner})
    amounts = {key: round(x, 9) for key, x in by_account(target.amounts).items()}
    assert amounts == {40: 1350, 12: -600, 20: -500, 21: -250}


def test_bought_goods_costed_at_delivery_are_relieved_once():
    card = Card(X, D(7), (CardLine("component", MATERIAL, X, D(1), D(7), D(7)),))
    target = deliver(card, D(3), ACCOUNTS, 40, {X: card})
    assert by_account(target.amounts) == {40: 21, 13: -21}


def test_corrected_accounts_stay_where_they_were_booked():
    booked = {Key(12, MATERIAL, "material", M): D(-100)}
    target = {Key(99, MATERIAL, "material", M): D(-105)}
    assert freeze_accounts(target, booked) == {Key(12, MATERIAL, "material", M): -105}


def test_halves_round_away_from_zero():
    assert round_half_up(D("0.125"), CENT) == D("0.13")
    assert round_half_up(D("-0.125"), CENT) == D("-0.13")
    assert round_half_up(D("2.5"), D(1)) == 3
    assert round_half_up(D("0.07"), D("0.05")) == D("0.05")


prices = st.decimals(min_value=0, max_value=50, places=5)
quantities = st.decimals(min_value=0, max_value=500, places=3)


@st.composite
def orders(draw):
    return Completion(
        flow(P, draw(quantities), draw(prices)),
        (flow(B, draw(quantities), draw(prices)),),
        (
            flow(M, draw(quantities), draw(prices)),
            flow(S, draw(quantities), draw(prices)),
        ),
    )


@st.composite
def cards(draw):
    card = make_card(byproduct=True)
    lines = []
    for line in card.lines:
        rate, sign = draw(prices), -1 if line.type == "byproduct" else 1
        quantity = sign * draw(quantities)
        lines.append(
            line._replace(quantity=quantity, rate=rate, amount=quantity * rate)
        )
    return replace(card, lines=tuple(lines), amount=sum(x.amount for x in lines))


def book(target, booked, recorded):
    """Post what is owed; return what is then booked and recorded."""
    due = owed(target, booked, recorded, {}, CENT, ROUNDING)
    recorded = dict(recorded)
    for key, row in due.rows.items():
        known = recorded.get(key, Recorded())
        recorded[key] = Recorded(
            known.quantity_standard + row.quantity_standard,
            known.quantity_actual + row.quantity_actual,
            known.amount + row.amount,
        )
    return merge([booked, due.amounts]), recorded, due


@given(cards(), orders())
def test_entries_always_balance_to_the_cent(card, order):
    target = completion_target(card, order, ACCOUNTS)
    assert sum(target.amounts.values()) == 0
    rounded = round_target(target.amounts, CENT, ROUNDING)
    assert sum(rounded.values()) == 0
    assert all(amount == round_half_up(amount, CENT) for amount in rounded.values())


@given(cards(), orders())
def test_each_account_is_rounded_once(card, order):
    target = completion_target(card, order, ACCOUNTS)
    rounded = by_account(round_target(target.amounts, CENT, ROUNDING))
    exact = by_account(target.amounts)
    for account in set(exact) - {ROUNDING.account}:
        assert rounded.get(account, 0) == round_half_up(exact[account], CENT)


@given(cards(), orders())
def test_posting_twice_books_nothing(card, order):
    target = completion_target(card, order, ACCOUNTS)
    booked, recorded, _due = book(target, {}, {})
    _booked, _recorded, due = book(target, booked, recorded)
    assert due == Target({}, {})


@given(cards(), st.lists(orders(), min_size=1, max_size=4))
def test_any_order_of_corrections_converges(card, states):
    """Whatever was booked on the way, the sums are those of the last state alone."""
    booked, recorded = {}, {}
    for state in states:
        target = completion_target(card, state, ACCOUNTS)
        booked, recorded, _due = book(target, booked, recorded)
    alone, rows, _due = book(completion_target(card, states[-1], ACCOUNTS), {}, {})
    assert booked == alone
    amounts = {key: row.amount for key, row in recorded.items() if row.amount}
    assert amounts == {key: row.amount for key, row in rows.items() if row.amount}


@given(cards(), orders(), orders())
def test_delta_of_a_sum_is_the_sum_of_deltas(card, first, second):
    one = completion_target(card, first, ACCOUNTS).amounts
    two = completion_target(card, second, ACCOUNTS).amounts
    assert merge([delta(one, {}), delta(two, one)]) == delta(two, {})


@given(cards(), orders())
def test_rows_are_the_variance_lines(card, order):
    _booked, recorded, due = book(completion_target(card, order, ACCOUNTS), {}, {})
    lines = {key: x for key, x in due.amounts.items() if key.kind in KINDS}
    assert {key: row.amount for key, row in recorded.items()} == lines


@given(cards(), st.lists(orders(), min_size=1, max_size=3))
def test_rows_without_entry_converge_too(card, states):
    recorded = {}
    for state in states:
        target = completion_target(card, state, ACCOUNTS)
        for key, row in owed_rows(target.rows, recorded, CENT).items():
            known = recorded.get(key, Recorded())
            recorded[key] = known._replace(amount=known.amount + row.amount)
    last = completion_target(card, states[-1], ACCOUNTS).rows
    expected = {key: round_half_up(row.amount, CENT) for key, row in last.items()}
    assert {key: row.amount for key, row in recorded.items() if row.amount} == {
        key: amount for key, amount in expected.items() if amount
    }


@given(cards(), quantities)
def test_a_return_mirrors_its_delivery(card, quantity):
    out = deliver(card, quantity, ACCOUNTS, 40).amounts
    back = deliver(card, -quantity, ACCOUNTS, 40).amounts
    assert merge([out, back]) == {}
    assert sum(out.values()) == 0


changes = st.decimals(D(-50), D(50), places=2, allow_nan=False)


@given(changes, changes, changes, changes)
def test_change_stands_with_the_materials_of_an_order(used_m, used_x, made_m, made_x):
    """Of an order costed at delivery: by the account of each material."""
    used = (
        Flow(M, D(2), D(10), change=used_m),
        Flow(X, D(1), D(1), change=used_x),
    )
    made = Flow(
        P,
        D(1),
        D(25),
        change=made_m + made_x,
        materials=((M, made_m), (X, made_x)),
    )
    order = Completion(made, used=used)
    rows = completion_target(make_card(), order, ACCOUNTS).rows
    together = {key: x.amount for key, x in rows.items() if key[2] == "standard_change"}
    key = Key(32, MATERIAL, "standard_change", P)
    total = used_m + used_x - made_m - made_x
    assert together == ({key: total} if total else {})
    rows = completion_target(make_card(), replace(order, main=M), ACCOUNTS).rows
    apart = {key: x.amount for key, x in rows.items() if key[2] == "standard_change"}
    expected = {key: used_m - made_m, key._replace(product=X): used_x - made_x}
    assert apart == {name: amount for name, amount in expected.items() if amount}
