from odoo import api, models

from .mrp_workorder import FILLS

TIME_FIELDS = {"date_start", "date_end", "duration", "workorder_id"}


class MrpWorkcenterProductivity(models.Model):
    """Time of work centers, from which variances of overheads and labour follow."""

    _inherit = "mrp.workcenter.productivity"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._follow_backflush_time(lines.workorder_id)
        return lines

    def write(self, vals):
        if not TIME_FIELDS & set(vals):
            return super().write(vals)
        before = self.workorder_id
        res = super().write(vals)
        self._follow_backflush_time(before | self.workorder_id)
        return res

    def unlink(self):
        workorders = self.workorder_id
        res = super().unlink()
        self.browse()._follow_backflush_time(workorders)
        return res

    def _follow_backflush_time(self, workorders):
        """What somebody has recorded is not assumed any more.

        sudo: a shop user records time without seeing variances.
        """
        if self.env.context.get(FILLS) or not workorders:
            return
        workorders.sudo().filtered("backflush_is_assumed").backflush_is_assumed = False
        orders = workorders.production_id.filtered(lambda order: order.state == "done")
        if orders:
            self.env["backflush.time"]._follow(orders)
