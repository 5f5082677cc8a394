"""What is paid: noted, read from bank files, assigned, taken back; open is always the rest."""

import io
import threading
from contextlib import suppress
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections, transaction
from django.db.models import Q
from django.urls import reverse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from audit.actor import SYSTEM
from billing import check_lists
from billing.bankfiles import invoice_numbers, parse_amount, read_bank_file
from billing.errors import (
    AlreadyNoted,
    BadFile,
    NothingToCredit,
    NotPayable,
    NotReversible,
    OtherMoney,
    TooMuch,
)
from billing.lists import money_owed
from billing.models import BankReceipt, Invoice, Payment
from billing.operations import credit_invoice, run_invoices
from billing.payment_operations import (
    assign_new_receipts,
    assign_receipt,
    keep_receipts,
    move_credit,
    note_payment,
    pay_back,
    set_receipt_aside,
    take_back_payment,
)
from reseller_portal import clock
from tests.billing import charge_period, sell

APRIL, MAY = date(2026, 4, 1), date(2026, 5, 1)
TODAY = date(2026, 5, 4)
EURO = Decimal("17.26")

SPARKASSE = (
    '"Auftragskonto";"Buchungstag";"Valutadatum";"Buchungstext";"Verwendungszweck";'
    '"Glaeubiger ID";"Mandatsreferenz";"Kundenreferenz (End-to-End)";'
    '"Beguenstigter/Zahlungspflichtiger";"Kontonummer/IBAN";"BIC (SWIFT-Code)";"Betrag";'
    '"Waehrung";"Info"\r\n'
    '"DE02";"14.04.26";"14.04.26";"GUTSCHR. UEBERWEISUNG";"{purpose}";"";"";"NOTPROVIDED";'
    '"Nordlicht Systemhaus GmbH";"DE9";"X";"{amount}";"EUR";"Umsatz gebucht"\r\n'
    '"DE02";"15.04.26";"15.04.26";"LASTSCHRIFT";"Miete";"";"";"";"Haus";"DE8";"X";"-900,00";'
    '"EUR";"Umsatz gebucht"\r\n'
    '"DE02";"16.04.26";"16.04.26";"GUTSCHRIFT";"kommt noch";"";"";"";"Wer";"DE7";"X";"5,00";'
    '"EUR";"Umsatz vorgemerkt"\r\n'
)
FORMATS = {
    "Sparkasse": SPARKASSE,
    "Volksbank": (
        "Bezeichnung Auftragskonto;IBAN Auftragskonto;BIC Auftragskonto;Bankname Auftragskonto;"
        "Buchungstag;Valutadatum;Name Zahlungsbeteiligter;IBAN Zahlungsbeteiligter;"
        "BIC (SWIFT-Code) Zahlungsbeteiligter;Buchungstext;Verwendungszweck;Betrag;Waehrung;"
        "Saldo nach Buchung;Bemerkung\n"
        "Konto;DE02;B;Bank;14.04.2026;14.04.2026;Nordlicht Systemhaus GmbH;DE9;B;Gutschrift;"
        "{purpose};{amount};EUR;1.000,00;\n"
    ),
    "DKB": (
        '"Girokonto";"DE02"\n"Kontostand vom 30.04.2026:";"1.234,56 €"\n""\n'
        '"Buchungsdatum";"Wertstellung";"Status";"Zahlungspflichtige*r";"Zahlungsempfänger*in";'
        '"Verwendungszweck";"Umsatztyp";"IBAN";"Betrag (€)";"Gläubiger-ID";"Mandatsreferenz";'
        '"Kundenreferenz"\n'
        '"14.04.26";"14.04.26";"Gebucht";"Nordlicht Systemhaus GmbH";"Wir";"{purpose}";'
        '"Eingang";"DE9";"{amount}";"";"";""\n'
    ),
    "ING": (
        "Umsatzanzeige;Datei erstellt am: 04.05.2026\n\nIBAN;DE02\nKontoname;Giro\n\n"
        "Buchung;Wertstellungsdatum;Auftraggeber/Empfänger;Buchungstext;Verwendungszweck;Saldo;"
        "Währung;Betrag;Währung\n"
        "14.04.2026;14.04.2026;Nordlicht Systemhaus GmbH;Gutschrift;{purpose};999,00;CHF;"
        "{amount};EUR\n"
    ),
    "Commerzbank": (
        "Buchungstag;Wertstellung;Umsatzart;Buchungstext;Betrag;Währung;IBAN Kontoinhaber;"
        "Kategorie\n"
        "14.04.2026;14.04.2026;Gutschrift;Nordlicht Systemhaus GmbH {purpose};{amount};EUR;"
        "DE02;Einnahmen\n"
    ),
    "Deutsche Bank": (
        "Umsätze Girokonto;;;Kundennummer: 1\n01.04.2026 - 30.04.2026\n\n"
        "Buchungstag;Wert;Umsatzart;Begünstigter / Auftraggeber;Verwendungszweck;IBAN;BIC;"
        "Soll;Haben;Währung\n"
        "14.04.2026;14.04.2026;SEPA-Gutschrift;Nordlicht Systemhaus GmbH;{purpose};DE9;B;;"
        "{amount};EUR\n"
        "15.04.2026;15.04.2026;Lastschrift;Haus;Miete;DE8;B;-900,00;;EUR\n"
        "Kontostand;30.04.2026;;;;;;;1.000,00;EUR\n"
    ),
    "ours": (
        "date,amount,currency,payer,purpose,reference\n"
        "2026-04-14,{point},EUR,Nordlicht Systemhaus GmbH,{purpose},B-1\n"
    ),
}


@pytest.fixture
def two(cast):
    """Two invoices of Nordlicht: of April over 17.26 and of May over 17.26."""
    subscription = sell(cast.nordlicht, "Bäckerei Brot", anchor=date(2026, 3, 16), seats=10)
    for n, day in ((0, APRIL), (1, MAY)):
        charge_period(subscription, n)
        run_invoices(today=day, by=SYSTEM)
    return list(Invoice.objects.order_by("pk"))


def state(invoice: Invoice) -> tuple[Decimal, Decimal]:
    invoice.refresh_from_db()
    return invoice.paid, invoice.open_amount


def pay(invoice, amount, **more) -> Payment:
    more.setdefault("received_on", date(2026, 4, 14))
    return note_payment(invoice=invoice, amount=Decimal(amount), by=SYSTEM, **more)


def read(text: str) -> tuple[int, int]:
    found = read_bank_file(text.encode("cp1252"))
    result = keep_receipts(lines=found.lines, file_name="umsatz.csv", by=SYSTEM)
    assert assign_new_receipts(seconds=10)
    return tuple(result)


def line(purpose: str, amount: str, day: str = "14.04.2026") -> str:
    return f"Buchungstag;Betrag;Verwendungszweck\n{day};{amount};{purpose}\n"


def test_part_of_it_then_the_rest_then_too_much(two):
    first, _second = two
    pay(first, "10")
    assert state(first) == (Decimal(10), Decimal("7.26"))
    assert first.standing(APRIL) == "partly"
    pay(first, "7.26")
    assert (state(first)[1], first.standing(TODAY)) == (0, "paid")
    pay(first, "5")
    assert first.credit_left == 0  # of the row as it was read
    assert (state(first)[1], first.credit_left) == (Decimal(-5), Decimal(5))
    assert money_owed(first.reseller_id, TODAY).credit == Decimal(5)


def test_one_form_and_one_bank_reference_are_noted_once(two):
    first, second = two
    key = uuid4()
    pay(first, "1", form_key=key)
    with pytest.raises(AlreadyNoted):
        pay(first, "1", form_key=key)
    pay(first, "1", reference="2026-77")
    with pytest.raises(AlreadyNoted):
        pay(second, "1", reference="2026-77")
    assert state(first)[0] == 2


def test_taking_back_is_a_row_of_its_own_and_happens_once(two):
    first, _second = two
    payment = pay(first, "17.26")
    back = take_back_payment(payment=payment, note="Falsch", today=TODAY, by=SYSTEM)
    assert (back.amount, state(first)) == (-EURO, (0, EURO))
    for row in (payment, back):
        with pytest.raises(NotReversible):
            take_back_payment(payment=row, note="noch einmal", today=TODAY, by=SYSTEM)


def test_credit_goes_to_another_invoice_and_comes_back(two):
    first, second = two
    pay(first, "20")
    with pytest.raises(TooMuch):
        move_credit(source=first, target=second, amount=Decimal(3), today=TODAY, by=SYSTEM)
    moved = move_credit(source=first, target=second, amount=Decimal("2.74"), today=TODAY, by=SYSTEM)
    assert (state(first)[1], state(second)[1]) == (0, Decimal("14.52"))
    take_back_payment(payment=moved, note="Irrtum", today=TODAY, by=SYSTEM)
    assert (state(first)[1], state(second)[1]) == (Decimal("-2.74"), EURO)
    pay_back(invoice=first, amount=Decimal("2.74"), paid_on=TODAY, by=SYSTEM)
    assert state(first)[1] == 0
    with pytest.raises(TooMuch):
        pay_back(invoice=first, amount=Decimal("0.01"), paid_on=TODAY, by=SYSTEM)


def test_what_is_credited_after_it_was_paid_is_credit(two, cast):
    first, second = two
    pay(first, "17.26")
    note = credit_invoice(invoice=first, reason="Storno", today=TODAY, by=SYSTEM)
    assert state(first)[1] == -EURO
    with pytest.raises(NotPayable):
        pay(note, "1")
    move_credit(source=first, target=second, amount=EURO, today=TODAY, by=SYSTEM)
    assert (state(first)[1], state(second)[1]) == (0, 0)
    assert list(check_lists.wrong(TODAY)) == []


def test_credit_stays_with_its_reseller(two, cast):
    first, _second = two
    pay(first, "20")
    foreign = sell(cast.suedwind, "Almhütte", anchor=date(2026, 3, 16), seats=1)
    charge_period(foreign, 0)
    run_invoices(today=MAY, by=SYSTEM)
    target = Invoice.objects.get(reseller=cast.suedwind)
    with pytest.raises(OtherMoney):
        move_credit(source=first, target=target, amount=Decimal(1), today=TODAY, by=SYSTEM)


@pytest.mark.parametrize("bank", FORMATS)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_the_banks_files_are_read(bank, encoding):
    purpose = "Rechnung RE-2026-000001 vom 01.04."
    text = FORMATS[bank].format(purpose=purpose, amount="1.017,26", point="1017.26")
    (found,) = read_bank_file(text.encode(encoding)).lines
    assert (found.received_on, found.amount) == (date(2026, 4, 14), Decimal("1017.26"))
    assert found.currency == "EUR"
    assert purpose in found.purpose
    assert "Nordlicht Systemhaus GmbH" in f"{found.payer} {found.purpose}"


def test_money_out_and_lines_not_booked_yet_are_left_out():
    found = read_bank_file(SPARKASSE.format(purpose="x", amount="1,00").encode())
    assert (len(found.lines), found.outgoing, found.pending) == (1, 1, 1)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x03\x04\x00\x00",
        b"Datum;Betrag;Verwendungszweck\n31.02.2026;1,00;x\n",
        b"Datum;Betrag;Verwendungszweck\n01.02.2026;1,000;x\n",
        b"Datum;Betrag;Verwendungszweck\n01.02.2026;NaN;x\n",
        b"Datum;Betrag;Verwendungszweck\n01.02.2026;1e9;x\n",
        b"Datum;Betrag;Verwendungszweck\n;1,00;x\n01.02.2026;1,00;x\n",
        b"Datum;Verwendungszweck\n01.02.2026;x\n",
        b'Datum;Betrag;Verwendungszweck\n01.02.2026;1,00;"' + b"x" * 200_000,
        b"Datum;Betrag;Verwendungszweck\n01.02.2026;1,00;" + b"x" * 2_000,
        b"Datum;Betrag;Verwendungszweck\n01.02.2026;1,00;x" + b";" * 10_000,
        b"\xff\xfe\x00",
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole_with_words(data):
    with pytest.raises(BadFile) as refusal:
        read_bank_file(data)
    assert refusal.value.problems


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("17,26", "17.26"),
        ("1.234,50 €", "1234.50"),
        ("1,234.50", "1234.50"),
        ("+5,00", "5.00"),
        ("-5.00", "-5.00"),
        ("12", "12"),
    ],
)
def test_amounts_are_read_with_comma_or_point(text, amount):
    assert parse_amount(text) == Decimal(amount)


def test_numbers_are_found_however_they_are_written():
    assert invoice_numbers("re2026 0000 01, RE 2026-000002 Kd 4711, RE-26-1") == [
        "RE-2026-000001",
        "RE-2026-000002",
    ]


def test_the_same_file_and_the_same_line_change_nothing(two):
    first, second = two
    text = line("RE-2026-000001", "10,00")
    assert read(text) == (1, 0)
    assert read(text) == (0, 1)
    longer = text + "15.04.2026;2,00;RE-2026-000002\n14.04.2026;10,00;RE-2026-000001\n"
    assert read(longer) == (2, 1)  # twice the same in one file are two payments
    assert (state(first)[0], state(second)[0]) == (20, 2)


def test_what_is_not_clear_waits_for_somebody(two):
    first, second = two
    read(line("Danke", "17,26"))
    read(line("RE-2026-000009", "17,26"))
    read(line("RE-2026-000001 und RE-2026-000002", "30,00"))
    pay(first, "17.26")
    read(line("RE-2026-000001 noch einmal", "17,26"))  # paid already: a double payment
    assert BankReceipt.objects.to_assign().count() == 4
    assert state(second)[0] == 0


def test_one_receipt_pays_several_invoices_when_the_sum_is_theirs(two):
    read(line("RE-2026-000001, RE-2026-000002", "34,52"))
    assert [state(each)[1] for each in two] == [0, 0]
    assert not BankReceipt.objects.to_assign().exists()


def test_a_receipt_is_assigned_in_parts_and_never_beyond_itself(two):
    first, second = two
    read(line("Sammelzahlung", "30,00"))
    receipt = BankReceipt.objects.get()
    paid = assign_receipt(receipt=receipt, invoice=first, amount=EURO, by=SYSTEM)
    with pytest.raises(TooMuch):
        assign_receipt(receipt=receipt, invoice=second, amount=EURO, by=SYSTEM)
    assign_receipt(receipt=receipt, invoice=second, amount=Decimal("12.74"), by=SYSTEM)
    assert not BankReceipt.objects.to_assign().exists()
    take_back_payment(payment=paid, note="Falsche Rechnung", today=TODAY, by=SYSTEM)
    assert BankReceipt.objects.to_assign().get().left == EURO
    set_receipt_aside(receipt=receipt, reason="Zinsen der Bank", today=TODAY, by=SYSTEM)
    assert not BankReceipt.objects.to_assign().exists()


def refused(change) -> None:
    """Expect the database to refuse a change that goes past the operations."""

    def do():
        with transaction.atomic(), connection.cursor() as cursor:
            change()
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises(DatabaseError):
        do()


def test_the_database_keeps_sums_and_rows(two):
    first, second = two
    payment = pay(first, "5")
    read(line("Danke", "3,00"))
    receipt = BankReceipt.objects.get()
    rows = Invoice.objects.filter(pk=first.pk)
    for change in (
        lambda: rows.update(paid=Decimal(6)),
        lambda: rows.update(credited=Decimal(1)),
        lambda: Payment.objects.filter(pk=payment.pk).update(amount=Decimal(6)),
        lambda: Payment.objects.filter(pk=payment.pk).delete(),
        lambda: BankReceipt.objects.update(amount=Decimal(4)),
        lambda: BankReceipt.objects.update(assigned=Decimal(1)) and pay_of(receipt, first),
        lambda: BankReceipt.objects.update(assigned=Decimal(4)),
        lambda: BankReceipt.objects.all().delete(),
        lambda: reversal(payment, second, "-5"),
        lambda: reversal(payment, first, "-4"),
    ):
        refused(change)


def pay_of(receipt, invoice):
    Payment.objects.create(
        reseller_id=invoice.reseller_id,
        invoice=invoice,
        amount=Decimal(2),
        received_on=TODAY,
        source="bank",
        receipt=receipt,
        noted_at=clock.now(),
    )


def reversal(payment, invoice, amount):
    Payment.objects.create(
        reseller_id=invoice.reseller_id,
        invoice=invoice,
        kind="reversal",
        amount=Decimal(amount),
        received_on=TODAY,
        source="hand",
        reverses=payment,
        noted_at=clock.now(),
    )


@pytest.mark.django_db(transaction=True)
def test_many_at_once_count_each_payment_once(two):
    first, _second = two
    payment = pay(first, "1")
    text = line("RE-2026-000001", "2,00").encode()
    key = uuid4()
    ends = []

    def run(act):
        try:
            act()
            ends.append("done")
        except (AlreadyNoted, NotReversible):
            ends.append("refused")
        finally:
            connections.close_all()

    def file():
        keep_receipts(lines=read_bank_file(text).lines, file_name="x", by=SYSTEM)
        assign_new_receipts(seconds=10)

    acts = [
        file,
        file,
        lambda: pay(first, "3", form_key=key),
        lambda: pay(first, "3", form_key=key),
        lambda: take_back_payment(payment=payment, note="x", today=TODAY, by=SYSTEM),
        lambda: take_back_payment(payment=payment, note="x", today=TODAY, by=SYSTEM),
    ]
    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ends) == ["done"] * 4 + ["refused"] * 2
    assert state(first)[0] == 5


def test_check_billing_finds_what_does_not_agree(two):
    first, _second = two
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE billing_invoice DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE billing_invoice SET paid = 3, number = 'RE-2026-000007' WHERE id = %s",
            [first.pk],
        )
        cursor.execute("ALTER TABLE billing_invoice ENABLE TRIGGER USER")
    said = io.StringIO()
    with pytest.raises(CommandError), clock.travel("2026-05-04T09:00:00Z"):
        call_command("check_billing", stdout=said)
    assert "18: " in said.getvalue()
    assert "16: " in said.getvalue()


CENTS = st.integers(1, 4_000).map(lambda cents: Decimal(cents) / 100)
ACTS = st.lists(
    st.tuples(st.sampled_from(["pay", "back", "move", "payout", "credit", "file"]), CENTS),
    min_size=1,
    max_size=12,
)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
    phases=[Phase.generate],
)
@given(acts=ACTS)
def test_whatever_happens_to_the_money_every_sum_agrees_to_the_cent(two, acts):
    """Paid, taken back, moved, paid back and credited in any order: Σ rows + open = total."""
    with transaction.atomic():
        for n, (act, amount) in enumerate(acts):
            first, second = Invoice.objects.filter(kind="invoice").order_by("pk")[:2]
            with suppress(TooMuch, NotReversible, NothingToCredit):
                happen(act, amount, first, second, n)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        assert list(check_lists.wrong(TODAY)) == []
        # What is moved between papers neither comes in nor goes out.
        moved = Q(kind="transfer") | Q(reverses__kind="transfer")
        owed = came_in = Decimal(0)
        for paper in Invoice.objects.all():
            sign = -1 if paper.is_credit_note else 1
            owed += sign * (paper.gross - paper.open_amount)
            rows = paper.payments.exclude(moved)
            came_in += sign * sum((row.amount for row in rows), Decimal(0))
        credited = sum(each.credited for each in Invoice.objects.filter(kind="invoice"))
        notes = Invoice.objects.filter(kind="credit_note")
        assert owed == came_in + credited - sum(each.credited for each in notes)
        transaction.set_rollback(True)


def happen(act: str, amount: Decimal, first: Invoice, second: Invoice, n: int) -> None:
    if act == "pay":
        pay(first, amount)
    elif act == "file":
        read(line(f"RE-2026-000002 {n}", f"{amount:.2f}".replace(".", ",")))
    elif act == "move":
        move_credit(source=first, target=second, amount=amount, today=TODAY, by=SYSTEM)
    elif act == "payout":
        pay_back(invoice=first, amount=amount, paid_on=TODAY, by=SYSTEM)
    elif act == "credit":
        wish = {first.lines.get().pk: min(amount, Decimal("14.50"))}
        credit_invoice(invoice=first, reason="x", today=TODAY, by=SYSTEM, amounts=wish)
    elif payment := Payment.objects.exclude(kind="reversal").order_by("pk").last():
        take_back_payment(payment=payment, note="x", today=TODAY, by=SYSTEM)


# What staff and resellers see.


@pytest.fixture
def dora(client, cast):
    client.force_login(cast.dora)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def test_staff_read_a_file_and_assign_the_rest(dora, two, django_capture_on_commit_callbacks):
    first, second = two
    address = reverse("admin:billing_bankreceipt_read")
    text = line("RE-2026-000001", "17,26") + "15.04.2026;17,26;Danke\n"
    for said in ("2 receipts are new", "0 receipts are new, 2 had been read before"):
        upload = SimpleUploadedFile("umsatz.csv", text.encode("cp1252"))
        with django_capture_on_commit_callbacks(execute=True):
            answer = dora.post(address, {"file": upload}, follow=True)
        assert said in answer.content.decode()
    assert state(first)[1] == 0
    receipt = BankReceipt.objects.to_assign().get()
    assign = reverse("admin:billing_bankreceipt_assign", args=[receipt.pk])
    assert second.number in dora.get(assign).content.decode()  # the same sum
    wish = {"number": "RE-2026-000002", "amount": "17.26", "assign": "1"}
    dora.post(assign, wish)
    assert state(second)[1] == 0
    bad = SimpleUploadedFile("x.csv", b"Datum;Betrag;Verwendungszweck\nmorgen 1;1,00;x\n")
    assert "is no date" in dora.post(address, {"file": bad}).content.decode()


def test_staff_note_move_and_take_back_in_the_administration(dora, two):
    first, second = two
    form = {"form_key": uuid4(), "amount": "20.00", "received_on": "2026-04-14"}
    address = reverse("admin:billing_invoice_payment", args=[first.pk])
    dora.post(address, form)
    dora.post(address, form)
    assert state(first)[0] == 20
    move = {"form_key": uuid4(), "target": second.pk, "amount": "2.74"}
    dora.post(reverse("admin:billing_invoice_move_credit", args=[first.pk]), move)
    assert state(second)[0] == Decimal("2.74")
    payment = first.payments.get(kind="receipt")
    address = reverse("admin:billing_payment_take_back", args=[payment.pk])
    dora.post(address, {"note": "Falsches Konto"})
    assert state(first)[1] == Decimal("20.00")
    page = dora.get(reverse("admin:billing_invoice_change", args=[first.pk])).content.decode()
    assert "Falsches Konto" in page
    assert "Taken back" in page
    late = {"form_key": uuid4(), "amount": "1", "received_on": "2200-01-01"}
    note = reverse("admin:billing_invoice_payment", args=[first.pk])
    assert "still to come" in dora.post(note, late).content.decode()


def test_the_reseller_sees_part_paid_and_paid_with_dates(client, cast, two):
    first, second = two
    pay(first, "17.26", received_on=date(2026, 4, 17))
    pay(second, "7.26", received_on=date(2026, 5, 3))
    client.force_login(cast.anna)
    with clock.travel("2026-05-10T09:00:00Z"):
        page = client.get(reverse("invoices"), headers={"accept-language": "en"})
    text = page.content.decode()
    assert "Partly paid" in text
    assert "17 Apr 2026" in text
    with clock.travel("2026-05-10T09:00:00Z"):
        one = client.get(second.get_absolute_url(), headers={"accept-language": "de"})
    assert "03.05.2026" in one.content.decode()
