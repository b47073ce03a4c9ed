"""What the event catalogue says of each event: its entries and rows, to the cent.

Two columns: `c` is the trigger completion (variants 1 and 3), `d` is delivery (2 and
4). An entry is {account: amount, debit +}; those of receivable or payable are the
user's own documents, all others are the addon's.
"""

from typing import NamedTuple

ELEMENTS = ("material", "labour", "variable_overhead", "fixed_overhead")
#: Conversion content of one P at its first standard.
CONTENT = {"labour": 10.0, "variable_overhead": 3.0, "fixed_overhead": 2.0}
LOST = {f"{name}_quantity_variance": x for name, x in CONTENT.items()}
LOST_P = {"material_quantity_variance": 10.0, **LOST}


class Row(NamedTuple):
    """A variance; `open` names the columns in which no entry carries it yet.

    `quantity` is allowed → actual, `price` is standard → actual; `order` and `bill`
    name what it points at.
    """

    kind: str
    amount: float
    quantity: tuple
    price: tuple
    product: str = "p"
    component: str = ""
    element: str = "material"
    order: str = ""
    bill: str = ""
    exchange: float = 0.0
    open: str = ""


class Figure(NamedTuple):
    """Entries and events of the postings by column, and the rows of both."""

    c: tuple = ()
    d: tuple = ()
    rows: tuple = ()
    events: dict = {"c": (), "d": ()}


def applied(units, sign=-1):
    """Credit of the accounts of applied cost (or debit, by `sign`)."""
    return {f"{name}_applied": sign * units * x for name, x in CONTENT.items()}


def negate(entry):
    return {name: -amount for name, amount in entry.items()}


def same(*entries, rows=(), events=()):
    """The same in both columns."""
    return Figure(entries, entries, tuple(rows), {"c": events, "d": events})


def made(*entries, rows=(), events=("completion",)):
    """Only `completion` books it; under `delivery` the rows wait for the close."""
    rows = tuple(row._replace(open="d") for row in rows)
    return Figure(entries, (), rows, {"c": events, "d": events})


def differ(c=(), d=(), rows=(), events_c=(), events_d=()):
    return Figure(c, d, tuple(rows), {"c": events_c, "d": events_d})


def completed(units, materials, **variances):
    """Dr finished goods; Cr materials and applied cost; ± variances known by then."""
    return {
        "finished": units * 25.0,
        "materials": -materials,
        **variances,
        **applied(units),
    }


def billed(owed, materials=0.0, difference=0.0):
    entry = {"materials": materials, "ppv": difference, "liability_payable": -owed}
    return {name: amount for name, amount in entry.items() if amount}


def priced(amount, quantity, paid, bill, standard=5.0, **values):
    """A row of what was paid above the standard of M."""
    quantities, prices = (quantity, quantity), (standard, paid)
    row = Row("material_price", amount, quantities, prices, "m", bill=bill, **values)
    return [row]


def used(order, amount, allowed, actual):
    """A row of M used beyond what the card allows."""
    quantities, prices = (allowed, actual), (5.0, 5.0)
    return Row("material_usage", amount, quantities, prices, "p", "m", order=order)


def lost(kind, units, order=""):
    """One row for each element of so many P."""
    amounts = {"material": 10.0, **CONTENT}
    return [
        Row(kind, units * x, (0, units), (x, x), element=name, order=order)
        for name, x in amounts.items()
    ]


def sold(quantity, price, cost):
    """The invoice in both columns: Odoo adds cost where finished goods carry it."""
    sales = {"asset_receivable": quantity * price, "income": -quantity * price}
    return {**sales, "cost_of_sales": cost, "finished": -cost}, sales


def delivered(units):
    """Under `delivery`: Dr cost of sales, Cr materials and applied cost."""
    return {"cost_of_sales": units * 25.0, "materials": -units * 10.0, **applied(units)}


PURCHASE = {
    "A1": same(),
    "A2": same(billed(520, 500, 20), rows=priced(20, 100, 5.2, "a2"), events=("bill",)),
    "A3": same(
        billed(190, 200, -10), rows=priced(-10, 40, 4.75, "a3"), events=("bill",)
    ),
    "A4": same(
        billed(102, 100, 2),
        rows=priced(2, 20, 5.1, "a4", exchange=2.0),
        events=("bill",),
    ),
    "A5": same(billed(101, 100, 1), rows=priced(1, 20, 5.05, "a5"), events=("bill",)),
    "A5r": same(),
    "A6": same(billed(-52, -50, -2), rows=priced(-2, -10, 5.2, "a6"), events=("bill",)),
    "A7": same(
        billed(-9, 0, -9), rows=priced(-9, -90, 0.1, "a7", 0.0), events=("bill",)
    ),
    "A8": same(billed(7, 0, 7), rows=priced(7, 0, 0.0, "a2", 0.0), events=("bill",)),
    "A9": same(billed(60, 60)),
}

PRODUCTION = {
    "C1": made(completed(10, 100)),
    "C2": made(
        completed(10, 110, material_quantity_variance=10.0),
        rows=[used("mo2", 10, 20, 22)],
    ),
    "C3": made(
        completed(10, 111, material_quantity_variance=11.0),
        rows=[
            used("mo3", -25, 20, 15),
            Row("material_substitution", 36, (0, 6), (6, 6), "p", "s", order="mo3"),
        ],
    ),
    "C4a": made(completed(6, 60)),
    "C4b": made(completed(4, 40)),
    "C5": made(completed(12, 120)),
    "C6": made(
        completed(10, 100)
        | {
            "finished": 248.1,
            "material_price_variance": 1.0,
            "material_quantity_variance": 0.9,
        },
        rows=[
            Row("output_price", 1.0, (10, 10), (1.0, 0.9), "q", "b", order="mo6"),
            Row("output_quantity", 0.9, (10, 9), (0.9, 0.9), "q", "b", order="mo6"),
        ],
    ),
    # the scrap from the order is a movement, and a posting, of its own
    "C7": made(
        {"material_quantity_variance": 5.0, "materials": -5.0},
        completed(10, 100),
        rows=[Row("material_scrap", 5, (0, 1), (5, 5), "p", "m", order="mo7")],
        events=("scrap", "completion"),
    ),
    "C8": differ(
        c=({**LOST_P, "finished": -25.0},),
        d=({**LOST_P, "materials": -10.0, **applied(1)},),
        rows=lost("output_scrap", 1, "mo7"),
        events_c=("scrap",),
        events_d=("scrap",),
    ),
    "C9": made(
        {"material_quantity_variance": 5.0, "materials": -5.0},
        rows=[used("mo1", 5, 20, 21)],
        events=("correction",),
    ),
    # from here the quantities of a row are what the correction adds
    "C10": made(
        {"material_quantity_variance": -5.0, "materials": 5.0},
        rows=[used("mo2", -5, 0, -1)],
        events=("correction",),
    ),
    "C11": made(
        {"material_quantity_variance": 10.0, "finished": -25.0, **applied(1, 1)},
        rows=[used("mo3", 10, -2, 0)],
        events=("correction",),
    ),
    "C12": made(
        {"materials": 10.0, "finished": -25.0, **applied(1, 1)}, events=("unbuild",)
    ),
    "C13": made({"finished": 80.0, "materials": -50.0, "subcontract_applied": -30.0}),
    "C14": same(
        {"subcontract_control": 32.0, "liability_payable": -32.0},
        rows=[
            Row(
                "subcontract_price",
                2.0,
                (10, 10),
                (3.0, 3.2),
                "r",
                element="subcontract",
                bill="c14",
                open="cd",
            )
        ],
        events=("bill",),
    ),
}

D1I_C, D1I_D = sold(20, 40.0, 500.0)
D2_C, D2_D = sold(5, 40.0, 125.0)
D3_C, D3_D = sold(10, 38.0, 240.0)
D3B_C, D3B_D = sold(9, 1.0, 8.1)
D4_C, D4_D = sold(-2, 40.0, -50.0)
DELIVERY = {
    "D1": differ(d=(delivered(20),), events_d=("delivery",)),
    "D1i": differ(c=(D1I_C,), d=(D1I_D,), events_c=("invoice",)),
    "D2": differ(
        c=(D2_C,),
        d=(delivered(5), D2_D),
        events_c=("invoice",),
        events_d=("delivery",),
    ),
    "D2b": differ(d=(delivered(3),), events_d=("delivery",)),
    "D3": differ(
        c=(D3_C,),
        d=({"cost_of_sales": 240.0, "materials": -90.0, **applied(10)}, D3_D),
        events_c=("invoice",),
        events_d=("delivery",),
    ),
    "D3B": differ(
        c=(D3B_C,),
        d=({"cost_of_sales": 8.1, "materials": -8.1}, D3B_D),
        events_c=("invoice",),
        events_d=("delivery",),
    ),
    "D4": differ(
        c=(D4_C,),
        d=(negate(delivered(2)), D4_D),
        events_c=("invoice",),
        events_d=("return",),
    ),
    "D5": same({"income": 5.0, "asset_receivable": -5.0}),
}

COUNTS = {
    "I1": same(
        {"material_quantity_variance": 10.0, "materials": -10.0},
        rows=[Row("material_count", 10, (0, 2), (5, 5), "m")],
        events=("count",),
    ),
    "I2": same(
        {"material_quantity_variance": -6.0, "materials": 6.0},
        rows=[Row("material_count", -6, (0, -1), (6, 6), "s")],
        events=("count",),
    ),
    "I3": differ(
        c=({**LOST_P, "finished": -25.0},),
        d=({**LOST_P, "materials": -10.0, **applied(1)},),
        rows=lost("output_count", 1),
        events_c=("count",),
        events_d=("count",),
    ),
    "I4": differ(
        c=({**negate(LOST_P), "finished": 25.0},),
        d=({**negate(LOST_P), "materials": 10.0, **applied(1, 1)},),
        rows=lost("output_count", -1),
        events_c=("count",),
        events_d=("count",),
    ),
}

S3_C, S3_D = sold(3, 40.0, 75.0)
S4_C, S4_D = sold(-1, 40.0, -25.0)
STANDARDS = {
    "S0": same(),
    "S1": differ(
        c=({"finished": 71.0, "materials": 14.0, "revaluation": -85.0},),
        d=({"materials": 52.0, "revaluation": -52.0},),
        rows=[
            Row("revaluation", -14.0, (28, 28), (5.0, 5.5), "m"),
            Row("revaluation", -33.0, (33, 33), (10.0, 11.0), "p"),
            Row("revaluation", -5.0, (10, 10), (5.0, 5.5), "r"),
            Row(
                "revaluation",
                -33.0,
                (33, 33),
                (10.0, 11.0),
                "p",
                element="labour",
                open="d",
            ),
        ],
        events_c=("revaluation",),
        events_d=("revaluation",),
    ),
    "S2": same(billed(53, 50, 3), rows=priced(3, 10, 5.3, "s2"), events=("bill",)),
    "S3": differ(c=(S3_C,), d=(S3_D,), events_c=("invoice",)),
    "S4": differ(
        c=({"finished": 2.0, "revaluation": -2.0}, S4_C),
        d=(
            {
                "materials": 11.0,
                **applied(1, 1),
                "revaluation": -1.0,
                "cost_of_sales": -25.0,
            },
            S4_D,
        ),
        rows=[
            Row("standard_change", -1.0, (1, 1), (0, 0)),
            Row("standard_change", -1.0, (1, 1), (0, 0), element="labour", open="d"),
        ],
        events_c=("return", "invoice"),
        events_d=("return",),
    ),
    "S5": made(
        {"materials": 11.0, "revaluation": 1.0, "finished": -27.0, **applied(1, 1)},
        rows=[
            Row("standard_change", 1.0, (-1, -1), (0, 0), element="labour", order="mo7")
        ],
        events=("unbuild",),
    ),
}

SPENT = {"labour": 810.5, "variable_overhead": 236.0, "fixed_overhead": 170.0}
PAYROLL = {f"{name}_control": amount for name, amount in SPENT.items()}
TIME = {
    "T0": same(),
    "T1": same(),
    "V1": same(PAYROLL | {"liability_current": -1216.5}),
}

LABOUR, VOH = "labour", "variable_overhead"


def odd_lot(order, labour, overhead):
    return {
        (order, LABOUR, "lot_size"): labour,
        (order, VOH, "lot_size"): overhead,
    }


def slower(order, labour, overhead):
    return {
        (order, LABOUR, "labour_efficiency"): labour,
        (order, VOH, "overhead_efficiency"): overhead,
    }


#: What each event adds to the rows of time, by order, element and kind. They have no
#: entry before the close.
HOURS = {
    "C2": {("mo2", LABOUR, "labour_rate"): 5.5, **slower("mo2", 10.0, 3.0)},
    "C4a": odd_lot("mo4", 8.0, 2.4),
    "C4b": odd_lot("mo4b", -8.0, -2.4),
    "C5": odd_lot("mo5", -4.0, -1.2),
    "C11": {**slower("mo3", 8.0, 2.4), **odd_lot("mo3", 2.0, 0.6)},
    "C12": {**slower("mo5", 8.0, 2.4), **odd_lot("mo5", 2.0, 0.6)},
    "S5": {**slower("mo7", 8.0, 2.4), **odd_lot("mo7", 2.0, 0.6)},
    "T1": slower("mo1", 5.0, 1.5),
}

FIGURES = {**TIME, **PURCHASE, **PRODUCTION, **DELIVERY, **COUNTS, **STANDARDS}

#: What section 9 starts from: the account's balance before the close.
BALANCES = {
    "c": {
        # 30 kg M × 5.50 + 5 kg S × 6.00
        "materials": 195.0,
        # 33 P × 27.00 + 10 R × 8.50
        "finished": 976.0,
        "cost_of_sales": 873.1,
        "revaluation": -86.0,
        "labour_applied": -690.0,
        "variable_overhead_applied": -207.0,
        "fixed_overhead_applied": -138.0,
        "subcontract_applied": -30.0,
        "material_price_variance": 1.0,
        "material_quantity_variance": 50.9,
    },
    "d": {
        # as above, with the material content 33 × 11.00 + 10 × 5.50 of goods on hand,
        # and the open usage that the close takes out
        "materials": 613.0 + 37.9,
        "finished": 0.0,
        "cost_of_sales": 873.1,
        "revaluation": -53.0,
        "labour_applied": -360.0,
        "variable_overhead_applied": -108.0,
        "fixed_overhead_applied": -72.0,
        "subcontract_applied": 0.0,
        "material_price_variance": 0.0,
        "material_quantity_variance": 14.0,
    },
}
for balances in BALANCES.values():
    balances |= {
        "ppv": 12.0,
        "subcontract_control": 32.0,
        "labour_control": 810.5,
        "labour_quantity_variance": 10.0,
        "variable_overhead_quantity_variance": 3.0,
        "fixed_overhead_quantity_variance": 2.0,
        "subcontract_price_variance": 0.0,
    }

#: Rows of the period by element and kind, the same in both columns (section 9, without
#: those that the close makes).
ROWS = {
    ("labour", "labour_efficiency"): 39.0,
    ("labour", "labour_rate"): 5.5,
    ("labour", "lot_size"): 2.0,
    ("variable_overhead", "overhead_efficiency"): 11.7,
    ("variable_overhead", "lot_size"): 0.6,
    ("material", "material_count"): 4.0,
    ("material", "material_price"): 12.0,
    ("material", "material_scrap"): 5.0,
    ("material", "material_substitution"): 36.0,
    ("material", "material_usage"): -5.0,
    ("material", "output_price"): 1.0,
    ("material", "output_quantity"): 0.9,
    ("material", "output_scrap"): 10.0,
    ("material", "output_count"): 0.0,
    ("material", "revaluation"): -52.0,
    ("material", "standard_change"): -1.0,
    ("labour", "output_scrap"): 10.0,
    ("labour", "output_count"): 0.0,
    ("labour", "revaluation"): -33.0,
    ("labour", "standard_change"): 0.0,
    ("variable_overhead", "output_scrap"): 3.0,
    ("variable_overhead", "output_count"): 0.0,
    ("fixed_overhead", "output_scrap"): 2.0,
    ("fixed_overhead", "output_count"): 0.0,
    ("subcontract", "subcontract_price"): 2.0,
}

#: Rows that the close makes, by element and kind.
PERIOD = {
    ("labour", "unallocated"): 30.0,
    ("variable_overhead", "overhead_spending"): 4.7,
    ("fixed_overhead", "overhead_budget"): 10.0,
    ("fixed_overhead", "overhead_volume"): 14.0,
}
TIMING = {
    "c": {"labour": 44.0, "variable_overhead": 12.0, "fixed_overhead": 8.0},
    "d": {
        "labour": 407.0,
        "variable_overhead": 111.0,
        "fixed_overhead": 74.0,
        "subcontract": 30.0,
    },
}
