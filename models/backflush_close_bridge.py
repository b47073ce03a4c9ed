from collections import defaultdict

from odoo import fields, models

from ..costing.bridge import bridge, effect_on_profit, inventory, is_beyond
from ..costing.close import PeriodRow
from ..costing.disposition import CAPITALISED, prorate
from ..costing.rounding import round_half_up
from ..costing.sql import bridge as statements
from .backflush_books import number
from .backflush_bulk import insert
from .backflush_close_bases import CloseBases
from .backflush_close_position import PositionReader
from .backflush_close_scope import CloseScope
from .backflush_proof import BROKEN, NOTE, PROVED, ROUNDING

PLACES = [
    ("materials", "Materials"),
    ("work_in_process", "Work in Process"),
    ("finished_goods", "Finished Goods"),
    ("not_billed", "Received, Not Billed"),
    ("not_invoiced", "Delivered, Not Invoiced"),
    ("variances", "Variances on Goods on Hand"),
]


class BackflushCloseBridge(models.Model):
    """What sequential costing would show at a period's end, against the books."""

    _name = "backflush.close.bridge"
    _description = "Bridge to Sequential Costing"
    _inherit = ["backflush.close.detail"]
    _order = "close_id, id"

    place = fields.Selection(PLACES, required=True, readonly=True)
    sequential = fields.Monetary(
        string="Sequential Costing",
        readonly=True,
        help="What costs that follow the goods would show, at standard.",
    )
    backflush = fields.Monetary(
        string="Books", readonly=True, help="What the balance sheet shows."
    )
    difference = fields.Monetary(readonly=True)
    is_adjusted = fields.Boolean(
        string="In the Adjustment",
        readonly=True,
        help="Variances are not: how they are disposed of is chosen in the settings.",
    )


class BackflushCloseAccount(models.Model):
    """An account that carries goods, proved against stock at a period's end."""

    _name = "backflush.close.account"
    _description = "Stock Account at a Period's End"
    _inherit = ["backflush.close.detail"]
    _order = "close_id, id"

    account_id = fields.Many2one(
        "account.account", required=True, readonly=True, ondelete="restrict"
    )
    balance = fields.Monetary(readonly=True, help="Before the close.")
    expected = fields.Monetary(
        readonly=True,
        help="Goods on hand, and what stands between them and the account.",
    )
    difference = fields.Monetary(readonly=True)
    state = fields.Selection(
        [
            (PROVED, "Agrees"),
            (ROUNDING, "Rounding"),
            (NOTE, "Other Goods, Too"),
            (BROKEN, "Differs"),
        ],
        readonly=True,
        help="Rounding: booked with the close.",
    )
    description = fields.Text(string="Made Of", readonly=True)


class BackflushClose(models.Model):
    """Proof of the stock accounts, and the bridge to sequential costing."""

    _inherit = "backflush.close"

    bridge_ids = fields.One2many("backflush.close.bridge", "close_id", readonly=True)
    account_proof_ids = fields.One2many(
        "backflush.close.account", "close_id", readonly=True
    )
    date_posted = fields.Datetime(string="Posted On", readonly=True, copy=False)
    inventory = fields.Monetary(
        readonly=True,
        copy=False,
        help="Materials, work in process and finished goods by sequential costing.",
    )
    profit = fields.Monetary(
        string="Profit of the Period",
        readonly=True,
        copy=False,
        help="All income less all expenses, with this close.",
    )
    bridge_inventory = fields.Monetary(
        string="Difference of Inventory",
        readonly=True,
        copy=False,
        help="How much higher sequential costing would show the inventory.",
    )
    bridge_profit = fields.Monetary(
        string="Difference of Profit",
        readonly=True,
        copy=False,
        help="How much higher sequential costing would show the profit to date.",
    )
    is_bridge_material = fields.Boolean(
        string="Material",
        readonly=True,
        copy=False,
        help="The difference is beyond a limit set in the settings.",
    )

    # -- stock accounts ---------------------------------------------------------

    def _get_scope(self):
        return CloseScope(self.company_id, self.date_from, self.date_to)

    def _prove_accounts(self, scope):
        """Each account that carries goods against the stock at the period's end."""
        self.env.flush_all()
        findings = [
            finding
            for finding in scope.ledger.prove().findings
            if finding.record._name == "account.account"
        ]
        self.env["backflush.close.account"].create(
            [self._prepare_account(finding, scope) for finding in findings]
        )
        self._insert_rounding()

    def _get_residues(self):
        """{account id: what rounding has left on it}; the close takes it off."""
        return {
            proof.account_id.id: number(proof.difference)
            for proof in self.account_proof_ids
            if proof.state == ROUNDING
        }

    def _get_rounding_account(self):
        material = self.company_id._get_backflush_element("material")
        return material._get_variance_account("rounding")

    def _insert_rounding(self):
        """The variance that explains the residues: never prorated."""
        amount = sum(self._get_residues().values(), number(0))
        if not amount:
            return
        material = self.company_id._get_backflush_element("material")
        row = PeriodRow("rounding", material.id, None, amount)
        vals = self._prepare_row(self.company_id, self.date_to, row, self)
        insert(self.env["backflush.variance"], [vals])

    def _prepare_account(self, finding, scope):
        return {
            "close_id": self.id,
            "account_id": finding.record.id,
            "balance": float(finding.found),
            "expected": float(finding.expected),
            "difference": float(self._round(finding.found - finding.expected)),
            "state": finding.state,
            "description": scope.ledger.describe_parts(finding.record.id),
        }

    def _round(self, amount):
        return round_half_up(amount, number(self.currency_id.rounding))

    # -- the bridge -------------------------------------------------------------

    def _compute_bridge(self, reader, scope):
        """Compare both ways of costing at the period's end."""
        position = self._get_position(reader, scope)
        places = bridge(position, number(self.currency_id.rounding))
        self.env["backflush.close.bridge"].create(
            [self._prepare_place(place) for place in places]
        )
        self._create_adjustment(position)
        total, difference = inventory(places, position.fees)
        effect = effect_on_profit(places, position.fees)
        profit = self._get_profit(reader)
        self.write(
            {
                "inventory": float(total),
                "profit": float(profit),
                "bridge_inventory": float(difference),
                "bridge_profit": float(effect),
                "is_bridge_material": (
                    is_beyond(difference, total, self._get_limit("inventory"))
                    or is_beyond(effect, profit, self._get_limit("profit"))
                ),
            }
        )

    def _get_limit(self, name):
        return number(
            self.company_id._backflush_config(f"backflush_gaap_{name}_percent")
        )

    def _prepare_place(self, place):
        return {
            "close_id": self.id,
            "place": place.place,
            "sequential": float(place.sequential),
            "backflush": float(place.backflush),
            "difference": float(place.difference),
            "is_adjusted": place.is_adjusted,
        }

    def _get_position(self, reader, scope):
        amounts = [
            amount
            for places in self._get_progress().values()
            for amount in places.values()
        ]
        return PositionReader(scope, scope.ledger).read_position(
            progress=sum(amounts, number(0)),
            fees=self._get_fees(scope),
            prorated=self._get_prorated(reader, scope),
            capitalised=sum(
                (part.amount for part in self.part_ids._get_capitalised()), number(0)
            ),
        )

    def _get_fees(self, scope):
        """Subcontractors' fees of goods received that are not billed.

        What was applied and is not billed is timing, over all periods; under `delivery`
        the fees of goods on hand or in open orders are billed, as far as they are, and
        not applied yet.
        """
        fees = self.company_id._get_backflush_element("subcontract")
        lines = self.env["backflush.close.line"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("element_id", "in", fees.ids),
                ("close_id.state", "=", "posted"),
                ("date_to", "<", self.date_from),
            ]
        )
        lines |= self.line_ids.filtered(lambda line: line.element_id in fees)
        total = -sum(number(line.timing) for line in lines)
        held = defaultdict(lambda: number(0), scope.on_hand)
        for product_id, quantity, _amount in scope.used:
            held[product_id] += quantity
        for product, card in scope.cards.items():
            content = scope.books.content(card)
            quantity = held[product.id]
            total += quantity * sum(content.get(fee.id, number(0)) for fee in fees)
        return total

    def _get_prorated(self, reader, scope):
        """What proration would put on goods on hand, whatever the settings say."""
        if self._is_prorated():
            parts = self.part_ids._get_parts()
        else:
            bases = CloseBases(self, reader, scope)
            unit = number(self.currency_id.rounding)
            parts = prorate(
                bases.get_standing(), bases.get_bases(), bases.material, unit
            )
        return sum((x.amount for x in parts if x.place in CAPITALISED), number(0))

    def _is_prorated(self):
        return any(part.place in CAPITALISED for part in self.part_ids)

    def _get_profit(self, reader):
        """Income less expenses of the period, and what the close does to them."""
        self.env.flush_all()
        rows = reader._fetch(statements.PROFIT)
        profit = number(rows[0][0])
        for line in self._get_lines(reader):
            account = self.env["account.account"].browse(line.account)
            if account.internal_group in ("income", "expense"):
                profit -= line.amount
        return profit
