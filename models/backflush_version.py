from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from .backflush_books import local_date

#: States in which rates, prices and cards may change.
EDITABLE = ("draft", "simulation")
#: What the cards are made of.
INPUTS = ("rate_ids", "price_ids", "bom_ids", "product_ids")
#: What the addon itself notes down: when, by whose approval, and how far.
NOTED = {
    "date_activated",
    "date_closed",
    "exceptions",
    "is_outdated",
    "scheduled_by_id",
}


class BackflushVersion(models.Model):
    """A dated set of standards of one company: rates, material prices and cards.

    A draft is rolled up as often as its owner likes. Activation makes its cards and
    prices the standard prices of the products; from then on it is kept as it is. A
    simulation is a draft for trying things out: it can never be activated.
    """

    _name = "backflush.version"
    _description = "Costing Version"
    _inherit = [
        "backflush.version.activation",
        "backflush.version.schedule",
        "backflush.version.inputs",
        "backflush.version.review",
        "backflush.version.roll.up",
        "backflush.kept",
        "mail.thread",
        "mail.activity.mixin",
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
    date_closed = fields.Datetime(string="Replaced On", copy=False, readonly=True)
    state = fields.Selection(
        [
            ("simulation", "Simulation"),
            ("draft", "Draft"),
            ("active", "Active"),
            ("closed", "Closed"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
    )
    rate_ids = fields.One2many("backflush.rate", "version_id", copy=True)
    price_ids = fields.One2many("backflush.price", "version_id", copy=True)
    bom_ids = fields.Many2many(
        "mrp.bom",
        string="Bills to Use",
        check_company=True,
        help="Where a product has several bills of materials, the one that its "
        "standard is made of. Products without a bill here take the one that Odoo "
        "picks for a new order.",
    )
    product_ids = fields.Many2many(
        "product.product",
        string="Only These Products",
        check_company=True,
        domain="[('type', '=', 'consu')]",
        help="Roll up these products only, with all levels below them. The others "
        "keep the cards that they have in the version in force. Empty: all products.",
    )
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
    _date_unique = models.UniqueIndex(
        "(company_id, date_from) WHERE state IN ('active', 'closed')",
        "Another costing version of this company was activated for the same day.",
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
        if any(vals.get("state", "draft") not in EDITABLE for vals in vals_list):
            raise UserError(
                self.env._("A costing version starts as a draft. Activate it then.")
            )
        for vals in vals_list:
            self._check_noted(vals)
        return super().create(vals_list)

    def write(self, vals):
        if "state" in vals and not self.env.su:
            raise UserError(
                self.env._(
                    "The status of a costing version changes by activation only."
                )
            )
        self._check_noted(vals)
        if set(vals) & {"date_from", *INPUTS}:
            self._check_draft()
        if "company_id" in vals:
            self._check_same_company(vals["company_id"])
        result = super().write(vals)
        if set(vals) & {"bom_ids", "product_ids"}:
            self._mark_outdated()
        return result

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        if "name" not in (default or {}):
            for version, vals in zip(self, vals_list, strict=True):
                vals["name"] = self.env._("%(name)s (copy)", name=version.name)
        return vals_list

    @api.ondelete(at_uninstall=False)
    def _unlink_drafts_only(self):
        self._check_draft()

    def action_copy_to_draft(self):
        """A draft with the same inputs: how a simulation becomes a version to use."""
        return self._copy_as("draft")

    def action_copy_to_simulation(self):
        """A copy to try things out on, which can never be activated."""
        return self._copy_as("simulation")

    def _copy_as(self, state):
        self.ensure_one()
        names = {
            "draft": self.env._("%(name)s (copy)", name=self.name),
            "simulation": self.env._("%(name)s (simulation)", name=self.name),
        }
        copy = self.copy({"state": state, "name": names[state]})
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "backflush_costing.backflush_version_action"
        )
        return {
            **action,
            "res_id": copy.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    @api.constrains("bom_ids")
    def _check_bom_ids(self):
        for version in self:
            named = {}
            # sudo: whoever keeps the books need not have rights in manufacturing
            for bom in version.sudo().bom_ids:
                for product in (
                    bom.product_id or bom.product_tmpl_id.product_variant_ids
                ):
                    if product in named:
                        raise ValidationError(
                            self.env._(
                                "Two bills are named for %(product)s: %(first)s and "
                                "%(second)s. Keep one of them.",
                                product=product.display_name,
                                first=named[product].display_name,
                                second=bom.display_name,
                            )
                        )
                    named[product] = bom

    def action_open_standards(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "backflush_costing.backflush_standard_action"
        )
        action["domain"] = [("version_id", "=", self.id)]
        action["context"] = {}
        return action

    def action_view_postings(self):
        """The revaluation of this version, and the postings that used its cards."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "backflush_costing.backflush_posting_action"
        )
        revaluation = Domain("res_model", "=", self._name)
        revaluation &= Domain("res_id", "=", self.id)
        domain = revaluation | Domain("standard_id.version_id", "=", self.id)
        return {**action, "domain": list(domain), "context": {}}

    @api.model
    def _get_active(self, company):
        """The version in force in `company`; empty where there is none."""
        return self.search(
            [("company_id", "=", company.id), ("state", "=", "active")], limit=1
        )

    @api.model
    def _get_in_force(self, company, date):
        """The version whose standards were in force in `company` at the end of `date`.

        What counts is when it was activated, not from which day it was meant to apply:
        that is how postings found their cards.
        """
        activated = self.search(
            [("company_id", "=", company.id), ("date_activated", "!=", False)],
            order="date_activated desc, id desc",
        )
        for version in activated:
            if local_date(company, version.date_activated) <= date:
                return version
        return self.browse()

    # -- drafts -----------------------------------------------------------------

    def _check_draft(self):
        for version in self:
            if version.state not in EDITABLE:
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

    @api.model
    def _check_noted(self, vals):
        if NOTED & set(vals) and not self.env.su:
            raise UserError(
                self.env._(
                    "When a costing version was approved, activated or replaced, and "
                    "what its roll-up found, is recorded by its buttons only."
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
        elif state == "closed":
            vals["date_closed"] = fields.Datetime.now()
        # sudo: tells `write` that this is the addon itself
        self.sudo().write(vals)

    def _mark_outdated(self):
        """What the cards were made of has changed."""
        self._unschedule()
        outdated = self.filtered(lambda v: v.standard_count and not v.is_outdated)
        if outdated:
            # sudo: tells `write` that this is the addon itself
            outdated.sudo().is_outdated = True

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
