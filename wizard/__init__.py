from . import backflush_configuration_issue
from . import backflush_fill_prices
from . import backflush_review
from . import backflush_review_line
