"""One event on its way to a posting."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ..costing.entry import Target


@dataclass
class Job:
    """One event record on its way to a posting.

    ``group`` is the document that gets one journal entry (order or picking); ``target``
    what the event should have booked, ``owed`` what it still owes. A ``silent`` job
    makes a document only where there is something to book. ``open_entry`` is the entry
    of Odoo's own that carries the open rows, where one does. ``made`` is the product
    that the rows are about, where `product` is a component of it; ``shares`` says by
    key which amounts are about which bill lines. ``is_blend`` says that usage is split
    into mix and yield, now and in every later booking of the record.
    """

    record: Any
    trigger: str
    group: Any
    product: Any
    standard: Any
    date_event: Any
    quantity: Decimal
    facts: Any
    target: Target
    silent: bool = False
    is_blend: bool = False
    shares: dict = field(default_factory=dict)
    open_entry: Any = None
    made: Any = None
    remark: str = ""
    identity: dict = field(default_factory=dict)
    owed: Target | None = None
    posting: Any = None
    values: dict = field(default_factory=dict)

    @property
    def new_facts(self):
        return self.facts.filtered(lambda fact: not fact.posting_id)
