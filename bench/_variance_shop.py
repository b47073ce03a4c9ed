"""The shop whose finished orders `_variance_data` multiplies, made through the ORM.

Products of six components and two operations with real cards, employees at different
hourly costs, and of each product one order that was really finished, as a template.
"""

from __future__ import annotations

from typing import Any

import _factory
from odoo import Command

PRODUCTS = 20
COMPONENTS = 30  # in all
TAKEN = 6  # components of one product
LOT = 10  # units: the standard lot, and what the template orders make
ORIGIN = "Template"
#: Work centers: set-up and clean-up in minutes, units of a cycle, people at it, and
#: rates per hour of labour, variable and fixed overhead.
WORKCENTERS = {
    "Cut": (20, 5, 4, 1.0, 24.0, 6.5, 9.0),
    "Mill": (30, 0, 1, 2.0, 27.5, 11.25, 14.0),
    "Assemble": (10, 10, 3, 1.5, 22.4, 3.1, 5.0),
    "Pack": (0, 5, 6, 3.0, 19.75, 2.0, 2.5),
}
RATED = ("labour", "variable_overhead", "fixed_overhead")
NORMAL_HOURS = 160.0  # of a work center in a month
#: Employees by department: what an hour of each costs.
EMPLOYEES = {"Workshop": (21.5, 24.0, 27.8), "Assembly": (18.9, 23.15, 25.0)}


def set_up(env: Any) -> None:
    """Make products, cards, employees, and the template orders and timesheet."""
    categories = [_factory._create_category(env, n) for n in ("Material", "Finished")]
    _factory._use_real_time(env)
    categories[1].property_backflush_trigger = "completion"
    workcenters = _create_workcenters(env)
    products = _create_products(env, categories, workcenters)
    _activate(env, workcenters)
    _finish_templates(env, products)
    _create_timesheets(env)
    env.cr.commit()


def get_templates(env: Any) -> Any:
    """The orders that were finished as templates."""
    domain = [("origin", "=", ORIGIN), ("state", "=", "done")]
    return env["mrp.production"].search(domain, order="id")


def get_sheets(env: Any) -> Any:
    """A timesheet of each employee on the first template order."""
    order = get_templates(env)[0]
    domain = [("production_id", "=", order.id)]
    return env["account.analytic.line"].search(domain, order="id")


def _create_workcenters(env: Any) -> Any:
    unit = env.ref("uom.product_uom_unit")
    return env["mrp.workcenter"].create(
        [
            {
                "name": name,
                "costs_hour": 40,
                "capacity_ids": [
                    Command.create(
                        {
                            "product_uom_id": unit.id,
                            "capacity": capacity,
                            "time_start": start,
                            "time_stop": stop,
                        }
                    )
                ],
            }
            for name, (start, stop, capacity, *_rates) in WORKCENTERS.items()
        ]
    )


def _create_products(env: Any, categories: list[Any], workcenters: Any) -> Any:
    material, finished = categories
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
    products = env["product.product"].create(
        [
            {"name": f"Product {number}", "categ_id": finished.id, **common}
            for number in range(1, PRODUCTS + 1)
        ]
    )
    for number, product in enumerate(products):
        places = [(number + 5 * step) % COMPONENTS for step in range(TAKEN)]
        chosen = components.browse([components.ids[place] for place in places])
        first = number % len(workcenters)
        pair = workcenters[first] | workcenters[(first + 1) % len(workcenters)]
        _create_bom(env, product, chosen, pair, 6 + number)
    _factory._put_on_hand(env, components)
    return products


def _create_bom(
    env: Any, product: Any, components: Any, workcenters: Any, minutes: int
) -> None:
    env["mrp.bom"].create(
        {
            "product_tmpl_id": product.product_tmpl_id.id,
            "product_qty": LOT,
            "consumption": "flexible",
            "bom_line_ids": [
                Command.create(
                    {"product_id": component.id, "product_qty": LOT * (1 + place % 3)}
                )
                for place, component in enumerate(components)
            ],
            "operation_ids": [
                Command.create(
                    {
                        "name": workcenter.name,
                        "workcenter_id": workcenter.id,
                        "time_cycle_manual": minutes + 7 * place,
                    }
                )
                for place, workcenter in enumerate(workcenters)
            ],
        }
    )


def _activate(env: Any, workcenters: Any) -> None:
    """Labour and the two overheads apart, each with a rate per work center."""
    elements = env["backflush.element"].with_context(active_test=False)
    elements = elements.search([("company_id", "=", env.company.id)])
    elements.filtered(lambda e: e.type == "conversion").active = False
    rated = elements.filtered(lambda e: e.type in RATED)
    rated.active = True
    version = env["backflush.version"].create(
        {"name": "Standards", "company_id": env.company.id, "date_from": "2020-01-01"}
    )
    env["backflush.rate"].create(
        [
            {
                "version_id": version.id,
                "workcenter_id": workcenter.id,
                "element_id": element.id,
                "rate": WORKCENTERS[workcenter.name][4 + RATED.index(element.type)],
                "crew": WORKCENTERS[workcenter.name][3],
                "normal_hours": NORMAL_HOURS,
            }
            for workcenter in workcenters
            for element in rated
        ]
    )
    version.action_roll_up()
    version.action_activate()


def _finish_templates(env: Any, products: Any) -> None:
    orders = env["mrp.production"].create(
        [
            {"product_id": product.id, "product_qty": LOT, "origin": ORIGIN}
            for product in products
        ]
    )
    orders.action_confirm()
    orders.action_assign()
    for order in orders:
        order.qty_producing = LOT
        order._set_qty_producing()
        assert len(order.move_raw_ids) == TAKEN
        assert len(order.workorder_ids) == 2
    _factory.finish(env, orders)
    postings = orders.backflush_posting_ids
    assert set(postings.mapped("state")) == {"posted"}, postings.mapped("error")


def _create_timesheets(env: Any) -> None:
    """One of each employee: rows that the generated ones are copies of."""
    project = env["project.project"].create(
        {"name": "Order time", "allow_timesheets": True}
    )
    env.company.backflush_project_id = project
    employees = env["hr.employee"].create(
        [
            {
                "name": f"{name} {number}",
                "department_id": department.id,
                "hourly_cost": cost,
            }
            for name, costs in EMPLOYEES.items()
            for department in env["hr.department"].create({"name": name})
            for number, cost in enumerate(costs, start=1)
        ]
    )
    env["account.analytic.line"].create(
        [
            {
                "name": "Time on an order",
                "employee_id": employee.id,
                "project_id": project.id,
                "unit_amount": 1.0,
                "production_id": get_templates(env)[0].id,
            }
            for employee in employees
        ]
    )
