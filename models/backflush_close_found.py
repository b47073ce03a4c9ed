"""What a check before the close has found."""

from dataclasses import dataclass
from typing import Any

PASSED, ATTENTION, BLOCKING = "passed", "attention", "blocking"


@dataclass
class Found:
    """A sentence, how many records it is about, and these; or an `action` (XML id) that
    opens the place where it is set right.

    ``amount`` is in company currency, as far as the check is about money.
    """

    sentence: str
    count: int
    records: Any = None
    amount: float = 0.0
    state: str = ATTENTION
    action: str = ""
