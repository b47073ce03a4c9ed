from odoo import models

from .backflush_books import Books


class AccountMoveLine(models.Model):
    """Bills of subcontractors: the fee goes to the control account of its element.

    Where Odoo's subcontracting is not installed there are none.
    """

    _inherit = "account.move.line"

    def _get_backflush_fee_element(self):
        """The cost element of a subcontractor's fee for a product under a trigger."""
        self.ensure_one()
        elements = self.env["backflush.element"]
        moves = self.purchase_line_id.move_ids
        if not moves or "is_subcontract" not in moves._fields:
            return elements
        product = self.product_id.with_company(self.company_id)
        if self.display_type != "product" or not product._get_backflush_trigger():
            return elements
        # sudo: whoever enters bills need not see cost elements or stock
        if not any(m.is_subcontract for m in moves.sudo() if m.state != "cancel"):
            return elements
        element = self.company_id.sudo()._get_backflush_element("subcontract")
        return element if element.control_account_id else elements

    def _prepare_backflush_fee_variance(self):
        """Vals of `subcontract_price`: fee billed − standard fee; no entry carries it.

        It is contained in what the control account has more than *applied*, and gets
        its entry with the close.
        """
        self.ensure_one()
        element = self._get_backflush_fee_element()
        company = self.company_id.sudo().with_company(self.company_id)
        books = Books(company, self.move_id)
        vals = self._prepare_backflush_price_variance(
            self._get_backflush_billed()
            - self._get_backflush_sign() * self._get_backflush_passed(self.product_id)
        )
        return vals | {
            "kind": "subcontract_price",
            "element_id": element.id,
            "account_id": books.accounts.by_element["subcontract_price", element.id],
        }

    def _is_backflush_fee_undone(self):
        """Whether a credit note takes back the whole fee of the bill it reverses."""
        self.ensure_one()
        origin = self._get_backflush_reversed()
        return bool(
            origin
            and self._get_backflush_fee_element()
            and (origin.quantity, origin.price_unit, origin.discount)
            == (self.quantity, self.price_unit, self.discount)
        )

    def _get_backflush_reversed(self):
        """The line of the reversed document that this line was copied from."""
        origin = self.move_id.reversed_entry_id.invoice_line_ids.sorted("id")
        lines = self.move_id.invoice_line_ids.sorted("id")
        pairs = dict(zip(lines, origin, strict=False))
        found = pairs.get(self, self.browse())
        return found if found.product_id == self.product_id else self.browse()
