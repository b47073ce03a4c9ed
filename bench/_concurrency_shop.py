"""The shop of the concurrency measurement: orders and transfers that are ready.

Runs as a worker process of its own; see ``_factory.py``.
"""

from __future__ import annotations

import sys
from typing import Any

import _factory
from _activation_worker import Store, _propose_closing
from _common import serve
from _rpc import PASSWORD
from odoo import Command

COMPONENTS = 8  # in all; each product takes some of them
PRODUCTS = 4
TAKEN = 5
SHIPPED = 2  # products of one transfer
ORIGIN = "Concurrency"
SHOP_RIGHTS = ("mrp.group_mrp_user", "stock.group_stock_user")
OFFICE_RIGHTS = ("account.group_account_user",)


class Shop(Store):
    """What the measurement of concurrency does in its databases."""

    # -- set-up ------------------------------------------------------------------------

    def set_up_shop(self, orders: int, transfers: int, users: int) -> None:
        """Products that share components, orders and transfers of them, and users."""
        with self.environment() as env:
            names = ("Material", "Finished", "Shipped")
            categories = [_factory._create_category(env, name) for name in names]
            products = _create_products(env, categories)
            _create_orders(env, products[:PRODUCTS], orders)
            _change_boms(env, products)
            if transfers:
                _create_transfers(env, products[PRODUCTS:], transfers)
            for number in range(users):
                _create_user(env, f"shop{number}", SHOP_RIGHTS)
            for number in range(2):
                _create_user(env, f"office{number}", OFFICE_RIGHTS)
            _create_user(env, "system0", (*OFFICE_RIGHTS, "base.group_system"))

    def use_addon(self) -> None:
        """Let the addon book, at completion and at delivery."""
        with self.environment() as env:
            category = _factory._get_category(env, "Shipped")
            category.property_backflush_trigger = "delivery"
        super().use_addon()

    def prepared(self) -> dict[str, list[int]]:
        """The ids of the orders and transfers that were made ready."""
        with self.environment() as env:
            return {
                model: env[model].search([("origin", "=", ORIGIN)], order="id").ids
                for model in ("mrp.production", "stock.picking")
            }

    # -- what the office does meanwhile ------------------------------------------------

    def begin_year(self) -> None:
        """Number postings by the year, on the first morning of which this is."""
        with self.environment() as env:
            sequence = env.company._get_backflush_sequence()
            sequence.use_date_range = True
            sequence.prefix = "BF/%(range_year)s/Y"

    def set_applied_account(self, *, is_set: bool) -> None:
        """Take away an account without which nothing is posted, or give it back."""
        with self.environment() as env:
            elements = env["backflush.element"].search([("type", "=", "conversion")])
            elements.ensure_one()
            elements.applied_account_id = is_set and _factory._create_account(
                env, "Conversion applied", "expense"
            )

    def make_due(self, postings: list[int]) -> None:
        """Let the schedule retry failed postings at its next run."""
        with self.environment() as env:
            waiting = env["backflush.posting"].sudo().browse(postings)
            if "date_retry" in waiting._fields:
                vals = {"date_retry": False}
                waiting.with_context(backflush_engine=True).write(vals)

    def set_posting_mode(self, mode: str) -> None:
        """Journal entries at once, or one a day."""
        with self.environment() as env:
            env.company.backflush_posting_mode = mode

    def closing(self) -> list[float]:
        """What Odoo's own closing would book: ledger against stock."""
        with self.environment() as env:
            return [vals["debit"] - vals["credit"] for vals in _propose_closing(env)]


def _create_products(env: Any, categories: list[Any]) -> Any:
    material, finished, shipped = categories
    common = {"is_storable": True, "taxes_id": False, "supplier_taxes_id": False}
    components = env["product.product"].create(
        [
            {
                "name": f"Component {number}",
                "categ_id": material.id,
                "standard_price": 1 + number / 10,
                **common,
            }
            for number in range(1, COMPONENTS + 1)
        ]
    )
    workcenters = _factory._create_workcenters(env)
    products = env["product.product"].create(
        [
            {"name": f"Product {number}", "categ_id": category.id, **common}
            for category, count in ((finished, PRODUCTS), (shipped, SHIPPED))
            for number in range(1, count + 1)
        ]
    )
    for number, product in enumerate(products):
        taken = [(number + step) % COMPONENTS for step in range(TAKEN)]
        chosen = components.browse([components.ids[place] for place in taken])
        _factory._create_bom(env, product, chosen, workcenters)
        product.button_bom_cost()
    _factory._put_on_hand(env, components | products[PRODUCTS:])
    return products


def _create_orders(env: Any, products: Any, number: int) -> None:
    """Orders that are reserved: a click on "Produce All" does the rest."""
    orders = env["mrp.production"].create(
        [
            {
                "product_id": products[count % len(products)].id,
                "product_qty": _factory.QUANTITY,
                "origin": ORIGIN,
            }
            for count in range(number)
        ]
    )
    orders.action_confirm()
    orders.action_assign()
    assert set(orders.mapped("reservation_state")) == {"assigned"}


def _change_boms(env: Any, products: Any) -> None:
    """Let the standards know another quantity than the orders: variances arise."""
    for bom in products.bom_ids:
        bom.bom_line_ids[0].product_qty += 1


def _create_transfers(env: Any, products: Any, number: int) -> None:
    """Deliveries that are picked: only validating them is left."""
    warehouse = env["stock.warehouse"].search([], limit=1)
    customer = env.ref("stock.stock_location_customers")
    ends = {
        "location_id": warehouse.lot_stock_id.id,
        "location_dest_id": customer.id,
    }
    transfers = env["stock.picking"].create(
        [
            {
                "picking_type_id": warehouse.out_type_id.id,
                "origin": ORIGIN,
                **ends,
                "move_ids": [
                    Command.create(
                        {"product_id": product.id, "product_uom_qty": 3, **ends}
                    )
                    for product in products
                ],
            }
            for _ in range(number)
        ]
    )
    transfers.action_confirm()
    transfers.action_assign()
    transfers.move_ids.picked = True


def _create_user(env: Any, login: str, rights: tuple[str, ...]) -> None:
    env["res.users"].with_context(no_reset_password=True).create(
        {
            "name": login.capitalize(),
            "login": login,
            "password": PASSWORD,
            "group_ids": [Command.link(env.ref(name).id) for name in rights],
        }
    )


if __name__ == "__main__":
    shop = Shop(sys.argv[1])
    serve(
        {
            "set_up_shop": shop.set_up_shop,
            "use_perpetual": shop.use_perpetual,
            "use_addon": shop.use_addon,
            "open_books": shop.open_books,
            "prepared": shop.prepared,
            "begin_year": shop.begin_year,
            "set_applied_account": shop.set_applied_account,
            "make_due": shop.make_due,
            "set_posting_mode": shop.set_posting_mode,
            "closing": shop.closing,
        }
    )
