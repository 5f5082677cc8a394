"""Invoices: one per reseller and month over what is due, numbered without gaps, never changed."""

import csv
import io
import threading
import zipfile
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, connections, transaction
from django.urls import reverse

from audit.actor import SYSTEM
from billing.errors import Blocked, NotCreditable, NothingToCredit
from billing.jobs import make_document
from billing.models import (
    Document,
    ExchangeRate,
    Invoice,
    InvoicedCharge,
    InvoiceLine,
    InvoiceRun,
    Issuer,
    NumberSeries,
)
from billing.operations import (
    credit_invoice,
    issue_invoice,
    preview_invoice,
    run_invoices,
)
from billing.vat import totals
from reseller_portal import clock
from resellers.models import Reseller
from subscriptions.models import Subscription
from subscriptions.periods import boundary
from tests.billing import charge_period, charge_seats, credit, sell

APRIL, MAY = date(2026, 4, 1), date(2026, 5, 1)


def run(day: date) -> InvoiceRun:
    return run_invoices(today=day, by=SYSTEM)


def told(invoice: Invoice) -> tuple:
    return invoice.kind, invoice.number, str(invoice.net), str(invoice.tax), str(invoice.gross)


@pytest.fixture
def thirteen(cast) -> Subscription:
    """The worked example: 10 users from 16 March, 3 more on 1 April, renewed on 16 April."""
    subscription = sell(cast.nordlicht, "Bäckerei Brot", anchor=date(2026, 3, 16), seats=10)
    charge_period(subscription, 0)
    charge_seats(subscription, 0, added=3, day=APRIL)
    subscription.seats = 13
    charge_period(subscription, 1)
    return subscription


def test_the_thirteen_seat_case(thirteen):
    run(APRIL)
    run(MAY)
    first, second = Invoice.objects.order_by("id")
    assert told(first) == ("invoice", "RE-2026-000001", "14.50", "2.76", "17.26")
    assert told(second) == ("invoice", "RE-2026-000002", "20.95", "3.98", "24.93")
    assert (first.issued_on, first.due_on) == (APRIL, date(2026, 4, 15))
    assert [
        (
            line.position,
            line.customer_name,
            line.title,
            line.details,
            line.quantity,
            str(line.unit_price),
            str(line.net),
            line.service_from,
            line.service_until,
        )
        for line in second.lines.all()
    ] == [
        (
            1,
            "Bäckerei Brot",
            "Signatur für Microsoft 365",
            "3 weitere Benutzer für 15 Tage, je 1,45\u00a0€",
            1,
            "2.1000",
            "2.10",
            APRIL,
            date(2026, 4, 15),
        ),
        (
            2,
            "Bäckerei Brot",
            "Signatur für Microsoft 365",
            "Monatlich",
            13,
            "1.4500",
            "18.85",
            date(2026, 4, 16),
            date(2026, 5, 15),
        ),
    ]


def test_buyer_and_seller_are_copied_and_stay(thirteen, cast):
    run(APRIL)
    cast.nordlicht.invoice_city = "Bremen"
    cast.nordlicht.save()
    cast.issuer.name = "Anders GmbH"
    cast.issuer.save()
    invoice = Invoice.objects.get()
    assert invoice.buyer["city"] == "Hamburg"
    assert invoice.buyer["name"] == "Nordlicht Systemhaus GmbH"
    assert invoice.seller["name"] == "Signaturwerk GmbH"


def test_the_preview_is_what_is_issued(thirteen, cast):
    draft = preview_invoice(reseller=cast.nordlicht, month=MAY, today=MAY)
    invoice = issue_invoice(reseller=cast.nordlicht, month=MAY, today=MAY, by=SYSTEM)
    assert not Invoice.objects.exclude(pk=invoice.pk).exists()
    assert draft.sums[:3] == (invoice.net, invoice.tax, invoice.gross)
    assert [(line.net, line.details) for line in draft.lines] == [
        (line.net, line.details) for line in invoice.lines.all()
    ]
    assert preview_invoice(reseller=cast.nordlicht, month=MAY, today=MAY) is None


def test_no_charges_no_invoice(cast):
    assert run(APRIL).issued == 0
    assert not Invoice.objects.exists()
    assert not NumberSeries.objects.exists()


def test_what_is_due_on_the_first_itself_waits_a_month(cast):
    subscription = sell(cast.nordlicht, "Bäckerei Brot", anchor=APRIL, seats=1)
    charge_period(subscription, 0)
    assert run(APRIL).issued == 0
    assert run(MAY).issued == 1


def test_a_run_that_was_missed_is_made_up_for_with_its_own_day(thirteen):
    run(date(2026, 4, 9))
    invoice = Invoice.objects.get()
    assert (invoice.month, invoice.issued_on, invoice.due_on) == (
        APRIL,
        date(2026, 4, 9),
        date(2026, 4, 23),
    )
    assert str(invoice.net) == "14.50"


def test_running_twice_changes_nothing(thirteen):
    run(APRIL)
    before = list(Invoice.objects.values())
    assert (run(APRIL).issued, run(date(2026, 4, 2)).issued) == (0, 0)
    assert list(Invoice.objects.values()) == before


def test_a_charge_that_comes_late_waits_for_the_next_month(thirteen, cast):
    run(APRIL)
    late = sell(cast.nordlicht, "Nachzügler", anchor=date(2026, 3, 20), seats=1)
    charge_period(late, 0)
    assert run(date(2026, 4, 3)).issued == 0
    run(MAY)
    assert late.charges.get().invoiced.line.invoice.month == MAY


def test_lines_stand_by_customer_subscription_and_start(cast):
    for name in ("Zimmer", "Ärzte", "Bäcker"):
        subscription = sell(cast.nordlicht, name, anchor=date(2026, 1, 5), seats=1)
        for n in (1, 0, 2):
            charge_period(subscription, n)
    run(APRIL)
    found = [(line.customer_name, line.service_from.month) for line in InvoiceLine.objects.all()]
    assert found == [(name, n) for name in ("Ärzte", "Bäcker", "Zimmer") for n in (1, 2, 3)]


def test_more_credit_than_charges_makes_a_credit_note_with_all_signs_turned(cast):
    ten = sell(cast.nordlicht, "Brotkorb", anchor=date(2026, 3, 16), seats=10)
    charge = charge_period(ten, 0)
    run(APRIL)
    credit(charge, date(2026, 3, 21), day=date(2026, 4, 2))
    charge_seats(ten, 0, added=1, day=date(2026, 4, 15))
    run(MAY)
    note = Invoice.objects.get(month=MAY)
    assert told(note) == ("credit_note", "GS-2026-000001", "12.11", "2.30", "14.41")
    assert note.preceding == [["RE-2026-000001", "2026-04-01"]]
    assert [(line.quantity, str(line.unit_price), str(line.net)) for line in note.lines.all()] == [
        (1, "12.1600", "12.16"),
        (-1, "0.0500", "-0.05"),
    ]


def test_a_credit_in_an_invoice_has_quantity_minus_one(thirteen):
    credit(thirteen.charges.first(), date(2026, 4, 10), day=date(2026, 4, 10))
    run(MAY)
    line = InvoiceLine.objects.get(net__lt=0)
    assert (line.quantity, str(line.unit_price), str(line.net)) == (-1, "2.8100", "-2.81")


@pytest.mark.parametrize(
    ("country", "vat_id", "confirmed", "groups", "warned"),
    [
        ("AT", "ATU12345675", date(2026, 1, 5), [["AE", "0", "1.45", "0.00"]], False),
        ("AT", "ATU12345675", None, [["S", "19.00", "1.45", "0.28"]], True),
        ("AT", "ATU12345675", date(2026, 4, 2), [["S", "19.00", "1.45", "0.28"]], True),
        ("CH", "", None, [["O", None, "1.45", "0.00"]], False),
        ("DE", "DE123456788", date(2026, 1, 5), [["S", "19.00", "1.45", "0.28"]], False),
    ],
)
def test_vat_goes_by_the_resellers_data_on_the_day(
    cast, country, vat_id, confirmed, groups, warned
):
    Reseller.objects.filter(pk=cast.nordlicht.pk).update(
        country=country, vat_id=vat_id, vat_id_confirmed_on=confirmed
    )
    charge_period(sell(cast.nordlicht, "Brot", anchor=date(2026, 3, 5), seats=1), 0)
    done = run(APRIL)
    assert Invoice.objects.get().groups == groups
    assert done.warnings == ([[cast.nordlicht.pk, "Nordlicht", "vat_id"]] if warned else [])


def test_another_currency_with_tax_needs_the_months_rate(cast):
    Reseller.objects.filter(pk=cast.nordlicht.pk).update(currency="CHF")
    cast.nordlicht.refresh_from_db()
    charge_period(sell(cast.nordlicht, "Brot", anchor=date(2026, 3, 5), seats=100), 0)
    assert run(APRIL).blocked == [[cast.nordlicht.pk, "Nordlicht", "rate"]]
    ExchangeRate.objects.create(month=date(2026, 3, 1), currency="CHF", per_euro="0.937")
    assert run(APRIL).blocked == []
    invoice = Invoice.objects.get()
    assert (str(invoice.tax), str(invoice.tax_in_euro)) == ("27.55", "29.40")


def test_one_that_is_blocked_stops_nobody_else(thirteen, cast):
    charge_period(sell(cast.suedwind, "Wiener Brot", anchor=date(2026, 3, 5), seats=1), 0)
    Reseller.objects.filter(pk=cast.nordlicht.pk).update(invoice_city="")
    done = run(APRIL)
    assert (done.issued, done.blocked) == (1, [[cast.nordlicht.pk, "Nordlicht", "address"]])
    assert Invoice.objects.get().number == "RE-2026-000001"


def test_without_an_issuer_nothing_is_issued(thirteen, cast):
    Issuer.objects.all().delete()
    assert run(APRIL).blocked == [[cast.nordlicht.pk, "Nordlicht", "issuer"]]


def test_the_command_says_what_it_did(thirteen, cast, capsys):
    with clock.travel("2026-04-01T06:00:00Z"):
        call_command("invoice_run")
    assert capsys.readouterr().out == "1 issued for charges due before 2026-04-01.\n"
    Reseller.objects.filter(pk=cast.nordlicht.pk).update(invoice_city="")
    with clock.travel("2026-05-01T06:00:00Z"), pytest.raises(CommandError, match="1 could not"):
        call_command("invoice_run")


def test_what_is_rolled_back_leaves_no_gap(thirteen, cast):
    class Stop(Exception):
        pass

    def give_up():
        with transaction.atomic():
            issue_invoice(reseller=cast.nordlicht, month=APRIL, today=APRIL, by=SYSTEM)
            raise Stop

    with pytest.raises(Stop):
        give_up()
    run(APRIL)
    assert Invoice.objects.get().number == "RE-2026-000001"


def test_each_year_counts_anew_and_dates_never_fall(cast):
    subscription = sell(cast.nordlicht, "Brot", anchor=date(2025, 11, 5), seats=1)
    for n in range(3):
        charge_period(subscription, n)
    for day in (date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1)):
        run(day)
    numbers = list(Invoice.objects.order_by("id").values_list("number", flat=True))
    assert numbers == ["RE-2025-000001", "RE-2026-000001", "RE-2026-000002"]
    charge_period(sell(cast.suedwind, "Wien", anchor=date(2025, 11, 5), seats=1), 0)
    with pytest.raises(Blocked, match="date"):
        issue_invoice(
            reseller=cast.suedwind, month=date(2026, 1, 1), today=date(2026, 1, 31), by=SYSTEM
        )


def test_an_issued_invoice_is_never_changed(thirteen):
    run(APRIL)
    invoice = Invoice.objects.get()
    refused = [
        lambda: Invoice.objects.update(net=0, gross=invoice.tax),
        lambda: Invoice.objects.update(buyer={}),
        lambda: Invoice.objects.update(number="RE-2026-000009"),
        lambda: Invoice.objects.update(number=None),
        lambda: InvoiceLine.objects.update(net=1),
        lambda: InvoiceLine.objects.all()._raw_delete("default"),
        lambda: Invoice.objects.all()._raw_delete("default"),
        lambda: InvoiceLine.objects.create(
            **{
                **InvoiceLine.objects.values().first(),
                "id": None,
                "position": 2,
            }
        ),
    ]
    for change in refused:
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    Invoice.objects.update(reminders_stopped_on=APRIL, reminders_stopped_because="Ratenzahlung")


def test_an_invoice_without_number_or_with_other_sums_is_not_committed(thirteen, cast):
    run(APRIL)
    values = Invoice.objects.values().get()
    values |= {"id": None, "code": "R-AAAAAAAA", "month": MAY, "number": None}
    del values["open_amount"]

    def commit(number):
        with transaction.atomic(), connection.cursor() as cursor:
            Invoice.objects.create(**(values | {"number": number}))
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    for number in (None, "RE-2026-000002"):
        with pytest.raises(DatabaseError, match="an invoice has a number"):
            commit(number)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", ["invoice", "invoiceline", "document", "payment"])
def test_nobody_empties_what_was_issued(table):
    with connection.cursor() as cursor:
        trigger = f"billing_{table}_no_truncate"
        cursor.execute(f"ALTER TABLE billing_{table} ENABLE TRIGGER {trigger}")
        try:
            with pytest.raises(DatabaseError, match="never emptied"):
                cursor.execute(f"TRUNCATE billing_{table} CASCADE")
        finally:
            cursor.execute(f"ALTER TABLE billing_{table} DISABLE TRIGGER {trigger}")


def test_a_charge_stands_on_one_invoice_only(thirteen):
    run(APRIL)
    held = InvoicedCharge.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        InvoicedCharge.objects.bulk_create(
            [InvoicedCharge(charge_id=held.charge_id, line=held.line)]
        )


def test_a_cancellation_takes_everything_back_and_closes_the_charges(thirteen):
    run(APRIL)
    invoice = Invoice.objects.get()
    note = credit_invoice(invoice=invoice, reason="Falsche Firma", today=MAY, by=SYSTEM)
    assert told(note) == ("credit_note", "GS-2026-000001", "14.50", "2.76", "17.26")
    assert note.preceding == [["RE-2026-000001", "2026-04-01"]]
    assert (note.due_on, note.open_amount) == (MAY, 0)
    invoice.refresh_from_db()
    assert (str(invoice.credited), str(invoice.open_amount)) == ("17.26", "0.00")
    run(MAY)
    assert str(Invoice.objects.get(month=MAY).net) == "20.95"
    with pytest.raises(NothingToCredit):
        credit_invoice(invoice=invoice, reason="", today=MAY, by=SYSTEM)
    with pytest.raises(NotCreditable):
        credit_invoice(invoice=note, reason="", today=MAY, by=SYSTEM)


def test_a_correction_frees_the_charges_for_the_next_invoice(thirteen):
    run(APRIL)
    credit_invoice(
        invoice=Invoice.objects.get(), reason="", today=APRIL, by=SYSTEM, free_charges=True
    )
    run(MAY)
    assert str(Invoice.objects.get(month=MAY).net) == "35.45"


def test_lines_are_credited_one_by_one_never_beyond_their_net(thirteen):
    run(MAY)
    invoice = Invoice.objects.get()
    first, second, third = invoice.lines.all()
    note = credit_invoice(
        invoice=invoice,
        reason="Ein Benutzer zu viel",
        today=MAY,
        by=SYSTEM,
        amounts={third.pk: Decimal("1.45")},
        free_charges=True,
    )
    assert told(note)[2:] == ("1.45", "0.28", "1.73")
    assert InvoicedCharge.objects.count() == 3, "only a full credit frees charges"
    for amounts in ({third.pk: Decimal("17.41")}, {third.pk: Decimal("-1")}, {}, {0: Decimal(1)}):
        with pytest.raises(NothingToCredit):
            credit_invoice(invoice=invoice, reason="", today=MAY, by=SYSTEM, amounts=amounts)
    rest = credit_invoice(invoice=invoice, reason="", today=MAY, by=SYSTEM)
    assert [(line.credits_id, str(line.net)) for line in rest.lines.all()] == [
        (first.pk, "14.50"),
        (second.pk, "2.10"),
        (third.pk, "17.40"),
    ]
    assert sum(note.net for note in invoice.credit_notes.all()) == invoice.net


def test_the_database_refuses_to_credit_a_line_beyond_its_net(thirteen):
    run(APRIL)
    note = credit_invoice(invoice=Invoice.objects.get(), reason="", today=APRIL, by=SYSTEM)
    values = InvoiceLine.objects.filter(invoice=note).values().get() | {"id": None}
    draft = Invoice.objects.values().get(pk=note.pk)
    draft |= {"id": None, "code": "R-AAAAAAAA", "number": None}
    del draft["open_amount"]

    def credit_again():
        with transaction.atomic():
            again = Invoice.objects.create(**draft)
            InvoiceLine.objects.create(**(values | {"invoice_id": again.pk}))

    with pytest.raises(DatabaseError, match="never credited beyond"):
        credit_again()


def test_each_invoice_waits_for_its_document(thirteen):
    run(APRIL)
    assert Document.objects.missing().get().invoice.number == "RE-2026-000001"


# What follows is about several connections at once.


@pytest.mark.django_db(transaction=True)
def test_runs_at_once_issue_each_invoice_once_and_number_without_gap(cast):
    resellers = [cast.nordlicht, cast.suedwind]
    for n in range(6):
        resellers.append(
            Reseller.objects.create(
                name=f"R{n}", invoice_street="A", invoice_postcode="1", invoice_city="B"
            )
        )
    for reseller in resellers:
        subscription = sell(reseller, "Brot", anchor=date(2026, 1, 5), seats=2)
        for n in range(3):
            charge_period(subscription, n)
    Document.objects.all().delete()

    def work():
        try:
            run(APRIL)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Invoice.objects.count() == len(resellers)
    assert InvoicedCharge.objects.count() == 3 * len(resellers)
    numbers = sorted(Invoice.objects.values_list("number", flat=True))
    assert numbers == [f"RE-2026-{n:06}" for n in range(1, len(resellers) + 1)]
    assert sum(run.issued for run in InvoiceRun.objects.all()) == len(resellers)
    assert all(run.blocked == [] for run in InvoiceRun.objects.all())


@pytest.mark.django_db(transaction=True)
def test_two_credits_at_once_give_back_once(cast):
    charge_period(sell(cast.nordlicht, "Brot", anchor=date(2026, 3, 5), seats=2), 0)
    run(APRIL)
    invoice = Invoice.objects.get()
    answers = []

    def work():
        try:
            answers.append(credit_invoice(invoice=invoice, reason="", today=APRIL, by=SYSTEM))
        except NothingToCredit:
            answers.append(None)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer is None for answer in answers].count(False) == 1
    invoice.refresh_from_db()
    assert invoice.credited == invoice.gross


def test_what_stands_on_a_paper_adds_up(cast):
    """Many prices, users and rates of rounding: net = Σ lines, tax = Σ groups, gross = both."""
    for n in range(40):
        subscription = sell(
            cast.nordlicht,
            f"Kunde {n}",
            anchor=date(2026, 1, 1) + timedelta(n),
            seats=1 + n * 7,
            price=Decimal("0.0049") * (n + 1),
        )
        charge_period(subscription, 0)
        assert subscription.charges.get().period_end == boundary(subscription.anchor, "monthly", 1)
    run(APRIL)
    invoice = Invoice.objects.get()
    lines = list(invoice.lines.all())
    assert invoice.net == sum(line.net for line in lines)
    assert (invoice.net, invoice.tax, invoice.gross) == totals(
        [(line.net, line.vat_category, line.vat_rate) for line in lines]
    )[:3]


def test_the_pages_show_what_is_owed_and_give_the_files(client, cast, thirteen):
    run(APRIL)
    run(MAY)
    client.force_login(cast.anna)
    english = {"accept-language": "en"}
    with clock.travel("2026-05-10T09:00:00Z"):
        page = client.get(reverse("invoices"), headers=english).content.decode()
    first, second = Invoice.objects.order_by("id")
    assert "1 invoice is overdue: €17.26" in page
    assert "€42.19" in page  # open in all
    one = client.get(second.get_absolute_url(), headers=english).content.decode()
    assert "€24.93" in one
    assert "Bäckerei Brot" in one
    assert client.get(reverse("invoice_pdf", args=[first.code])).status_code == 302  # being made
    lines = client.get(reverse("invoice_lines", args=[second.code]), headers=english)
    rows = list(csv.reader(io.StringIO(b"".join(lines.streaming_content).decode("utf-8-sig"))))
    assert [row[10] for row in rows[1:]] == ["2.10", "18.85"]


def test_documents_are_downloaded_as_they_were_stored_one_by_one_and_as_a_year(
    client, cast, thirteen
):
    run(APRIL)
    invoice = Invoice.objects.get()
    make_document(invoice.pk)
    stored = invoice.document
    client.force_login(cast.anna)
    pdf = client.get(reverse("invoice_pdf", args=[invoice.code]))
    assert (pdf.content, pdf["Content-Type"]) == (bytes(stored.pdf), "application/pdf")
    xml = client.get(reverse("invoice_xml", args=[invoice.code]))
    assert xml.content == bytes(stored.xml)
    year = client.get(reverse("invoices_archive", args=[2026]))
    with zipfile.ZipFile(io.BytesIO(b"".join(year.streaming_content))) as files:
        assert sorted(files.namelist()) == ["RE-2026-000001.pdf", "RE-2026-000001.xml"]
        assert files.read("RE-2026-000001.pdf") == bytes(stored.pdf)
