from . import posting_voucher
from . import standard_card
