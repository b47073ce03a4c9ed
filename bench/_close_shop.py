"""The shop of `_variance_shop`, with documents that a close reads besides orders.

A purchase that is billed at another price than the standard, one that is not billed, a
sale that is invoiced, one that is not, and an order that is worked on: templates that
`_close_data` multiplies.
"""

from __future__ import annotations

from typing import Any

import _factory
import _variance_shop as variance_shop
from odoo import Command

ORIGIN = "Template of a close"
PRICE = 1.25  # of what is bought, over its standard
OPEN_HOURS = 2.5  # recorded on each operation of the open order
#: What is multiplied, and how many orders of the period have one of it between them.
EVERY = {"billed": 10, "received": 100, "invoiced": 10, "delivered": 100, "open": 20}


def set_up(env: Any) -> None:
    """Make the shop, then one document of each kind."""
    variance_shop.set_up(env)
    env.company.write(
        {
            "backflush_variance_policy": "prorate",
            "backflush_cost_of_sales_account_id": _factory._create_account(
                env, "Cost of sales", "expense_direct_cost"
            ).id,
        }
    )
    component = env["product.product"].search([("name", "=", "Component 1")])
    product = env["product.product"].search([("name", "=", "Product 1")])
    product.invoice_policy = "delivery"
    for name in ("billed", "received"):
        _buy(env, component, name)
    for name in ("invoiced", "delivered"):
        _sell(env, product, name)
    _begin(env, product)
    env.cr.commit()


def get_records(env: Any, name: str) -> dict[str, list[int]]:
    """{table: ids} of what is copied together; none refers to one after it."""
    if name == "open":
        return _get_order(env)
    records = _get_trade(env, name)
    return {table: ids for table, ids in records.items() if ids}


def _buy(env: Any, component: Any, name: str) -> None:
    vendor = env["res.partner"].create({"name": f"Vendor, {name}"})
    line = {
        "product_id": component.id,
        "product_qty": 20,
        "price_unit": component.standard_price * PRICE,
        "tax_ids": False,
    }
    order = env["purchase.order"].create(
        {
            "partner_id": vendor.id,
            "origin": f"{ORIGIN}: {name}",
            "order_line": [Command.create(line)],
        }
    )
    order.button_confirm()
    _validate(order.picking_ids)
    if name == "billed":
        order.action_create_invoice()
        order.invoice_ids.invoice_date = "2026-01-01"
        order.invoice_ids.action_post()


def _sell(env: Any, product: Any, name: str) -> None:
    customer = env["res.partner"].create({"name": f"Customer, {name}"})
    line = {
        "product_id": product.id,
        "product_uom_qty": 8,
        "price_unit": 100,
        "tax_ids": False,
    }
    order = env["sale.order"].create(
        {
            "partner_id": customer.id,
            "origin": f"{ORIGIN}: {name}",
            "order_line": [Command.create(line)],
        }
    )
    order.action_confirm()
    _validate(order.picking_ids)
    if name == "invoiced":
        order._create_invoices().action_post()


def _validate(picking: Any) -> None:
    for move in picking.move_ids:
        move.quantity = move.product_uom_qty
        move.picked = True
    result = picking.with_context(skip_backorder=True).button_validate()
    assert picking.state == "done", result


def _begin(env: Any, product: Any) -> None:
    order = env["mrp.production"].create(
        {
            "product_id": product.id,
            "product_qty": variance_shop.LOT,
            "origin": f"{ORIGIN}: open",
        }
    )
    order.action_confirm()
    employee = env["hr.employee"].search([("hourly_cost", ">", 0)], limit=1)
    env["account.analytic.line"].create(
        [
            {
                "name": "Time on an open order",
                "employee_id": employee.id,
                "project_id": env.company.backflush_project_id.id,
                "unit_amount": OPEN_HOURS,
                "production_id": order.id,
                "workorder_id": workorder.id,
            }
            for workorder in order.workorder_ids
        ]
    )


# -- what belongs together -------------------------------------------------------------


def _get_order(env: Any) -> dict[str, list[int]]:
    domain = [("origin", "=", f"{ORIGIN}: open")]
    order = env["mrp.production"].search(domain)
    order.ensure_one()
    return {
        "mrp_production_group": order.production_group_id.ids,
        "mrp_production": order.ids,
        "mrp_workorder": order.workorder_ids.ids,
        "stock_move": (order.move_raw_ids | order.move_finished_ids).ids,
        "account_analytic_line": env["account.analytic.line"]
        .search([("production_id", "=", order.id)])
        .ids,
    }


def _get_trade(env: Any, name: str) -> dict[str, list[int]]:
    model = "purchase" if name in ("billed", "received") else "sale"
    domain = [("origin", "=", f"{ORIGIN}: {name}")]
    order = env[f"{model}.order"].search(domain)
    order.ensure_one()
    entries, moves = order.invoice_ids, order.picking_ids.move_ids
    facts = env["backflush.stock.fact"].search([("move_id", "in", moves.ids)])
    items = entries.line_ids
    postings = facts.posting_id | env["backflush.posting"].search(
        [("res_model", "=", "account.move"), ("res_id", "in", entries.ids)]
    )
    matches = env["backflush.match"].search(
        ["|", ("line_id", "in", items.ids), ("fact_id", "in", facts.ids)]
    )
    rows = env["backflush.variance"].search(
        ["|", ("bill_line_id", "in", items.ids), ("posting_id", "in", postings.ids)]
    )
    return {
        f"{model}_order": order.ids,
        f"{model}_order_line": order.order_line.ids,
        "stock_picking": order.picking_ids.ids,
        "account_move": entries.ids,
        "account_move_line": items.ids,
        "stock_move": moves.ids,
        "backflush_posting": postings.ids,
        "backflush_posting_line": postings.line_ids.ids,
        "backflush_stock_fact": facts.ids,
        "backflush_match": matches.ids,
        "backflush_variance": rows.ids,
    }
