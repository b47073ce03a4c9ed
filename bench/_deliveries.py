"""Transfers to customers in one database, ready to be validated; a worker process.

Every product is made of five components and two operations and is on hand; so only
delivering is left, at a standard that each mode knows in its own way.
"""

from __future__ import annotations

import gc
import sys
import time
from typing import Any

import _factory
from _common import serve
from odoo import Command

COMPONENTS = 5


class Deliveries(_factory.Factory):
    """The company of one database, and what it is about to deliver."""

    # -- set-up ------------------------------------------------------------------------

    def set_up(self, cases: list[list[int]]) -> None:
        """Make periodic products, and transfers of each size: [transfers, lines]."""
        most = max(lines for _transfers, lines in cases)
        with self.environment() as env:
            categories = [
                _factory._create_category(env, name)
                for name in ("Material", "Finished")
            ]
            centers = _factory._create_workcenters(env)
            first = _factory._create_line(env, COMPONENTS, categories, centers)
            components = first.bom_ids.bom_line_ids.product_id
            products = env["product.product"].create(
                [
                    {"name": f"Product {n}", "categ_id": categories[1].id}
                    | {"is_storable": True, "taxes_id": False}
                    for n in range(most)
                ]
            )
            for product in products:
                _factory._create_bom(env, product, components, centers)
            products.action_bom_cost()
            _factory._put_on_hand(env, products)
            for transfers, lines in cases:
                _prepare_transfers(env, products[:lines], transfers)

    def use_perpetual(self) -> None:
        """Let plain Odoo value perpetually (it costs sales at the invoice)."""
        with self.environment() as env:
            _factory._use_real_time(env)

    def use_completion(self) -> None:
        """Cost with the addon when goods are finished; it books no delivery."""
        self.use_addon()

    def use_delivery(self) -> None:
        """Cost with the addon when goods are delivered."""
        with self.environment() as env:
            material = _factory._get_category(env, "Material")
            material.property_valuation = "real_time"
            finished = _factory._get_category(env, "Finished")
            finished.property_backflush_trigger = "delivery"
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
        """The same, booked once a day."""
        self.use_delivery()
        with self.environment() as env:
            env.company.backflush_posting_mode = "daily"

    # -- measuring ---------------------------------------------------------------------

    def measure(self, transfers: int, lines: int, posted: int) -> dict[str, float]:
        """Validate transfers in one call, up to the commit, and undo it.

        CPU (of this process) and wall clock in ms, all per transfer. ``posted`` is how
        many postings of the addon are to come of a line.
        """
        with self.environment() as env:
            batch = self.get_transfers(env, transfers, lines)
            env.invalidate_all()
            booked = _factory._count_booked(env)
            gc.collect()
            queries, wall = env.cr.sql_log_count, time.perf_counter()
            cpu = _factory._cpu()
            finish(env, batch)
            figures = {
                "cpu": 1000 * (_factory._cpu() - cpu),
                "wall": 1000 * (time.perf_counter() - wall),
                "queries": env.cr.sql_log_count - queries,
            }
            now = _factory._count_booked(env)
            figures |= {
                name: after - before
                for name, before, after in zip(
                    ("entries", "items"), booked, now, strict=True
                )
            }
            assert set(batch.mapped("state")) == {"done"}, batch.mapped("state")
            if "backflush.posting" in env.registry:
                postings = batch.sudo().backflush_posting_ids
                assert len(postings) == posted * transfers * lines, postings
                failed = postings.filtered(lambda p: p.state == "failed")
                assert not failed, failed.mapped("error")
            env.cr.rollback()
        return {name: value / transfers for name, value in figures.items()}

    def get_transfers(self, env: Any, transfers: int, lines: int) -> Any:
        """Those that were prepared for this case."""
        batch = env["stock.picking"].search(
            [("origin", "=", _get_origin(transfers, lines))], order="id"
        )
        assert len(batch) == transfers, f"{len(batch)} transfers are prepared"
        return batch


def finish(env: Any, transfers: Any) -> None:
    """What a click on "Validate" does, and what the commit then still writes."""
    result = transfers.with_context(skip_backorder=True).button_validate()
    env.cr.flush()
    assert result is True, result


def _get_origin(transfers: int, lines: int) -> str:
    return f"{transfers} transfers of {lines} lines"


def _prepare_transfers(env: Any, products: Any, transfers: int) -> None:
    warehouse = env["stock.warehouse"].search([], limit=1)
    customer = env["res.partner"].create({"name": "Customer"})
    places = {
        "location_id": warehouse.lot_stock_id.id,
        "location_dest_id": env.ref("stock.stock_location_customers").id,
    }
    batch = env["stock.picking"].create(
        [
            {
                "picking_type_id": warehouse.out_type_id.id,
                "partner_id": customer.id,
                "origin": _get_origin(transfers, len(products)),
                **places,
                "move_ids": [
                    Command.create(
                        {"product_id": product.id, "product_uom_qty": 2, **places}
                    )
                    for product in products
                ],
            }
            for _ in range(transfers)
        ]
    )
    batch.action_confirm()
    batch.action_assign()
    batch.move_ids.picked = True
    assert set(batch.mapped("state")) == {"assigned"}, batch.mapped("state")


if __name__ == "__main__":
    deliveries = Deliveries(sys.argv[1])
    serve(
        {
            "set_up": deliveries.set_up,
            "use_perpetual": deliveries.use_perpetual,
            "use_completion": deliveries.use_completion,
            "use_delivery": deliveries.use_delivery,
            "use_daily": deliveries.use_daily,
            "measure": deliveries.measure,
        }
    )
