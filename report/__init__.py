from . import backflush_bill_reconciliation
from . import backflush_labour_rate
from . import close_statement
from . import posting_voucher
from . import standard_card
