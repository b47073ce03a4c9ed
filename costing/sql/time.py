"""Variances of recorded time, for many orders in one statement: `costing.hours`' twin.

Every part is a table of its own: what was made and when, what the cards allow for it,
what was recorded, and the rows that follow. Hours are hours of the work centre
(*machine*) or of people (*labour*); an operation without one is known by its work
centre, with a minus sign (*place*).
"""

from odoo.tools import SQL

#: Kinds of rows that follow from recorded time.
TIME_KINDS = ("labour_rate", "labour_efficiency", "overhead_efficiency", "lot_size")
#: Postings that count as booked; one that failed has no date until it was recorded.
STANDING = (
    "({0}.state IN ('posted', 'pending')"
    " OR {0}.state = 'failed' AND {0}.date IS NOT NULL)"
)
#: The day on which the event of a posting `p` that does not stand is booked now.
AGAIN = """
    (SELECT again.date FROM backflush_posting again
      WHERE again.company_id = p.company_id AND again.res_model = p.res_model
        AND again.res_id = p.res_id AND {standing}
      ORDER BY again.id LIMIT 1)""".format(standing=STANDING.format("again"))
#: The orders, with the card of their first posting; without one, the card in force.
UNIT = """
    ids AS MATERIALIZED (
        SELECT UNNEST(%(orders)s::int[]) AS id
    ), posted AS MATERIALIZED (
        SELECT p.res_id AS id,
               (ARRAY_AGG(p.standard_id ORDER BY p.id)
                    FILTER (WHERE p.standard_id IS NOT NULL))[1] AS standard,
               CASE WHEN NOT %(as_open)s
                    THEN (ARRAY_AGG(p.date ORDER BY p.id) FILTER (WHERE {standing}))[1]
               END AS day
          FROM backflush_posting p
         WHERE p.company_id = %(company)s AND p.res_model = 'mrp.production'
           AND p.res_id IN (SELECT id FROM ids)
         GROUP BY p.res_id
    ), starter AS MATERIALIZED (
        SELECT DISTINCT ON (o.production_group_id) o.production_group_id AS family,
               o.id
          FROM mrp_production own
          JOIN mrp_production o ON o.production_group_id = own.production_group_id
          JOIN backflush_posting p ON p.res_model = 'mrp.production' AND p.res_id = o.id
           AND p.company_id = %(company)s AND p.quantity > 0
         WHERE own.id IN (SELECT id FROM ids)
           -- one that was reversed and booked again has not come later
           AND ({standing} OR EXISTS (
                SELECT FROM backflush_posting again
                 WHERE again.company_id = p.company_id
                   AND again.res_model = p.res_model
                   AND again.res_id = p.res_id AND {again}))
         ORDER BY o.production_group_id, p.id
    ), unit AS MATERIALIZED (
        SELECT o.id, o.product_id AS product, posted.day, o.project_id AS project,
               COALESCE(posted.standard, card.id) AS standard,
               COALESCE(starter.id = o.id, o.production_group_id IS NULL) AS starts
          FROM mrp_production o
          LEFT JOIN posted ON posted.id = o.id
          LEFT JOIN starter ON starter.family = o.production_group_id
          LEFT JOIN product_product variant ON variant.id = o.product_id
          LEFT JOIN product_template template ON template.id = variant.product_tmpl_id
          LEFT JOIN backflush_standard card
            ON posted.standard IS NULL AND card.product_id = o.product_id
           AND card.version_id = %(version)s::int
           AND template.categ_id = ANY(%(categories)s::int[])
         WHERE o.id IN (SELECT id FROM ids) AND o.company_id = %(company)s
           AND (posted.day IS NOT NULL OR o.state <> 'cancel')
    )""".format(standing=STANDING.format("p"), again=STANDING.format("again"))
#: Good output by the day on which it was booked, and the total until then.
STEP = """
    moved AS (
        SELECT unit.id, unit.standard, unit.starts, f.quantity,
               CASE WHEN {standing} THEN p.date ELSE {again} END AS day
          FROM unit
          JOIN backflush_posting p ON p.production_id = unit.id
           AND p.res_model IN ('mrp.production', 'mrp.unbuild')
          JOIN backflush_stock_fact f ON f.posting_id = p.id
           AND f.product_id = unit.product
          JOIN stock_move m ON m.id = f.move_id
          LEFT JOIN stock_location place ON place.id = m.location_dest_id
         WHERE unit.day IS NOT NULL
           AND (m.production_id = unit.id
                -- taken apart again
                OR COALESCE(m.consume_unbuild_id, m.unbuild_id) IS NOT NULL
                   AND place.usage = 'production')
    ), step AS MATERIALIZED (
        SELECT id, standard, starts, day,
               SUM(quantity) OVER past AS made,
               SUM(quantity) OVER past - quantity AS before,
               ROW_NUMBER() OVER past = 1 AS is_first
          FROM (SELECT id, standard, starts, day, SUM(quantity::numeric) AS quantity
                  FROM moved WHERE day IS NOT NULL
                 GROUP BY id, standard, starts, day) daily
        WINDOW past AS (PARTITION BY id ORDER BY day)
    )""".format(standing=STANDING.format("p"), again=AGAIN)
#: Operations of the cards: time of the work centre, and rates per hour of it.
WORK = """
    line AS MATERIALIZED (
        SELECT l.standard_id AS standard, l.element_id AS element, e.type,
               COALESCE(l.operation_id, -l.workcenter_id) AS place,
               l.operation_id AS operation, l.workcenter_id AS workcenter,
               l.rate::numeric AS rate, l.quantity::numeric AS quantity,
               l.fixed_hours::numeric AS fixed, l.cycle_hours::numeric AS cycle,
               COALESCE(NULLIF(l.capacity, 0), 1)::numeric AS capacity,
               CASE WHEN e.type = 'labour' THEN COALESCE(r.crew, 1)::numeric
                    ELSE 1 END AS factor
          FROM backflush_standard_line l
          JOIN backflush_standard s ON s.id = l.standard_id
          JOIN backflush_element e ON e.id = l.element_id
          LEFT JOIN backflush_rate r ON r.version_id = s.version_id
           AND r.workcenter_id = l.workcenter_id AND r.element_id = l.element_id
         WHERE l.line_type = 'operation'
           AND l.standard_id IN (SELECT standard FROM unit)
    ), rate AS MATERIALIZED (
        SELECT standard, place, element, type, MIN(rate) AS rate,
               MIN(factor) AS factor
          FROM line GROUP BY standard, place, element, type
    ), place AS MATERIALIZED (
        SELECT standard, place, MIN(operation) AS operation,
               MIN(workcenter) AS workcenter,
               COALESCE(SUM(factor) FILTER (WHERE type = 'labour' AND nth = 1), 0)
                   AS crew,
               SUM(quantity / factor) FILTER (WHERE element = own) AS unit_hours
          FROM (SELECT line.*, MIN(element) OVER here AS own,
                       ROW_NUMBER() OVER (PARTITION BY standard, place, element) AS nth
                  FROM line WINDOW here AS (PARTITION BY standard, place)) known
         GROUP BY standard, place
    )"""
#: What the cards allow of the work centre's time; orders of one size share it.
ALLOWED = """
    size AS (
        SELECT standard, starts, made FROM step
         UNION
        SELECT standard, starts, before FROM step WHERE NOT is_first
    ), allowed AS MATERIALIZED (
        SELECT size.standard, size.starts, size.made, line.place,
               SUM((CASE WHEN size.starts THEN line.fixed ELSE 0 END
                    + CEIL(ROUND(size.made / line.capacity, 9)) * line.cycle)
                   / line.factor) AS hours,
               SUM(line.quantity * size.made / line.factor) AS absorbed
          FROM size
          JOIN (SELECT line.*, MIN(element) OVER (PARTITION BY standard, place) AS own
                  FROM line) line
            ON line.standard = size.standard AND line.element = line.own
         GROUP BY size.standard, size.starts, size.made, line.place
    ), standard_time AS MATERIALIZED (
        SELECT step.id, step.day, step.is_first, now.place,
               now.hours - COALESCE(old.hours, 0) AS allowed,
               now.absorbed - COALESCE(old.absorbed, 0) AS absorbed
          FROM step
          JOIN allowed now ON now.standard = step.standard
           AND now.starts = step.starts AND now.made = step.made
          LEFT JOIN allowed old ON NOT step.is_first AND old.standard = step.standard
           AND old.starts = step.starts AND old.made = step.before
           AND old.place = now.place
    )"""
#: Timesheets that name no order, on the project of orders: shared among those that were
#: finished in the month, by standard hours.
SHARED = """
    mate AS (
        SELECT p.res_id AS id, o.project_id AS project,
               (ARRAY_AGG(p.date ORDER BY p.id))[1] AS day,
               (ARRAY_AGG(p.quantity ORDER BY p.id DESC))[1]::numeric AS made,
               (ARRAY_AGG(p.standard_id ORDER BY p.id))[1] AS standard
          FROM mrp_production o
          JOIN backflush_posting p ON p.res_model = 'mrp.production' AND p.res_id = o.id
           AND p.company_id = o.company_id AND {standing}
         WHERE o.project_id = ANY(%(projects)s) AND o.company_id = %(company)s
         GROUP BY p.res_id, o.project_id
    ), unit_time AS (
        SELECT l.standard_id AS standard, l.element_id, e.type = 'labour' AS is_labour,
               SUM(l.quantity)::numeric AS hours
          FROM backflush_standard_line l
          JOIN backflush_element e ON e.id = l.element_id
         WHERE l.line_type = 'operation'
           AND l.standard_id IN (SELECT standard FROM mate)
         GROUP BY l.standard_id, l.element_id, e.type
    ), weight AS MATERIALIZED (
        SELECT mate.id, mate.project, DATE_TRUNC('month', mate.day) AS month,
               mate.made * COALESCE(t.people, t.machine) AS hours
          FROM mate
          JOIN (SELECT standard, SUM(hours) FILTER (WHERE is_labour) AS people,
                       MAX(hours) AS machine
                  FROM unit_time GROUP BY standard) t ON t.standard = mate.standard
         WHERE mate.made > 0
    ), pool AS (
        SELECT a.project_id AS project, DATE_TRUNC('month', a.date) AS month,
               a.department_id AS department, MAX(a.date) AS day,
               SUM(a.unit_amount::numeric
                   * COALESCE(given.factor / hour.factor, 1)::numeric) AS hours,
               NULLIF(-SUM(a.amount), 0) AS cost
          FROM account_analytic_line a
          LEFT JOIN uom_uom given ON given.id = a.product_uom_id
          LEFT JOIN uom_uom hour ON hour.id = %(hour)s
         WHERE a.project_id = ANY(%(projects)s) AND a.company_id = %(company)s
           AND a.production_id IS NULL
         GROUP BY 1, 2, 3, a.amount = 0
    )""".format(standing=STANDING.format("p"))
SHARE = """
         UNION ALL
        SELECT weight.id, NULL, pool.day, pool.department, NULL, NULL,
               pool.hours * weight.hours / total.hours,
               pool.cost * weight.hours / total.hours
          FROM weight
          JOIN ids ON ids.id = weight.id
          JOIN pool ON pool.project = weight.project AND pool.month = weight.month
          JOIN (SELECT project, month, SUM(hours) AS hours
                  FROM weight GROUP BY project, month) total
            ON total.project = weight.project AND total.month = weight.month
"""
#: Timesheets of the orders, and the work centres' time that somebody recorded. Where
#: the employee has no hourly cost, a sheet has none. Time of a work centre belongs to
#: the day on which it ends; Odoo splits what takes longer than expected in two.
RECORDED = """
    sheet AS MATERIALIZED (
        SELECT a.production_id AS id, a.id AS timesheet, a.date AS day,
               a.department_id AS department, w.workcenter_id AS workcenter,
               COALESCE(w.operation_id, -w.workcenter_id) AS place,
               a.unit_amount::numeric * COALESCE(given.factor / hour.factor, 1)::numeric
                   AS hours,
               NULLIF(-a.amount, 0) AS cost
          FROM account_analytic_line a
          JOIN unit ON unit.id = a.production_id
          LEFT JOIN mrp_workorder w ON w.id = a.workorder_id
          LEFT JOIN uom_uom given ON given.id = a.product_uom_id
          LEFT JOIN uom_uom hour ON hour.id = %(hour)s
         WHERE a.project_id IS NOT NULL AND a.date <= %(until)s AND %(by_sheet)s
         %(shared)s
    ), machine AS MATERIALIZED (
        SELECT w.production_id AS id,
               COALESCE(w.operation_id, -w.workcenter_id) AS place,
               MIN(w.workcenter_id) AS workcenter,
               SUM(t.duration)::numeric / 60 AS hours
          FROM unit
          JOIN mrp_workorder w ON w.production_id = unit.id
          JOIN mrp_workcenter_productivity t ON t.workorder_id = w.id
         WHERE NOT COALESCE(w.backflush_is_assumed, FALSE)
           AND w.state IS DISTINCT FROM 'cancel'
           -- asked for at a period's end only
           AND (%(until)s >= DATE '9999-12-31'
                OR (COALESCE((SELECT MAX(next.date_end)
                                FROM mrp_workcenter_productivity next
                               WHERE next.workorder_id = t.workorder_id
                                 AND next.date_start = t.date_end
                                 AND next.id <> t.id), t.date_end, t.date_start)
                    AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date <= %(until)s)
         GROUP BY 1, 2
        HAVING SUM(t.duration) > 0
    )"""
#: Work centres of which time was recorded and that the order's card does not know, at
#: the rates of the card's version; without rates, at their own hourly cost on the pool.
UNPLANNED = """
    stray AS MATERIALIZED (
        SELECT unit.id, unit.standard, s.version_id AS version, used.place,
               MIN(used.workcenter) AS workcenter
          FROM (SELECT id, place, workcenter FROM machine
                 UNION ALL
                SELECT id, place, workcenter FROM sheet WHERE place IS NOT NULL) used
          JOIN unit ON unit.id = used.id
          JOIN backflush_standard s ON s.id = unit.standard
         WHERE NOT EXISTS (SELECT FROM place WHERE place.standard = unit.standard
                                               AND place.place = used.place)
         GROUP BY unit.id, unit.standard, s.version_id, used.place
    ), stray_rate AS MATERIALIZED (
        SELECT stray.id, stray.standard, stray.place, stray.workcenter,
               r.element_id AS element, e.type, r.rate::numeric AS rate,
               CASE WHEN e.type = 'labour' THEN r.crew::numeric ELSE 1 END AS factor
          FROM stray
          JOIN backflush_rate r ON r.version_id = stray.version
           AND r.workcenter_id = stray.workcenter
          JOIN backflush_element e ON e.id = r.element_id
         UNION ALL
        SELECT stray.id, stray.standard, stray.place, stray.workcenter, e.id, e.type,
               w.costs_hour::numeric, 1
          FROM stray
          JOIN mrp_workcenter w ON w.id = stray.workcenter
          JOIN backflush_element e ON e.id = %(pool)s::int
         WHERE NOT EXISTS (SELECT FROM backflush_rate r
                            WHERE r.version_id = stray.version
                              AND r.workcenter_id = stray.workcenter)
    )"""
#: What was recorded at each place, in hours of the work centre; NULL where nothing was,
#: so that what is allowed counts. Sheets that name no place where people work are
#: spread over those by allowed time.
SPOT = """
    booked AS (
        SELECT id, place, SUM(hours) AS hours FROM sheet GROUP BY id, place
    ), known AS (
        SELECT unit.id, unit.standard, p.place, p.operation, p.workcenter, p.crew,
               machine.hours AS machine, booked.hours AS named,
               total.hours AS sheets,
               CASE WHEN MAX(p.crew) OVER own > 0 THEN p.crew ELSE 1 END AS weight,
               COALESCE(t.allowed, 0) AS allowed, p.unit_hours,
               SUM(booked.hours) FILTER (
                    WHERE p.crew > 0) OVER own AS manned,
               SUM(booked.hours) OVER own AS at_places, MAX(p.crew) OVER own AS most
          FROM (SELECT timed.id, place, operation, workcenter, crew, unit_hours
                  FROM (SELECT id FROM sheet UNION SELECT id FROM machine) timed
                  JOIN unit ON unit.id = timed.id
                  JOIN place ON place.standard = unit.standard
                 UNION ALL
                SELECT id, place, NULLIF(GREATEST(place, 0), 0), workcenter,
                       COALESCE(SUM(factor) FILTER (WHERE type = 'labour'), 0), 0
                  FROM stray_rate GROUP BY id, place, workcenter) p
          JOIN unit ON unit.id = p.id
          LEFT JOIN (SELECT id, SUM(hours) AS hours FROM booked GROUP BY id) total
            ON total.id = unit.id
          LEFT JOIN booked ON booked.id = unit.id AND booked.place = p.place
          LEFT JOIN machine ON machine.id = unit.id AND machine.place = p.place
          LEFT JOIN (SELECT id, place, SUM(allowed) AS allowed
                       FROM standard_time GROUP BY id, place) t
            ON t.id = unit.id AND t.place = p.place
        WINDOW own AS (PARTITION BY unit.id)
    ), shared AS (
        SELECT known.*,
               CASE WHEN SUM(weight * allowed) OVER own > 0
                    THEN weight * allowed / SUM(weight * allowed) OVER own
                    WHEN SUM(weight * unit_hours) OVER own > 0
                    THEN weight * unit_hours / SUM(weight * unit_hours) OVER own
                    ELSE weight / NULLIF(SUM(weight) OVER own, 0) END AS share
          FROM known
        WINDOW own AS (PARTITION BY id)
    ), spot AS MATERIALIZED (
        SELECT id, standard, place, operation, workcenter, crew, share, sheets,
               CASE WHEN crew = 0 THEN NULL
                    WHEN sheets IS NOT NULL
                    THEN (COALESCE(named, 0)
                          + (sheets - COALESCE(manned, 0)) * share) / crew
                    WHEN %(by_machine)s THEN machine END AS labour,
               COALESCE(machine, NULLIF(
                    (COALESCE(named, 0) + (sheets - COALESCE(at_places, 0)) * share)
                    / COALESCE(NULLIF(crew, 0), 1), 0)) AS machine
          FROM shared
    ), spot_rate AS MATERIALIZED (
        SELECT spot.*, r.element, r.type, r.rate, r.factor
          FROM spot
          JOIN rate r ON r.standard = spot.standard AND r.place = spot.place
         UNION ALL
        SELECT spot.*, r.element, r.type, r.rate, r.factor
          FROM spot
          JOIN stray_rate r ON r.id = spot.id AND r.place = spot.place
    )"""
#: The rows, not rounded: efficiency and lot size by operation, rates by timesheet.
ROWS = """
    split AS (
        SELECT id, place, element, factor / crew AS part, factor / crew * rate AS price,
               share
          FROM spot_rate
         WHERE type = 'labour' AND crew > 0 AND sheets IS NOT NULL
    ), mixed AS (
        SELECT id, element, SUM(part * share) AS part, SUM(price * share) AS price
          FROM split GROUP BY id, element HAVING SUM(part * share) > 0
    ), only_place AS (
        SELECT id, MIN(workcenter) AS workcenter
          FROM spot WHERE crew > 0
         GROUP BY id HAVING COUNT(DISTINCT workcenter) = 1
    ), raw AS (
        SELECT sheet.id, 'labour_rate' AS kind,
               COALESCE(split.element, mixed.element) AS element,
               NULLIF(GREATEST(sheet.place, 0), 0) AS operation,
               COALESCE(sheet.workcenter, only_place.workcenter) AS workcenter,
               sheet.department, sheet.timesheet, sheet.day,
               sheet.hours * COALESCE(split.part, mixed.part) AS standard,
               sheet.hours * COALESCE(split.part, mixed.part) AS actual,
               COALESCE(split.price / split.part, mixed.price / mixed.part) AS price,
               sheet.cost / NULLIF(sheet.hours, 0) AS paid,
               sheet.cost * COALESCE(split.part, mixed.part)
                   - sheet.hours * COALESCE(split.price, mixed.price) AS amount
          FROM sheet
          LEFT JOIN split ON split.id = sheet.id AND split.place = sheet.place
          LEFT JOIN mixed ON split.id IS NULL AND mixed.id = sheet.id
          LEFT JOIN only_place ON only_place.id = sheet.id
         WHERE sheet.cost IS NOT NULL
           AND (split.id IS NOT NULL OR mixed.id IS NOT NULL)
         UNION ALL
        SELECT r.id, CASE WHEN r.type = 'labour' THEN 'labour_efficiency'
                          ELSE 'overhead_efficiency' END,
               r.element, r.operation, r.workcenter, NULL, NULL, step.day,
               COALESCE(t.allowed, 0) * r.factor, spent.hours * r.factor,
               r.rate, r.rate,
               (spent.hours - COALESCE(t.allowed, 0)) * r.factor * r.rate
          FROM spot_rate r
          JOIN step ON step.id = r.id
          LEFT JOIN standard_time t ON t.id = r.id AND t.place = r.place
           AND t.day = step.day
          JOIN LATERAL (
                SELECT CASE WHEN NOT step.is_first THEN 0
                            WHEN r.type = 'labour' THEN r.labour
                            ELSE r.machine END AS hours,
                       CASE WHEN r.type = 'labour' THEN r.labour
                            ELSE r.machine END IS NOT NULL AS is_known
               ) spent ON spent.is_known
         WHERE r.type <> 'fixed_overhead'
         UNION ALL
        SELECT t.id, 'lot_size', r.element, place.operation, place.workcenter,
               NULL, NULL, t.day, t.absorbed * r.factor, t.allowed * r.factor,
               r.rate, r.rate, (t.allowed - t.absorbed) * r.factor * r.rate
          FROM standard_time t
          JOIN unit ON unit.id = t.id
          JOIN rate r ON r.standard = unit.standard AND r.place = t.place
           AND r.type <> 'fixed_overhead'
          JOIN place ON place.standard = unit.standard AND place.place = t.place
         WHERE t.allowed <> t.absorbed
    )"""
#: The rows of an order and element add up to their rounded total; the largest takes
#: what rounding leaves.
ROUNDED = """
    cent AS (
        SELECT raw.*, ROUND(amount / %(unit)s) AS units,
               ROUND(SUM(amount) OVER whole / %(unit)s)
                   - SUM(ROUND(amount / %(unit)s)) OVER whole AS rest,
               ROW_NUMBER() OVER (
                    PARTITION BY id, element
                    ORDER BY ABS(amount) DESC, kind, day, operation, workcenter,
                             timesheet, department) AS nth
          FROM raw
        WINDOW whole AS (PARTITION BY id, element)
    ), target AS (
        SELECT id, kind, element, operation, workcenter, department, timesheet, day,
               standard, actual, price, COALESCE(paid, price) AS paid,
               (units + CASE WHEN nth = 1 THEN rest ELSE 0 END) * %(unit)s AS amount
          FROM cent
    )"""
#: Nothing is closed yet: all of the target is due.
ALL_DUE = """
    due AS MATERIALIZED (
        SELECT * FROM target WHERE amount <> 0
    )"""
#: What belongs to a closed period and was not known there is due on the first open day.
REST_DUE = """
    due AS MATERIALIZED (
        SELECT id, kind, element, operation, workcenter, department, timesheet, day,
               SUM(standard) AS standard, SUM(actual) AS actual,
               COALESCE(MAX(price) FILTER (WHERE is_new), MAX(price)) AS price,
               COALESCE(MAX(paid) FILTER (WHERE is_new), MAX(paid)) AS paid,
               SUM(amount) AS amount
          FROM (SELECT id, kind, element, operation, workcenter, department, timesheet,
                       GREATEST(day, %(open)s::date) AS day, standard, actual, price,
                       paid, amount, TRUE AS is_new
                  FROM target
                 UNION ALL
                SELECT v.production_id, v.kind, v.element_id, v.operation_id,
                       v.workcenter_id, v.department_id, v.timesheet_id,
                       GREATEST(v.date, %(open)s::date), -v.quantity_standard,
                       -v.quantity_actual, v.price_standard, v.price_actual, -v.amount,
                       FALSE
                  FROM backflush_variance v
                 WHERE v.production_id IN (SELECT id FROM ids)
                   AND v.company_id = %(company)s
                   AND v.kind IN %(kinds)s AND v.state = 'final') part
         GROUP BY id, kind, element, operation, workcenter, department, timesheet, day
        HAVING SUM(amount) <> 0
    )"""
SAME = """
    v.production_id = due.id AND v.kind = due.kind AND v.element_id = due.element
    AND v.date = due.day AND v.amount = due.amount
    AND v.quantity_standard = due.standard::float8
    AND v.quantity_actual = due.actual::float8
    AND v.price_standard = due.price::float8 AND v.price_actual = due.paid::float8
    AND COALESCE(v.operation_id, 0) = COALESCE(due.operation, 0)
    AND COALESCE(v.workcenter_id, 0) = COALESCE(due.workcenter, 0)
    AND COALESCE(v.department_id, 0) = COALESCE(due.department, 0)
    AND COALESCE(v.timesheet_id, 0) = COALESCE(due.timesheet, 0)
    AND v.state = 'provisional'"""
#: Rows that are as they should be are left alone.
REPLACED = f"""
    gone AS (
        DELETE FROM backflush_variance v
         WHERE v.production_id IN (SELECT id FROM ids) AND v.company_id = %(company)s
           AND v.kind IN %(kinds)s AND v.state = 'provisional'
           AND NOT EXISTS (SELECT FROM due WHERE {SAME})
        RETURNING v.id
    ), added AS (
        INSERT INTO backflush_variance (
               company_id, kind, element_id, product_id, production_id, operation_id,
               workcenter_id, department_id, timesheet_id, date, quantity_standard,
               quantity_actual, price_standard, price_actual, amount, account_id, state,
               create_uid, write_uid, create_date, write_date)
        SELECT %(company)s, due.kind, due.element, o.product_id, due.id, due.operation,
               due.workcenter, due.department, due.timesheet, due.day, due.standard,
               due.actual, due.price, due.paid, due.amount,
               CASE WHEN due.kind = 'labour_rate' THEN e.price_variance_account_id
                    ELSE e.quantity_variance_account_id END,
               'provisional', %(uid)s, %(uid)s, %(now)s, %(now)s
          FROM due
          JOIN mrp_production o ON o.id = due.id
          JOIN backflush_element e ON e.id = due.element
         WHERE NOT EXISTS (SELECT FROM backflush_variance v WHERE {SAME})
        RETURNING id
    )
    SELECT (SELECT COUNT(*) FROM gone), (SELECT COUNT(*) FROM added)
"""
#: Orders that a period is about.
PERIOD = """
    SELECT p.production_id FROM backflush_posting p
     WHERE p.company_id = %(company)s AND p.production_id IS NOT NULL
       AND p.res_model IN ('mrp.production', 'mrp.unbuild')
       AND p.date BETWEEN %(date_from)s AND %(date_to)s
     UNION
    SELECT a.production_id FROM account_analytic_line a
     WHERE a.company_id = %(company)s AND a.production_id IS NOT NULL
       AND a.date BETWEEN %(date_from)s AND %(date_to)s
     UNION
    SELECT production_id FROM backflush_outdated WHERE company_id = %(company)s
"""
#: Orders and their backorders.
WITH_MATES = """
    SELECT UNNEST(%(orders)s::int[]) AS id
     UNION
    SELECT mate.id
      FROM mrp_production o
      JOIN mrp_production mate ON mate.production_group_id = o.production_group_id
     WHERE o.id = ANY(%(orders)s) AND mate.company_id = %(company)s
     ORDER BY id
"""
#: Orders of a project that were finished in the month of a day, where time was recorded
#: on the project that names none.
PROJECT_MATES = """
    SELECT DISTINCT o.id
      FROM mrp_production o
      JOIN backflush_posting p ON p.res_model = 'mrp.production' AND p.res_id = o.id
       AND p.company_id = o.company_id
     WHERE o.project_id = %(project)s AND o.company_id = %(company)s
       AND DATE_TRUNC('month', p.date) = DATE_TRUNC('month', %(day)s::date)
       AND EXISTS (SELECT FROM account_analytic_line a
                    WHERE a.project_id = %(project)s AND a.production_id IS NULL
                   UNION ALL
                   SELECT FROM backflush_variance v
                    WHERE v.production_id = o.id AND v.posting_id IS NULL)
"""
#: Orders with recorded time or rows of it, or that take other hours than the card
#: spreads over its units.
CONCERNED = """
    SELECT o.id
      FROM mrp_production o
     WHERE o.id = ANY(%(orders)s)
       AND (o.project_id IS NOT NULL
            OR EXISTS (SELECT FROM account_analytic_line a
                        WHERE a.production_id = o.id)
            OR EXISTS (SELECT FROM mrp_workorder w
                         JOIN mrp_workcenter_productivity t ON t.workorder_id = w.id
                        WHERE w.production_id = o.id
                          AND NOT COALESCE(w.backflush_is_assumed, FALSE))
            OR EXISTS (SELECT FROM backflush_variance v
                        WHERE v.production_id = o.id AND v.posting_id IS NULL)
            OR EXISTS (SELECT FROM backflush_posting p
                         JOIN backflush_standard_line l
                           ON l.standard_id = p.standard_id
                          AND l.line_type = 'operation'
                        WHERE p.company_id = o.company_id
                          AND p.res_model = 'mrp.production' AND p.res_id = o.id
                          AND ABS(l.fixed_hours + CEIL(ROUND(
                                (p.quantity / COALESCE(NULLIF(l.capacity, 0), 1)
                                )::numeric, 9)) * l.cycle_hours
                              - l.quantity * p.quantity) > 1e-9)
            OR EXISTS (SELECT FROM backflush_posting p
                        WHERE p.production_id = o.id AND p.res_model = 'mrp.unbuild')
            OR EXISTS (SELECT FROM mrp_production mate
                        WHERE mate.production_group_id = o.production_group_id
                          AND mate.id <> o.id))
"""


def recompute(orders, *, projects, is_closed, **values) -> SQL:
    """Bring the provisional rows of `orders` in line; returns how many went and came.

    :param values: `company`, `version` and `categories` (of open orders' cards), `hour`
        (unit of measure), `pool` (cost element), `by_sheet` and `by_machine` (what
        counts as labour), `unit` (of the currency), `open` (first open day), `uid`,
        `now`; what was recorded `until` a day of the time `zone`
    """
    parts = [UNIT, STEP, WORK, ALLOWED]
    shared = SQL("")
    if projects and values["by_sheet"]:
        parts.append(SHARED)
        shared = SQL(SHARE)
    parts += [RECORDED, UNPLANNED, SPOT, ROWS, ROUNDED]
    parts += [REST_DUE if is_closed else ALL_DUE, REPLACED]
    return SQL(
        "WITH " + ",".join(parts),
        orders=list(orders),
        projects=list(projects),
        shared=shared,
        as_open=False,
        kinds=TIME_KINDS,
        **values,
    )
