from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..costing.rollup import roll_up
from .backflush_books import number
from .backflush_structure import StructureReader


class BackflushVersion(models.Model):
    """A dated set of standards of one company: rates, material prices and cards.

    A draft is rolled up as often as its owner likes. Activation makes its cards and
    prices the standard prices of the products; from then on it is kept as it is.
    """

    _name = "backflush.version"
    _description = "Costing Version"
    _inherit = [
        "backflush.version.activation",
        "backflush.version.inputs",
        "backflush.version.review",
        "mail.thread",
    ]
    _order = "date_from desc, id desc"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date_from = fields.Date(
        string="Valid From",
        copy=False,
        tracking=True,
        help="First day on which these standards are meant to apply.",
    )
    date_activated = fields.Datetime(string="Activated On", copy=False, readonly=True)
    state = fields.Selection(
        [("draft", "Draft"), ("active", "Active"), ("closed", "Closed")],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
    )
    rate_ids = fields.One2many("backflush.rate", "version_id", copy=True)
    price_ids = fields.One2many("backflush.price", "version_id", copy=True)
    standard_ids = fields.One2many("backflush.standard", "version_id", readonly=True)
    is_outdated = fields.Boolean(
        string="Cards Outdated",
        copy=False,
        readonly=True,
        help="Rates or prices have changed since the cards were made.",
    )
    exceptions = fields.Text(
        copy=False,
        readonly=True,
        help="What the last roll-up could not take into account, one sentence a line.",
    )
    standard_count = fields.Integer(compute="_compute_standard_count")

    _active_unique = models.UniqueIndex(
        "(company_id) WHERE state = 'active'",
        "Another costing version of this company is active already.",
    )

    @api.depends("standard_ids")
    def _compute_standard_count(self):
        counts = dict(
            self.env["backflush.standard"]._read_group(
                [("version_id", "in", self.ids)], ["version_id"], ["__count"]
            )
        )
        for version in self:
            version.standard_count = counts.get(version, 0)

    @api.model_create_multi
    def create(self, vals_list):
        if any(vals.get("state", "draft") != "draft" for vals in vals_list):
            raise UserError(
                self.env._("A costing version starts as a draft. Activate it then.")
            )
        return super().create(vals_list)

    def write(self, vals):
        if "state" in vals and not self.env.su:
            raise UserError(
                self.env._(
                    "The status of a costing version changes by activation only."
                )
            )
        if set(vals) & {"date_from", "rate_ids", "price_ids"}:
            self._check_draft()
        if "company_id" in vals:
            self._check_same_company(vals["company_id"])
        return super().write(vals)

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        if "name" not in (default or {}):
            for version, vals in zip(self, vals_list, strict=True):
                vals["name"] = self.env._("%(name)s (copy)", name=version.name)
        return vals_list

    @api.ondelete(at_uninstall=False)
    def _unlink_drafts_only(self):
        self._check_draft()

    def action_roll_up(self):
        """Make the cards of a draft anew, from today's bills, prices and rates."""
        self.check_access("write")
        for version in self:
            version._check_draft()
            version._lock(version)
            version._roll_up()
        return True

    def action_open_standards(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "backflush_costing.backflush_standard_action"
        )
        action["domain"] = [("version_id", "=", self.id)]
        action["context"] = {}
        return action

    @api.model
    def _get_active(self, company):
        """The version in force in `company`; empty where there is none."""
        return self.search(
            [("company_id", "=", company.id), ("state", "=", "active")], limit=1
        )

    # -- drafts -----------------------------------------------------------------

    def _check_draft(self):
        for version in self:
            if version.state != "draft":
                states = dict(self._fields["state"]._description_selection(self.env))
                raise UserError(
                    self.env._(
                        "%(version)s is %(state)s: its rates, prices and cards are "
                        "kept as they were used. Copy it to a new draft and change "
                        "that.",
                        version=version.display_name,
                        state=states[version.state].lower(),
                    )
                )

    def _check_same_company(self, company_id):
        if any(version.company_id.id != company_id for version in self):
            raise UserError(
                self.env._(
                    "A costing version stays with its company. Create another one."
                )
            )

    def _set_state(self, state):
        """Move on to `state`, which nobody may do from outside, with any rights."""
        vals = {"state": state}
        if state == "active":
            vals["date_activated"] = fields.Datetime.now()
        # sudo: tells `write` that this is the addon itself
        self.sudo().write(vals)

    def _mark_outdated(self):
        """What the cards were made of has changed."""
        outdated = self.filtered(lambda v: v.standard_count and not v.is_outdated)
        if outdated:
            outdated.is_outdated = True

    @api.model
    def _lock(self, versions):
        """Wait for whoever is moving goods under, or changing, these versions.

        Movements hold the active version's row in share mode, so that none of them
        falls between the old and the new standard.
        """
        versions.flush_recordset()
        self.env.execute_query(
            SQL(
                "SELECT id FROM backflush_version WHERE id = ANY(%s) "
                "ORDER BY id FOR NO KEY UPDATE",
                versions.ids,
            )
        )
        versions.invalidate_recordset(["state"])

    # -- roll-up ----------------------------------------------------------------

    def _roll_up(self):
        reader = StructureReader(self)
        self._add_missing_prices(reader)
        result = roll_up(self._get_structure(reader))
        cards = list(result.cards.values())
        self.env["backflush.standard"]._replace_cards(
            self, cards, reader.boms, reader.rates.elements
        )
        self.write(
            {
                "is_outdated": False,
                "exceptions": "\n".join(self._get_exceptions(reader, result)),
            }
        )

    def _get_structure(self, reader):
        """What the kernel rolls up: the company's bills at this version's inputs."""
        prices = {price.product_id.id: number(price.price) for price in self.price_ids}
        purchased = self._find_triggered_products("delivery") - reader.made
        return reader.get_structure(prices, purchased.ids)

    def _add_missing_prices(self, reader):
        """Price what is bought at its current standard; a price that is there stays.

        Only products that matter: a price in the active version covers a product.
        """
        missing = self._get_bought_products(reader) - self.price_ids.product_id
        self.env["backflush.price"].create(
            [
                {
                    "version_id": self.id,
                    "product_id": product.id,
                    "price": product.standard_price,
                    "source": "current",
                }
                for product in missing
                if product.standard_price
            ]
        )

    def _find_triggered_products(self, trigger=None):
        """Goods in a category with the given, or any, trigger."""
        Product = self.env["product.product"].sudo().with_company(self.company_id)
        operator, value = ("=", trigger) if trigger else ("!=", False)
        return Product.search(
            Domain(Product._check_company_domain(self.company_id))
            & Domain("type", "=", "consu")
            & Domain("categ_id.property_backflush_trigger", operator, value)
        )

    def _get_exceptions(self, reader, result):
        """Sentences about what the roll-up found amiss."""
        Product = self.env["product.product"].sudo()

        def names(ids, separator=", "):
            return separator.join(Product.browse(ids).mapped("display_name"))

        yield from dict.fromkeys(reader.remarks)
        for cycle in result.cycles:
            circle = " → ".join(Product.browse(id_).display_name for id_ in cycle)
            yield self.env._("These bills go in a circle: %(circle)s.", circle=circle)
        if result.blocked:
            yield self.env._(
                "No card, because of a circle in the bills: %(products)s.",
                products=names(result.blocked),
            )
        for product in Product.browse(result.missing):
            yield self.env._(
                "%(product)s has neither a price nor a bill: it counts as 0.",
                product=product.display_name,
            )
        for price in self.price_ids:
            product = price.product_id.display_name
            if not price.price:
                yield self.env._("%(product)s has the price 0.", product=product)
            elif price.product_id.id in reader.bills:
                yield self.env._(
                    "%(product)s has a price and a bill: the bill counts.",
                    product=product,
                )
