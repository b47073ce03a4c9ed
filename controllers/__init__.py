from . import close_statement
