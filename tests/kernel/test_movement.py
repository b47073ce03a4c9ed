"""Properties of deliveries, losses and restated movements (plain pytest, no Odoo)."""

from dataclasses import replace
from decimal import Decimal as D

from costing.entry import Accounts, Card, CardLine, Standard, merge
from costing.movement import (
    delivery_target,
    material_loss,
    output_loss,
)
from costing.variance import Flow, Measured, Original, change_rows, restate
from hypothesis import given
from hypothesis import strategies as st

MATERIAL, LABOUR, OVERHEAD = 1, 2, 3
P, M, A = 100, 103, 106
COST_OF_SALES, REVALUATION, SCRAP, LOCATION = 40, 50, 60, 70
ACCOUNTS = Accounts(
    material_element=MATERIAL,
    stock={P: 10, M: 12},
    applied={LABOUR: 20, OVERHEAD: 21},
    variance={"standard_change": REVALUATION, "material_scrap": SCRAP},
    by_element={("output_scrap", element): 60 + element for element in (1, 2, 3)},
)
amounts = st.decimals(0, 1000, places=3, allow_nan=False, allow_infinity=False)
quantities = st.decimals(-99, 99, places=2).filter(bool)


def make_card(material, labour, overhead, product=P):
    parts = (D(material), D(labour), D(overhead))
    lines = (
        CardLine("component", MATERIAL, M, D(1), parts[0], parts[0]),
        CardLine("operation", LABOUR, None, D(1), parts[1], parts[1]),
        CardLine("operation", OVERHEAD, None, D(1), parts[2], parts[2]),
    )
    return Card(product, sum(parts), lines)


cards = st.builds(make_card, amounts, amounts, amounts)
OLD, NEW = make_card(10, 10, 5), make_card(11, 11, 5)


def by_account(target):
    result = {}
    for key, amount in target.items():
        result[key.account] = result.get(key.account, 0) + amount
    return {account: amount for account, amount in result.items() if amount}


def by_element(rows):
    return {key.element: row.amount for key, row in rows.items()}


def deliver(original, *shipped):
    standards = [(D(quantity), Standard(card)) for quantity, card in shipped]
    return delivery_target(Standard(original), standards, ACCOUNTS, COST_OF_SALES)


def test_s4_return_after_new_standards():
    target = deliver(OLD, (-1, NEW))
    assert by_account(target.amounts) == {
        12: 11,
        20: 10,
        21: 5,
        REVALUATION: -1,
        COST_OF_SALES: -25,
    }
    assert by_element(target.rows) == {MATERIAL: -1}
    assert by_element(target.open_rows) == {LABOUR: -1}


def test_c8_product_scrapped():
    lost = [(Flow(P, D(1), D(25)), Standard(OLD))]
    carried = output_loss(lost, "output_scrap", ACCOUNTS, carried=True)
    assert by_account(carried.amounts) == {61: 10, 62: 10, 63: 5, 10: -25}
    through = output_loss(lost, "output_scrap", ACCOUNTS, carried=False)
    assert by_account(through.amounts) == {61: 10, 62: 10, 63: 5, 12: -10, 20: -10} | {
        21: -5
    }
    assert by_element(carried.rows) == by_element(through.rows)


def test_price_set_by_hand_is_lost_as_material():
    lost = [(Flow(P, D(2), D(54)), Standard(OLD))]
    target = output_loss(lost, "output_scrap", ACCOUNTS, carried=True)
    assert by_element(target.rows) == {MATERIAL: 24, LABOUR: 20, OVERHEAD: 10}


def test_location_account_takes_the_whole_loss():
    lost = [(Flow(P, D(1), D(25)), Standard(OLD))]
    target = output_loss(lost, "output_scrap", ACCOUNTS, carried=False, debit=LOCATION)
    assert by_account(target.amounts)[LOCATION] == 25
    assert {key.account for key in target.rows} == {LOCATION}


def test_component_costed_at_delivery_is_lost_through_its_card():
    through = {A: [(D(50), Standard(make_card(10, 10, 5, product=A)))]}
    lost = Flow(A, D(2), D(50))
    target = material_loss(lost, "material_scrap", ACCOUNTS, through)
    assert by_account(target.amounts) == {SCRAP: 50, 12: -20, 20: -20, 21: -10}


@given(cards, st.lists(st.tuples(quantities, cards), min_size=1, max_size=4))
def test_deliveries_balance_whatever_the_cards_were(original, shipped):
    target = deliver(original, *shipped)
    assert sum(target.amounts.values()) == 0


@given(cards, st.lists(st.tuples(quantities, cards), min_size=1, max_size=4))
def test_cost_of_sales_and_applied_stay_at_the_original_card(original, shipped):
    booked = by_account(deliver(original, *shipped).amounts)
    quantity = sum(moved for moved, _card in shipped)
    assert booked.get(COST_OF_SALES, 0) == quantity * original.amount
    for line in original.lines[1:]:
        account = ACCOUNTS.applied[line.element]
        assert booked.get(account, 0) == -quantity * line.amount
    moved = sum(moved * card.lines[0].amount for moved, card in shipped)
    assert booked.get(ACCOUNTS.stock[M], 0) == -moved


@given(cards, st.lists(st.tuples(quantities, cards), min_size=1, max_size=4))
def test_changes_are_what_the_cards_differ_by(original, shipped):
    target = deliver(original, *shipped)
    rows = by_element(target.rows) | by_element(target.open_rows)
    for before in original.lines:
        change = sum(
            moved * (line.amount - before.amount)
            for moved, card in shipped
            for line in card.lines
            if line.element == before.element
        )
        assert rows.get(before.element, 0) == change


@given(cards, quantities, amounts)
def test_losses_balance_and_their_rows_are_the_loss(card, quantity, price):
    flow = Flow(P, quantity, quantity * price)
    lost = [(flow, Standard(card))]
    target = output_loss(lost, "output_scrap", ACCOUNTS, carried=True)
    assert sum(target.amounts.values()) == 0
    assert sum(row.amount for row in target.rows.values()) == flow.amount
    target = output_loss(lost, "output_scrap", ACCOUNTS, carried=False)
    assert sum(target.amounts.values()) == 0
    rows = sum(row.amount for row in target.rows.values())
    assert rows == quantity * card.amount


@given(st.lists(st.tuples(quantities, amounts, cards), min_size=1, max_size=5), cards)
def test_restating_loses_nothing(moved, first):
    facts = [
        Measured(quantity, price, quantity * price, card.content())
        for quantity, price, card in moved
    ]
    original = Original(first.amount, first.content())
    amount, change, parts = restate(facts, original, MATERIAL)
    assert amount == sum(fact.quantity for fact in facts) * first.amount or any(
        fact.standard == first.amount for fact in facts
    )
    assert amount + change == sum(fact.amount for fact in facts)
    flow = Flow(P, D(1), amount, change=change, parts=parts)
    rows = change_rows(flow, -1, MATERIAL)
    assert sum(row.amount for row in rows.values()) == -change


@given(cards, quantities)
def test_there_and_back_is_nothing(card, quantity):
    there, back = deliver(card, (quantity, card)), deliver(card, (-quantity, card))
    assert merge([there.amounts, back.amounts]) == {}
    assert there == replace(there, rows={}, open_rows={})
