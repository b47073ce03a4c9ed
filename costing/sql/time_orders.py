"""Orders whose time is to be looked at: of a period, of a project, after an event."""

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
