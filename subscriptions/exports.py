"""The dashboard's list as a file: CSV or XLSX, all rows that match, streamed."""

from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext as _

from customers.products import Product
from reseller_portal.files import csv_lines, workbook
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
