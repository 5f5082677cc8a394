"""Rows as files that spreadsheets read. Pure: cells in, text or bytes out."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date
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

    >>> disarmed("=1+1")
    "'=1+1"
    """
    if cell is None:
        return ""
    text = cell.isoformat() if isinstance(cell, date) else str(cell)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r", "\0"} and text else text


def workbook(head: Iterable, rows: Iterable[Iterable]) -> bytes:
    """Return an XLSX file; text stays text, so that nothing in it is computed."""
    # Here, not above: it is large, and loads lxml where that is installed.
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(list(head))
    for row in rows:
        sheet.append([disarmed(cell) if isinstance(cell, str) else cell for cell in row])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
