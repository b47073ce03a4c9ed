from . import backflush_configuration_issue
