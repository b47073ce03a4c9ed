"""Stocked products with open receipts, and a shop that goes on while they are revalued.

Runs as a worker process of its own; see ``_factory.py``.
"""

from __future__ import annotations

import gc
import sys
import time
from functools import partial
from typing import Any

from _common import serve
from _factory import Factory, _create_category, finish
from odoo import Command
from odoo.exceptions import UserError
from odoo.service.model import retrying

LINES = 100  # products of one receipt
RECEIVED = 10  # units of each product, received and not billed
ITEMS = ("account_move", "account_move_line", "backflush_posting_line")
COUNTED = (*ITEMS, "backflush_variance", "product_value")


class Store(Factory):
    """What the measurement of activation does in its databases."""

    def stock(self, products: int) -> None:
        """Products received and not billed, with standards in force and new ones."""
        with self.environment() as env:
            category = _create_category(env, "Stocked")
            category.property_valuation = "real_time"
            made = env["product.product"].create(
                [
                    {
                        "name": f"Stocked {number}",
                        "categ_id": category.id,
                        "is_storable": True,
                        "standard_price": 1 + number / 1000,
                        "supplier_taxes_id": False,
                    }
                    for number in range(products)
                ]
            )
            _activate(env, self._create_version(env, "Old", "2020-01-01", made, 1))
            vendor = env["res.partner"].create({"name": "Vendor"})
            for start in range(0, products, LINES):
                _receive(env, vendor, made[start : start + LINES])
                env.cr.commit()
            new = self._create_version(env, "New", "2021-01-01", made, 1.1)
            new.action_roll_up()
            env.cr.commit()

    def _create_version(
        self, env: Any, name: str, day: str, products: Any, factor: float
    ) -> Any:
        return env["backflush.version"].create(
            {
                "name": name,
                "company_id": env.company.id,
                "date_from": day,
                "price_ids": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "price": product.standard_price * factor,
                        }
                    )
                    for product in products
                ],
            }
        )

    def activate(self, *, keep: bool = False) -> dict[str, float]:
        """Activate the new standards up to the commit; undo it unless told to keep."""
        with self.environment() as env:
            version = _get_version(env, "New")
            before = _count(env)
            gc.collect()
            env.invalidate_all()
            queries = env.cr.sql_log_count
            wall, cpu = time.perf_counter(), time.process_time()
            version.action_activate()
            env.cr.flush()
            figures = {
                "wall": time.perf_counter() - wall,
                "cpu": time.process_time() - cpu,
                "queries": env.cr.sql_log_count - queries,
            }
            after = _count(env)
            figures |= {name: after[name] - before[name] for name in COUNTED}
            _ = env.cr.commit() if keep else env.cr.rollback()
        return figures

    def activate_or_say(self) -> str:
        """Activate the new standards for good; return why that was refused."""
        with self.environment() as env:
            version = _get_version(env, "New")
            try:
                retrying(version.action_activate, env)
            except UserError as error:
                env.cr.rollback()
                return str(error)
            env.cr.commit()
        return ""

    def state(self) -> dict[str, Any]:
        """Everything that a half activation would show in."""
        with self.environment() as env:
            env.cr.execute(
                "SELECT md5(string_agg(standard_price::text, ',' ORDER BY id))"
                " FROM product_product"
            )
            prices = env.cr.fetchone()[0]
            versions = env["backflush.version"].search([], order="id")
            return _count(env) | {
                "prices": prices,
                "versions": [version.state for version in versions],
            }

    # -- movements meanwhile -----------------------------------------------------------

    def open_books(self) -> None:
        """Let the ledger agree with the stock that was put there without documents."""
        with self.environment() as env:
            env["account.move"].create(
                {"line_ids": [Command.create(vals) for vals in _propose_closing(env)]}
            )._post(soft=False)
            env.cr.commit()

    def finish_orders(self, components: int, first: int, orders: int) -> int:
        """Finish some of the prepared orders, each in a transaction; return retries."""
        retries = 0
        with self.environment() as env:
            mine = self.get_orders(env, components, first + orders)[first:].ids
        for order in mine:
            tries = 0
            with self.environment() as env:
                record = env["mrp.production"].browse(order)

                def work(env: Any = env, record: Any = record) -> None:
                    nonlocal tries
                    tries += 1
                    finish(env, record)

                retrying(work, env)
                env.cr.commit()
            retries += tries - 1
        return retries

    def activate_often(self, times: int, pause: float) -> int:
        """Bring higher and higher prices into force; return retries."""
        retries = 0
        for number in range(1, times + 1):
            time.sleep(pause)
            with self.environment() as env:
                active = env["backflush.version"]._get_active(env.company)
                version = active.copy({"date_from": f"{2020 + number}-01-01"})
                for price in version.price_ids:
                    price.price += 0.5
                version.action_roll_up()
                env.cr.commit()
                tries = []
                retrying(partial(_activate_once, version, tries), env)
                env.cr.commit()
            retries += len(tries) - 1
        return retries

    def prove(self) -> dict[str, Any]:
        """Ledger = stock, and every posting entirely on one side of an activation."""
        with self.environment() as env:
            postings = env["backflush.posting"].search([("event", "=", "completion")])
            return {
                "closing": [
                    vals["debit"] - vals["credit"] for vals in _propose_closing(env)
                ],
                "postings": len(postings),
                "failed": len(postings.filtered(lambda p: p.state != "posted")),
                "torn": len([p for p in postings if not _is_of_one_version(p)]),
                "versions": len(postings.standard_id.version_id),
            }


def _activate_once(version: Any, tries: list[int]) -> None:
    tries.append(1)
    version.action_activate()


def _is_of_one_version(posting: Any) -> bool:
    """Whether each movement was recorded at the standards of the posting's card."""
    card = posting.standard_id
    rates = {line.component_id: line.rate for line in card.line_ids}
    rates[card.product_id] = card.amount
    return all(
        abs(fact.standard - rates[fact.product_id]) < 1e-9 for fact in posting.fact_ids
    )


def _propose_closing(env: Any) -> list[dict[str, Any]]:
    company = env.company
    return company._get_stock_valuation_account_vals(company._get_accounts_by_product())


def _activate(env: Any, version: Any) -> None:
    version.action_roll_up()
    version.action_activate()
    env.cr.commit()


def _get_version(env: Any, name: str) -> Any:
    return env["backflush.version"].search([("name", "=", name)])


def _receive(env: Any, vendor: Any, products: Any) -> None:
    order = env["purchase.order"].create(
        {
            "partner_id": vendor.id,
            "order_line": [
                Command.create(
                    {
                        "product_id": product.id,
                        "product_qty": RECEIVED,
                        "price_unit": product.standard_price,
                    }
                )
                for product in products
            ],
        }
    )
    order.button_confirm()
    for move in order.picking_ids.move_ids:
        move.quantity = move.product_uom_qty
        move.picked = True
    order.picking_ids.button_validate()
    assert set(order.picking_ids.mapped("state")) == {"done"}


def _count(env: Any) -> dict[str, int]:
    counts = {}
    for table in COUNTED:
        env.cr.execute(f"SELECT count(*) FROM {table}")
        counts[table] = env.cr.fetchone()[0]
    return counts


if __name__ == "__main__":
    store = Store(sys.argv[1])
    serve(
        {
            "set_up": store.set_up,
            "use_addon": store.use_addon,
            "stock": store.stock,
            "activate": store.activate,
            "activate_or_say": store.activate_or_say,
            "state": store.state,
            "open_books": store.open_books,
            "finish_orders": store.finish_orders,
            "activate_often": store.activate_often,
            "prove": store.prove,
        }
    )
