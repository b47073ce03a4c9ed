"""Properties of the revaluation kernel (plain pytest, no Odoo)."""

from decimal import Decimal as D

from costing.entry import round_half_up
from costing.revaluation import RESTATED, Part, Restated, revalue
from hypothesis import given
from hypothesis import strategies as st

CENT = D("0.01")
MATERIAL, LABOUR = 1, 2
STOCK, MATERIALS, REVALUATION = 10, 12, 50


def parts(account, **amounts):
    elements = {"material": MATERIAL, "labour": LABOUR}
    return tuple(Part(account, elements[k], D(str(v))) for k, v in amounts.items())


def by_kind(amounts):
    totals = {}
    for key, amount in amounts.items():
        totals[key.account] = totals.get(key.account, 0) + amount
    return totals


def test_s1_under_completion():
    """33 P from 25 to 27 (material and labour + 1 each), 28 kg M from 5.00 to 5.50."""
    goods = [
        Restated(
            1,
            D(33),
            parts(STOCK, material=10, labour=15),
            parts(STOCK, material=11, labour=16),
        ),
        Restated(
            2, D(28), parts(MATERIALS, material=5), parts(MATERIALS, material="5.5")
        ),
    ]
    result = revalue(goods, REVALUATION, CENT)
    assert by_kind(result.target.amounts) == {
        STOCK: 66,
        MATERIALS: 14,
        REVALUATION: -80,
    }
    rows = {(k.product, k.element): r.amount for k, r in result.target.rows.items()}
    assert rows == {(1, MATERIAL): -33, (1, LABOUR): -33, (2, MATERIAL): -14}
    assert result.open_rows == {}


def test_s1_under_delivery_labour_stands_nowhere():
    goods = [
        Restated(
            1,
            D(33),
            parts(MATERIALS, material=10) + parts(None, labour=15),
            parts(MATERIALS, material=11) + parts(None, labour=16),
        )
    ]
    result = revalue(goods, REVALUATION, CENT)
    assert by_kind(result.target.amounts) == {MATERIALS: 33, REVALUATION: -33}
    assert [row.amount for row in result.open_rows.values()] == [-33]


prices = st.decimals(min_value=0, max_value=100, places=4)
quantities = st.decimals(min_value=-10, max_value=1000, places=3)


@given(quantities, prices, prices, prices, prices)
def test_value_after_is_quantity_times_new_standard(quantity, m0, l0, m1, l1):
    item = Restated(
        1,
        quantity,
        parts(STOCK, material=m0, labour=l0),
        parts(STOCK, material=m1, labour=l1),
    )
    result = revalue([item], REVALUATION, CENT)
    amounts = result.target.amounts
    assert sum(amounts.values()) == 0
    restated = sum(x for key, x in amounts.items() if key.kind == RESTATED)
    before = round_half_up(quantity * (m0 + l0), CENT)
    assert before + restated == round_half_up(quantity * (m1 + l1), CENT)
    assert sum(row.amount for row in result.target.rows.values()) == -restated
