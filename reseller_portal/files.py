"""Rows as files that spreadsheets read. Pure: cells in, text or bytes out."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from itertools import chain


def csv_lines(head: Iterable, rows: Iterable[Iterable], *, delimiter: str = ",") -> Iterator[str]:
    """Yield the lines of a CSV file; what a spreadsheet would run is disarmed."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter)
    buffer.write("\ufeff")
    for row in chain([head], rows):
        writer.writerow([disarmed(cell) for cell in row])
        if buffer.tell() > 60_000:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def disarmed(cell: object) -> str:
    """Return the cell as text, with an apostrophe before what a spreadsheet would compute.

    Numbers stay numbers, also below zero: nobody typed them.

    >>> disarmed("=1+1"), disarmed("-1"), disarmed(Decimal("-1.50"))
    ("'=1+1", "'-1", '-1.50')
    """
    if cell is None:
        return ""
    if isinstance(cell, int | Decimal):
        return str(cell)
    text = cell.isoformat() if isinstance(cell, date) else str(cell)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r", "\0"} and text else text


def workbook(head: Iterable, rows: Iterable[Iterable]) -> bytes:
    """Return an XLSX file; text stays text, so that nothing in it is computed."""
    return workbook_of([("", head, rows)])


def workbook_of(sheets: Iterable[tuple[str, Iterable, Iterable[Iterable]]]) -> bytes:
    """Return an XLSX file of several sheets, each with its name, heads and rows."""
    # Here, not above: it is large, and loads lxml where that is installed.
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    for name, head, rows in sheets:
        sheet = book.create_sheet(name or None)
        sheet.append(list(head))
        for row in rows:
            sheet.append([disarmed(cell) if isinstance(cell, str) else cell for cell in row])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
