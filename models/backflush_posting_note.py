from markupsafe import Markup
from odoo import models
from odoo.tools import format_date, formatLang

#: What a note tells; a posting has many more fields.
NOTE_FIELDS = (
    "name",
    "event",
    "state",
    "error",
    "date",
    "date_reason",
    "production_id",
    "account_move_id",
)


class BackflushPostingNote(models.AbstractModel):
    """What happened to a manufacturing order's postings, in its own chatter.

    Used by `backflush.posting` only. Shop users read these notes: quantities and
    documents, never an amount.
    """

    _name = "backflush.posting.note"
    _description = "Notes about Backflush Postings"

    def _note_orders(self):
        """Leave one note on each manufacturing order; all in one go."""
        bodies = {}
        self.fetch(NOTE_FIELDS)
        for order, postings in self.grouped("production_id").items():
            if order:
                notes = [posting._get_note() for posting in postings]
                bodies[order.id] = Markup("<br/>").join(notes)
        if bodies:
            orders = self.env["mrp.production"].browse(bodies)
            orders._message_log_batch(bodies=bodies)

    def _get_note(self):
        """One sentence on what has just become of the posting."""
        self.ensure_one()
        if self.state == "failed":
            return self._get_failed_note()
        if self.state == "reversed":
            return self.env._("%(name)s has been reversed.", name=self.name)
        if self.state == "pending":
            return self.env._(
                "Recorded as %(name)s; the entry of the day will book it.",
                name=self.name,
            )
        if not self.account_move_id:
            return self.env._(
                "%(name)s: %(remark)s", name=self.name, remark=self.error or ""
            )
        return self._get_booked_note()

    def _get_booked_note(self):
        labels = dict(self._fields["event"]._description_selection(self.env))
        note = self.env._(
            "%(event)s booked as %(name)s on %(date)s.",
            event=labels[self.event],
            name=self.name,
            date=format_date(self.env, self.date),
        )
        details = [self.date_reason] if self.date_reason else []
        if self.event == "correction" and (changes := self._get_changes()):
            details.append(self.env._("Changed: %(changes)s.", changes=changes))
        return " ".join([note, *details])

    def _get_failed_note(self):
        # Other refusals than our own may speak of amounts.
        if self.place_model or self.place_action:
            reason = self.error
        else:
            reason = self.env._("Accountants see the reason in the posting.")
        return self.env._(
            "Not booked yet (%(name)s). %(reason)s", name=self.name, reason=reason
        )

    def _get_changes(self):
        """Quantities of the posting's stock facts, in words, by product."""
        totals = {}
        for fact in self.fact_ids:
            made = bool(fact.move_id.production_id)
            key = (fact.product_id, made)
            sign = 1 if made else -1
            totals[key] = totals.get(key, 0) + sign * fact.quantity
        return ", ".join(
            self._get_change(product, made, quantity)
            for (product, made), quantity in totals.items()
            if not product.uom_id.is_zero(quantity)
        )

    def _get_change(self, product, made, quantity):
        values = {
            "quantity": formatLang(self.env, abs(quantity), dp="Product Unit"),
            "unit": product.uom_id.name,
            "product": product.display_name,
        }
        if made and quantity > 0:
            return self.env._("%(quantity)s %(unit)s %(product)s more made", **values)
        if made:
            return self.env._("%(quantity)s %(unit)s %(product)s less made", **values)
        if quantity > 0:
            return self.env._("%(quantity)s %(unit)s %(product)s more used", **values)
        return self.env._("%(quantity)s %(unit)s %(product)s less used", **values)
