"""Which orders are explained by mix and yield, as plain values for the kernel."""

from ..costing.blend import Measure
from .backflush_book_cards import number


class BookBlends:
    """Part of `Books`: needs `env`, `previous`."""

    def is_blend(self, record, standard, origin=None) -> bool:
        """Whether usage is split into mix and yield for `record`.

        As when it, or the postings of its `origin`, was first booked: a bill marked (or
        unmarked) since then changes nothing that is booked. Else as the card's bill
        says now.
        """
        for postings in (self.previous[record.id], origin or ()):
            for posting in postings:
                if posting.state != "failed" or posting.line_ids:
                    return posting.is_blend
        return standard.bom_id.backflush_is_blend

    def measures(self, standard) -> dict[int, Measure]:
        """In what the components on a card, and its product, are measured.

        The units of the card, as the quantities on it: they stay.
        """
        pieces = self._get_path(self.env.ref("uom.product_uom_unit"))[0]
        units = {
            line.component_id.id: line.uom_id
            for line in standard.line_ids
            if line.line_type == "component"
        }
        units.setdefault(standard.product_id.id, standard.uom_id)
        return {
            product: self._get_measure(unit, pieces) for product, unit in units.items()
        }

    def _get_measure(self, unit, pieces) -> Measure:
        path = self._get_path(unit)
        factor = number(1.0)
        for uom in unit.browse(path):
            factor *= number(uom.relative_factor)
        return Measure(path[0], factor, path[0] == pieces)

    @staticmethod
    def _get_path(unit) -> list[int]:
        """Ids from the reference unit down to `unit`."""
        return [int(uom_id) for uom_id in unit.parent_path.strip("/").split("/")]
