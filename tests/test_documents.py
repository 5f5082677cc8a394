"""The documents: valid by the official schema and rules, the PDF shows what the XML says."""

import dataclasses
import io
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import facturx
import pytest
from django.db import DatabaseError, connection, transaction
from lxml import etree
from pypdf import PdfReader

from audit.actor import SYSTEM
from billing.einvoice import NotValid, broken_rules, check, einvoice
from billing.models import Document, Invoice
from billing.operations import claim_document, note_document_failure, run_invoices, store_document
from billing.papers import make_papers, make_pdf, shown
from billing.schedule import queue_missing_documents
from billing.vat import totals
from reseller_portal.words import format_money
from tests.billing import charge_period, sell
from tests.papers import SHAPES, credit_note, line, lines, paper
from tests.test_invoices import APRIL, date

ROOT = Path(__file__).parent.parent
NAMES = {
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
}


@pytest.fixture(scope="session")
def made():
    """Return a function that makes a shape's documents once."""
    kept = {}

    def make(name):
        if name not in kept:
            given = SHAPES[name]()
            kept[name] = given, make_papers(given)
        return kept[name]

    return make


def texts(xml: bytes, path: str) -> list[str]:
    return [each.text for each in etree.fromstring(xml).iterfind(f".//{path}", NAMES)]


def told(pdf: bytes) -> str:
    """Return the PDF's text with every kind of blank as one, and none inside long words."""
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    return re.sub(r"\s+", " ", text.replace("\u200b", ""))


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def test_there_are_shapes_enough():
    assert len(SHAPES) >= 30


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_passes_schema_and_rules(made, name):
    _given, (_pdf, xml) = made(name)
    check(xml)  # once more, what `make_papers` has checked already


@pytest.mark.parametrize("name", SHAPES)
def test_the_sums_of_the_xml_are_exactly_those_of_its_lines(made, name):
    given, (_pdf, xml) = made(name)
    settlement = "ram:ApplicableHeaderTradeSettlement"
    summation = f"{settlement}/ram:SpecifiedTradeSettlementHeaderMonetarySummation"
    sums = totals([(each.net, each.vat_category, each.vat_rate) for each in given.lines])
    assert texts(xml, f"{summation}/ram:LineTotalAmount") == [str(sums.net)]
    assert texts(xml, f"{summation}/ram:TaxBasisTotalAmount") == [str(sums.net)]
    assert texts(xml, f"{summation}/ram:TaxTotalAmount")[0] == str(sums.tax)
    assert texts(xml, f"{summation}/ram:GrandTotalAmount") == [str(sums.gross)]
    assert texts(xml, f"{settlement}/ram:ApplicableTradeTax/ram:CalculatedAmount") == [
        str(group[3]) for group in sums.groups
    ]
    assert (
        sum(
            Decimal(net)
            for net in texts(
                xml, "ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount"
            )
        )
        == sums.net
    )


@pytest.mark.parametrize("name", SHAPES)
def test_the_pdf_shows_the_same_sums_and_holds_the_xml(made, name):
    given, (pdf, xml) = made(name)
    text = told(pdf)
    for amount in (given.net, given.tax, given.gross):
        assert plain(format_money(amount, given.currency, given.language)) in text
    assert given.number in text
    assert facturx.get_facturx_xml_from_pdf(pdf, check_xsd=False) == ("factur-x.xml", xml)


@pytest.mark.parametrize("name", ["one line", "credit note abroad", "letters of the world"])
def test_the_pdf_is_a_pdf_a_3_with_the_facturx_marks(made, name):
    _given, (pdf, _xml) = made(name)
    root = PdfReader(io.BytesIO(pdf)).trailer["/Root"]
    marks = root["/Metadata"].get_data().decode()
    assert "<pdfaid:part>3</pdfaid:part>" in marks
    assert "<pdfaid:conformance>B</pdfaid:conformance>" in marks
    assert "<fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>" in marks
    assert "<fx:DocumentFileName>factur-x.xml</fx:DocumentFileName>" in marks
    assert root["/OutputIntents"][0]["/S"] == "/GTS_PDFA1"
    (attached,) = root["/AF"]
    assert attached["/AFRelationship"] == "/Alternative"


def test_what_is_not_taxable_names_the_tax_number_and_no_vat_ids(made):
    xml = made("abroad")[1].xml
    assert texts(xml, "ram:SpecifiedTaxRegistration/ram:ID") == ["19/294/01234"]
    assert texts(xml, "ram:SellerTradeParty/ram:SpecifiedLegalOrganization/ram:ID") == ["HRB 20345"]
    assert texts(xml, "ram:ExemptionReasonCode") == ["VATEX-EU-O"]


def test_reverse_charge_names_both_vat_ids_and_the_reason(made):
    given, (pdf, xml) = made("reverse charge in English")
    assert texts(xml, "ram:SpecifiedTaxRegistration/ram:ID") == [
        "DE123456788",
        "19/294/01234",
        "ATU12345675",
    ]
    assert texts(xml, "ram:ExemptionReasonCode") == ["VATEX-EU-AE"]
    assert "Steuerschuldnerschaft des Leistungsempfängers" in told(pdf)
    assert "reverse charge" in told(pdf)


def test_a_credit_note_is_a_381_that_names_its_invoices(made):
    xml = made("credit note of several invoices")[1].xml
    assert texts(xml, "ram:TypeCode")[0] == "381"
    assert texts(xml, "ram:InvoiceReferencedDocument/ram:IssuerAssignedID") == [
        "RE-2026-000001",
        "RE-2025-000777",
    ]
    assert "Gutschrift GS-2026-000001" in told(made("credit note")[1].pdf)


def test_tax_in_euro_stands_beside_the_other_currency(made):
    given, (pdf, xml) = made("pounds with German VAT")
    amounts = etree.fromstring(xml).findall(".//ram:TaxTotalAmount", NAMES)
    assert [(each.get("currencyID"), each.text) for each in amounts] == [
        ("GBP", "2.76"),
        ("EUR", "3.20"),
    ]
    assert "3,20 €" in told(pdf)


def test_a_service_period_shows_its_last_day(made):
    assert "01.03.2026 – 31.03.2026" in told(made("one line")[1].pdf)
    assert texts(
        made("one line")[1].xml, "ram:SpecifiedLineTradeSettlement//ram:EndDateTime/*"
    ) == ["20260331"]


def test_letters_no_font_has_become_boxes_and_stay_true_in_the_xml(made):
    _given, (pdf, xml) = made("letters no font has")
    assert "□□□□□□ " in told(pdf)
    assert texts(xml, "ram:AssociatedDocumentLineDocument//ram:Content") == ["日本株式会社 😀 Ⴀ"]


def test_nothing_a_customer_is_called_is_read_as_markup(made):
    _given, (pdf, xml) = made("markup")
    assert '#panic("x") *b* $x$ <b>&amp; \\ ]] {{x}}' in told(pdf)
    assert texts(xml, "ram:BuyerTradeParty/ram:Name") == ['#include "/etc/passwd" <i>\'"&</i>']


@pytest.mark.parametrize(
    ("currency", "asked"), [("EUR", True), ("CHF", False)], ids=["in euro", "in another currency"]
)
def test_the_code_to_scan_is_for_euro_only(currency, asked):
    assert bool(shown(paper([line(vat=("O", None))], currency=currency))["qr"]) == asked
    assert not shown(credit_note())["qr"]


def test_long_papers_have_pages_that_say_which():
    pdf = make_pdf(paper(lines(200)))
    pages = PdfReader(io.BytesIO(pdf)).pages
    assert len(pages) > 4
    for number, page in enumerate(pages, start=1):
        assert f"Seite {number} von {len(pages)}" in plain(page.extract_text())


def test_two_thousand_lines_are_valid_too():
    given = paper(lines(2_000))
    assert len(texts(einvoice(given), "ram:IncludedSupplyChainTradeLineItem/")) > 2_000
    assert len(make_pdf(given)) < 1_000_000


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        ({"net": Decimal("14.51")}, "BR-CO-10"),
        ({"gross": Decimal("17.27")}, "BR-CO-15"),
        ({"groups": [("S", Decimal(19), Decimal("14.51"), Decimal("2.76"))]}, "BR-S-08"),
        ({"groups": [("AE", Decimal(0), Decimal("14.50"), Decimal("2.76"))]}, "BR-"),
        ({"currency": "XXQ"}, "XXQ"),
        ({"buyer": {**paper().buyer, "country": "XY"}}, "CountryID"),
        ({"number": ""}, "BT-1"),
    ],
)
def test_what_breaks_a_rule_is_not_let_through(wrong, rule):
    with pytest.raises((NotValid, ValueError), match=rule):
        einvoice(dataclasses.replace(paper(), **wrong))


def test_rules_speak_only_when_broken(made):
    assert list(broken_rules(made("one line")[1].xml)) == []


def test_the_web_never_loads_the_large_libraries():
    code = (
        "import django, sys; django.setup()\n"
        "from django.urls import get_resolver; get_resolver().url_patterns\n"
        "from django.contrib import admin; admin.autodiscover()\n"
        "import billing.jobs, billing.schedule\n"
        "large = {'typst', 'saxonche', 'lxml', 'facturx', 'pypdf', 'fontTools'}\n"
        "assert not large & set(sys.modules), large & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


@pytest.fixture
def invoice(cast) -> Invoice:
    charge_period(sell(cast.nordlicht, "Bäckerei Brot", anchor=date(2026, 3, 5), seats=10), 0)
    run_invoices(today=APRIL, by=SYSTEM)
    return Invoice.objects.get()


def test_the_scheduler_makes_what_is_missing_once(invoice):
    queue_missing_documents()
    document = Document.objects.get()
    assert document.stored_at
    assert bytes(document.pdf).startswith(b"%PDF-1.7")
    check(bytes(document.xml))
    before = Document.objects.values().get()
    queue_missing_documents()
    assert Document.objects.values().get() == before


def test_a_document_is_made_after_the_commit(invoice, cast, django_capture_on_commit_callbacks):
    charge_period(sell(cast.suedwind, "Wiener Brot", anchor=date(2026, 3, 5), seats=1), 0)
    with django_capture_on_commit_callbacks(execute=True):
        run_invoices(today=APRIL, by=SYSTEM)
        assert not Document.objects.filter(stored_at__isnull=False).exists()
    assert Document.objects.get(invoice__reseller=cast.suedwind).stored_at


def test_a_stored_document_is_never_changed(invoice):
    queue_missing_documents()
    for change in (
        lambda: Document.objects.update(pdf=b"%PDF"),
        lambda: Document.objects.update(stored_at=None, pdf=None, xml=None),
        lambda: Document.objects.all()._raw_delete("default"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert not store_document(invoice=invoice, pdf=b"a", xml=b"b")


def test_what_failed_is_tried_again_later_and_given_up_in_the_end(invoice):
    assert claim_document(invoice_id=invoice.pk) == invoice
    assert claim_document(invoice_id=invoice.pk) is None, "somebody is making it"
    note_document_failure(invoice=invoice, words="NotValid: BR-CO-10")
    document = Document.objects.get()
    assert (document.tries, document.failure) == (1, "NotValid: BR-CO-10")
    assert document.next_try_at
    Document.objects.update(tries=12)
    note_document_failure(invoice=invoice, words="NotValid: BR-CO-10")
    assert Document.objects.get().next_try_at is None


def test_a_paper_that_breaks_a_rule_is_not_stored(invoice):
    document = Document.objects.get()
    # What no operation can write: an issued invoice whose issuer's country is none.
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE billing_invoice DISABLE TRIGGER billing_invoice_no_change")
        Invoice.objects.update(seller=invoice.seller | {"country": "XY"})
        cursor.execute("ALTER TABLE billing_invoice ENABLE TRIGGER billing_invoice_no_change")
    queue_missing_documents()
    document.refresh_from_db()
    assert document.stored_at is None
    assert "CountryID" in document.failure
