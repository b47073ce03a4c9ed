from odoo import api, fields, models

SEQUENCE_CODE = "backflush.posting"


class ResCompany(models.Model):
    _inherit = "res.company"

    backflush_journal_id = fields.Many2one(
        "account.journal",
        string="Backflush Journal",
        check_company=True,
        domain="[('type', '=', 'general')]",
    )
    backflush_labour_source = fields.Selection(
        [
            ("auto", "Timesheets where the order has any, else work-order time"),
            ("timesheet", "Timesheets"),
            ("workorder", "Work-order time"),
        ],
        string="Labour Hours From",
        default="auto",
        required=True,
    )
    backflush_cost_of_sales_account_id = fields.Many2one(
        "account.account",
        string="Cost of Sales",
        check_company=True,
        help="Takes the variances that the period close writes off.",
    )
    backflush_capitalised_variance_account_id = fields.Many2one(
        "account.account",
        string="Capitalised Variances",
        check_company=True,
        help="Carries, over a period's end, the part of the variances that belongs to "
        "goods still on hand. Never a stock valuation account: those hold standards "
        "only.",
    )
    backflush_revaluation_account_id = fields.Many2one(
        "account.account",
        string="Revaluation",
        check_company=True,
        help="Takes the difference when standards change, and when goods come back at "
        "another standard than they left with.",
    )

    def _backflush_config(self, name):
        """Value of the field `name`, of the company or of its nearest parent with one.

        sudo: a user of a branch need not have access to the parent company.
        """
        self.ensure_one()
        for company in self.sudo().parent_ids[::-1]:
            if value := company[name]:
                break
        else:
            return self[name]
        return value.with_env(self.env) if isinstance(value, models.Model) else value

    def _get_backflush_config_company(self):
        """The company itself or its nearest parent that is configured.

        A branch has no chart of accounts of its own. Where nothing is configured: self.
        """
        self.ensure_one()
        for company in self.sudo().parent_ids[::-1]:
            if company.backflush_journal_id:
                return company.with_env(self.env)
        return self

    def _get_backflush_elements(self):
        """Active cost elements of the company or of its nearest parent that has any."""
        self.ensure_one()
        companies = self.sudo().parent_ids
        elements = self.env["backflush.element"].search(
            [("company_id", "in", companies.ids)]
        )
        by_company = elements.grouped(lambda element: element.company_id.id)
        for company in companies[::-1]:
            if company.id in by_company:
                return by_company[company.id]
        return elements

    def _get_backflush_element(self, element_type):
        """The active element of `element_type`; empty where there is none."""
        return self._get_backflush_elements().filtered(
            lambda element: element.type == element_type
        )

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        companies._backflush_create_sequences()
        return companies

    def _backflush_create_sequences(self):
        """Let each company, branches too, number its own postings.

        Not `no_gap`: that locks the sequence until commit, so that one order would wait
        for the other. A number that is never used does no harm, because the unbroken
        legal number is the journal entry's. Years are only shown, numbers run on.
        """
        Sequence = self.env["ir.sequence"].sudo()
        known = Sequence.search(
            [("code", "=", SEQUENCE_CODE), ("company_id", "in", self.ids)]
        ).company_id
        companies = self - known
        sequences = Sequence.create(
            [
                {
                    "name": self.env._(
                        "Backflush postings of %(company)s", company=company.name
                    ),
                    "code": SEQUENCE_CODE,
                    "prefix": "BF/%(year)s/",
                    "padding": 5,
                    "implementation": "standard",
                    "company_id": company.id,
                }
                for company in companies
            ]
        )
        # owned by the addon, so that uninstalling takes them along
        self.env["ir.model.data"].sudo()._update_xmlids(
            [
                {
                    "xml_id": f"backflush_costing.sequence_posting_{company.id}",
                    "record": sequence,
                    "noupdate": True,
                }
                for company, sequence in zip(companies, sequences, strict=True)
            ]
        )

    def _get_backflush_sequence(self):
        """The company's own numbering of postings (sudo: shop users post too)."""
        self.ensure_one()
        domain = [("code", "=", SEQUENCE_CODE), ("company_id", "=", self.id)]
        return self.env["ir.sequence"].sudo().search(domain, limit=1)

    def _backflush_configure(self):
        """Create what is missing: journal, cost elements and their accounts.

        Can run any number of times; what the user has set stays. Companies without
        accounts are left alone until a chart is loaded, branches for good: they use
        their parent's.
        """
        self.env["backflush.setup"]._configure(self)
