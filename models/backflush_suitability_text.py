from odoo import api, fields, models
from odoo.tools.misc import formatLang

from ..costing.suitability import (
    CUSTOMISED,
    CYCLE,
    FINISHED,
    FITS,
    MATERIALS,
    NEVER,
    UNKNOWN,
    VARIANCE,
    judge,
)

#: How bad a verdict looks.
COLOURS = {"fits": "success", "borderline": "warning", "unfit": "danger"}


class BackflushSuitability(models.Model):
    """What a row says to people: conditions, figures, and what to do."""

    _inherit = "backflush.suitability"

    reasons = fields.Text(compute="_compute_reasons")
    conditions = fields.Html(compute="_compute_conditions", sanitize=False)

    @api.depends("verdict", "date")
    @api.depends_context("lang", "uid")
    def _compute_reasons(self):
        """What keeps the product from fitting, the worst first, in one line."""
        for row in self:
            limits = row.company_id._get_backflush_suitability_limits()
            row.reasons = row._get_reasons(judge(row._get_figures(), limits), limits)

    def _get_reasons(self, result, limits):
        """One line about a `Judgement` of the row."""
        self.ensure_one()
        if self.orders < limits.orders:
            return self.env._(
                "Finished orders: %(orders)s; at least %(limit)s are needed",
                orders=self.orders,
                limit=limits.orders,
            )
        texts = []
        for condition in result.reasons:
            title, figure = self._get_title(condition.code), self._get_figure(condition)
            texts.append(f"{title}: {figure}" if figure else title)
        return "; ".join(texts)

    @api.depends("verdict", "date")
    @api.depends_context("lang", "uid")
    def _compute_conditions(self):
        for row in self:
            limits = row.company_id._get_backflush_suitability_limits()
            result = judge(row._get_figures(), limits)
            row.conditions = self.env["ir.qweb"]._render(
                "backflush_costing.suitability_conditions",
                {"conditions": [row._prepare_condition(x) for x in result.conditions]},
            )

    def _prepare_condition(self, condition):
        verdicts = dict(self._fields["verdict"]._description_selection(self.env))
        return {
            "title": self._get_title(condition.code),
            "figure": self._get_figure(condition),
            "limit": self._get_limit(condition),
            "verdict": verdicts[condition.verdict],
            "colour": COLOURS.get(condition.verdict, "secondary"),
            "advice": "" if condition.verdict == FITS else self._get_advice(condition),
        }

    def _can_see_variances(self):
        return self.env.user.has_group("backflush_costing.group_backflush_user")

    def _get_title(self, code):
        return {
            CYCLE: self.env._("Cycle time"),
            CUSTOMISED: self.env._("Customised orders"),
            MATERIALS: self.env._("Materials on hand"),
            FINISHED: self.env._("Finished goods on hand"),
            VARIANCE: self.env._("Variances"),
        }[code]

    def _format(self, figure, digits=1):
        return formatLang(self.env, float(figure), digits=digits)

    # -- figures ----------------------------------------------------------------

    def _get_figure(self, condition):
        return getattr(self, f"_get_{condition.code}_figure")(condition)

    def _get_cycle_figure(self, condition):
        days, high = self._format(condition.figure), self._format(condition.second)
        if condition.is_at_most:
            return self.env._(
                "at most %(days)s days (the start of %(orders)s orders is not known)",
                days=days,
                orders=self.orders - self.orders_started,
            )
        return self.env._(
            "%(days)s days (nine of ten orders: %(high)s)", days=days, high=high
        )

    def _get_customised_figure(self, condition):
        return self.env._(
            "%(share)s %% (%(departed)s of %(orders)s orders)",
            share=self._format(100 * condition.figure),
            departed=self.customised_orders,
            orders=self.orders,
        )

    def _get_stock_figure(self, condition):
        if condition.figure >= NEVER:
            return self.env._("in stock, and nothing is used")
        days = self._format(condition.figure)
        if condition.second is None or not condition.figure:
            return self.env._("%(days)s days", days=days)
        return self.env._(
            "%(days)s days, variability %(variability)s",
            days=days,
            variability=self._format(condition.second, 2),
        )

    _get_materials_figure = _get_finished_figure = _get_stock_figure

    def _get_variance_figure(self, condition):
        if not self._can_see_variances():
            return ""
        return self.env._(
            "%(share)s %% of standard", share=self._format(100 * condition.figure)
        )

    # -- limits -----------------------------------------------------------------

    def _get_limit(self, condition):
        limit = condition.limit
        if condition.code in (CUSTOMISED, VARIANCE):
            return self.env._("%(limit)s %%", limit=self._format(100 * limit))
        if condition.second_limit is None:
            return self.env._("%(limit)s days", limit=self._format(limit))
        return self.env._(
            "%(limit)s days, or variability %(variability)s",
            limit=self._format(limit),
            variability=self._format(condition.second_limit, 2),
        )

    # -- advice -----------------------------------------------------------------

    def _get_advice(self, condition):
        if condition.verdict == UNKNOWN:
            return self.env._(
                "Start work orders when the work begins: otherwise Odoo keeps their "
                "end only, and nobody knows how long an order took."
            )
        return {
            CYCLE: self._get_cycle_advice,
            CUSTOMISED: self._get_customised_advice,
            MATERIALS: self._get_materials_advice,
            FINISHED: self._get_finished_advice,
            VARIANCE: self._get_variance_advice,
        }[condition.code]()

    def _get_cycle_advice(self):
        return self.env._(
            "What is in process shows in the books at the end of a period only, by the "
            "bridge of the close. Make smaller lots, or leave this product to Odoo's "
            "own way."
        )

    def _get_customised_advice(self):
        texts = []
        if self.customised_bill:
            texts.append(
                self.env._("%(orders)s without a bill", orders=self.customised_bill)
            )
        if self.customised_material:
            texts.append(
                self.env._(
                    "%(orders)s with other components", orders=self.customised_material
                )
            )
        if self.customised_operation:
            texts.append(
                self.env._(
                    "%(orders)s with other operations", orders=self.customised_operation
                )
            )
        return self.env._(
            "%(orders)s. One standard does not describe them: bring the bill up to "
            "date, or give what is made to order a product of its own.",
            orders=", ".join(texts),
        )

    def _get_materials_advice(self):
        return self.env._(
            "Buy less at a time, or more evenly. With periodic materials, what is on "
            "hand shows in the books at the end of a period only."
        )

    def _get_finished_advice(self):
        return self.env._(
            "Make less to stock, or more evenly. Costed when it is delivered, what is "
            "on hand carries no conversion cost until then: choose 'When it is "
            "finished'."
        )

    def _get_variance_advice(self):
        return self.env._(
            "The standards do not hold: review them under Costing › Standards."
        )
