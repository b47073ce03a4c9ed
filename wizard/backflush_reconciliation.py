from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..costing.sql import order_proof, time_report
from ..costing.sql.time_orders import PERIOD
from ..models.backflush_time import BATCH

#: Who may read what an employee's hour costs.
COST_GROUP = "hr.group_hr_user"


class BackflushReconciliation(models.TransientModel):
    """What was recorded in a period, set against the standards, as it is now.

    The lists belong to whoever asked for them and are deleted after a while.
    """

    _name = "backflush.reconciliation"
    _description = "Reconciliation With Standards"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
    )
    date_from = fields.Date(
        string="From",
        required=True,
        default=lambda self: self._default_date_from(),
        help="Orders with something finished, corrected or unbuilt in this period, and "
        "time recorded in it. Of an order, all is compared that there is of it.",
    )
    date_to = fields.Date(string="To", required=True, default=fields.Date.context_today)

    @api.model
    def _default_date_from(self):
        return fields.Date.context_today(self) + relativedelta(day=1)

    @api.depends("date_from", "date_to")
    def _compute_display_name(self):
        for run in self:
            run.display_name = f"{run.date_from} – {run.date_to}"

    # -- buttons ----------------------------------------------------------------

    def action_orders(self):
        """Order: standard against actual, for all orders of the period."""
        self._begin()
        self._prove(self._find(order_proof.ORDERS))
        return self._open("backflush_order_proof_action")

    def action_time(self):
        """Time against standards."""
        self._begin()
        ids = self._find(PERIOD)
        self._write(time_report.compare, ids, by_turn=True)
        self._write(time_report.find_loose, [])
        self._forget("backflush.time.line")
        return self._open("backflush_time_line_action")

    @api.model
    def _open_order(self, order):
        """The proof of one order."""
        today = fields.Date.context_today(self)
        run = self.create(
            {
                "company_id": order.company_id.id,
                "date_from": today,
                "date_to": today,
            }
        )
        run.env["backflush.time"].sudo()._recompute_outdated(run.company_id)
        run._prove(order.ids)
        proof = self.env["backflush.order.proof"].search([("run_id", "=", run.id)])
        if not proof:
            raise UserError(
                self.env._(
                    "Nothing is booked of %(order)s yet: the proof comes with its "
                    "first completion.",
                    order=order.display_name,
                )
            )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Standard Against Actual"),
            "res_model": proof._name,
            "res_id": proof.id,
            "views": [(False, "form")],
        }

    # -- computing --------------------------------------------------------------

    def _begin(self):
        """Check the period; forget the user's former lists; see to outdated rows."""
        self.ensure_one()
        if self.date_from > self.date_to:
            raise UserError(self.env._("The period ends before it begins."))
        self.search([("create_uid", "=", self.env.uid), ("id", "!=", self.id)]).unlink()
        self.env["backflush.time"].sudo()._recompute_outdated(self.company_id)

    def _find(self, query):
        values = {
            "company": self.company_id.id,
            "date_from": self.date_from,
            "date_to": self.date_to,
        }
        self.env.flush_all()
        return [row[0] for row in self.env.execute_query(SQL(query, **values))]

    def _prove(self, ids):
        self._write(
            order_proof.prove,
            ids,
            by_turn=True,
            with_cost=self.env.user.has_group(COST_GROUP),
        )
        self._forget("backflush.order.proof")

    def _write(self, statement, ids, *, by_turn=False, **values):
        """Run a statement that writes rows of this list, for some orders at a time.

        sudo: our own configuration, and hours. What an hour costs is left out by the
        statement where the user may not know it.
        """
        self.env.flush_all()
        company = self.company_id.sudo()
        time = self.env["backflush.time"].sudo()
        values |= time._prepare_recompute(company)
        values |= {
            "run": self.id,
            "uid": self.env.uid,
            "material": company._get_backflush_element("material").id or None,
            "date_from": self.date_from,
            "date_to": self.date_to,
        }
        values["reserved"] = (
            company._backflush_config("backflush_project_id").sudo().ids
        )
        batches = [ids[x : x + BATCH] for x in range(0, len(ids), BATCH)]
        for batch in batches if by_turn else [ids]:
            values["projects"] = time._find_projects(company, batch)
            self.env.cr.execute(statement(batch, **values))

    def _forget(self, name):
        self.env[name].invalidate_model(flush=False)

    def _open(self, name):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            f"backflush_costing.{name}"
        )
        return {**action, "domain": [("run_id", "=", self.id)]}
