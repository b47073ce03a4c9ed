from odoo import models


class AccountChartTemplate(models.AbstractModel):
    _inherit = "account.chart.template"

    def _post_load_data(self, template_code, company, template_data):
        """A chart loaded after installation is when a company can be configured."""
        res = super()._post_load_data(template_code, company, template_data)
        (company or self.env.company)._backflush_configure()
        return res
