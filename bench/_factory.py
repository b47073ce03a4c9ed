"""A small factory in one database, and orders of it ready to be finished.

Runs as a worker process of its own: one database, one registry, plain Odoo or Odoo
with the addon.  Each product line has a number of components and two operations; its
orders are confirmed, reserved and filled in (one component over its standard, so that
a variance arises), so that only finishing them is left.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import odoo.tools
from _common import serve
from odoo import Command, api
from odoo.modules.registry import Registry

QUANTITY = 10  # finished units per order
OPERATIONS = {
    "Cut": (30.0, 24),
    "Assemble": (45.0, 36),
}  # cost per hour, minutes a unit
OVERUSED = 1.0  # what each order takes more of its first component
ON_HAND = 1_000_000


class Factory:
    """The company of one database, as the administrator sees it."""

    def __init__(self, database: str) -> None:
        arguments = ["-c", os.environ["ODOO_RC"], "-d", database, "--log-level=warn"]
        odoo.tools.config.parse_config(arguments, setup_logging=True)
        self._registry = Registry(database)

    @contextmanager
    def environment(self) -> Iterator[Any]:
        """An environment with an empty cache, as a request to the server begins."""
        with self._registry.cursor() as cr:
            admin = api.Environment(cr, api.SUPERUSER_ID, {}).ref("base.user_admin")
            company = admin.company_id
            context = {**admin.with_user(admin).context_get()}
            context["allowed_company_ids"] = company.ids
            cr.rollback()
            yield api.Environment(cr, admin.id, context)

    # -- set-up ------------------------------------------------------------------------

    def set_up(self, components: list[int], orders: int) -> None:
        """Make periodic product lines, with ``orders`` orders ready in each."""
        with self.environment() as env:
            categories = [
                _create_category(env, name) for name in ("Material", "Finished")
            ]
            workcenters = _create_workcenters(env)
            for count in components:
                product = _create_line(env, count, categories, workcenters)
                _prepare_orders(env, product, orders)

    def use_perpetual(self) -> None:
        """Let plain Odoo book components, finished goods and labour at completion."""
        with self.environment() as env:
            _use_real_time(env)
            location = env["stock.location"].search(
                [
                    ("usage", "=", "production"),
                    ("company_id", "in", (env.company.id, False)),
                ]
            )
            location.valuation_account_id = _create_account(env, "Production").id

    def use_addon(self) -> None:
        """Let the addon book at completion, from cards of an active version."""
        with self.environment() as env:
            _use_real_time(env)
            _get_category(env, "Finished").property_backflush_trigger = "completion"
            version = env["backflush.version"].create(
                {
                    "name": "Standards",
                    "company_id": env.company.id,
                    "date_from": "2020-01-01",
                }
            )
            version.action_roll_up()
            version.action_activate()

    def use_daily(self) -> None:
        """Let the addon record at completion, and book once a day."""
        self.use_addon()
        with self.environment() as env:
            env.company.backflush_posting_mode = "daily"

    # -- measuring ---------------------------------------------------------------------

    def measure(self, components: int, orders: int) -> dict[str, float]:
        """Finish ``orders`` orders in one call, up to the commit, and undo it.

        CPU (of this process) and wall clock in ms, all per order; the database's own
        work shows in the wall clock only.
        """
        with self.environment() as env:
            batch = self.get_orders(env, components, orders)
            env.invalidate_all()
            booked = _count_booked(env)
            gc.collect()
            queries, wall, cpu = env.cr.sql_log_count, time.perf_counter(), _cpu()
            finish(env, batch)
            figures = {
                "cpu": 1000 * (_cpu() - cpu),
                "wall": 1000 * (time.perf_counter() - wall),
                "queries": env.cr.sql_log_count - queries,
            }
            booked = [
                now - then for now, then in zip(_count_booked(env), booked, strict=True)
            ]
            figures |= dict(zip(("entries", "items"), booked, strict=True))
            _check(env, batch)
            env.cr.rollback()
        return {name: value / orders for name, value in figures.items()}

    def get_orders(self, env: Any, components: int, orders: int) -> Any:
        """The first ``orders`` prepared orders with so many components."""
        batch = env["mrp.production"].search(
            [("origin", "=", _line_name(components)), ("state", "!=", "done")],
            limit=orders,
            order="id",
        )
        assert len(batch) == orders, f"only {len(batch)} orders are prepared"
        return batch


def finish(env: Any, orders: Any) -> None:
    """What a click on "Produce All" does, and what the commit then still writes."""
    result = orders.button_mark_done()
    env.cr.flush()
    assert result is True, result


def _cpu() -> float:
    return time.process_time()


def _count_booked(env: Any) -> list[int]:
    counts = []
    for table in ("account_move", "account_move_line"):
        env.cr.execute(f"SELECT count(*) FROM {table}")
        counts.append(env.cr.fetchone()[0])
    return counts


def _check(env: Any, orders: Any) -> None:
    """Make sure that what was measured is the whole work."""
    assert set(orders.mapped("state")) == {"done"}
    if "backflush.posting" in env.registry:
        postings = orders.sudo().backflush_posting_ids
        assert len(postings) == len(orders), postings
        immediate = env.company.backflush_posting_mode == "immediate"
        assert bool(postings.account_move_id) == immediate, postings
        assert set(postings.mapped("state")) == {"posted" if immediate else "pending"}
        errors = set(postings.mapped("error")) - {False}
        assert not errors, errors
        assert postings.variance_ids, "no variance was recorded"


# -- the factory's records -------------------------------------------------------------


def _line_name(components: int) -> str:
    return f"Product of {components} components"


def _create_account(env: Any, name: str, account_type: str = "asset_current") -> Any:
    accounts = env["account.account"]
    code = accounts._search_new_account_code("990001")
    return accounts.create({"name": name, "code": code, "account_type": account_type})


def _create_category(env: Any, name: str) -> Any:
    stock = _create_account(env, f"{name} stock")
    expense = _create_account(env, f"{name} expense", "expense_direct_cost")
    return env["product.category"].create(
        {
            "name": name,
            "property_cost_method": "standard",
            "property_valuation": "periodic",
            "property_stock_valuation_account_id": stock.id,
            "property_account_expense_categ_id": expense.id,
        }
    )


def _get_category(env: Any, name: str) -> Any:
    return env["product.category"].search([("name", "=", name)])


def _use_real_time(env: Any) -> None:
    for name in ("Material", "Finished"):
        _get_category(env, name).property_valuation = "real_time"


def _create_workcenters(env: Any) -> Any:
    return env["mrp.workcenter"].create(
        [{"name": name, "costs_hour": cost} for name, (cost, _) in OPERATIONS.items()]
    )


def _create_line(env: Any, count: int, categories: list[Any], workcenters: Any) -> Any:
    """One finished product with ``count`` components, which are on hand."""
    material, finished = categories
    common = {"is_storable": True, "taxes_id": False, "supplier_taxes_id": False}
    components = env["product.product"].create(
        [
            {
                "name": f"Component {number} of {count}",
                "categ_id": material.id,
                "standard_price": 1 + number / 10,
                **common,
            }
            for number in range(1, count + 1)
        ]
    )
    product = env["product.product"].create(
        {"name": _line_name(count), "categ_id": finished.id, **common}
    )
    _create_bom(env, product, components, workcenters)
    product.button_bom_cost()
    _put_on_hand(env, components)
    return product


def _create_bom(env: Any, product: Any, components: Any, workcenters: Any) -> None:
    env["mrp.bom"].create(
        {
            "product_tmpl_id": product.product_tmpl_id.id,
            "consumption": "flexible",
            "bom_line_ids": [
                Command.create(
                    {"product_id": component.id, "product_qty": 1 + number % 3}
                )
                for number, component in enumerate(components)
            ],
            "operation_ids": [
                Command.create(
                    {
                        "name": center.name,
                        "workcenter_id": center.id,
                        "time_cycle_manual": OPERATIONS[center.name][1],
                    }
                )
                for center in workcenters
            ],
        }
    )


def _put_on_hand(env: Any, components: Any) -> None:
    location = env["stock.warehouse"].search([], limit=1).lot_stock_id
    env["stock.quant"].with_context(inventory_mode=True).create(
        [
            {
                "product_id": component.id,
                "location_id": location.id,
                "inventory_quantity": ON_HAND,
            }
            for component in components
        ]
    ).action_apply_inventory()


def _prepare_orders(env: Any, product: Any, number: int) -> None:
    orders = env["mrp.production"].create(
        [
            {"product_id": product.id, "product_qty": QUANTITY, "origin": product.name}
            for _ in range(number)
        ]
    )
    orders.action_confirm()
    orders.action_assign()
    for order in orders:
        order.qty_producing = QUANTITY
        order._set_qty_producing()
        order.move_raw_ids[0].quantity += OVERUSED
        assert len(order.workorder_ids) == len(OPERATIONS)
        assert all(order.move_raw_ids.mapped("picked"))


if __name__ == "__main__":
    from _profile import Profile

    factory = Factory(sys.argv[1])
    serve(
        {
            "set_up": factory.set_up,
            "use_perpetual": factory.use_perpetual,
            "use_addon": factory.use_addon,
            "use_daily": factory.use_daily,
            "measure": factory.measure,
            "queries": Profile(factory).queries,
            "profile": Profile(factory).profile,
        }
    )
