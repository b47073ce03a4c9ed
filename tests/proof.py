"""How tests ask for the lists that set orders and hours against the standards."""

from lxml import etree
from odoo import fields


class Reconciling:
    """Part of cases that inherit `BackflushCommon`."""

    def _reconcile(self, action, user=None, company=None):
        """The list that a user gets of today's month: its lines."""
        today = fields.Date.today()
        wizards = self.env["backflush.reconciliation"].with_user(user or self.env.user)
        run = wizards.with_context(
            allowed_company_ids=(company or self.company).ids
        ).create(
            {
                "company_id": (company or self.company).id,
                "date_from": fields.Date.subtract(today, days=40),
                "date_to": today,
            }
        )
        opened = getattr(run, action)()
        return run.env[opened["res_model"]].search(opened["domain"])

    def _read_as_client(self, records, view="list"):
        """Read what the web client reads of `records` for a view of them."""
        views = records.get_views([(False, view), (False, "search")])
        names = views["models"][records._name]["fields"]
        root = etree.fromstring(views["views"][view]["arch"])
        spec = {}
        for node in root.iter("field"):
            if any(parent.tag == "field" for parent in node.iterancestors()):
                continue
            name = node.get("name")
            is_link = names[name]["type"] == "many2one"
            spec[name] = {"fields": {"display_name": {}}} if is_link else {}
        return records.web_read(spec)

    def _prove_orders(self, user=None):
        """{order: its proof}"""
        proofs = self._reconcile("action_orders", user)
        return {proof.production_id.sudo(): proof for proof in proofs}

    def assertProved(self, orders):
        """Actual − standard − variances = 0.00, without anything left to rounding."""
        proofs = self._prove_orders()
        for order in orders:
            proof = proofs[order]
            self.assertEqual(proof.state, "explained", order.name)
            self.assertEqual(proof.amount_proof, 0.0)
            self.assertEqual(proof.amount_rounding, 0.0)
            rows = sum(proof.variance_ids.mapped("amount"))
            self.assertAlmostEqual(rows, proof.amount_variance, 2)
            for side in ("standard", "actual"):
                total = sum(proof.element_ids.mapped(f"amount_{side}"))
                self.assertAlmostEqual(total, proof[f"amount_{side}"], 2)
        return proofs
