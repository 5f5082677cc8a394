"""The dashboard's list as a file: CSV or XLSX, all rows that match, streamed."""

from collections.abc import Iterator

from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext as _

from customers.products import Product
from reseller_portal.files import csv_lines, workbook
from subscriptions.models import Change, State, Subscription, Term
from subscriptions.money import round_money

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


def history_lines(subscription: Subscription, *, with_prices: bool) -> Iterator[str]:
    """Yield all changes of a subscription as the lines of a CSV file, oldest first."""
    head = [
        _("When"),
        _("What"),
        _("From"),
        _("To"),
        _("Effective"),
        _("By"),
        _("Done"),
        _("Dropped"),
    ]
    if with_prices:
        head += [_("Cost"), _("Currency")]
    changes = subscription.changes.order_by("id").iterator(chunk_size=2_000)
    return csv_lines(head, (_history_cells(change, with_prices) for change in changes))


def _history_cells(change: Change, with_prices: bool) -> list:
    cells = [
        change.asked_at.isoformat(timespec="seconds"),
        str(change.get_what_display()),
        change.before,
        change.after,
        change.effective_on,
        change.by_name,
        change.done_on,
        change.dropped_at.isoformat(timespec="seconds") if change.dropped_at else None,
    ]
    if with_prices:
        cost = change.cost
        cells += [None if cost is None else round_money(cost, change.currency), change.currency]
    return cells
