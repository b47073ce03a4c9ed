from odoo import api, fields, models


class BackflushPostingTrail(models.AbstractModel):
    """From a posting to what it came from. Used by `backflush.posting` only."""

    _name = "backflush.posting.trail"
    _description = "Audit Trail of Backflush Postings"

    document_type = fields.Char(compute="_compute_document")
    document_name = fields.Char(string="Document", compute="_compute_document")

    @api.depends(
        "event", "production_id", "picking_id", "move_id", "res_model", "res_id"
    )
    @api.depends_context("lang")
    def _compute_document(self):
        # sudo: names only; opening the document asks for the rights that it needs
        types = self.env["ir.model"].sudo()
        events = dict(self._fields["event"]._description_selection(self.env))
        for posting in self:
            document = posting.sudo()._get_document()
            posting.document_type = bool(document) and (
                events[posting.event]
                if document._name == "account.move"  # a bill, to its users
                else types._get(document._name).name
            )
            posting.document_name = bool(document) and posting._get_name_of(document)

    @api.model
    def _get_name_of(self, document):
        """As users know it: a movement's own name speaks of its locations only."""
        if document._name == "stock.move":
            return document._get_backflush_name()
        return document.display_name

    def _get_document(self):
        """The order, unbuild, scrap, transfer, bill, ... that users know it by."""
        self.ensure_one()
        if self.move_id:
            return self.move_id._get_backflush_document()
        if self.res_model == "mrp.production":
            return self.production_id  # nobody can have deleted it
        return self._get_event_record() or self.production_id

    def _get_event_record(self):
        """Return the record the event happened on (order, movement, bill)."""
        self.ensure_one()
        return self.env[self.res_model].browse(self.res_id).exists()

    def action_open_event(self):
        self.ensure_one()
        return self._open(self._get_document())

    def action_open_entry(self):
        self.ensure_one()
        return self._open(self.account_move_id)

    def action_open_reversal(self):
        self.ensure_one()
        return self._open(self.reversal_move_id)

    def action_open_standard(self):
        self.ensure_one()
        return self._open(self.standard_id)

    def _open(self, record):
        """Open `record`; nothing where it is gone."""
        if not record:
            return False
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "views": [(False, "form")],
        }
