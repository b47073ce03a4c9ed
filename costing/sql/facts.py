"""Rule 2: stock facts against Odoo's movements and stock, and who has booked them."""

from odoo.tools import SQL

from .frame import Frame

#: Locations whose goods are in the company's accounts.
VALUED = "(%(end)s.company_id IS NOT NULL AND %(end)s.usage IN ('internal', 'transit'))"
CUSTOMER = (
    "(%(end)s.usage = 'customer'"
    " OR %(end)s.usage = 'transit' AND %(end)s.company_id IS NULL)"
)
#: Valued quantity of done movements of covered products, from their lines: positive
#: when stock grows; goods of other owners left out.
MOVED = """
    SELECT m.id AS move, m.product_id AS product, m.date,
           SUM(CASE WHEN {destination} AND NOT {source} THEN line.quantity_product_uom
                    WHEN {source} AND NOT {destination} THEN -line.quantity_product_uom
                    ELSE 0 END) AS quantity
      FROM stock_move m
      JOIN stock_move_line line ON line.move_id = m.id AND line.picked
      JOIN stock_location source ON source.id = line.location_id
      JOIN stock_location destination ON destination.id = line.location_dest_id
      JOIN res_company company ON company.id = m.company_id
      JOIN %(products)s ON product.id = m.product_id
     WHERE m.company_id = %(company)s AND m.state = 'done'
       AND (line.owner_id IS NULL OR line.owner_id = company.partner_id)
       AND %(condition)s
     GROUP BY m.id
""".format(
    source=VALUED % {"end": "source"}, destination=VALUED % {"end": "destination"}
)
#: The first movement of each product that was recorded. Odoo's dates are of a second:
#: of movements within the same, the older one was first.
SINCE = """
    SELECT DISTINCT ON (product_id) product_id AS product, date,
           move_id AS first
      FROM backflush_stock_fact
     WHERE company_id = %(company)s
     ORDER BY product_id, date, id
"""
#: Quantity that each movement has really moved, against its facts.
MOVES = """
    WITH moved AS (%(moved)s), since AS (%(since)s), recorded AS (
        SELECT f.move_id AS move, SUM(f.quantity) AS quantity
          FROM backflush_stock_fact f
          JOIN stock_move m ON m.id = f.move_id
         WHERE f.company_id = %(company)s AND %(own)s AND %(period)s
         GROUP BY f.move_id
    )
    SELECT move AS record, NULL::int AS detail,
           COALESCE(moved.quantity, 0) AS expected,
           COALESCE(recorded.quantity, 0) AS found,
           %(tolerance)s AS tolerance
      FROM moved
      FULL JOIN recorded USING (move)
      LEFT JOIN since ON since.product = moved.product
     WHERE recorded.move IS NOT NULL
        OR (moved.date, moved.move) >= (since.date, since.first)
"""
#: What is on hand, against all facts and what had moved before the first of them.
ON_HAND = """
    WITH since AS (%(since)s), stock AS (
        SELECT q.product_id AS product, SUM(q.quantity) AS quantity
          FROM stock_quant q
          JOIN stock_location place ON place.id = q.location_id
          JOIN res_company company ON company.id = place.company_id
         WHERE place.company_id = %(company)s AND place.usage IN ('internal', 'transit')
           AND (q.owner_id IS NULL OR q.owner_id = company.partner_id)
         GROUP BY q.product_id
    ), recorded AS (
        SELECT f.product_id AS product, SUM(f.quantity) AS quantity
          FROM backflush_stock_fact f
         WHERE f.company_id = %(company)s AND %(own)s
         GROUP BY f.product_id
    ), moved AS (%(moved)s), before AS (
        SELECT moved.product, SUM(moved.quantity) AS quantity
          FROM moved
          JOIN since ON since.product = moved.product
           AND (moved.date, moved.move) < (since.date, since.first)
         WHERE NOT EXISTS (
                SELECT FROM backflush_stock_fact f WHERE f.move_id = moved.move)
         GROUP BY moved.product
    )
    SELECT product.id AS record, NULL::int AS detail,
           COALESCE(recorded.quantity, 0) + COALESCE(before.quantity, 0) AS expected,
           COALESCE(stock.quantity, 0) AS found,
           %(tolerance)s AS tolerance
      FROM %(products)s
      JOIN since ON since.product = product.id
      LEFT JOIN recorded ON recorded.product = product.id
      LEFT JOIN before ON before.product = product.id
      LEFT JOIN stock ON stock.product = product.id
"""
#: Facts of products at standard cost: quantity × standard.
AMOUNTS = """
    SELECT f.move_id AS record, f.id AS detail, f.quantity * f.standard AS expected,
           f.amount AS found,
           %(tolerance)s * GREATEST(1, ABS(f.quantity * f.standard)) AS tolerance
      FROM backflush_stock_fact f
      JOIN %(products)s ON product.id = f.product_id AND product.at_standard
     WHERE f.company_id = %(company)s AND %(own)s AND %(period)s
"""
#: Who puts the amount of a fact into the books: `document` (bill or invoice), `odoo`
#: (a location's own account), `none` (sold out of an expense account, where it stays),
#: or `posting`. Goods of an order that is still being made are not to be booked yet.
#: Under the trigger of the moment: what it was before a switch decides about what moved
#: before it.
WAYS = """
    SELECT f.id AS fact, f.move_id AS move, f.product_id AS product,
           f.quantity, f.amount, f.date, f.posting_id AS posting,
           CASE WHEN m.account_move_id IS NOT NULL THEN 'odoo'
                WHEN m.purchase_line_id IS NOT NULL
                     OR 'supplier' IN (source.usage, destination.usage) THEN 'document'
                WHEN NOT ({source} OR {destination}) THEN 'posting'
                WHEN COALESCE(earlier.trigger = 'delivery', product.is_delivered)
                     -- others are corrections: their documents carry them all the same
                     OR p.trigger = 'delivery'
                THEN 'posting'
                WHEN product.is_perpetual OR earlier.trigger = 'completion'
                THEN 'document'
                ELSE 'none' END AS way,
           COALESCE(made.state, used.state, 'done') <> 'done' AS is_running,
           COALESCE(m.production_id, m.raw_material_production_id) AS production
      FROM backflush_stock_fact f
      JOIN stock_move m ON m.id = f.move_id
      JOIN stock_location source ON source.id = m.location_id
      JOIN stock_location destination ON destination.id = m.location_dest_id
      JOIN %(products)s ON product.id = f.product_id
      LEFT JOIN mrp_production made ON made.id = m.production_id
      LEFT JOIN mrp_production used ON used.id = m.raw_material_production_id
      LEFT JOIN backflush_posting p ON p.id = f.posting_id
      LEFT JOIN LATERAL (
            SELECT COALESCE(line.trigger_old, '') AS trigger
              FROM backflush_switch_line_product_rel switched
              JOIN backflush_switch_line line
                ON line.id = switched.backflush_switch_line_id
              JOIN backflush_switch switch ON switch.id = line.switch_id
             -- asked once: hardly any company has ever switched
             WHERE EXISTS (SELECT FROM backflush_switch
                            WHERE company_id = %(company)s AND state = 'done')
               AND switched.product_product_id = f.product_id
               AND switch.company_id = f.company_id AND switch.state = 'done'
               AND switch.last_fact_id >= f.id
             ORDER BY switch.last_fact_id, switch.id LIMIT 1) earlier ON TRUE
     WHERE f.company_id = %(company)s AND %(own)s AND %(known)s
       AND %(condition)s
""".format(
    source=CUSTOMER % {"end": "source"}, destination=CUSTOMER % {"end": "destination"}
)
#: Facts that a posting should carry and none does: there is none (yet), or it has
#: failed, or it was reversed and its event not booked again.
UNBOOKED = """
    WITH way AS (%(ways)s)
    SELECT way.move, way.product, way.production,
           SUM(way.quantity) AS quantity, SUM(way.amount) AS amount,
           MIN(way.date) AS date, way.is_running,
           BOOL_OR(p.id IS NOT NULL) AS is_reversed
      FROM way
      LEFT JOIN backflush_posting p ON p.id = way.posting
     WHERE way.way = 'posting'
       AND (p.id IS NULL OR p.state = 'failed' OR NOT %(booked)s
            OR p.state = 'reversed' AND %(reversed)s)
       AND NOT EXISTS (
            SELECT FROM backflush_posting again
             WHERE again.company_id = p.company_id AND again.res_model = p.res_model
               AND again.res_id = p.res_id AND again.state IN ('posted', 'pending')
               AND %(again)s)
     GROUP BY way.move, way.product, way.production, way.is_running
     ORDER BY way.move
"""
#: Movements with facts.
COUNT = """
    SELECT COUNT(DISTINCT f.move_id)
      FROM backflush_stock_fact f
     WHERE f.company_id = %s AND %s AND %s
"""
#: Sold out of an expense account, where it stays: Odoo costs no periodic goods.
SOLD = """
    WITH way AS (%(ways)s)
    SELECT product, SUM(amount) AS amount FROM way WHERE way = 'none' GROUP BY product
"""
#: Quantities and unit amounts closer than this are the same.
TOLERANCE = 0.000001


def valued(frame: Frame, condition: SQL) -> SQL:
    """Valued quantity of the done movements `m` of covered products that fit."""
    return SQL(
        MOVED,
        company=frame.company,
        products=frame.product_table(),
        condition=condition,
    )


def _since(frame: Frame) -> SQL:
    return SQL(SINCE, company=frame.company)


def moves(frame: Frame) -> SQL:
    """Per movement of the period: its valued quantity against its facts."""
    period = frame.at_time_of_period("m.date")
    return SQL(
        MOVES,
        company=frame.company,
        moved=valued(frame, period),
        since=_since(frame),
        own=frame.own,
        period=period,
        tolerance=TOLERANCE,
    )


def on_hand(frame: Frame) -> SQL:
    """Per product: facts (and what moved before them) against stock."""
    return SQL(
        ON_HAND,
        company=frame.company,
        moved=valued(frame, SQL("TRUE")),
        since=_since(frame),
        own=frame.own,
        products=frame.product_table(),
        tolerance=TOLERANCE,
    )


def amounts(frame: Frame) -> SQL:
    """Per fact of a product at standard cost: quantity × standard against amount."""
    return SQL(
        AMOUNTS,
        company=frame.company,
        products=frame.product_table(),
        own=frame.own,
        period=frame.at_time_of_period("f.date"),
        tolerance=TOLERANCE,
    )


def ways(frame: Frame, condition: SQL | None = None) -> SQL:
    """Per fact `f` that fits: who puts its amount into the books."""
    return SQL(
        WAYS,
        company=frame.company,
        products=frame.product_table(),
        own=frame.own,
        known=frame.known_at("f.date"),
        condition=condition or SQL("TRUE"),
    )


def unbooked(frame: Frame, condition: SQL | None = None) -> SQL:
    """Per movement: facts `f` that a posting should carry and none does."""
    taken_back = "(SELECT date FROM account_move r WHERE r.id = p.reversal_move_id)"
    return SQL(
        UNBOOKED,
        ways=ways(frame, condition),
        booked=frame.known_by("p.date"),
        again=frame.known_by("again.date"),
        reversed=frame.known_by(taken_back),
    )


def sold(frame: Frame) -> SQL:
    """Per product: amount sold out of an expense account, negative."""
    return SQL(SOLD, ways=ways(frame))


def count(frame: Frame) -> SQL:
    """How many movements of the period have facts."""
    period = frame.at_time_of_period("f.date")
    return SQL(COUNT, frame.company, frame.own, period)
