from . import backflush_activation
from . import backflush_comparison
from . import backflush_comparison_change
from . import backflush_comparison_product
from . import backflush_configuration_issue
from . import backflush_standards_at_date
from . import backflush_what_if
from . import backflush_what_if_line
