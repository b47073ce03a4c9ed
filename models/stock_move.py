from contextlib import contextmanager
from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL, OrderedSet
from odoo.tools.misc import clean_context

from ..costing.variance import ZERO
from .backflush_books import number
from .backflush_bulk import insert
from .backflush_on_hand import shared_versions
from .backflush_once import start_over


class StockMove(models.Model):
    _inherit = "stock.move"

    backflush_fact_ids = fields.One2many(
        "backflush.stock.fact",
        "move_id",
        groups="backflush_costing.group_backflush_user",
    )
    backflush_posting_ids = fields.One2many(
        "backflush.posting", "move_id", groups="backflush_costing.group_backflush_user"
    )
    is_backflush_delivery = fields.Boolean(compute="_compute_is_backflush_delivery")

    @api.model_create_multi
    def create(self, vals_list):
        moves = super().create(vals_list)
        moves._cover_backflush_products()
        return moves

    def write(self, vals):
        res = super().write(vals)
        if {"product_id", "raw_material_production_id", "production_id"} & set(vals):
            self._cover_backflush_products()
        return res

    def _cover_backflush_products(self):
        new = self.filtered(
            lambda move: (
                not move.product_id.with_company(
                    move.company_id
                ).property_backflush_covered
            )
        )
        orders = new.raw_material_production_id | new.production_id
        if orders:
            orders._cover_backflush_products(new)

    def _action_done(self, cancel_backorder=False):
        done = self.filtered(lambda move: move.state == "done")
        self.env["backflush.price.change"]._book_collected()
        with self.env["backflush.engine"]._collect():
            moves = super()._action_done(cancel_backorder=cancel_backorder)
            (moves - done)._record_backflush_facts()
        return moves

    def _should_create_account_move(self):
        return (
            super()._should_create_account_move()
            and not self._is_backflush_production_move()
        )

    def _is_backflush_production_move(self):
        """Consumption, output or unbuild that the addon books instead of Odoo."""
        self.ensure_one()
        if "production" not in self._get_backflush_ends():
            return False
        if not self.product_id.with_company(self.company_id)._is_backflush_covered():
            return False
        order = self.production_id or self.raw_material_production_id
        unbuild = self.unbuild_id | self.consume_unbuild_id
        return bool(order._filter_backflushed() or unbuild._filter_backflush_events())

    def _get_backflush_ends(self):
        """What kind of places the goods come from and go to."""
        return self.location_id.usage, self.location_dest_id.usage

    # -- stock facts ------------------------------------------------------------

    @contextmanager
    def _correct_backflush(self):
        """Record what changes inside of those of `self` that are done.

        What a movement moved before its product was covered stays out of the books.
        """
        done = self.filtered(lambda move: move.state == "done")
        before = done._get_backflush_uncounted()
        with self.env["backflush.engine"]._collect():
            yield
            done._record_backflush_facts(before)

    def _get_backflush_uncounted(self):
        """{(move id, of another owner): quantity moved that no fact has}."""
        known = self._get_backflush_known() if self else {}
        return {
            (move.id, is_owner): move._get_backflush_quantity(is_owner)
            - number(known.get((move.id, is_owner), (0.0,))[0])
            for move in self
            for is_owner in (False, True)
        }

    def _record_backflush_facts(self, uncounted=None):
        """Append what changed since the facts recorded so far, and have it posted.

        `uncounted` are quantities that belong into no fact.

        sudo: facts are written for shop users, who cannot see them.
        """
        for company, moves in self.sudo().grouped("company_id").items():
            moves = moves.with_company(company)
            # also what was put on an order before its product came under a trigger
            moves._cover_backflush_products()
            moves._lock_backflush_version(company)
            moves._filter_backflush_consumed()._register_backflush_events()
            covered = moves.filtered(
                lambda move: (
                    move.product_id.is_storable
                    and move.product_id._is_backflush_covered()
                )
            )
            if not covered:
                continue
            covered.product_id._set_backflush_covered()
            # without the defaults that a screen may have put into the context
            env = self.env(su=True, context=clean_context(self.env.context))
            facts = covered._prepare_backflush_facts(uncounted or {})
            with start_over():
                insert(env["backflush.stock.fact"], facts)
            moved = self.browse(OrderedSet(vals["move_id"] for vals in facts))
            moved._register_backflush_events()
            moved._settle_backflush_trade()

    def _filter_backflush_consumed(self):
        """Consumables of orders and unbuilds: they have no stock, so no facts."""
        return self.filtered(
            lambda move: (
                not move.product_id.is_storable
                and not move._is_backflush_loss()
                and move._get_backflush_maker()
            )
        )

    def _get_backflush_maker(self):
        """The order or the unbuild that moves the goods, if one does."""
        order = self.production_id or self.raw_material_production_id
        return order or self.unbuild_id or self.consume_unbuild_id

    def _lock_backflush_version(self, company):
        """Fall on one side of an activation: it updates the row that is shared here.

        An activation may cover any product at standard cost. As long as no version is
        in force, the row is that of the drafts.
        """
        if not any(
            move.product_id.is_storable and move.product_id.cost_method == "standard"
            for move in self
        ):
            return
        self.env.execute_query(
            SQL(
                "SELECT id FROM backflush_version WHERE %s ORDER BY id FOR SHARE",
                shared_versions(company),
            )
        )

    def _prepare_backflush_facts(self, uncounted):
        """Vals of what changed: a movement's own goods, and those of another owner."""
        known = self._get_backflush_known()
        cards = self._get_backflush_cards()
        vals_list = []
        for move in self:
            sequences = [known.get((move.id, x), (0, 0, 0))[2] for x in (False, True)]
            sequence = max(sequences)
            for is_owner in (False, True):
                quantity, amount, _sequence = known.get(
                    (move.id, is_owner), (0.0, 0.0, 0)
                )
                moved = move._get_backflush_quantity(is_owner)
                moved -= uncounted.get((move.id, is_owner), ZERO)
                change = moved - number(quantity)
                if change:
                    sequence += 1
                    card = cards.get(move.product_id)
                    is_part = bool(uncounted.get((move.id, is_owner)))
                    vals_list.append(
                        move._prepare_backflush_fact(
                            change, number(amount), card, is_part=is_part
                        )
                        | {"is_owner": is_owner, "sequence": sequence}
                        | ({"standard": 0.0, "amount": 0.0} if is_owner else {})
                    )
        return vals_list

    def _get_backflush_known(self):
        """{(move id, of another owner): quantity, amount, last sequence} so far."""
        self.env["backflush.stock.fact"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """SELECT move_id, COALESCE(is_owner, FALSE),
                          SUM(quantity), SUM(amount), MAX(sequence)
                     FROM backflush_stock_fact
                    WHERE move_id = ANY(%s)
                    GROUP BY 1, 2""",
                self.ids,
            )
        )
        return {(move, owner): values for move, owner, *values in rows}

    def _prepare_backflush_fact(self, change, known_amount, card, *, is_part):
        """Vals of a changed quantity at the standard in force now.

        `is_part`: most of the movement is in no fact.
        """
        self.ensure_one()
        product = self.product_id
        standard = number(product.standard_price)
        if card and product._get_backflush_trigger() == "delivery":
            # No account carries goods costed at delivery at their price, so one that
            # was set by hand stays out of the books.
            standard = number(card.amount)
        amount = change * standard
        if product.cost_method != "standard" and not is_part:
            # Average and FIFO: what Odoo gave the movement, once.
            sign = -1 if self._is_out() else 1
            amount = sign * number(self.value) - known_amount
        return {
            "move_id": self.id,
            "product_id": product.id,
            "quantity": float(change),
            "standard": float(standard),
            "amount": float(amount),
            "standard_id": card.id if card else False,
            "date": self.date,
            "company_id": self.company_id.id,
        }

    def _get_backflush_cards(self):
        """{product: card in force} of the products under a trigger."""
        products = self.product_id.filtered(
            lambda product: product._get_backflush_trigger()
        )
        if not products:
            return {}
        Standard = self.env["backflush.standard"]
        cards = Standard._get_active_cards(products, self.company_id)
        return {p: card for p, card in cards.items() if card.uom_id == p.uom_id}

    def _get_backflush_quantity(self, is_owner=False) -> Decimal:
        """Change of the valued quantity in the product's unit.

        `is_owner`: of another owner's goods that an order uses or an unbuild returns.
        """
        self.ensure_one()
        if self.state != "done":
            return ZERO
        if is_owner:
            return self._get_backflush_owned()
        lines_in, lines_out = self._get_in_move_lines(), self._get_out_move_lines()
        incoming = sum((number(x.quantity_product_uom) for x in lines_in), ZERO)
        outgoing = sum((number(x.quantity_product_uom) for x in lines_out), ZERO)
        return incoming - outgoing

    def _get_backflush_owned(self) -> Decimal:
        if not (self.raw_material_production_id or self.unbuild_id) or self.scrap_id:
            return ZERO
        total = ZERO
        for line in self.move_line_ids:
            if line.picked and line._should_exclude_for_valuation():
                leaves = line.location_id._should_be_valued()
                comes = line.location_dest_id._should_be_valued()
                quantity = number(line.quantity_product_uom)
                total += (comes - leaves) * quantity
        return total

    def _register_backflush_events(self):
        engine = self.env["backflush.engine"]
        losses = self.filtered(lambda move: move._is_backflush_loss())
        rest = self - losses
        orders = rest.production_id | rest.raw_material_production_id
        # An order that is being finished is registered by its completion.
        done = orders.filtered(lambda order: order.state == "done")
        engine._enqueue(done._filter_backflush_events())
        unbuilds = rest.unbuild_id | rest.consume_unbuild_id
        engine._enqueue(unbuilds._filter_backflush_events())
        # what an order or an unbuild moves is no delivery
        free = rest.filtered(lambda move: not move._get_backflush_maker())
        engine._enqueue(losses | free.filtered("is_backflush_delivery"))
