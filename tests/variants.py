"""The four textbook variants, as class attributes for the tests that run in each."""


class Variant1:
    """Purchase, completion and sale are trigger points."""


class Variant2:
    """Purchase and sale."""

    trigger = "delivery"


class Variant3:
    """Completion and sale: materials stay on their expense account."""

    materials_valuation = "periodic"


class Variant4:
    """Sale only."""

    materials_valuation = "periodic"
    trigger = "delivery"
