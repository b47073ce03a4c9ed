"""A generated factory for the roll-up: products in levels, bills and routings.

One product, bill, line and operation are created by Odoo; the rest are copies of these
rows made in SQL, so that twenty thousand products take seconds.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from odoo import Command

LEVELS = 5
PURCHASED = 0.2  # part of the products that is bought
OPERATIONS = 2
# Work centers: per hour, minutes of set-up and clean-up, efficiency, units of a cycle.
WORKCENTERS = (
    (25.0, 10, 5, 100, 0),
    (31.07, 7.5, 0, 80, 4),
    (12.5, 0, 0, 125, 0),
    (48.0, 20, 10, 95, 1.5),
    (19.99, 3, 3, 110, 7),
)


@dataclass
class _Units:
    piece: Any
    kilogram: Any
    gram: Any


def generate(env: Any, products: int) -> None:
    """Make ``products`` products in all, those above the lowest level with a bill."""
    draw = random.Random(products)
    units = _Units(
        *(env.ref(f"uom.product_uom_{name}") for name in ("unit", "kgm", "gram"))
    )
    bought = int(products * PURCHASED)
    pieces, kilograms = _create_products(env, units, products - bought // 2, bought)
    levels = _split(pieces, kilograms, bought)
    workcenters = _create_workcenters(env, units)
    bill, line, operation = _create_prototypes(env, units, pieces[0], workcenters)
    made = [product for level in levels[1:] for product in level]
    bills = _copy_rows(
        env,
        bill,
        {"product_tmpl_id": [template for _product, template in made]}
        | {"product_qty": [draw.choice((1, 4, 10, 25)) for _product in made]},
    )
    _copy_rows(env, line, _draw_lines(draw, levels, bills, units, set(kilograms)))
    _copy_rows(env, operation, _draw_operations(draw, bills, workcenters))
    bill.unlink()


def _create_products(
    env: Any, units: _Units, pieces: int, bought: int
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """(product, template) of those in pieces, then of those in kilograms."""
    result = []
    for unit, number in ((units.piece, pieces), (units.kilogram, bought // 2)):
        product = env["product.product"].create(
            {
                "name": f"Generated ({unit.name})",
                "is_storable": True,
                "standard_price": 1.0,
                "uom_id": unit.id,
                "taxes_id": False,
                "supplier_taxes_id": False,
                "categ_id": env.ref("product.product_category_goods").id,
            }
        )
        product.categ_id.property_cost_method = "standard"
        templates = _copy_rows(
            env,
            product.product_tmpl_id,
            {"name": [f'{{"en_US": "{unit.name} {n}"}}' for n in range(number)]},
        )
        prices = [
            f'{{"{env.company.id}": {0.5 + n * 7919 % 9001 / 100}}}'
            for n in range(number)
        ]
        columns = {"product_tmpl_id": templates, "standard_price": prices}
        products = _copy_rows(env, product, columns)
        result.append(list(zip(products, templates, strict=True)))
        product.unlink()
    return result[0], result[1]


def _split(
    pieces: list[tuple[int, int]], kilograms: list[tuple[int, int]], bought: int
) -> list[list[tuple[int, int]]]:
    """The bought ones, half of them in kilograms, then so many levels of bills."""
    lowest = bought - len(kilograms)
    made = pieces[lowest:]
    cuts = [len(made) * level // LEVELS for level in range(LEVELS + 1)]
    slices = [made[cuts[n] : cuts[n + 1]] for n in range(LEVELS)]
    return [[*pieces[:lowest], *kilograms], *slices]


def _create_workcenters(env: Any, units: _Units) -> Any:
    return env["mrp.workcenter"].create(
        [
            {
                "name": f"Work center {number}",
                "costs_hour": cost,
                "time_start": start,
                "time_stop": stop,
                "time_efficiency": efficiency,
                "capacity_ids": [
                    Command.create(
                        {
                            "product_uom_id": units.piece.id,
                            "capacity": capacity,
                            "time_start": start,
                            "time_stop": stop,
                        }
                    )
                ]
                if capacity
                else [],
            }
            for number, (cost, start, stop, efficiency, capacity) in enumerate(
                WORKCENTERS
            )
        ]
    )


def _create_prototypes(
    env: Any, units: _Units, product: tuple[int, int], workcenters: Any
) -> tuple[Any, Any, Any]:
    bill = env["mrp.bom"].create(
        {
            "product_tmpl_id": product[1],
            "product_uom_id": units.piece.id,
            "bom_line_ids": [Command.create({"product_id": product[0] + 1})],
            "operation_ids": [
                Command.create({"name": "Work", "workcenter_id": workcenters[0].id})
            ],
        }
    )
    return bill, bill.bom_line_ids, bill.operation_ids


def _draw_lines(
    draw: random.Random,
    levels: list[list[tuple[int, int]]],
    bills: Sequence[int],
    units: _Units,
    kilograms: set[tuple[int, int]],
) -> dict[str, list[Any]]:
    """3 to 7 components a bill, one of them from the level right below."""
    rows = []
    waiting = iter(bills)
    for number, level in enumerate(levels[1:]):
        lower = [product for below in levels[: number + 1] for product in below]
        for _product in level:
            bill = next(waiting)
            chosen = {draw.choice(levels[number])}
            chosen |= set(draw.sample(lower, draw.randint(2, 6)))
            for component in sorted(chosen):
                quantity = draw.randint(1, 40) / 4
                unit = units.piece
                if component in kilograms:
                    unit = draw.choice((units.kilogram, units.gram))
                rows.append((bill, *component, quantity, unit.id))
    names = ("bom_id", "product_id", "product_tmpl_id", "product_qty", "product_uom_id")
    columns = zip(*rows, strict=True)
    return {name: list(column) for name, column in zip(names, columns, strict=True)}


def _draw_operations(
    draw: random.Random, bills: Sequence[int], workcenters: Any
) -> dict[str, list[Any]]:
    each = [bill for bill in bills for _ in range(OPERATIONS)]
    return {
        "bom_id": each,
        "workcenter_id": [draw.choice(workcenters.ids) for _bill in each],
        "time_cycle_manual": [draw.randint(1, 240) / 4 for _bill in each],
    }


def _copy_rows(env: Any, record: Any, changes: dict[str, list[Any]]) -> list[int]:
    """Copies of a record's row, a list of new values by column; return their ids."""
    env.flush_all()
    table = record._table
    env.cr.execute(
        """SELECT column_name, udt_name FROM information_schema.columns
            WHERE table_name = %s AND table_schema = current_schema""",
        [table],
    )
    types = dict(env.cr.fetchall())
    kept = [name for name in types if name != "id" and name not in changes]
    arrays = ", ".join(f"%s::{types[name]}[]" for name in changes)
    names = ", ".join((*changes, *kept))
    values = [*(f"new.{name}" for name in changes), *(f"old.{name}" for name in kept)]
    env.cr.execute(
        f"""INSERT INTO {table} ({names})
            SELECT {", ".join(values)}
              FROM {table} old,
                   unnest({arrays}) WITH ORDINALITY AS new ({", ".join(changes)}, place)
             WHERE old.id = %s
             ORDER BY new.place
         RETURNING id""",
        [*changes.values(), record.id],
    )
    ids = [row[0] for row in env.cr.fetchall()]
    env.invalidate_all()
    return ids
