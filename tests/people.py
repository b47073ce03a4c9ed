"""The people of the factory, and how they call methods from outside."""

from odoo import Command
from odoo.service.model import call_kw
from odoo.tests import new_test_user

GROUPS = {
    "shop": "mrp.group_mrp_user,stock.group_stock_user",
    "billing": "account.group_account_invoice",
    "reader": "backflush_costing.group_backflush_user",
    "accountant": "account.group_account_user",
    "manager": "account.group_account_manager,base.group_system",
}


class People:
    """Part of a test case: needs `env` and `company`."""

    @classmethod
    def _create_user(cls, role, companies=None, groups=None):
        companies = companies or cls.company
        return new_test_user(
            cls.env,
            f"{role}_{companies[0].id}",
            groups or GROUPS[role],
            company_id=companies[0].id,
            company_ids=[Command.set(companies.ids)],
        )

    def _call(self, user, records, method, *args, **context):
        """Call a method as the web client and RPC scripts do: never as superuser."""
        companies = context.pop("allowed_company_ids", user.company_ids.ids)
        context = {"allowed_company_ids": companies, **context}
        model = self.env[records._name].with_user(user).with_context(**context)
        ids = [records.ids] if records.ids else []
        return call_kw(model, method, [*ids, *args], {"context": context})
