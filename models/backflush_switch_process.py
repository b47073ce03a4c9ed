from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..costing.entry import merge
from ..costing.switching import transfer
from .backflush_books import number
from .backflush_pools import Pools
from .backflush_switch_reader import SwitchReader


class BackflushSwitch(models.Model):
    """What a switch moves besides goods on hand: what only Odoo's closing would book,
    what bills and invoices would have, and work in process.
    """

    _inherit = "backflush.switch"

    # -- goods that only Odoo's closing has valued ------------------------------

    def _compute_closing(self, periodic):
        """What Odoo's closing would book now on the accounts of periodic goods."""
        if not periodic:
            return {}
        reader = SwitchReader(self.company_id, self)
        accounts = self.env["account.account"].browse(
            {reader.get_stock_account(product) for product in periodic}
        )
        result = []
        for account_id, amount in reader.get_unclosed(accounts).items():
            account = accounts.browse(account_id)
            other = self._get_variation_account(account)
            result.append(
                transfer(account_id, other.id, amount, None, reader.books.unit)
            )
        return merge(result)

    def _get_variation_account(self, account):
        """Where Odoo's closing books what `account` gains or loses."""
        other = account.account_stock_variation_id or self.company_id.expense_account_id
        if not other:
            raise UserError(
                self.env._(
                    "%(account)s has no stock variation account: set it there, then "
                    "switch.",
                    account=account.display_name,
                )
            )
        return other

    # -- bills and invoices that are still to come ------------------------------

    def _expense(self, undocumented, old_accounts, reader):
        """Of goods that are not perpetual any more, bills and invoices book nothing on
        the stock account: what stands there for them goes where they book instead.
        """
        result = []
        for product, amount in undocumented.items():
            if product.valuation == "real_time":
                continue
            expense = reader.books.cost_of_sales_account(product)
            result.append(
                transfer(
                    expense,
                    old_accounts[product],
                    amount,
                    product.id,
                    reader.books.unit,
                )
            )
        return merge(result)

    def _match_invoices(self, products):
        """Match invoices of goods that are perpetual from now on to what has moved: it
        is not for later ones, and what they wait for is costed by the switch.

        :return: those goods
        """
        perpetual = products.filtered(lambda p: p.valuation == "real_time")
        if not perpetual:
            return perpetual
        keys = {
            (group.line, group.partner, group.product)
            for group in SwitchReader(self.company_id, self).scope.sales
            if group.product in perpetual.ids and group.count and group.line
        }
        pools = Pools(self.company_id)
        orders = self.env["sale.order.line"].browse({line for line, _p, _x in keys})
        requests = [
            request
            for line in orders.invoice_lines.sorted("id")
            if line.parent_state == "posted" and not line.backflush_match_ids
            for request in line._get_backflush_requests()
            if request.key[1:] in keys and self._is_followed(request.key)
        ]
        if requests:
            pools.match(requests)
        return perpetual

    def _is_followed(self, key):
        """Whether there are facts of all that has moved for an order line."""
        moves = self.env["sale.order.line"].browse(key.line).move_ids
        moves = moves.filtered(
            lambda x: x.state == "done" and x.product_id.id == key.product
        )
        return all(move.backflush_fact_ids for move in moves)

    def _open(self, perpetual, reader):
        """Of goods that are perpetual from now on, bills and invoices that are still to
        come book on the stock account: it gets what they will take, and gives what they
        will bring, and the reverse for goods that are still to come. Odoo's closing,
        or the move from their materials, has counted them by where they are.
        """
        result = []
        for product, amount in reader.get_undocumented(perpetual).items():
            account_id = reader.get_stock_account(product)
            account = self.env["account.account"].browse(account_id)
            other = self._get_variation_account(account)
            result.append(
                transfer(account_id, other.id, amount, product.id, reader.books.unit)
            )
        return merge(result)

    # -- work in process --------------------------------------------------------

    def _find_moved_material(self):
        """[(movement, account debited by Odoo, amount)] of materials that open orders
        have used while no trigger was there.
        """
        moves = self.env["stock.move"].browse()
        for line in self.line_ids:
            if line.trigger and not line.trigger_old:
                products = line._find_products()
                orders = self._find_orders()
                orders = orders.filtered(lambda o, p=products: o.product_id in p)
                moves |= orders.move_raw_ids
        moves = moves.filtered(
            lambda move: (
                move.state == "done"
                and move.product_id.is_storable
                and not move.backflush_fact_ids.posting_id
            )
        )
        return [
            (move, self._get_booked_account(move), number(move.value)) for move in moves
        ]

    def _get_booked_account(self, move):
        """The account that Odoo has debited for what was used; none where none."""
        account = move.location_dest_id.valuation_account_id
        return account if move.account_move_id else account.browse()

    def _take_over(self, material, reader):
        """Take back what Odoo has booked of it, and have the completion book it."""
        moves = self.env["stock.move"].browse([move.id for move, _a, _v in material])
        moves._record_backflush_facts()
        # from now on it is not Odoo's entry that carries them
        moves.filtered("account_move_id").account_move_id = False
        return merge(
            transfer(
                reader.get_stock_account(move.product_id),
                account.id,
                amount,
                move.product_id.id,
                reader.books.unit,
            )
            for move, account, amount in material
            if account
        )

    def _compute_returned(self):
        """(stock facts, amounts) of materials that orders have used and no completion
        will book any more, because no trigger is there.
        """
        facts = self.env["backflush.stock.fact"].browse()
        for line in self.line_ids:
            if line.trigger_old and not line.trigger:
                products = line._find_products()
                orders = self._find_orders().filtered(
                    lambda o, p=products: o.product_id in p
                )
                facts |= facts.search(
                    Domain("move_id", "in", orders.move_raw_ids.ids)
                    & Domain("posting_id", "=", False)
                )
        reader = SwitchReader(self.company_id, self)
        return facts, merge(self._return(fact, reader) for fact in facts)

    def _return(self, fact, reader):
        """Off the accounts that carry it, to where Odoo would have booked it."""
        place = fact.move_id.location_dest_id
        account = self.env["account.account"].browse(
            reader.get_stock_account(fact.product_id)
        )
        used = place.valuation_account_id or self._get_variation_account(account)
        standard = fact.standard_id
        return merge(
            transfer(
                used.id, part.account, part.amount, part.product, reader.books.unit
            )
            for part in reader.books.stood(
                fact.product_id, standard, -number(fact.amount), is_change=False
            )
        )
