from odoo import fields, models

from ..costing.calendar import find_period


class ResCompany(models.Model):
    """The periods in which a company closes."""

    _inherit = "res.company"

    backflush_close_calendar = fields.Selection(
        [
            ("month", "Calendar months"),
            ("445", "Quarters of 4, 4 and 5 weeks"),
            ("454", "Quarters of 4, 5 and 4 weeks"),
            ("544", "Quarters of 5, 4 and 4 weeks"),
        ],
        string="Periods",
        default="month",
        required=True,
        help="Of the fiscal year. Weeks begin on the weekday on which the fiscal year "
        "begins; its last period takes the days that are left of it.",
    )

    def _get_backflush_calendar(self):
        """The periods are those of the company whose chart is used."""
        self.ensure_one()
        return self._get_backflush_config_company().sudo().backflush_close_calendar

    def _get_backflush_period(self, day):
        """The period of the fiscal year in which a day lies."""
        year = self.compute_fiscalyear_dates(day)
        calendar = self._get_backflush_calendar()
        return find_period(day, year["date_from"], year["date_to"], calendar)

    def _get_backflush_period_name(self, date_from, date_to):
        """The name of a period of weeks; nothing where it is another one."""
        calendar = self._get_backflush_calendar()
        period = self._get_backflush_period(date_from)
        if calendar == "month" or (date_from, date_to) != period[1:]:
            return ""
        year = self.compute_fiscalyear_dates(date_from)
        first, last = year["date_from"].year, year["date_to"].year
        label = str(first) if first == last else f"{first}/{last % 100:02}"
        return self.env._("%(year)s P%(number)02d", year=label, number=period.number)
