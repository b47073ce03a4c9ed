from odoo import api, models


class BackflushVersionPart(models.AbstractModel):
    """What belongs to a costing version: it changes as long as that is a draft.

    Models that inherit this one have a `version_id`, or override `_get_versions`.
    """

    _name = "backflush.version.part"
    _inherit = ["backflush.kept"]
    _description = "Part of a Costing Version"

    #: whether cards must be made anew after a change
    _outdates_cards = False

    @api.model_create_multi
    def create(self, vals_list):
        parts = super().create(vals_list)
        parts._change_versions()
        return parts

    def write(self, vals):
        if self._is_drift_mark(vals):
            return super().write(vals)
        self._change_versions()
        result = super().write(vals)
        # the values may have moved the part to another version
        self._change_versions()
        return result

    def _is_drift_mark(self, vals):
        """Whether the addon itself notes that a price was changed by hand."""
        engine = self.env.su and self.env.context.get("backflush_engine")
        return bool(engine) and set(vals) == {"is_drifted"}

    @api.ondelete(at_uninstall=False)
    def _unlink_from_draft_only(self):
        self._change_versions()

    def _change_versions(self):
        versions = self._get_versions()
        versions._check_draft()
        if self._outdates_cards:
            versions._mark_outdated()

    def _get_versions(self):
        return self.version_id
