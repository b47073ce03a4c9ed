from . import backflush_activation
from . import backflush_configuration_issue
from . import backflush_standards_at_date
