"""Documents of before a switch that are corrected, taken apart or booked again later.

They are booked under the triggers of then, as always; what of their goods moved after
the switch moves on to where it has put the others.
"""

from collections import defaultdict
from functools import cached_property

from odoo import fields, models
from odoo.fields import Domain

from ..costing.entry import MATERIAL, OUTPUT, Key, credit, relieve
from ..costing.revaluation import REVALUATION
from ..costing.switching import Late, move_on
from .backflush_books import Books, LastFact, PastTriggers, number


class SwitchHistory:
    """What the switches of a company have changed, by the last fact before each."""

    def __init__(self, company):
        self._company = company

    @cached_property
    def _switches(self):
        """[(last fact id, {product id: trigger until then})], newest first."""
        switches = self._company.env["backflush.switch"]._find_done(self._company)
        return [
            (switch.last_fact_id.id, switch.line_ids._get_triggers_before())
            # by number: ordered by the field, facts go by their dates
            for switch in switches.sorted(
                lambda x: (x.last_fact_id.id, x.id), reverse=True
            )
        ]

    def __bool__(self):
        return bool(self._switches)

    def get_triggers(self, fact_id) -> dict:
        """{product id: trigger} of what was switched since a stock fact."""
        result: dict = {}
        for last, triggers in self._switches:
            if fact_id <= last:  # the oldest has the last word
                result |= triggers
        return result

    def get_end(self, product_id, fact_id):
        """(trigger of a product at a stock fact, last fact under it), if switched."""
        for last, triggers in reversed(self._switches):
            if fact_id <= last and product_id in triggers:
                return triggers[product_id], last
        return None, None


class BackflushSwitch(models.Model):
    _inherit = "backflush.switch"

    last_fact_id = fields.Many2one(
        "backflush.stock.fact",
        readonly=True,
        copy=False,
        ondelete="restrict",
        help="The last change of stock before the switch; nothing moves meanwhile.",
    )

    def _find_done(self, company):
        """The switches of a company after which goods of before may still be booked."""
        return self.search(
            Domain("company_id", "=", company.id)
            & Domain("state", "=", "done")
            & Domain("last_fact_id", "!=", False)
        )

    def _find_last_fact(self):
        domain = [("company_id", "=", self.company_id.id)]
        return self.env["backflush.stock.fact"].search(domain, order="id desc", limit=1)


class BackflushSwitchLine(models.Model):
    _inherit = "backflush.switch.line"

    def _get_triggers_before(self):
        """{product id: trigger until the switch}"""
        result = {}
        for line in self:
            result |= dict.fromkeys(line.product_ids.ids, line.trigger_old)
        return result


class BackflushEngine(models.AbstractModel):
    _inherit = "backflush.engine"

    def _book(self, records):
        late = self._find_switched(records)
        for record, context in late.items():
            engine = self.with_context(**context)
            super(BackflushEngine, engine)._book(record.with_env(engine.env))
        rest = records.filtered(lambda record: record not in late)
        return super()._book(rest) if rest else None

    def _find_switched(self, records):
        """{record of before a switch: context with the triggers of then that have ended
        since, and the last stock fact that is not the addon's to book}
        """
        history = SwitchHistory(self.env.company)
        if not history:
            return {}
        result = defaultdict(dict)
        for record in records:
            facts = self._find_first(record).fact_ids
            if facts and (triggers := history.get_triggers(max(facts.ids))):
                result[record]["backflush_triggers"] = PastTriggers(triggers)
            if last := self._find_last_of_odoo(record, history):
                result[record]["backflush_facts_after"] = LastFact(last)
        return result

    def _find_last_of_odoo(self, record, history):
        """Of an order that was finished under no trigger, the last fact under none."""
        if record._name != "mrp.production":
            return None
        made = record.move_finished_ids.backflush_fact_ids
        made = made.filtered(lambda fact: fact.product_id == record.product_id)
        if not made:
            return None
        trigger, last = history.get_end(record.product_id.id, min(made.ids))
        return not trigger and last

    def _find_first(self, record):
        """The first posting of an event, also a reversed one: under what was in force.

        Goods that are taken apart, or come back, go back to where their order, or their
        delivery, has put them.
        """
        domain = [("res_model", "=", record._name), ("res_id", "=", record.id)]
        first = self.env["backflush.posting"].search(domain, order="id", limit=1)
        if not first and record._name == "mrp.unbuild":
            return self._find_first(record.mo_id)
        if not first and record._name == "stock.move":
            return record.origin_returned_move_id._get_backflush_first_posting(
                "delivery"
            )
        return first

    def _settle(self, job, books):
        if triggers := self.env["product.product"]._get_backflush_switched():
            self._move_on(job, books, triggers)
        return super()._settle(job, books)

    def _move_on(self, job, books, triggers):
        """Have what moved after a switch stand where the switch has put the rest."""
        if triggers.get(job.product.id, job.trigger) != job.trigger:
            return  # what was booked then is not booked here again
        history, late = SwitchHistory(books.company), []
        if job.trigger == "delivery" and job.record._name != "stock.move":
            # what it used stands with its rows until the close, wherever that is now
            facts = job.facts.filtered(lambda x: x.product_id == job.product)
            triggers = {job.product.id: "delivery"}
            books = self._get_books_under(books, triggers)
        else:
            facts = job.facts
        for fact in facts.filtered(lambda x: not x.is_owner and x.amount):
            now = history.get_triggers(fact.id)
            if any(now.get(x) != trigger for x, trigger in triggers.items()):
                after = self._get_books_under(books, now)
                places = self._get_place(fact, books), self._get_place(fact, after)
                late.append(Late(job.product.id, *places))
        if late:
            account = books.accounts.variance[REVALUATION]
            rest = Key(account, books.material.id, REVALUATION, None)
            booked = books.booked(job.record)
            job.target = move_on(job.target, late, booked, rest)

    @staticmethod
    def _get_books_under(books, triggers):
        company = books.company.with_context(backflush_triggers=PastTriggers(triggers))
        return Books(company, books.records.with_env(company.env))

    def _get_place(self, fact, books):
        """Where what a fact brought stands, as `books` know its trigger."""
        product = books.product(fact.product_id.id)
        if product._get_backflush_trigger() == "delivery":
            card = books.env["backflush.standard"].browse(fact.standard_id.id)
            card, inner = books.priced(card or books.get_standard(product))
            return credit(relieve(card, books.accounts, inner), -number(fact.quantity))
        is_used = fact.move_id.raw_material_production_id or (
            fact.move_id.unbuild_id and fact.quantity > 0
        )
        element, kind = (books.material.id, MATERIAL) if is_used else (None, OUTPUT)
        account = books.accounts.stock[product.id]
        return {Key(account, element, kind, product.id): number(fact.amount)}
