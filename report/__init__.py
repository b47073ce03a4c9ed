from . import standard_card
