"""Invoices for the accounts: by VAT rate, with totals that are exactly those of the invoices."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from audit.actor import SYSTEM
from audit.models import Entry
from billing.exports import accounts_rows, totals_rows
from billing.models import Invoice
from billing.operations import credit_invoice, run_invoices
from resellers.models import Reseller
from tests.billing import charge_period, sell

FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)


@pytest.fixture
def year(cast):
    """Invoices of three months to a German, an Austrian and a Swiss reseller; two credit notes."""
    swiss = Reseller.objects.create(
        name='=HYPERLINK("x")',
        country="CH",
        currency="CHF",
        invoice_street="Gasse 1",
        invoice_postcode="8001",
        invoice_city="Zürich",
    )
    sold = [
        sell(reseller, f"Kunde {n}", anchor=date(2026, 1, 5 + n), seats=3 + n * 7)
        for reseller in (cast.nordlicht, cast.suedwind, swiss)
        for n in range(4)
    ]
    for n in range(3):
        for subscription in sold:
            charge_period(subscription, n)
        run_invoices(today=date(2026, n + 2, 1), by=SYSTEM)
    first, second = Invoice.objects.order_by("pk")[:2]
    credit_invoice(invoice=first, reason="Storno", today=date(2026, 4, 2), by=SYSTEM)
    line = second.lines.first()
    credit_invoice(
        invoice=second,
        reason="Nachlass",
        today=date(2026, 4, 2),
        amounts={line.pk: Decimal("0.37")},
        by=SYSTEM,
    )


def signed(paper: Invoice, name: str) -> Decimal:
    return -getattr(paper, name) if paper.is_credit_note else getattr(paper, name)


def test_totals_by_month_and_rate_are_those_of_the_invoices(year):
    papers = list(Invoice.objects.all())
    rows, totals = list(accounts_rows(FIRST, LAST)), totals_rows(FIRST, LAST)
    assert len(papers) == 11
    for place, name in ((-3, "net"), (-2, "tax"), (-1, "gross")):
        for currency in ("EUR", "CHF"):
            wanted = sum(signed(paper, name) for paper in papers if paper.currency == currency)
            assert sum(row[place] for row in rows if row[8] == currency) == wanted
            assert sum(row[place] for row in totals if row[1] == currency) == wanted
        for month in (2, 3, 4):
            wanted = sum(signed(paper, name) for paper in papers if paper.issued_on.month == month)
            assert sum(row[place] for row in totals if row[0] == f"2026-{month:02}") == wanted
    assert {row[2:4] for row in totals} == {("S", Decimal("19")), ("AE", 0), ("O", None)}


def test_staff_export_as_csv_and_excel_and_nothing_in_it_computes(client, cast, year):
    client.force_login(cast.dora)
    address = reverse("admin:billing_invoice_export")
    assert client.get(address).status_code == 200
    wish = {"first": "2026-01-01", "last": "2026-12-31"}
    read = client.post(address, wish | {"kind": "csv"}, headers={"accept-language": "en"})
    text = b"".join(read.streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0][:3] == ["Number", "Kind", "Date"]
    assert sum(Decimal(row[-1]) for row in rows[1:]) == sum(
        signed(paper, "gross") for paper in Invoice.objects.all()
    )
    assert '\'=HYPERLINK("x")' in {row[4] for row in rows}
    book = load_workbook(
        io.BytesIO(client.post(address, wish | {"kind": "xlsx"}).content), data_only=False
    )
    papers, totals = book.worksheets
    assert papers.max_row == len(rows)
    for sheet in (papers, totals):
        assert all(cell.data_type != "f" for row in sheet.rows for cell in row)
    assert Entry.objects.filter(action="accounts_exported").count() == 2
    wrong = client.post(address, {"first": "2026-02-01", "last": "2026-01-01", "kind": "csv"})
    assert wrong.status_code == 200


def test_a_chart_shows_which_customers_cost_most(client, cast, year):
    client.force_login(cast.anna)
    invoice = Invoice.objects.filter(reseller=cast.nordlicht, kind="invoice").latest("pk")
    page = client.get(invoice.get_absolute_url(), headers={"accept-language": "en"})
    bars = page.context["bars"]
    assert [bar.label for bar in bars] == ["Kunde 3", "Kunde 2", "Kunde 1", "Kunde 0"]
    assert sum(bar.net for bar in bars) == invoice.net
    assert bars[0].width == "100.0"
    assert "style=" not in page.content.decode()
