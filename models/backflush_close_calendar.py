from odoo import api, fields, models
from odoo.exceptions import ValidationError


class BackflushClose(models.Model):
    """The dates of a close: a period of the company's calendar, or chosen by hand."""

    _inherit = "backflush.close"

    @api.model
    def _get_default_dates(self):
        """The period after the last close, else the last one that is over."""
        company = self.env.company
        if closed := company._get_backflush_closed_until():
            start = fields.Date.add(closed, days=1)
            return start, company._get_backflush_period(start).last
        current = company._get_backflush_period(fields.Date.context_today(self))
        before = fields.Date.subtract(current.first, days=1)
        return company._get_backflush_period(before)[1:]

    @api.depends("company_id")
    def _compute_name(self):
        res = super()._compute_name()
        for close in self:
            if close.company_id and close.date_from and close.date_to:
                name = close.company_id._get_backflush_period_name(
                    close.date_from, close.date_to
                )
                close.name = name or close.name
        return res

    @api.onchange("company_id")
    def _onchange_company_id(self):
        """Its periods, and the one that comes next there."""
        if self.company_id and self.company_id != self._origin.company_id:
            dates = self.with_company(self.company_id)._get_default_dates()
            self.date_from, self.date_to = dates

    # -- dates nobody can close -------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_dates_in_order(vals.get("date_from"), vals.get("date_to"))
        return super().create(vals_list)

    def write(self, vals):
        if "date_from" in vals or "date_to" in vals:
            for close in self:
                self._check_dates_in_order(
                    vals.get("date_from", close.date_from),
                    vals.get("date_to", close.date_to),
                )
        return super().write(vals)

    @api.model
    def _check_dates_in_order(self, date_from, date_to):
        """In words, before the database says it."""
        first, last = fields.Date.to_date(date_from), fields.Date.to_date(date_to)
        if first and last and last < first:
            raise ValidationError(
                self.env._(
                    "The period ends on %(last)s, before it begins on %(first)s: "
                    "exchange the dates.",
                    first=fields.Date.to_string(first),
                    last=fields.Date.to_string(last),
                )
            )

    @api.constrains("company_id", "date_from", "date_to")
    def _check_dates(self):
        for close in self:
            close._check_fiscal_year()
            # a closed fiscal year, or a part of it
            close._check_lock(close.date_to)

    def _check_fiscal_year(self):
        year = self.company_id.compute_fiscalyear_dates(self.date_from)
        if self.date_to > year["date_to"]:
            raise ValidationError(
                self.env._(
                    "%(period)s lies in two fiscal years: the first one ends on "
                    "%(day)s. Close until that day, and the rest in a period of its "
                    "own.",
                    period=self.name,
                    day=fields.Date.to_string(year["date_to"]),
                )
            )
