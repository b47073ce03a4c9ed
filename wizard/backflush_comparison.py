from typing import NamedTuple

from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..costing.comparison import Difference, Standards, compare
from ..models.backflush_books import number
from ..models.backflush_card_reader import read_cards
from ..models.backflush_on_hand import read_quantities_on_hand
from ..models.backflush_structure_rates import RateReader

#: Operations that came onto the cards of a version with a kit.
KIT_OPERATIONS = """
    SELECT DISTINCT l.operation_id
      FROM backflush_standard_line l
      JOIN backflush_standard s ON s.id = l.standard_id
      JOIN mrp_routing_workcenter o ON o.id = l.operation_id
     WHERE s.version_id = %s AND o.bom_id <> s.bom_id
"""
#: Units that left to customers since a day, less what they sent back.
VOLUMES = """
    SELECT l.product_id,
           SUM(CASE WHEN target.usage = 'customer' THEN l.quantity_product_uom
                    ELSE -l.quantity_product_uom END)
      FROM stock_move_line l
      JOIN stock_location source ON source.id = l.location_id
      JOIN stock_location target ON target.id = l.location_dest_id
     WHERE l.state = 'done'
       AND l.company_id = %(company)s
       AND l.date >= %(since)s
       AND l.product_id = ANY(%(products)s)
       AND ((source.usage IN ('internal', 'transit') AND target.usage = 'customer')
         OR (source.usage = 'customer' AND target.usage IN ('internal', 'transit')))
     GROUP BY l.product_id
"""
CATEGORIES = """
    SELECT p.id, t.categ_id
      FROM product_product p
      JOIN product_template t ON t.id = p.product_tmpl_id
     WHERE p.id = ANY(%s)
"""


class Facts(NamedTuple):
    """What a change of cost applies to, in units of the product."""

    category: int
    is_at_standard: bool
    on_hand: float
    volume: float


class Row(NamedTuple):
    """One product of a comparison with the weight of its change."""

    difference: Difference
    facts: Facts

    @property
    def presence(self):
        if self.difference.old is None:
            return "new"
        return "gone" if self.difference.new is None else "both"

    @property
    def is_in_both(self):
        return self.presence == "both"

    @property
    def stock(self):
        """Units that are worth more or less by the change.

        The stock of a product at average cost or FIFO is worth what it cost.
        """
        if self.is_in_both and self.facts.is_at_standard:
            return number(self.facts.on_hand)
        return number(0)

    @property
    def volume(self):
        return number(self.facts.volume if self.is_in_both else 0)


class BackflushComparison(models.TransientModel):
    """Two sets of standards of one company side by side: what changes, and why.

    The rows belong to whoever asked for them and are deleted after a while.
    """

    _name = "backflush.comparison"
    _description = "Comparison of Standards"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    old_version_id = fields.Many2one(
        "backflush.version",
        compute="_compute_versions",
        store=True,
        precompute=True,
        readonly=False,
        required=True,
        check_company=True,
        ondelete="cascade",
        help="Costs are compared with those of this version; usually the one in force.",
    )
    new_version_id = fields.Many2one(
        "backflush.version",
        compute="_compute_versions",
        store=True,
        precompute=True,
        readonly=False,
        check_company=True,
        ondelete="cascade",
    )
    product_ids = fields.One2many("backflush.comparison.product", "comparison_id")
    change_ids = fields.One2many("backflush.comparison.change", "comparison_id")

    @api.depends("company_id")
    def _compute_versions(self):
        """The version in force, and the newest one that has cards besides."""
        for comparison in self:
            versions = self.env["backflush.version"].search(
                [("company_id", "=", comparison.company_id.id)]
            )
            active = versions.filtered(lambda version: version.state == "active")
            others = (versions - active).sorted("id", reverse=True)
            drafts = others.filtered(lambda version: version.state != "closed")
            rolled_up = drafts.filtered("standard_count")
            comparison.old_version_id = active or (others - drafts)[:1]
            comparison.new_version_id = (rolled_up or drafts or active)[:1]

    @api.depends("old_version_id", "new_version_id")
    def _compute_display_name(self):
        for comparison in self:
            comparison.display_name = " → ".join(
                version.name or ""
                for version in (comparison.old_version_id, comparison.new_version_id)
                if version
            )

    def action_compare(self):
        """Compare the cards and prices of the two versions, and show the products."""
        self.ensure_one()
        self._check_versions()
        self._fill(
            self._get_standards(self.old_version_id),
            self._get_standards(self.new_version_id),
        )
        return self._open_products()

    def action_open_changes(self):
        """The same changes by element and reason, for pivot and graph.

        Called from the head of the list, too, which knows the comparison by its
        context only.
        """
        comparison = self or self.browse(self.env.context.get("comparison_id"))
        action = comparison._get_action("backflush_comparison_change_action")
        return {**action, "display_name": self.env._("Reasons")}

    @api.model
    def _open_version(self, version):
        """Compare `version` with the one in force, or that with the one before it."""
        version.ensure_one()
        pair = self._get_pair(version)
        if all(pair):
            vals = dict(zip(("old_version_id", "new_version_id"), pair, strict=True))
            vals = {name: record.id for name, record in vals.items()}
            comparison = self.create({"company_id": version.company_id.id, **vals})
            return comparison.action_compare()
        raise UserError(
            self.env._(
                "There is no other costing version to compare %(version)s with: copy "
                "it, change the copy and roll that up.",
                version=version.display_name,
            )
        )

    @api.model
    def _get_pair(self, version):
        """(old, new), of which `version` is one; the other may be empty."""
        active = version._get_active(version.company_id)
        if version.state == "closed" and active:
            return version, active
        if version != active and active:
            return active, version
        previous = version.search(
            [
                ("company_id", "=", version.company_id.id),
                ("state", "=", "closed"),
                ("id", "!=", version.id),
            ],
            order="date_activated desc, id desc",
            limit=1,
        )
        return previous, version

    # -- input ------------------------------------------------------------------

    def _check_versions(self):
        """One sentence for whatever would make the comparison misleading."""
        if not self.new_version_id or self.old_version_id == self.new_version_id:
            raise UserError(self.env._("Choose two different costing versions."))
        for version in self.old_version_id | self.new_version_id:
            if version.is_outdated:
                raise UserError(
                    self.env._(
                        "Rates or prices of %(version)s have changed since its cards "
                        "were made: roll it up again.",
                        version=version.display_name,
                    )
                )
            if version.state not in ("active", "closed") and not version.standard_count:
                raise UserError(
                    self.env._(
                        "%(version)s has no cards yet: roll it up.",
                        version=version.display_name,
                    )
                )

    @api.model
    def _get_standards(self, version) -> Standards:
        prices = self.env["backflush.price"].search_fetch(
            [("version_id", "=", version.id)], ["product_id", "price"]
        )
        kits = self.env.execute_query(SQL(KIT_OPERATIONS, version.id))
        return Standards(
            read_cards(version),
            {price.product_id.id: number(price.price) for price in prices},
            {operation for (operation,) in kits},
        )

    # -- rows -------------------------------------------------------------------

    def _fill(self, old: Standards, new: Standards):
        """Write what changes between `old` and `new`."""
        material = RateReader(self.old_version_id).material
        differences = [
            item for item in compare(old, new, material.id).values() if item.effects
        ]
        facts = self._get_facts([item.product for item in differences])
        rows = [Row(item, facts[item.product]) for item in differences]
        ids = self.env["backflush.comparison.product"]._insert_rows(self, rows)
        self.env["backflush.comparison.change"]._insert_rows(self, rows, ids)

    def _get_facts(self, ids) -> dict[int, Facts]:
        """{product id: facts}, in as many queries for one product as for thousands."""
        self.env.flush_all()
        categories = dict(self.env.execute_query(SQL(CATEGORIES, ids)))
        methods = self._get_cost_methods(categories.values())
        products = self.env["product.product"].browse(ids)
        on_hand = read_quantities_on_hand(self.company_id, products)
        volumes = self._get_volumes(ids)
        return {
            product: Facts(
                categories[product],
                methods[categories[product]] == "standard",
                on_hand.get(product, 0),
                volumes.get(product, 0),
            )
            for product in ids
        }

    def _get_cost_methods(self, ids):
        """{category id: costing method}; products without category are under None."""
        company = self.company_id
        # sudo: the method decides on the value, whatever the user may see
        Category = self.env["product.category"].sudo().with_company(company)
        methods = {
            category.id: category.property_cost_method
            for category in Category.browse(x for x in dict.fromkeys(ids) if x)
        }
        default = company.sudo().cost_method
        return {None: default} | {
            category: method or default for category, method in methods.items()
        }

    def _get_volumes(self, ids):
        """{product id: units that left to customers in the last twelve months}"""
        since = fields.Datetime.now() - relativedelta(years=1)
        return dict(
            self.env.execute_query(
                SQL(VOLUMES, company=self.company_id.id, since=since, products=ids)
            )
        )

    # -- screens ----------------------------------------------------------------

    def _open_products(self):
        return self._get_action("backflush_comparison_product_action")

    def _get_action(self, name):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            f"backflush_costing.{name}"
        )
        return {
            **action,
            "display_name": self.display_name,
            "domain": [("comparison_id", "=", self.id)],
            "context": {"comparison_id": self.id},
        }
