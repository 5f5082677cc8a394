"""Invoices by mail: once, with the very PDF that is stored, to whom the owner says."""

from datetime import date
from email import message_from_bytes, policy

import facturx
import pytest
from django.urls import reverse

from audit.actor import SYSTEM
from billing import emails
from billing.errors import NobodyToMail
from billing.jobs import make_document
from billing.mail_operations import send_invoice_again
from billing.models import Document, Invoice
from billing.operations import credit_invoice, run_invoices, store_document
from mail.letters import Attachment, Letter, make_message
from mail.mailbox import read_one
from mail.models import OutgoingMail
from mail.schedule import queue_due_mail
from reseller_portal import clock
from resellers.models import Reseller
from tests.billing import charge_period, sell

APRIL = date(2026, 4, 1)
PDF = b"%PDF-1.7 as it was stored"


@pytest.fixture
def invoice(cast) -> Invoice:
    charge_period(sell(cast.nordlicht, "Bäckerei Brot", anchor=date(2026, 3, 16), seats=10), 0)
    run_invoices(today=APRIL, by=SYSTEM)
    return Invoice.objects.get()


def stored(invoice: Invoice, pdf: bytes = PDF) -> None:
    store_document(invoice=invoice, pdf=pdf, xml=b"<x/>")


def posted() -> list[OutgoingMail]:
    return list(OutgoingMail.objects.filter(kind="invoice").order_by("pk"))


def received(smtp, place: int = -1):
    return message_from_bytes(bytes(smtp.envelopes[place].content), policy=policy.default)


def test_the_mail_leaves_once_the_document_is_made_and_brings_it(invoice, smtp):
    assert posted() == []
    make_document(invoice.pk)
    make_document(invoice.pk)
    (outgoing,) = posted()
    assert (outgoing.recipient, outgoing.language) == ("rechnungen@nordlicht.example", "de")
    queue_due_mail()
    mail = received(smtp)
    assert mail["Subject"] == "Rechnung RE-2026-000001"
    assert mail["Message-ID"] == outgoing.message_id
    assert mail["Reply-To"] == "rechnung@signaturwerk.example"
    text = mail.get_body(("plain",)).get_content()
    for words in ("01.04.2026", "17,26\u00a0€", "15.04.2026", "DE02120300000000202051"):
        assert words in text
    assert text.count("http://") == 1
    (file,) = mail.iter_attachments()
    assert (file.get_filename(), file.get_content_type()) == (
        "RE-2026-000001.pdf",
        "application/pdf",
    )
    document = Document.objects.get()
    assert file.get_content() == bytes(document.pdf)
    assert facturx.get_facturx_xml_from_pdf(file.get_content(), check_xsd=False)[1] == bytes(
        document.xml
    )


def test_without_an_address_each_owner_gets_it(invoice, cast, smtp):
    Reseller.objects.update(invoice_email="", language="en")
    stored(invoice)
    queue_due_mail()
    assert [mail.recipient for mail in posted()] == ["anna@nordlicht.example"]
    mail = received(smtp)
    assert mail["Subject"] == "Invoice RE-2026-000001"
    assert "Hello Anna Nissen" in mail.get_body(("plain",)).get_content()


def test_a_mail_with_a_file_is_the_same_bytes_each_time_and_only_ascii():
    letter = Letter("Ü", "Text", "<p>Text</p>", attachments=(Attachment("a.pdf", "x/y", PDF),))
    made = [
        make_message(
            letter,
            sender="Portal <p@portal.example>",
            recipient="r@x.example",
            recipient_name="Röm",
            message_id="<mail-1@portal.example>",
            written_at=clock.now().replace(microsecond=0),
            language="de",
        ).as_bytes()
        for _time in range(2)
    ]
    assert made[0] == made[1]
    assert made[0].isascii()
    mail = message_from_bytes(made[0], policy=policy.default)
    assert mail.get_body(("html",)).get_content().strip() == "<p>Text</p>"


@pytest.mark.parametrize(
    "file",
    [
        Attachment('a"\r\nBcc: x@y', "application/pdf", b"x"),
        Attachment("a.pdf", "application/pdf", b"x" * 7_000_001),
    ],
)
def test_what_would_break_a_mail_is_refused(file):
    with pytest.raises(ValueError, match="file"):
        make_message(
            Letter("s", "t", "h", attachments=(file,)),
            sender="p@portal.example",
            recipient="r@x.example",
            recipient_name="",
            message_id="<mail-1@portal.example>",
            written_at=clock.now(),
            language="de",
        )


def test_a_pdf_too_large_for_a_mail_waits_on_its_page(invoice, smtp, monkeypatch):
    monkeypatch.setattr(emails, "MOST_ATTACHED", 10)
    stored(invoice)
    queue_due_mail()
    mail = received(smtp)
    assert list(mail.iter_attachments()) == []
    assert "zu groß für eine E-Mail" in mail.get_body(("plain",)).get_content()


def test_a_credit_note_is_mailed_too_and_asks_for_no_money(invoice, smtp):
    stored(invoice)
    note = credit_invoice(invoice=invoice, reason="Storno", today=APRIL, by=SYSTEM)
    stored(note)
    queue_due_mail()
    mail = received(smtp)
    assert mail["Subject"] == "Gutschrift GS-2026-000001"
    text = mail.get_body(("plain",)).get_content()
    assert "RE-2026-000001" in text
    assert "IBAN" not in text


def test_staff_mail_it_again_to_where_it_goes_by_now_and_look_at_it(client, cast, invoice, smtp):
    client.force_login(cast.dora)
    again = reverse("admin:billing_invoice_send_again", args=[invoice.pk])
    client.post(again)
    with pytest.raises(NobodyToMail):
        send_invoice_again(invoice=invoice, by=SYSTEM)
    assert posted() == []
    stored(invoice)
    Reseller.objects.update(invoice_email="neu@nordlicht.example")
    client.get(again)  # looks only
    client.post(again)
    first, second = posted()
    assert (first.generation, second.generation) == (1, 2)
    assert first.message_id != second.message_id
    assert second.recipient == "neu@nordlicht.example"
    page = client.get(reverse("admin:billing_invoice_change", args=[invoice.pk]))
    assert "neu@nordlicht.example" in page.content.decode()
    look = client.get(reverse("admin:mail_outgoingmail_preview", args=[second.pk]))
    assert "RE-2026-000001" in look.content.decode()
    client.force_login(cast.anna)
    assert "neu@nordlicht.example" in client.get(invoice.get_absolute_url()).content.decode()


def test_the_demos_mailbox_names_the_file(invoice, smtp, tmp_path):
    stored(invoice)
    queue_due_mail()
    (tmp_path / "20260401T080000.0Z-1.eml").write_bytes(bytes(smtp.envelopes[-1].content))
    shown = read_one(tmp_path, "20260401T080000.0Z-1")
    assert shown.files == ["RE-2026-000001.pdf"]
    assert "RE-2026-000001" in shown.html


ADDRESS = {
    "invoice_name": "Nordlicht AG",
    "invoice_street": "Neue Straße 1",
    "invoice_postcode": "20095",
    "invoice_city": "Hamburg",
    "invoice_email": "buchhaltung@nordlicht.example",
    "vat_id": "de 136 695 976",
}


def typed(client, **changes) -> dict:
    key = client.get(reverse("invoice_address")).context["form"].initial["reseller_key"]
    return ADDRESS | {"reseller_key": key} | changes


def test_an_owner_sets_the_address_and_a_new_vat_id_is_to_be_confirmed(client, cast, invoice):
    Reseller.objects.filter(pk=cast.nordlicht.pk).update(
        vat_id="DE129274202", vat_id_confirmed_on=APRIL
    )
    client.force_login(cast.anna)
    client.post(reverse("invoice_address"), typed(client))
    cast.nordlicht.refresh_from_db()
    assert cast.nordlicht.vat_id == "DE136695976"
    assert cast.nordlicht.vat_id_confirmed_on is None
    stored(invoice)
    assert posted()[0].recipient == "buchhaltung@nordlicht.example"
    invoice.refresh_from_db()
    assert invoice.buyer["city"] == "Hamburg"
    assert invoice.buyer["name"] == "Nordlicht Systemhaus GmbH"  # issued before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("vat_id", "DE123"),
        ("vat_id", "ATU13585627"),
        ("invoice_email", "kein"),
        ("invoice_city", ""),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_lost(client, cast, field, value):
    client.force_login(cast.anna)
    page = client.post(reverse("invoice_address"), typed(client, **{field: value}))
    assert page.status_code == 200
    assert page.context["form"].errors.keys() == {field}
    assert "Neue Straße 1" in page.content.decode()
    cast.nordlicht.refresh_from_db()
    assert cast.nordlicht.invoice_street == "Deichstraße 7"
