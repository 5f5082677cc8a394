"""Invoices as files: the lines of one as CSV, a year's documents as ZIP."""

import tempfile
import zipfile
from collections.abc import Iterator
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
