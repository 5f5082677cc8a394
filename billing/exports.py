"""Invoices as files: the lines of one as CSV, a year's documents as ZIP."""

import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import IO

from django.utils.translation import gettext as _

from billing.models import Document, Invoice
from reseller_portal.files import csv_lines


def lines_csv(invoice: Invoice) -> Iterator[str]:
    """Yield the lines of an invoice as CSV (UTF-8 with BOM, ISO dates, points in amounts)."""
    head = (
        _("Position"),
        _("Customer"),
        _("Subscription"),
        _("Product"),
        _("Details"),
        _("From"),
        _("To"),
        _("Number of users"),
        _("Quantity"),
        _("Unit price"),
        _("Net"),
        _("Currency"),
        _("VAT rate"),
    )
    rows = invoice.lines.select_related("subscription").iterator(chunk_size=2_000)
    return csv_lines(
        head,
        (
            (
                line.position,
                line.customer_name,
                line.subscription.code,
                line.title,
                line.details,
                line.service_from,
                line.service_until,
                line.seats,
                line.quantity,
                line.unit_price,
                line.net,
                invoice.currency,
                line.vat_rate,
            )
            for line in rows
        ),
    )


def accounts_heads() -> tuple[str, ...]:
    return (
        _("Number"),
        _("Kind"),
        _("Date"),
        _("Due"),
        _("Reseller"),
        _("Country"),
        _("VAT id"),
        _("Credits"),
        _("Currency"),
        _("VAT category"),
        _("VAT rate"),
        _("Net"),
        _("VAT"),
        _("Total"),
    )


def accounts_rows(first: date, last: date) -> Iterator[tuple]:
    """Yield a row for each paper of these days and each of its VAT rates; credit notes negative."""
    papers = Invoice.objects.filter(issued_on__range=(first, last)).select_related("credits")
    for paper in papers.order_by("issued_on", "number").iterator(chunk_size=2_000):
        sign = -1 if paper.is_credit_note else 1
        for category, rate, taxable, tax in paper.groups:
            net, vat = Decimal(taxable) * sign, Decimal(tax) * sign
            yield (
                paper.number,
                str(paper.get_kind_display()),
                paper.issued_on,
                paper.due_on,
                paper.buyer["name"],
                paper.buyer["country"],
                paper.buyer["vat_id"],
                paper.credits.number if paper.credits else "",
                paper.currency,
                category,
                None if rate is None else Decimal(rate),
                net,
                vat,
                net + vat,
            )


def totals_heads() -> tuple[str, ...]:
    return (
        _("Month"),
        _("Currency"),
        _("VAT category"),
        _("VAT rate"),
        _("Net"),
        _("VAT"),
        _("Total"),
    )


def totals_rows(first: date, last: date) -> list[tuple]:
    """Return the sums by month, currency and rate: those of `accounts_rows`, added up."""
    sums: dict[tuple, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 3)
    for row in accounts_rows(first, last):
        key = (f"{row[2]:%Y-%m}", *row[8:11])
        sums[key] = [total + part for total, part in zip(sums[key], row[11:], strict=True)]
    return [
        (*key, *sums[key])
        for key in sorted(
            sums, key=lambda key: tuple("" if part is None else str(part) for part in key)
        )
    ]


def archive(reseller_id: int, year: int) -> IO[bytes]:
    """Return a ZIP of a year's documents, those that are made; on disk where it is large."""
    file = tempfile.SpooledTemporaryFile(max_size=10_000_000)  # noqa: SIM115 the answer closes it
    documents = Document.objects.filter(
        invoice__reseller_id=reseller_id,
        invoice__issued_on__year=year,
        stored_at__isnull=False,
    )
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for document in documents.order_by("invoice_id").select_related("invoice").iterator(20):
            for kind in ("pdf", "xml"):
                stamp = (*document.invoice.issued_on.timetuple()[:3], 0, 0, 0)
                entry = zipfile.ZipInfo(f"{document.invoice.number}.{kind}", stamp)
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, bytes(getattr(document, kind)))
    file.seek(0)
    return file
