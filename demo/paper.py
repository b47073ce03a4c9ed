"""Plain text tables of one width, with amounts in columns at the right."""

WIDTH = 98
_COLUMN = 13


class Paper:
    """Prints titles and rows through `echo`."""

    def __init__(self, echo):
        self.echo = echo

    def title(self, text, *columns):
        """A heading with the names of the columns, underlined."""
        self.echo("")
        self._line(text, columns)
        self.echo("-" * WIDTH)

    def text(self, line):
        self.echo(line[:WIDTH])

    def row(self, name, *cells):
        """A name and its cells: amounts, counts or texts."""
        self._line(name, [self._format(cell) for cell in cells])

    def balance(self, name, amount):
        """A row with a positive amount as debit, a negative one as credit."""
        if amount < 0:
            self.row(f"          {name}", "", -amount)
        else:
            self.row(f"        {name}", amount, "")

    def _line(self, text, cells):
        right = "".join(f"{cell:>{_COLUMN}}" for cell in cells)
        left = WIDTH - len(right)
        self.echo(f"{text[:left]:<{left}}{right}".rstrip())

    @staticmethod
    def _format(cell):
        return f"{cell:,.2f}" if isinstance(cell, float) else str(cell)
