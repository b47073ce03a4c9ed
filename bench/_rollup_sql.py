"""The yardstick: standard costs level by level in nothing but SQL.

It knows no more than the generated structure has: no kits, by-products, variants,
several bills or remarks.  Per bill: components at their cost, operations at the hourly
cost of the work center for whole cycles, set-up and clean-up once.
"""

from __future__ import annotations

from typing import Any

PREPARE = """
CREATE TEMP TABLE bench_bill ON COMMIT DROP AS
SELECT b.id AS bom_id, p.id AS product_id, b.product_qty AS quantity
  FROM mrp_bom b
  JOIN product_product p ON p.product_tmpl_id = b.product_tmpl_id
 WHERE b.active AND b.type = 'normal';

CREATE TEMP TABLE bench_component ON COMMIT DROP AS
SELECT b.product_id, l.id AS line_id, l.product_id AS component_id,
       (l.product_qty * unit.factor / own.factor / b.quantity)::float AS quantity
  FROM bench_bill b
  JOIN mrp_bom_line l ON l.bom_id = b.bom_id
  JOIN product_product p ON p.id = l.product_id
  JOIN product_template t ON t.id = p.product_tmpl_id
  JOIN uom_uom unit ON unit.id = l.product_uom_id
  JOIN uom_uom own ON own.id = t.uom_id;

CREATE TEMP TABLE bench_work ON COMMIT DROP AS
SELECT b.product_id, o.id AS operation_id, o.workcenter_id,
       w.costs_hour::float AS rate,
       (COALESCE(c.time_start + c.time_stop, w.time_start + w.time_stop)
        + ceil(round((b.quantity / COALESCE(c.capacity, b.quantity))::numeric, 9))
          * o.time_cycle_manual * 100 / w.time_efficiency)::float
       / 60 / b.quantity::float AS hours
  FROM bench_bill b
  JOIN mrp_routing_workcenter o ON o.bom_id = b.bom_id AND o.active
  JOIN mrp_workcenter w ON w.id = o.workcenter_id
  LEFT JOIN mrp_workcenter_capacity c ON c.workcenter_id = w.id;

CREATE TEMP TABLE bench_cost ON COMMIT DROP AS
SELECT p.id AS product_id, (p.standard_price ->> %(company)s)::float AS cost
  FROM product_product p
 WHERE p.standard_price ? %(company)s
   AND NOT EXISTS (SELECT FROM bench_bill b WHERE b.product_id = p.id);

CREATE INDEX ON bench_component (product_id);
CREATE INDEX ON bench_component (component_id);
CREATE INDEX ON bench_work (product_id);
CREATE UNIQUE INDEX ON bench_cost (product_id);
ANALYZE bench_bill, bench_component, bench_work, bench_cost;
"""
LEVEL = """
WITH ready AS (
    SELECT b.product_id
      FROM bench_bill b
      LEFT JOIN bench_cost done ON done.product_id = b.product_id
     WHERE done.product_id IS NULL
       AND NOT EXISTS (
           SELECT FROM bench_component l
             LEFT JOIN bench_cost c ON c.product_id = l.component_id
            WHERE l.product_id = b.product_id AND c.product_id IS NULL))
INSERT INTO bench_cost
SELECT r.product_id,
       COALESCE((SELECT sum(l.quantity * c.cost)
                   FROM bench_component l
                   JOIN bench_cost c ON c.product_id = l.component_id
                  WHERE l.product_id = r.product_id), 0)
     + COALESCE((SELECT sum(hours * rate)
                   FROM bench_work w
                  WHERE w.product_id = r.product_id), 0)
  FROM ready r
"""
#: A card and a row per line in plain tables, without keys.
WRITE = """
DROP TABLE IF EXISTS bench_card, bench_card_line;
CREATE TABLE bench_card AS
SELECT b.product_id, b.bom_id, b.quantity AS lot_size, c.cost AS amount
  FROM bench_bill b JOIN bench_cost c ON c.product_id = b.product_id;
CREATE TABLE bench_card_line AS
SELECT l.product_id, 'component' AS line_type, l.component_id,
       NULL::integer AS operation_id, NULL::integer AS workcenter_id,
       l.quantity, c.cost AS rate, l.quantity * c.cost AS amount
  FROM bench_component l JOIN bench_cost c ON c.product_id = l.component_id
 UNION ALL
SELECT w.product_id, 'operation', NULL, w.operation_id, w.workcenter_id,
       w.hours, w.rate, w.hours * w.rate
  FROM bench_work w;
"""
#: The same in the addon's own tables, with their keys, for a version of its own.
WRITE_CARDS = """
DELETE FROM backflush_standard WHERE version_id = %(version)s;
INSERT INTO backflush_standard
       (version_id, company_id, product_id, uom_id, bom_id, lot_size, amount)
SELECT %(version)s, %(company)s::integer, b.product_id, t.uom_id, b.bom_id,
       b.quantity, c.cost
  FROM bench_bill b
  JOIN bench_cost c ON c.product_id = b.product_id
  JOIN product_product p ON p.id = b.product_id
  JOIN product_template t ON t.id = p.product_tmpl_id;
INSERT INTO backflush_standard_line
       (standard_id, line_type, element_id, component_id, uom_id,
        operation_id, workcenter_id, quantity, rate, amount)
SELECT s.id, 'component', %(material)s, l.component_id, t.uom_id,
       NULL, NULL, l.quantity, c.cost, l.quantity * c.cost
  FROM bench_component l
  JOIN backflush_standard s
    ON s.product_id = l.product_id AND s.version_id = %(version)s
  JOIN bench_cost c ON c.product_id = l.component_id
  JOIN product_product p ON p.id = l.component_id
  JOIN product_template t ON t.id = p.product_tmpl_id
 UNION ALL
SELECT s.id, 'operation', %(pool)s, NULL, NULL, w.operation_id,
       w.workcenter_id, w.hours, w.rate, w.hours * w.rate
  FROM bench_work w
  JOIN backflush_standard s
    ON s.product_id = w.product_id AND s.version_id = %(version)s;
"""


def compute(cr: Any, company: int, write: str, parameters: dict[str, int]) -> None:
    """Cost every product with a bill, and write what ``write`` (a query) says."""
    cr.execute(PREPARE, {"company": str(company)})
    while True:
        cr.execute(LEVEL)
        if not cr.rowcount:
            break
    if write:
        cr.execute(write, {**parameters, "company": company})


def read_costs(cr: Any) -> dict[int, float]:
    """{product id: cost} that `WRITE` has left."""
    cr.execute("SELECT product_id, amount FROM bench_card")
    return dict(cr.fetchall())
