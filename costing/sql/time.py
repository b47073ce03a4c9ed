"""Variances of recorded time, for many orders in one statement: `costing.hours`' twin.

Every part is a table of its own: what was made and when, what the cards allow for it,
what was recorded, and the rows that follow. Hours are hours of the work centre
(*machine*) or of people (*labour*); an operation without one is known by its work
centre, with a minus sign (*place*).
"""

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
