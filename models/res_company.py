from collections import defaultdict
from decimal import Decimal

from odoo import api, fields, models
from odoo.fields import Domain

from .backflush_books import Books, number

SEQUENCE_CODE = "backflush.posting"
#: What posting asks of cost elements and of the sequence.
ELEMENT_FIELDS = (
    "company_id",
    "type",
    "active",
    "control_account_id",
    "applied_account_id",
    "price_variance_account_id",
    "quantity_variance_account_id",
)
SEQUENCE_FIELDS = ("implementation", "use_date_range", "prefix", "suffix", "padding")


class ResCompany(models.Model):
    _inherit = "res.company"

    backflush_journal_id = fields.Many2one(
        "account.journal",
        check_company=True,
        domain="[('type', '=', 'general')]",
    )
    backflush_posting_mode = fields.Selection(
        [
            ("immediate", "One for each order or transfer, at once"),
            ("daily", "One for each day"),
        ],
        string="Journal Entries",
        default="immediate",
        required=True,
        help="One for each day: postings are recorded when goods are finished or "
        "delivered, and booked together after the day is over, by account and cost "
        "element. For shops with many orders a day.",
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

    backflush_project_id = fields.Many2one(
        "project.project",
        string="Project of Order Time",
        check_company=True,
        domain="[('allow_timesheets', '=', True), ('is_template', '=', False)]",
        help="Timesheets on manufacturing orders are booked here, unless the order has "
        "a project of its own. Time on it that names no order stays unallocated.",
    )
    backflush_responsible_id = fields.Many2one(
        "res.users",
        string="Responsible for Failed Postings",
        domain="[('share', '=', False), ('company_ids', 'in', id)]",
        help="Gets an activity for each reason why postings fail. Without one, who "
        "approved the version in force, else the first backflush accountant.",
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
        """Active cost elements of the company or of its nearest parent that has any.

        sudo: whoever posts a bill need not be able to read our configuration.
        """
        self.ensure_one()
        companies = self.sudo().parent_ids
        elements = (
            self.env["backflush.element"]
            .sudo()
            .search_fetch([("company_id", "in", companies.ids)], ELEMENT_FIELDS)
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

    # -- failed postings --------------------------------------------------------

    def _get_backflush_open_postings(self, date_to=None):
        """Postings of the company that are not booked, of events up to `date_to`.

        A period cannot be closed while there are any.
        """
        self.ensure_one()
        domain = Domain("company_id", "=", self.id) & Domain("is_open", "=", True)
        if date_to:
            domain &= Domain("date_event", "<=", date_to)
        return self.env["backflush.posting"].search(domain)

    def _get_backflush_responsible(self):
        """The user who gets the activities of failed postings; may be nobody."""
        self.ensure_one()
        group = self.env.ref("backflush_costing.group_backflush_accountant")
        # sudo: users and versions, to find a name
        accountants = group.sudo().all_user_ids.filtered(
            lambda user: not user.share and self in user.company_ids
        )
        version = self.env["backflush.version"].sudo()._get_active(self)
        wanted = self.sudo()._backflush_config("backflush_responsible_id")
        for user in wanted, version.scheduled_by_id:
            if user & accountants:
                return user
        return accountants.sorted("id")[:1]

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        companies._backflush_create_sequences()
        return companies

    def write(self, vals):
        res = super().write(vals)
        if "backflush_labour_source" in vals:
            self.env["backflush.outdated"]._mark_all(self)
        if vals.get("backflush_posting_mode") == "immediate":
            # what was still waiting for the end of its day
            self.env["backflush.day"]._schedule()
        return res

    def _backflush_create_sequences(self):
        """Let each company, branches too, number its own postings."""
        Sequence = self.env["ir.sequence"].sudo()
        known = Sequence.search(
            [("code", "=", SEQUENCE_CODE), ("company_id", "in", self.ids)]
        ).company_id
        companies = self - known
        sequences = Sequence.create(
            [company._prepare_backflush_sequence() for company in companies]
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

    def _prepare_backflush_sequence(self):
        """Not `no_gap`: that locks the sequence until commit, so that one order would
        wait for the other. A number that is never used does no harm, because the
        unbroken legal number is the journal entry's. The year is shown, numbers run on.
        """
        self.ensure_one()
        name = self.env._("Backflush postings of %(company)s", company=self.name)
        return {
            "name": name,
            "code": SEQUENCE_CODE,
            "prefix": "BF/%(year)s/",
            "padding": 5,
            "implementation": "standard",
            "company_id": self.id,
        }

    def _get_backflush_sequence(self):
        """The company's own numbering of postings (sudo: shop users post too).

        The year in a number is that of `ir_sequence_date` in the context, else today's.
        """
        self.ensure_one()
        domain = [("code", "=", SEQUENCE_CODE), ("company_id", "=", self.id)]
        sequences = self.env["ir.sequence"].sudo()
        return sequences.search_fetch(domain, SEQUENCE_FIELDS, limit=1)

    def _backflush_configure(self):
        """Create what is missing: journal, cost elements and their accounts.

        Can run any number of times; what the user has set stays. Companies without
        accounts are left alone until a chart is loaded, branches for good: they use
        their parent's.
        """
        self.env["backflush.setup"]._configure(self)

    # -- Odoo's own inventory closing -------------------------------------------

    def _get_location_valuation_vals(self, at_date=None, location_domain=False):
        """Leave covered products out: the addon has booked what they lost or gained.

        Odoo reclassifies periodic products by `stock.move.value`, which it rewrites.
        """
        self = self.with_context(backflush_uncovered_only=True)
        return super()._get_location_valuation_vals(at_date, location_domain)

    def stock_accounting_value(self, accounts_by_product=None, at_date=None):
        """Tell Odoo's closing what the entries to be made for the day will book."""
        self.ensure_one()
        values = super().stock_accounting_value(accounts_by_product, at_date)
        products = accounts_by_product or self._get_accounts_by_product()
        accounts = {accounts["valuation"].id for accounts in products.values()}
        # sudo: who closes the inventory need not be able to read postings
        waiting = self.env["backflush.day"].sudo()._find_waiting(self)
        domain = Domain("posting_id", "in", waiting.ids)
        domain &= Domain("account_id", "in", list(accounts))
        if at_date:
            domain &= Domain("date", "<=", at_date)
        for account, amount in (
            self.env["backflush.posting.line"]
            .sudo()
            ._read_group(domain, ["account_id"], ["amount:sum"])
        ):
            values[account.with_env(self.env)] += amount
        return values

    def stock_value(self, accounts_by_product=None, at_date=None):
        """Tell Odoo's closing what the materials' accounts carry besides materials.

        Goods costed at delivery stand on no account of their own: until then their
        material content, and the usage that the close books, is on the materials'.
        """
        self.ensure_one()
        products = accounts_by_product or self._get_accounts_by_product()
        carried, delivered = {}, self.env["product.product"]
        for product, accounts in products.items():
            if product._get_backflush_trigger() == "delivery":
                delivered |= product
            else:
                carried[product] = accounts
        # also that of goods that were costed at delivery until a switch
        usage = self._get_backflush_open_usage(at_date)
        if not delivered and not usage:
            return super().stock_value(products, at_date)
        values = defaultdict(float)
        if carried:
            values |= super().stock_value(carried, at_date)
        content = self._get_backflush_content(delivered, at_date)
        for account in content.keys() | usage.keys():
            amount = content[account] + usage[account]
            values[account] += self.currency_id.round(float(amount))
        return values

    def _get_backflush_content(self, products, at_date=None):
        """Material content of goods on hand, by perpetual materials account."""
        company = self.sudo().with_company(self)
        books = Books(company, self.env["stock.move"])
        books.load_cards(products.with_env(company.env))
        totals = defaultdict(Decimal)
        for product in products.with_env(company.env)._with_backflush_stock(at_date):
            standard = books.standards[product.id]
            quantity = product.qty_available
            if standard and quantity:
                for account, amount in books.material_content(standard).items():
                    totals[account] += number(quantity) * amount
        return totals

    def _get_backflush_open_usage(self, at_date=None):
        """Material rows that no entry carries yet, by perpetual materials account."""
        company = self.sudo().with_company(self)
        books = Books(company, self.env["stock.move"])
        domain = Domain("company_id", "=", self.id) & Domain(
            "account_move_id", "=", False
        )
        # those of a reversed posting have their opposite, unless a close lies between
        domain &= Domain("posting_id.state", "in", ("posted", "reversed"))
        domain &= Domain("element_id.type", "=", "material")
        if at_date:
            domain &= Domain("date", "<=", at_date)
        totals = defaultdict(Decimal)
        for row in company.env["backflush.variance"].search(domain):
            for account, amount in books.open_usage(row).items():
                totals[account] += amount
        return totals
