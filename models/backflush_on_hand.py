"""What is on hand, seen with new eyes while nobody can move anything."""

from odoo.tools import SQL

#: Versions of the rows of recent movements; nobody's transaction lasts a whole day.
#: Only done ones count: to reserve goods, or to let go of them, moves nothing.
RECENT_LINES = """
    SELECT id, xmin::text
      FROM stock_move_line
     WHERE company_id = %s
       AND state = 'done'
       AND write_date > now() AT TIME ZONE 'UTC' - interval '1 day'
"""

#: The version in force, as long as there is none: the drafts, one of which will be.
SHARED_VERSIONS = """
    company_id = %(company)s
    AND (state = 'active'
         OR state = 'draft' AND NOT EXISTS (
            SELECT FROM backflush_version
             WHERE company_id = %(company)s AND state = 'active'))
"""


def shared_versions(company) -> SQL:
    """Condition on the rows that movements share, and new standards update."""
    return SQL(SHARED_VERSIONS, company=company.id)


def read_quantities_on_hand(company, products) -> dict[int, float]:
    """{product id: valued quantity} as Odoo's inventory valuation counts it.

    In the company's own and transit locations, goods of other owners left out. To be
    called with the lock that movements share: whoever moved goods and committed before
    it was granted is not in this transaction's view of the stock, so that a second one
    looks. From the lock on nobody moves anything before the end (DESIGN §4, rule 10).
    """
    ids = [product.id for product in products]
    if not ids:
        return {}
    with company.env.registry.cursor() as cr:
        if has_stock_moved(company, cr):
            return _read_quantities(company.with_env(company.env(cr=cr)), ids)
    return _read_quantities(company, ids)


def has_stock_moved(company, cr) -> bool:
    """Whether `cr`, which has new eyes, knows of movements that are not seen here.

    New eyes see nothing of what this transaction itself has done, so they are used for
    nothing else.
    """
    cr.execute(SQL(RECENT_LINES, company.id))
    latest = dict(cr.fetchall())
    company.env["stock.move.line"].flush_model()
    known = company.env.execute_query(
        SQL(
            "SELECT id, xmin::text FROM stock_move_line WHERE id = ANY(%s)",
            list(latest),
        )
    )
    return dict(known) != latest


def _read_quantities(company, product_ids) -> dict[int, float]:
    # sudo: the accounts are about all stock, whatever the user may see of it
    groups = (
        company.env["stock.quant"]
        .sudo()
        ._read_group(
            [
                ("product_id", "in", product_ids),
                ("location_id.is_valued_internal", "=", True),
                ("location_id.company_id", "=", company.id),
                ("owner_id", "in", [False, company.partner_id.id]),
            ],
            ["product_id"],
            ["quantity:sum"],
        )
    )
    return {
        product.id: quantity
        for product, quantity in groups
        if not product.uom_id.is_zero(quantity)
    }
