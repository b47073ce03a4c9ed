from . import backflush_configuration_issue
from . import backflush_fill_prices
