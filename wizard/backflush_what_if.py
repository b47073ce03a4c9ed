from dataclasses import replace

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ..costing.comparison import Standards
from ..costing.rollup import roll_up
from ..models.backflush_books import number
from ..models.backflush_structure import StructureReader


class BackflushWhatIf(models.TransientModel):
    """What some other prices, rates or quantities would do to the costs of a version.

    Everything is rolled up in memory, twice: as it is and with the changes. Nothing is
    written to the version unless its owner keeps the changes.
    """

    _name = "backflush.what.if"
    _description = "What-If"
    _check_company_auto = True

    version_id = fields.Many2one(
        "backflush.version",
        required=True,
        ondelete="cascade",
        domain=[("state", "!=", "closed")],
        default=lambda self: self.env["backflush.version"]._get_active(
            self.env.company
        ),
    )
    company_id = fields.Many2one(
        related="version_id.company_id", store=True, precompute=True
    )
    state = fields.Selection(related="version_id.state", string="Version Status")
    line_ids = fields.One2many("backflush.what.if.line", "what_if_id")
    has_quantities = fields.Boolean(compute="_compute_has_quantities")

    @api.depends("line_ids.subject")
    def _compute_has_quantities(self):
        for what_if in self:
            what_if.has_quantities = "quantity" in what_if.line_ids.mapped("subject")

    @api.depends("version_id")
    def _compute_display_name(self):
        for what_if in self:
            what_if.display_name = self.env._(
                "What-If: %(version)s", version=what_if.version_id.name
            )

    def action_compare(self):
        """Show every product whose cost the changes would change."""
        self.ensure_one()
        structure, changed = self._get_structures()
        comparison = self.env["backflush.comparison"].create(
            {
                "company_id": self.company_id.id,
                "old_version_id": self.version_id.id,
                "new_version_id": False,
            }
        )
        comparison._fill(self._get_standards(structure), self._get_standards(changed))
        action = comparison._open_products()
        return {**action, "display_name": self.env._("What-If: Products")}

    def action_keep(self):
        """Write the changed prices and rates into the version, which is a draft.

        Bills are nothing that a version has of its own: their changes stay as they are.
        """
        self.ensure_one()
        self.version_id._check_draft()
        kept = self.line_ids.filtered(lambda line: line.subject != "quantity")
        if not kept:
            raise UserError(
                self.env._(
                    "There is no price or rate to keep. Quantities belong to the bills "
                    "of materials: change them there, then roll up."
                )
            )
        structure, changed = self._get_structures(kept)
        self._keep_prices(structure.prices, changed.prices)
        self._keep_rates(structure.rates, changed.rates)
        # kept twice, a percentage would count twice
        kept.unlink()
        return self._notify_kept()

    # -- structures -------------------------------------------------------------

    def _get_structures(self, lines=None):
        """The version's structure as it is, and with the changes of `lines`."""
        lines = self.line_ids if lines is None else lines
        if not lines:
            raise UserError(self.env._("Add a line: what changes, and by how much?"))
        reader = StructureReader(self.version_id)
        structure = changed = self._get_structure(reader)
        for line in lines:
            line._check_structure(changed)
            changed = line._get_change(changed).apply(changed)
        return structure, changed

    def _get_structure(self, reader):
        """As a roll-up would find it: with missing prices; and rates not in use."""
        version = self.version_id
        structure = version._get_structure(reader)
        missing = {
            vals["product_id"]: number(vals["price"])
            for vals in version._prepare_missing_prices(reader)
        }
        unused = reader.rates.get_rates(reader.rates.version.rate_ids.workcenter_id)
        structure = replace(
            structure,
            prices={**missing, **structure.prices},
            rates={**unused, **structure.rates},
        )
        if version.product_ids:
            structure = version._keep_cards(structure, dict(reader.boms), reader)
        return structure

    @api.model
    def _get_standards(self, structure) -> Standards:
        return Standards(roll_up(structure).cards, structure.prices)

    # -- keeping ----------------------------------------------------------------

    def _keep_prices(self, old, new):
        known = {price.product_id.id: price for price in self.version_id.price_ids}
        commands = []
        for product, price in new.items():
            if price == old.get(product):
                continue
            if product in known:
                vals = {"price": float(price)}
                commands.append(Command.update(known[product].id, vals))
            else:
                vals = {"product_id": product, "price": float(price)}
                commands.append(Command.create(vals))
        if commands:
            self.version_id.price_ids = commands

    def _keep_rates(self, old, new):
        """A work center that costs its hourly cost so far gets a rate of its own."""
        known = {
            (rate.workcenter_id.id, rate.element_id.id): rate
            for rate in self.version_id.rate_ids
        }
        commands = []
        for workcenter, rates in new.items():
            for before, after in zip(old[workcenter], rates, strict=True):
                vals = {"rate": float(after.amount)}
                if after == before:
                    continue
                if rate := known.get((workcenter, after.element)):
                    commands.append(Command.update(rate.id, vals))
                else:
                    vals |= {"workcenter_id": workcenter, "element_id": after.element}
                    commands.append(Command.create(vals))
        if commands:
            self.version_id.rate_ids = commands

    def _notify_kept(self):
        message = self.env._(
            "Prices and rates are in %(version)s now: roll it up.",
            version=self.version_id.display_name,
        )
        if self.has_quantities:
            message += " " + self.env._(
                "Quantities were not kept: change them in the bills of materials."
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": message,
                "next": self.version_id.get_formview_action(),
            },
        }
