"""The statement of close as a workbook: a sheet for each block."""

from xlsxwriter.utility import xl_rowcol_to_cell

from .workbook import WIDEST, Workbook


class StatementWorkbook(Workbook):
    """What the print shows, and what it has no room for."""

    def __init__(self, statement):
        super().__init__(statement.env, statement.currency)
        self.statement = statement

    def write_all(self) -> bytes:
        for write in (
            self.write_summary,
            self.write_entry,
            self.write_t_accounts,
            self.write_conversion,
            self.write_variances,
            self.write_disposition,
            self.write_stock,
            self.write_bridge,
            self.write_adjustment,
        ):
            write()
        return self.close()

    def write_summary(self):
        sheet = self.add_sheet(self.env._("Summary"))
        close = self.statement.close
        sheet.write_string(0, 0, close._get_statement_name(), self.formats["title"])
        for place, (label, value) in enumerate(self._get_summary(), 2):
            sheet.write_string(place, 0, label, self.formats["strong"])
            self.put(sheet, place, 1, value)
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 1, WIDEST)
        sheet.freeze_panes(1, 0)

    def _get_summary(self):
        statement = self.statement
        close, model = statement.close, statement.close._fields
        states = dict(model["state"]._description_selection(self.env))
        yield self.env._("Company"), close.company_id.name
        yield self.env._("Currency"), close.currency_id.name
        yield self.env._("From"), close.date_from
        yield self.env._("To"), close.date_to
        yield self.env._("Status"), states[close.state]
        yield self.env._("Remark"), statement.status
        yield self.env._("Posted On"), statement.get_local(close.date_posted)
        yield self.env._("Posted By"), close.user_posted_id.name
        yield (
            self.env._("Journal Entries"),
            ", ".join(x.name for x in statement.entries),
        )
        yield self.env._("Versions Used"), ", ".join(x.name for x in statement.versions)
        for effect in statement.effects:
            yield effect.label, effect.base
            yield self.env._("… by sequential costing higher by"), effect.difference
            yield self.env._("… in percent"), effect.percent
            yield self.env._("… limit in percent"), effect.limit
        yield self.env._("Sequential Costing"), statement.verdict
        for label, count, amount in statement.late:
            yield self.env._("%(label)s: rows", label=label), count
            yield self.env._("%(label)s: amount", label=label), amount
        for sentence in statement.findings:
            yield self.env._("Open finding"), sentence

    def write_entry(self):
        rows = self.statement.entry_lines
        self.write_table(
            self.add_sheet(self.env._("Entry")),
            [
                self.env._("Entry"),
                self.env._("Date"),
                self.env._("Item"),
                self.env._("Account"),
                self.env._("Debit"),
                self.env._("Credit"),
            ],
            rows,
            (4, 5),
        )

    def write_t_accounts(self):
        sheet = self.add_sheet(self.env._("T-accounts"))
        headers = [
            self.env._("Account"),
            self.env._("Reference"),
            self.env._("Source"),
            self.env._("Debit"),
            self.env._("Credit"),
        ]
        headers.append(self.env._("Balance"))
        self.write_headers(sheet, headers)
        names, row = [], 1
        for _section, accounts in self.statement.t_accounts:
            for name, account in accounts:
                row = self._write_t_account(sheet, row, name, account)
                names.append([name])
        self.fit(sheet, names or [[""]])
        sheet.set_column(1, 1, 11)
        sheet.set_column(2, 2, 34)
        sheet.set_column(3, 5, 16)

    def _write_t_account(self, sheet, row, name, account):
        """Opening balance, items by source, and the sums; returns the next row."""
        first = row
        self.put(sheet, row, 0, name, "strong")
        self.put(sheet, row, 2, self.env._("Opening balance"))
        self.put(sheet, row, 5, float(account.opening))
        for move in account.movements:
            row += 1
            self.put(sheet, row, 0, name)
            self.put(sheet, row, 1, self.statement.get_letter(move.source))
            self.put(sheet, row, 2, move.source.label)
            for column, amount in ((3, move.debit), (4, move.credit)):
                if amount:
                    self.put(sheet, row, column, float(amount))
        self._write_closing(sheet, first, row + 1, name, account)
        return row + 3

    def _write_closing(self, sheet, first, row, name, account):
        sheet.write_string(row, 0, name, self.formats["label"])
        sheet.write_blank(row, 1, None, self.formats["label"])
        sheet.write_string(row, 2, self.env._("Closing balance"), self.formats["label"])
        for column, amount in ((3, account.debit), (4, account.credit)):
            cells = [xl_rowcol_to_cell(x, column) for x in (first, row - 1)]
            formula = f"=SUM({':'.join(cells)})"
            sheet.write_formula(
                row, column, formula, self.formats["total"], float(amount)
            )
        opening, debit, credit = (
            xl_rowcol_to_cell(*cell) for cell in ((first, 5), (row, 3), (row, 4))
        )
        formula = f"={opening}+{debit}-{credit}"
        closing = float(account.closing)
        sheet.write_formula(row, 5, formula, self.formats["total"], closing)

    def write_conversion(self):
        sheet, rows = (
            self.add_sheet(self.env._("Conversion cost")),
            self.statement.conversion,
        )
        headers = [
            self.env._("Cost Element"),
            self.env._("Control"),
            self.env._("Applied"),
        ]
        headers += [
            self.env._("Known Variances"),
            self.env._("Variances of the Period"),
            self.env._("Timing"),
        ]
        self.write_table(sheet, [*headers, self.env._("Remainder")], rows, range(1, 7))
        for row, line in enumerate(rows, 2):
            formula = f"=B{row}-C{row}-D{row}-E{row}-F{row}"
            sheet.write_formula(
                f"G{row}", f"=ROUND({formula[1:]},6)", self.formats["money"], line[6]
            )

    def write_variances(self):
        headers = [
            self.env._("Cost Element"),
            self.env._("Kind"),
            self.env._("Account"),
            self.env._("Rows"),
            self.env._("Amount"),
        ]
        self.write_table(
            self.add_sheet(self.env._("Variances")),
            headers,
            self.statement.variances,
            (4,),
        )

    def write_disposition(self):
        groups = dict(
            self.env["backflush.close.part"]
            ._fields["group"]
            ._description_selection(self.env)
        )
        places = dict(self.statement.places)
        rows = [
            (
                part.element_id.name,
                self.statement.get_account(part.account_id),
                groups.get(part.group, ""),
                places[part.place],
                part.amount,
            )
            for part in self.statement.close.part_ids
        ]
        headers = [
            self.env._("Cost Element"),
            self.env._("Account"),
            self.env._("Kind"),
            self.env._("Goes To"),
        ]
        self.write_table(
            self.add_sheet(self.env._("Disposition")),
            [*headers, self.env._("Amount")],
            rows,
            (4,),
        )

    def write_stock(self):
        headers = [
            self.env._("Account"),
            self.env._("Balance before the Close"),
            self.env._("Stock at Standard"),
        ]
        headers += [
            self.env._("Difference"),
            self.env._("Status"),
            self.env._("Description"),
        ]
        self.write_table(
            self.add_sheet(self.env._("Stock accounts")),
            headers,
            self.statement.stock,
            (1, 2, 3),
        )

    def write_bridge(self):
        statement = self.statement
        sheet = self.add_sheet(self.env._("Bridge"))
        headers = [
            self.env._("Place"),
            self.env._("Sequential Costing"),
            self.env._("Books"),
            self.env._("Difference"),
        ]
        self.write_table(sheet, headers, statement.bridge, (1, 2, 3))
        for place, row in enumerate(statement.bridge_shown, len(statement.bridge) + 3):
            label = self.env._("%(place)s (not adjusted)", place=row[0])
            for column, value in enumerate((label, *row[1:])):
                self.put(sheet, place, column, value)

    def write_adjustment(self):
        headers = [
            self.env._("For"),
            self.env._("Account"),
            self.env._("Debit"),
            self.env._("Credit"),
        ]
        self.write_table(
            self.add_sheet(self.env._("Adjustment")),
            headers,
            self.statement.adjustment,
            (2, 3),
        )


def write_workbook(statement) -> bytes:
    return StatementWorkbook(statement).write_all()
