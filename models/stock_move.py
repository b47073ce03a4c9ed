from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.misc import clean_context

from ..costing.entry import Target, delivery_target
from ..costing.variance import ZERO
from .backflush_books import local_date, number
from .backflush_engine import Job
from .backflush_on_hand import shared_versions


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
        orders = self.raw_material_production_id | self.production_id
        if orders:
            orders._cover_backflush_products(self)

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
        ends = self.location_id | self.location_dest_id
        if "production" not in ends.mapped("usage"):
            return False
        if not self.product_id.with_company(self.company_id)._is_backflush_covered():
            return False
        order = (
            self.production_id
            or self.raw_material_production_id
            or (self.unbuild_id | self.consume_unbuild_id).mo_id
        )
        return bool(order._filter_backflushed())

    # -- stock facts ------------------------------------------------------------

    def _record_backflush_facts(self):
        """Append what changed since the facts recorded so far, and have it posted.

        sudo: facts are written for shop users, who cannot see them.
        """
        for company, moves in self.sudo().grouped("company_id").items():
            moves = moves.with_company(company)
            # also what was put on an order before its product came under a trigger
            moves._cover_backflush_products()
            moves._lock_backflush_version(company)
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
            facts = env["backflush.stock.fact"].create(
                covered._prepare_backflush_facts()
            )
            facts.move_id.with_env(self.env)._register_backflush_events()

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

    def _prepare_backflush_facts(self):
        known = self.env["backflush.stock.fact"]._read_group(
            [("move_id", "in", self.ids)],
            ["move_id"],
            ["quantity:sum", "amount:sum", "sequence:max"],
        )
        known = {move: values for move, *values in known}
        standards = self._get_backflush_standards()
        vals_list = []
        for move in self:
            quantity, amount, sequence = known.get(move, (0.0, 0.0, 0))
            change = move._get_backflush_quantity() - number(quantity)
            if not change:
                continue
            standard = standards[move.product_id]
            value = change * standard
            if move.product_id.cost_method != "standard":
                # Average and FIFO: what Odoo gave the movement, once.
                sign = -1 if move._is_out() else 1
                value = sign * number(move.value) - number(amount)
            vals_list.append(
                {
                    "move_id": move.id,
                    "sequence": (sequence or 0) + 1,
                    "product_id": move.product_id.id,
                    "quantity": float(change),
                    "standard": float(standard),
                    "amount": float(value),
                    "date": move.date,
                    "company_id": move.company_id.id,
                }
            )
        return vals_list

    def _get_backflush_standards(self):
        """{product: standard per unit}: its price, or its card where that carries it.

        No account carries goods costed at delivery at their price, so one that was set
        by hand stays out of the books.
        """
        products = self.product_id
        delivered = products.filtered(
            lambda product: product._get_backflush_trigger() == "delivery"
        )
        Standard = self.env["backflush.standard"]
        cards = (
            Standard._get_active_cards(delivered, self.company_id) if delivered else {}
        )
        result = {product: number(product.standard_price) for product in products}
        return result | {
            product: number(card.amount)
            for product, card in cards.items()
            if card.uom_id == product.uom_id
        }

    def _get_backflush_quantity(self) -> Decimal:
        """Change of the valued quantity in the product's unit; no owner's stock."""
        self.ensure_one()
        if self.state != "done":
            return ZERO
        lines_in, lines_out = self._get_in_move_lines(), self._get_out_move_lines()
        incoming = sum((number(x.quantity_product_uom) for x in lines_in), ZERO)
        outgoing = sum((number(x.quantity_product_uom) for x in lines_out), ZERO)
        return incoming - outgoing

    def _register_backflush_events(self):
        engine = self.env["backflush.engine"]
        orders = self.production_id | self.raw_material_production_id
        # An order that is being finished is registered by its completion.
        done = orders.filtered(lambda order: order.state == "done")
        engine._enqueue(done._filter_backflush_events())
        engine._enqueue(self.filtered("is_backflush_delivery"))

    @api.depends("state", "location_id", "location_dest_id")
    def _compute_is_backflush_delivery(self):
        for move in self:
            product = move.product_id.with_company(move.company_id)
            move.is_backflush_delivery = bool(move._get_backflush_direction()) and (
                product._get_backflush_trigger() == "delivery"
                # posted once, corrected for ever (sudo: by shop users)
                or bool(move.sudo().backflush_posting_ids)
            )

    def _get_backflush_direction(self):
        """1 for a movement out to a customer, −1 for its return, else 0."""
        self.ensure_one()
        if self._is_out() and self._is_customer_end(self.location_dest_id):
            return 1
        if self._is_in() and self._is_customer_end(self.location_id):
            return -1
        return 0

    @staticmethod
    def _is_customer_end(location):
        return location.usage == "customer" or (
            location.usage == "transit" and not location.company_id
        )

    # -- what the engine asks ---------------------------------------------------

    def _get_backflush_moves(self):
        return self

    def _get_backflush_event(self):
        self.ensure_one()
        return "return" if self._get_backflush_direction() < 0 else "delivery"

    def _get_backflush_date(self):
        self.ensure_one()
        return local_date(self.company_id, self.picking_id.date_done or self.date)

    def _prepare_backflush_identity(self):
        self.ensure_one()
        return {
            "move_id": self.id,
            "picking_id": self.picking_id.id,
            "product_id": self.product_id.id,
        }

    def _prepare_backflush_jobs(self, books):
        books.load_cards(self.product_id)
        return [move._prepare_backflush_job(books) for move in self]

    def _prepare_backflush_job(self, books):
        """Cost of sales of a delivered (negative: returned) quantity at its card."""
        self.ensure_one()
        product = self.product_id
        if not books.standing(self):
            books.check_category(product, product._get_backflush_trigger())
        standard = (
            books.frozen_standard(self)
            or self._get_backflush_original_standard()
            or books.get_standard(product)
        )
        facts = books.facts_of(self)
        quantity = -sum((number(fact.quantity) for fact in facts), ZERO)
        components = standard.line_ids.component_id
        inner = books.inner_cards(components.ids, standard.version_id)
        target = delivery_target(
            books.card(standard),
            quantity,
            books.accounts,
            books.cost_of_sales_account(product),
            inner,
        )
        return Job(
            record=self,
            trigger="delivery",
            group=self.picking_id or self,
            product=product,
            standard=standard,
            date_event=self._get_backflush_date(),
            quantity=quantity,
            facts=facts,
            target=target if quantity and standard.amount else Target({}, {}),
        )

    def _get_backflush_original_standard(self):
        """The card at which the goods that come back were delivered."""
        postings = self.env["backflush.posting"].search(
            [
                ("move_id", "in", self.origin_returned_move_id.ids),
                ("event", "=", "delivery"),
                ("standard_id", "!=", False),
            ],
            order="id",
            limit=1,
        )
        return postings.standard_id
