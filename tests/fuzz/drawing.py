"""What rules draw from: small numbers, so that a failing scenario is easy to read."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition

quantities = st.integers(1, 12)
numbers = st.integers(0, 11)
flags = st.booleans()
#: Prices in per cent of the opening standard; whole cents stay whole.
PERCENT = (100, 90, 110, 120, 80, 150)
percents = st.sampled_from(PERCENT)


def choose(items, number):
    """One of `items`; the first ones for small numbers."""
    items = list(items)
    return items[number % len(items)]


def up_to(quantity, number):
    """1 … `quantity`; all of it for the number 0."""
    return quantity - number % quantity


def few(kind, most):
    """Make no more than so many documents, so that something happens to each."""
    return precondition(lambda machine: len(getattr(machine.shop, kind)) < most)
