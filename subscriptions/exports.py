"""The dashboard's list as a file: CSV or XLSX, all rows that match, streamed."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import chain

from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext as _

from customers.products import Product
from subscriptions.models import State, Subscription, Term

FIELDS = (
    "code",
    "customer_name",
    "product",
    "seats",
    "term",
    "state",
    "next_payment_on",
    "cancel_on",
    "ended_on",
)
KINDS = {2: Product, 4: Term, 5: State}  # the cells whose value has a word on screen


def answer(kind: str, rows: QuerySet[Subscription]) -> HttpResponse | StreamingHttpResponse:
    """Return the rows as a `csv` (streamed, UTF-8 with BOM) or `xlsx` file."""
    found = rows.order_by("sort_key", "id").values_list(*FIELDS).iterator(chunk_size=2_000)
    cells = (_in_words(row) for row in found)
    if kind == "csv":
        return StreamingHttpResponse(
            csv_lines(heads(), cells), content_type="text/csv; charset=utf-8"
        )
    sheet_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return HttpResponse(workbook(heads(), cells), content_type=sheet_type)


def heads() -> tuple[str, ...]:
    return (
        _("Code"),
        _("Customer"),
        _("Product"),
        _("Number of users"),
        _("Term"),
        _("Status"),
        _("Next payment date"),
        _("Ends on"),
        _("Ended on"),
    )


def _in_words(row: tuple) -> list:
    cells = list(row)
    for place, kind in KINDS.items():
        cells[place] = str(kind(cells[place]).label)
    return cells


def csv_lines(head: Iterable, rows: Iterable[Iterable]) -> Iterator[str]:
    """Yield the lines of a CSV file; what a spreadsheet would run is disarmed."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
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
