from odoo import api, models
from odoo.fields import Domain

from ..costing.suitability import UNFIT, judge

#: How many products a warning names.
NAMED = 5


class ProductCategory(models.Model):
    """Says before a trigger is switched on which products do not fit it."""

    _inherit = "product.category"

    @api.onchange("property_backflush_trigger")
    def _onchange_backflush_trigger_suitability(self):
        message = self._get_backflush_suitability_warning(
            self.property_backflush_trigger
        )
        if message:
            title = self.env._("Backflush Costing Does Not Suit Every Product")
            return {"warning": {"title": title, "message": message}}
        return None

    def _get_backflush_suitability_warning(self, trigger, measure=True):
        """Which products of the category do not fit `trigger`, and why.

        In the current company, by what has been measured of its products; where nothing
        has been yet, they are measured now, unless told not to.

        :return: a text of several lines, or False
        """
        self.ensure_one()
        company = self.env.company
        if not trigger or not self._origin:
            return False
        if measure:
            self._measure_backflush_suitability(company)
        unfit = self._find_backflush_unfit(company, trigger)
        if not unfit:
            return False
        lines = [
            self.env._(
                "By what was made in the last %(months)s months, backflush costing "
                "does not suit %(count)s products of %(category)s:",
                months=company._get_backflush_suitability_months(),
                count=len(unfit),
                category=self.display_name,
            )
            if len(unfit) > 1
            else self.env._(
                "By what was made in the last %(months)s months, backflush costing "
                "does not suit one product of %(category)s:",
                months=company._get_backflush_suitability_months(),
                category=self.display_name,
            )
        ]
        lines += [f"• {name}: {reasons}" for name, reasons in unfit[:NAMED]]
        if len(unfit) > NAMED:
            more = len(unfit) - NAMED
            lines.append(self.env._("• and %(count)s more", count=more))
        return "\n".join(lines)

    def _measure_backflush_suitability(self, company):
        """Measure the products of a category of which nothing is known yet.

        sudo: the warning is for whoever may set the trigger.
        """
        rows = self.env["backflush.suitability"].sudo()
        own = Domain("categ_id", "=", self._origin.id)
        known = own & Domain("company_id", "=", company.id)
        if rows.search_count(known, limit=1):
            return
        Product = self.env["product.product"].sudo()
        made = own & Domain("bom_ids", "!=", False)
        made &= Domain(Product._check_company_domain(company))
        if products := Product.search(made):
            rows._refresh(company, products)

    def _find_backflush_unfit(self, company, trigger):
        """[(product, why)], the most often made first.

        Stock of finished goods counts under `delivery` only: finished goods that are
        booked when they are finished stand in the books.
        """
        rows = self.env["backflush.suitability"].sudo()
        domain = Domain("company_id", "=", company.id)
        domain &= Domain("categ_id", "=", self._origin.id)
        domain &= Domain("verdict", "=", UNFIT)
        limits = company._get_backflush_suitability_limits()
        result = []
        for row in rows.search(domain, order="orders desc, id"):
            figures = row._get_figures()
            if trigger == "completion":
                figures = figures._replace(finished_days=None)
            judged = judge(figures, limits)
            if judged.verdict == UNFIT:
                unfit = judged._replace(
                    conditions=tuple(x for x in judged.conditions if x.verdict == UNFIT)
                )
                result.append(
                    (row.product_id.display_name, row._get_reasons(unfit, limits))
                )
        return result
