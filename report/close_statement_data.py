"""The blocks of a statement of close, as its two formats show them."""

from collections import defaultdict
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from odoo import fields

from ..costing.sql import statement
from ..costing.statement import Source, TAccount, percent_of
from ..models.backflush_books import number
from ..models.backflush_close_part import PLACES
from .close_statement_ledger import (
    CONVERSION,
    GOODS,
    SALES,
    VARIANCES,
    StatementLedger,
)

LINE_FIELDS = ("control", "applied", "variances", "period_variances", "timing")


class Effect(NamedTuple):
    """What sequential costing would change, against a limit in percent."""

    label: str
    base: float
    difference: float
    percent: float | None
    limit: float


def _get_place(item):
    """Where an item stands in the entries of a close."""
    return item.date, item.move_id.id, item.id


class CloseStatement:
    """Figures of one close; whoever may read it sees all of them.

    sudo: readers of the addon need not have rights in accounting.
    """

    def __init__(self, close):
        close.check_access("read")
        self.env = close.env
        self.close = close.sudo().with_company(close.company_id)
        self.ledger = StatementLedger(self.close)

    @property
    def currency(self):
        return self.close.currency_id

    @property
    def status(self):
        """What whoever files it must know."""
        sentences = {
            "draft": self.env._("Not computed: there are no figures yet."),
            "computed": self.env._(
                "Draft, not posted: what the close shows here is what it would book."
            ),
            "reversed": self.env._("Reversed: the period is open again."),
        }
        return sentences.get(self.close.state, "")

    @property
    def entries(self):
        return self.ledger.entries

    @cached_property
    def versions(self):
        """Costing versions used; before posting, those that would be kept."""
        versions = self.close.version_ids
        if self.ledger.is_open:
            versions = self.close._find_versions(self.ledger.reader)
        return versions.sorted(lambda x: (x.date_activated or datetime.max, x.id))

    # -- T-accounts -------------------------------------------------------------

    @cached_property
    def t_accounts(self) -> list[tuple[str, list[tuple[str, TAccount]]]]:
        """[(section, [(name of the account, T-account)])]"""
        titles = {
            CONVERSION: self.env._("Conversion cost: control and applied"),
            GOODS: self.env._("Materials and finished goods"),
            VARIANCES: self.env._("Variances"),
            SALES: self.env._("Cost of sales, capitalised variances and others"),
        }
        groups = defaultdict(list)
        for account_id, account in self.ledger.accounts.items():
            section = self.ledger.sections.get(account_id, SALES)
            groups[section].append((self._names[account_id], account))
        return [(title, groups[key]) for key, title in titles.items() if groups[key]]

    @cached_property
    def _names(self):
        """{account id: code and name}"""
        accounts = (
            self.env["account.account"].sudo().with_company(self.close.company_id)
        )
        names = {0: self.env._("Account not set")}
        for account in accounts.browse(x for x in self.ledger.accounts if x):
            names[account.id] = self.get_account(account)
        return names

    def get_account(self, account):
        """Code and name, also for those whom Odoo shows no codes."""
        account = account.sudo().with_company(self.close.company_id)
        return f"{account.code} {account.name}" if account.code else account.name

    def get_letter(self, source: Source) -> str:
        return self.ledger.letters[source]

    @property
    def legend(self):
        """What the letters stand for."""
        letters = self.ledger.letters.items()
        return "; ".join(f"({letter}) {source.label}" for source, letter in letters)

    # -- conversion cost and variances ------------------------------------------

    @cached_property
    def conversion(self):
        """[(element, control, applied, known, period, timing, remainder)]"""
        return [
            (
                line.element_id.name,
                *(line[name] for name in LINE_FIELDS),
                line.remainder,
            )
            for line in self.close.line_ids
        ]

    @cached_property
    def variances(self):
        """[(element, kind, account, number of rows, amount)]"""
        kinds = self._get_labels("backflush.variance", "kind")
        elements = self.env["backflush.element"].sudo()
        accounts = self.env["account.account"].sudo()
        return [
            (
                elements.browse(element).name,
                kinds[kind],
                self.get_account(accounts.browse(account)) if account else "",
                count,
                float(amount),
            )
            for kind, element, account, count, amount in self.ledger.rows
        ]

    @property
    def places(self):
        """[(place where variances go, in words)]"""
        return list(self._get_labels("backflush.close.part", "place").items())

    @cached_property
    def disposition(self):
        """[(element, {place: amount}, total)]"""
        amounts = defaultdict(lambda: defaultdict(lambda: number(0)))
        for part in self.close.part_ids:
            amounts[part.element_id][part.place] += number(part.amount)
        return [
            (
                element.name,
                [float(by_place[place]) for place, _label in PLACES],
                float(sum(by_place.values())),
            )
            for element, by_place in amounts.items()
        ]

    # -- sequential costing -----------------------------------------------------

    @cached_property
    def effects(self) -> list[Effect]:
        """The difference that sequential costing would make, against its limits."""
        close = self.close
        labels = {
            name: close._fields[name]._description_string(self.env)
            for name in ("inventory", "profit")
        }
        return [
            Effect(
                labels[name],
                close[name],
                close[f"bridge_{name}"],
                self._get_percent(close[f"bridge_{name}"], close[name]),
                float(close._get_limit(name)),
            )
            for name in labels
        ]

    def _get_percent(self, amount, base):
        percent = percent_of(number(amount), number(base))
        return None if percent is None else float(percent)

    @property
    def verdict(self):
        """Whether the difference matters, and what became of it."""
        close = self.close
        if close.state == "draft":
            return ""
        if close.adjustment_move_id:
            return self.env._(
                "Adjusted by %(entry)s, which comes back on the next day.",
                entry=close.adjustment_move_id.name,
            )
        if close.is_bridge_material:
            return self.env._("Material: beyond a limit, and not adjusted.")
        return self.env._("Not material: within the limits, and not adjusted.")

    @cached_property
    def stock(self):
        """[(account, balance, stock at standard, difference, state, why)]"""
        states = self._get_labels("backflush.close.account", "state")
        return [
            (
                self.get_account(proof.account_id),
                proof.balance,
                proof.expected,
                proof.difference,
                states.get(proof.state, ""),
                proof.description or "",
            )
            for proof in self.close.account_proof_ids
        ]

    @cached_property
    def bridge(self):
        """[(place, sequential costing, books, difference)] of what is adjusted"""
        return self._get_bridge(is_adjusted=True)

    @cached_property
    def bridge_shown(self):
        """The same of what is only shown: the settings say what becomes of it."""
        return self._get_bridge(is_adjusted=False)

    def _get_bridge(self, *, is_adjusted):
        places = self._get_labels("backflush.close.bridge", "place")
        return [
            (places[line.place], line.sequential, line.backflush, line.difference)
            for line in self.close.bridge_ids
            if line.is_adjusted == is_adjusted
        ]

    @cached_property
    def adjustment(self):
        """[(what for, account, debit, credit)]"""
        roles = self._get_labels("backflush.close.adjustment", "role")
        return [
            (
                roles[item.role],
                self.get_account(item.account_id) if item.account_id else "",
                item.debit,
                item.credit,
            )
            for item in self.close.adjustment_ids
        ]

    def _get_labels(self, model, field):
        """Values of a selection, in words."""
        return dict(self.env[model]._fields[field]._description_selection(self.env))

    # -- what else a reader must know -------------------------------------------

    @cached_property
    def late(self):
        """[(what of earlier periods, number of rows, amount)]"""
        labels = {
            "bill": self.env._("Bills of earlier periods"),
            "order": self.env._("Orders of earlier periods"),
            "other": self.env._("Other events of earlier periods"),
        }
        rows = self.ledger.fetch(statement.LATE)
        return [(labels[source], count, float(x)) for source, count, x in rows]

    @property
    def findings(self):
        """Sentences on what was found before the close, and is not done."""
        return self.close._get_statement_findings()

    def get_local(self, moment):
        """A moment in the time zone of who reads, as the web client shows it."""
        if not moment:
            return moment
        return fields.Datetime.context_timestamp(self.close, moment).replace(
            tzinfo=None
        )

    @cached_property
    def entry_lines(self):
        """[(entry, day, item, account, debit, credit)], or what would be booked."""
        if self.ledger.lines:
            names = self.close._get_step_names()
            return [
                (
                    self.env._("Not posted"),
                    self.close.date_to,
                    names[line.step],
                    self._names[line.account or 0],
                    float(max(line.amount, 0)),
                    float(max(-line.amount, 0)),
                )
                for line in self.ledger.lines
            ]
        return [
            (
                item.move_id.name,
                item.date,
                item.name or "",
                self.get_account(item.account_id),
                item.debit,
                item.credit,
            )
            for item in self.entries.line_ids.sorted(
                lambda x: (x.date, x.move_id.id, x.id)
            )
        ]
