"""What the catalogue says of the closes of its three periods (sections 9 and 10)."""

from .month_figures import negate

#: Variances of conversion cost that the entry carries, the same in both columns.
EXPLAINED = {
    "labour_price_variance": 35.5,
    "labour_quantity_variance": 41.0,
    "variable_overhead_price_variance": 4.7,
    "variable_overhead_quantity_variance": 12.3,
    "fixed_overhead_price_variance": 10.0,
    "fixed_overhead_quantity_variance": 14.0,
    "subcontract_price_variance": 2.0,
}
SPENT = {
    "labour": 810.5,
    "variable_overhead": 236.0,
    "fixed_overhead": 170.0,
    "subcontract": 32.0,
}
APPLIED = {
    "c": {
        "labour": 690.0,
        "variable_overhead": 207.0,
        "fixed_overhead": 138.0,
        "subcontract": 30.0,
    },
    "d": {
        "labour": 360.0,
        "variable_overhead": 108.0,
        "fixed_overhead": 72.0,
        "subcontract": 0.0,
    },
}
OTHER = {
    "c": {"cost_of_sales": 64.0},
    "d": {"cost_of_sales": 622.0, "revaluation": -33.0},
}


def settle(column):
    """P1: applied against control, each on its account."""
    applied = {f"{name}_applied": x for name, x in APPLIED[column].items() if x}
    control = {f"{name}_control": -x for name, x in SPENT.items()}
    return {**EXPLAINED, **OTHER[column], **applied, **control}


def settle_at_once(column):
    """P1′: control and applied are the same account."""
    applied = APPLIED[column]
    conversion = {f"{name}_control": applied[name] - x for name, x in SPENT.items()}
    return {**EXPLAINED, **OTHER[column], **conversion}


USAGE = {
    "c": {},
    "d": {
        "material_price_variance": 1.0,
        "material_quantity_variance": 36.9,
        "materials": -37.9,
    },
}
WRITE_OFF = {
    "cost_of_sales": 198.4,
    "ppv": -12.0,
    "material_price_variance": -1.0,
    "material_quantity_variance": -50.9,
    "labour_price_variance": -35.5,
    "labour_quantity_variance": -51.0,
    "variable_overhead_price_variance": -4.7,
    "variable_overhead_quantity_variance": -15.3,
    "fixed_overhead_price_variance": -10.0,
    "fixed_overhead_quantity_variance": -16.0,
    "subcontract_price_variance": -2.0,
}
#: Balances after the first close.
CLOSED = {
    "c": {"materials": 195.0, "finished": 976.0, "cost_of_sales": 1135.5},
    "d": {"materials": 613.0, "finished": 0.0, "cost_of_sales": 1693.5},
}

#: G1, by variant.
ADJUSTED = {
    1: {"work_in_process": 64.0, "cost_of_sales": -64.0},
    2: {
        "work_in_process": 64.0,
        "finished_inventory": 976.0,
        "materials_inventory": -418.0,
        "cost_of_sales": -622.0,
    },
    3: {
        "materials_inventory": 195.0,
        "work_in_process": 64.0,
        "materials": -195.0,
        "cost_of_sales": -64.0,
    },
    4: {
        "materials_inventory": 195.0,
        "work_in_process": 64.0,
        "finished_inventory": 976.0,
        "materials": -613.0,
        "cost_of_sales": -622.0,
    },
}

CAPITALISE = {
    "capitalised": 68.5,
    "ppv": -7.26,
    "material_quantity_variance": -20.37,
    "labour_price_variance": -2.96,
    "labour_quantity_variance": -22.04,
    "variable_overhead_price_variance": -2.41,
    "variable_overhead_quantity_variance": -6.32,
    "fixed_overhead_price_variance": -5.14,
    "subcontract_price_variance": -2.0,
}
RELEASE = negate(CAPITALISE)
PRORATED_REST = {
    "cost_of_sales": 129.9,
    "ppv": -4.74,
    "material_price_variance": -1.0,
    "material_quantity_variance": -30.53,
    "labour_price_variance": -32.54,
    "labour_quantity_variance": -28.96,
    "variable_overhead_price_variance": -2.29,
    "variable_overhead_quantity_variance": -8.98,
    "fixed_overhead_price_variance": -4.86,
    "fixed_overhead_quantity_variance": -16.0,
}

#: P2 and P3.
P2_ROWS = {
    "labour_quantity_variance": 10.0,
    "variable_overhead_quantity_variance": 3.0,
    "fixed_overhead_quantity_variance": 148.0,
    "labour_price_variance": -10.0,
    "labour_control": -66.0,
    "variable_overhead_control": -21.0,
    "fixed_overhead_control": -160.0,
}
SECOND = {
    "c": {
        **P2_ROWS,
        "labour_applied": 110.0,
        "variable_overhead_applied": 30.0,
        "fixed_overhead_applied": 20.0,
        "cost_of_sales": -64.0,
    },
    "d": {**P2_ROWS, "cost_of_sales": 96.0},
}
UNUSED = {
    "fixed_overhead_quantity_variance": 160.0,
    "fixed_overhead_price_variance": -160.0,
}
THIRD = {
    "c": UNUSED,
    "d": {
        **UNUSED,
        "labour_applied": 473.0,
        "variable_overhead_applied": 129.0,
        "fixed_overhead_applied": 86.0,
        "subcontract_applied": 30.0,
        "cost_of_sales": -718.0,
    },
}
#: I8: expense of the three periods under both columns. 30 kg of M, less 20 kg used, and
#: 5 kg of S are left.
TOTAL = {
    "cost_of_sales": 2468.5,
    "revaluation": -86.0,
    "materials": 85.0,
    "finished": 0,
}
