from odoo import api, models
from odoo.tools import get_lang

from ..models.backflush_standard import SPLIT_FIELDS

#: Shades that stay apart from their neighbours when printed in grey.
SHADES = {
    "material": "#1f3b5c",
    "conversion": "#a9c9a4",
    "labour": "#e2a33b",
    "variable_overhead": "#7a4b6b",
    "fixed_overhead": "#c9d3da",
    "subcontract": "#4f7560",
}
#: Width of the drawing in its own units.
WIDTH = 1000
#: Decimals of amounts: as few as show all of them as they are, within these bounds.
LEAST_DIGITS, MOST_DIGITS = 2, 4


class ReportStandardCard(models.AbstractModel):
    """What the printed cost card shows beside the fields of the card."""

    _name = "report.backflush_costing.standard_card"
    _description = "Printed Standard Cost Card"

    @api.model
    def _get_report_values(self, docids, data=None):
        cards = self.env["backflush.standard"].browse(docids)
        return {
            "doc_ids": docids,
            "doc_model": "backflush.standard",
            "docs": cards,
            "get_split": self._get_split,
            "get_digits": self._get_digits,
            "get_operations": self._get_operations,
            "drawing_width": WIDTH,
        }

    @api.model
    def _get_split(self, card):
        """Parts of the cost by kind of element: label, amount, percent and drawing.

        A part that is negative (by-products may outweigh the materials) is listed and
        not drawn.
        """
        fields = card.fields_get(list(SPLIT_FIELDS.values()), ["string"])
        drawn = sum(max(0, card[name]) for name in SPLIT_FIELDS.values())
        # as Odoo's own page chooses its direction
        is_rtl = get_lang(self.env, self.env.user.lang).direction == "rtl"
        parts, start = [], 0
        for element_type, name in SPLIT_FIELDS.items():
            amount = card[name]
            if not amount:
                continue
            width = max(0, amount) / drawn * WIDTH if drawn else 0
            parts.append(
                {
                    "label": fields[name]["string"],
                    "amount": amount,
                    "percent": amount / card.amount * 100 if card.amount else 0,
                    "x": WIDTH - start - width if is_rtl else start,
                    "width": width,
                    "fill": SHADES[element_type],
                }
            )
            start += width
        return parts

    @api.model
    def _get_digits(self, card):
        """Decimals that all amounts of a card are shown with, to stand in line."""
        amounts = [card.amount, *card.line_ids.mapped("amount")]
        amounts += [card[name] for name in SPLIT_FIELDS.values()]
        for digits in range(LEAST_DIGITS, MOST_DIGITS):
            if all(abs(amount - round(amount, digits)) < 1e-9 for amount in amounts):
                return digits
        return MOST_DIGITS

    @api.model
    def _get_operations(self, card):
        """Lines of the operations, each with whether it begins another operation."""
        lines = card.line_ids.filtered(lambda line: line.line_type == "operation")
        previous = None
        for line in lines:
            work = (line.operation_id, line.workcenter_id, line.capacity)
            yield line, work != previous
            previous = work
