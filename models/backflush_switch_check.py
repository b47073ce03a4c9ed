from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class BackflushSwitch(models.Model):
    """What must hold before a trigger is switched: one sentence for each refusal."""

    _inherit = "backflush.switch"

    def _check_switch(self):
        """Refuse what is wrong with the document itself, and with its day."""
        if not self.line_ids:
            raise UserError(
                self.env._("Choose a category or a product whose trigger changes.")
            )
        self._check_lines()
        self._check_date()
        self._check_postings()

    def _check_lines(self):
        for line in self.line_ids:
            name = (line.product_tmpl_id or line.category_id).display_name
            if line.product_tmpl_id:
                self._check_moving(line)
            elif line.trigger == line.trigger_old:
                raise UserError(
                    self.env._(
                        "%(name)s keeps its trigger: choose another one, or take it "
                        "off the list.",
                        name=name,
                    )
                )
            needed = {"completion": "real_time", "delivery": "periodic"}
            wanted = needed.get(line.trigger)
            if wanted and line.valuation != wanted:
                raise UserError(
                    self.env._(
                        "%(name)s: goods costed when finished need perpetual inventory "
                        "valuation, goods costed when delivered need periodic.",
                        name=name,
                    )
                )
        if self._needs_version() and not self.env["backflush.version"]._get_active(
            self.company_id
        ):
            raise UserError(
                self.env._(
                    "%(company)s has no costing version in force: activate one first "
                    "(Costing › Standards › Costing Versions).",
                    company=self.company_id.display_name,
                )
            )

    def _needs_version(self):
        return any(line.trigger for line in self.line_ids)

    def _check_moving(self, line):
        """The category of a product is the same in all companies."""
        template = line.product_tmpl_id
        if template.categ_id == line.category_id:
            raise UserError(
                self.env._(
                    "%(product)s is in %(category)s already: choose another category.",
                    product=template.display_name,
                    category=line.category_id.display_name,
                )
            )
        others = self.env["res.company"].search([("id", "!=", self.company_id.id)])
        if template.company_id or not others:
            return
        quants = self.env["stock.quant"].search_count(
            [
                ("product_tmpl_id", "=", template.id),
                ("company_id", "in", others.ids),
                ("location_id.usage", "in", ("internal", "transit")),
            ],
            limit=1,
        )
        if quants:
            raise UserError(
                self.env._(
                    "%(product)s is in stock of another company, too, where it would "
                    "change its category without an entry. Switch a whole category "
                    "instead.",
                    product=template.display_name,
                )
            )

    # -- the day ----------------------------------------------------------------

    def _check_date(self):
        day = fields.Date.to_string(self.date)
        closed = self.company_id._get_backflush_closed_until()
        if closed and self.date <= closed:
            raise UserError(
                self.env._(
                    "%(date)s is in a period that is closed up to %(closed)s: choose "
                    "a later day.",
                    date=day,
                    closed=fields.Date.to_string(closed),
                )
            )
        journal = self.company_id._backflush_config("backflush_journal_id")
        locks = self.company_id._get_violated_lock_dates(self.date, False, journal)
        if locks:
            raise UserError(
                self.env._(
                    "%(date)s is in a period that is locked up to %(lock)s: choose a "
                    "later day.",
                    date=day,
                    lock=fields.Date.to_string(locks[-1][0]),
                )
            )
        if not self._is_first_day(closed):
            raise UserError(
                self.env._(
                    "%(date)s is not the first day of a period, and something has been "
                    "posted before it in the same one: choose the first day of a "
                    "period.",
                    date=day,
                )
            )

    def _is_first_day(self, closed):
        """Whether a period begins then, or could: nothing was posted in it before."""
        first = self.company_id._get_backflush_period(self.date).first
        if closed:
            first = max(first, fields.Date.add(closed, days=1))
        before = Domain("company_id", "=", self.company_id.id)
        before &= Domain("date", ">=", first) & Domain("date", "<", self.date)
        return self.date == first or not self.env["backflush.posting"].search_count(
            before, limit=1
        )

    def _check_postings(self):
        """Nothing of these goods waits, and none moved under the trigger that ends."""
        products = self.line_ids.product_ids.browse()
        for line in self.line_ids.filtered("trigger_old"):
            products |= line._find_products()
        waiting = self.env["backflush.posting"].search(
            Domain("company_id", "=", self.company_id.id)
            & Domain("is_open", "=", True)
            & (
                Domain("product_id", "in", products.ids)
                | Domain("line_ids.product_id", "in", products.ids)
            ),
            limit=1,
        )
        if waiting:
            raise UserError(
                self.env._(
                    "%(posting)s of these goods is not booked yet: book it or settle "
                    "why it failed, then switch.",
                    posting=waiting.name,
                )
            )
        moved = self.env["stock.move"].search(
            Domain("product_id", "in", products.ids)
            & Domain("company_id", "=", self.company_id.id)
            & Domain("state", "=", "done")
            & Domain("date", ">=", self._get_midnight())
            & (Domain("is_in", "=", True) | Domain("is_out", "=", True)),
            limit=1,
        )
        if moved:
            raise UserError(
                self.env._(
                    "%(product)s has moved since %(date)s, under the old trigger "
                    "(%(move)s): choose a later first day, and schedule the switch.",
                    product=moved.product_id.display_name,
                    date=fields.Date.to_string(self.date),
                    move=moved.reference or moved.display_name,
                )
            )

    def _get_midnight(self):
        """The moment at which the first day begins where the company is, in UTC."""
        company = self.company_id
        zone = company.partner_id.tz or company.resource_calendar_id.tz or "UTC"
        midnight = datetime.combine(self.date, time.min, ZoneInfo(zone))
        return midnight.astimezone(UTC).replace(tzinfo=None)

    # -- whether the goods are ready --------------------------------------------

    def _get_issues(self):
        """(blocking sentences, further ones) about what is switched, by the settings
        of now: those that the switch has written.
        """
        categories = self.line_ids.category_id | self._find_component_categories()
        issues = self.env["backflush.configuration.issue"]._get_issues(
            self.company_id, categories
        )
        own = [x for x in issues if self._concerns(x)]
        blocking = [x["message"] for x in own if x["severity"] == "blocking"]
        others = [x["message"] for x in own if x["severity"] != "blocking"]
        return blocking, others + list(self._get_suitability())

    def _concerns(self, issue):
        """Of single products that move, only what is about them or all goods."""
        moving = self.line_ids.product_tmpl_id
        if not moving or not issue["product_id"]:
            return True
        product = self.env["product.product"].browse(issue["product_id"])
        whole = self.line_ids.filtered(lambda line: not line.product_tmpl_id)
        return (
            product.product_tmpl_id in moving or product.categ_id in whole.category_id
        )

    def _find_component_categories(self):
        """Of what the cards of the goods to be under a trigger are made of."""
        products = self.env["product.product"].browse()
        for line in self.line_ids.filtered("trigger"):
            products |= line._find_products()
        cards = self.env["backflush.standard"]._get_active_cards(
            products, self.company_id
        )
        cards = self.env["backflush.standard"].union(*cards.values())
        return cards.line_ids.component_id.categ_id

    def _get_suitability(self):
        """What speaks against the method for the categories."""
        for line in self.line_ids.filtered("trigger"):
            category = line._get_category()
            if text := category._get_backflush_suitability_warning(line.trigger):
                yield text
