"""Workbooks with real numbers, headers that stay in sight, and totals as formulas."""

import io
import re
from datetime import date, datetime

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

#: Characters that no name of a sheet may have, and how long it may be.
FORBIDDEN, LONGEST = re.compile(r"[\[\]:*?/\\]"), 31
WIDEST = 60


class Workbook:
    """Text is written as text: what begins with = is no formula."""

    def __init__(self, env, currency):
        self.env, self.currency = env, currency
        self.content = io.BytesIO()
        self.book = xlsxwriter.Workbook(self.content, {"in_memory": True})
        self.names = set()
        digits = currency.decimal_places
        money = "#,##0" + ("." + "0" * digits if digits else "")
        self.formats = {
            "head": {"bold": True, "bottom": 1, "bg_color": "#E8EEF4"},
            "title": {"bold": True, "font_size": 14},
            "strong": {"bold": True},
            "money": {"num_format": money},
            "total": {"num_format": money, "bold": True, "top": 1},
            "label": {"bold": True, "top": 1},
            "count": {"num_format": "#,##0"},
            "day": {"num_format": "yyyy-mm-dd"},
            "moment": {"num_format": "yyyy-mm-dd hh:mm"},
        }
        self.formats = {k: self.book.add_format(x) for k, x in self.formats.items()}

    def add_sheet(self, name):
        name = FORBIDDEN.sub(" ", name).strip("' ")[:LONGEST]
        if name.lower() in self.names:
            # translations may be the same word
            name = f"{name[: LONGEST - 3]} {len(self.names)}"
        self.names.add(name.lower())
        sheet = self.book.add_worksheet(name)
        sheet.hide_gridlines(2)
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        return sheet

    def put(self, sheet, row, column, value, style=None):
        """A value as what it is."""
        if value is None or value is False or value == "":
            return
        known = self.formats.get(style)
        if isinstance(value, str):
            sheet.write_string(row, column, value, known)
        elif isinstance(value, datetime):
            sheet.write_datetime(row, column, value, self.formats["moment"])
        elif isinstance(value, date):
            sheet.write_datetime(row, column, value, self.formats["day"])
        else:
            usual = self.formats["count" if isinstance(value, int) else "money"]
            sheet.write_number(row, column, value, known or usual)

    def write_table(self, sheet, headers, rows, totals=()):
        """Headers that stay in sight, rows, and sums of some columns."""
        self.write_headers(sheet, headers)
        for place, row in enumerate(rows, 1):
            for column, value in enumerate(row):
                self.put(sheet, place, column, value)
        self.fit(sheet, [headers, *rows])
        if rows and totals:
            self._write_totals(sheet, rows, totals)

    def write_headers(self, sheet, headers):
        for column, header in enumerate(headers):
            sheet.write_string(0, column, header, self.formats["head"])
        sheet.freeze_panes(1, 0)
        sheet.repeat_rows(0)

    def _write_totals(self, sheet, rows, totals):
        end = len(rows) + 1
        sheet.write_string(end, 0, self.env._("Total"), self.formats["label"])
        for column in range(1, max(totals)):
            sheet.write_blank(end, column, None, self.formats["label"])
        for column in totals:
            name = xl_col_to_name(column)
            sheet.write_formula(
                end,
                column,
                f"=SUM({name}2:{name}{end})",
                self.formats["total"],
                self.round(sum(row[column] or 0 for row in rows)),
            )

    def fit(self, sheet, rows):
        """As wide as what is in them."""
        for column, values in enumerate(zip(*rows, strict=True)):
            longest = max(
                len(x) if isinstance(x, str) else len(f"{x or 0:,.2f}") for x in values
            )
            sheet.set_column(column, column, min(max(longest + 3, 12), WIDEST))

    def round(self, amount):
        return self.currency.round(amount)

    def close(self) -> bytes:
        """The file; nothing can be written after it."""
        self.book.close()
        return self.content.getvalue()
