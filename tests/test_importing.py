"""Importing customers and subscriptions: what a file would do is shown, then done whole or not."""

import csv
import io
import threading
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from audit.actor import SYSTEM
from audit.models import Entry
from customers.models import Customer
from customers.operations import customer_named
from invitations.models import Invitation, Sending
from reseller_portal import clock
from subscriptions.changing import change_seats, convert_trial, hold_subscription
from subscriptions.errors import ImportClosed
from subscriptions.import_models import Import, ImportLine
from subscriptions.importing import apply_import, cancel_import, wish_application
from subscriptions.jobs import apply_wished, check_uploaded, invite_imported
from subscriptions.models import Subscription
from subscriptions.schedule import forget_imports, queue_imports

HEAD = (
    "Firmenname des Kunden;Produkt;Anzahl der Benutzer;Kunden Signaturen bearbeiten lassen?;"
    "Kontaktname des Kunden;Kunden-E-Mail-Adresse;Laufzeit;Start"
)
ENGLISH = {"accept-language": "en"}


@pytest.fixture
def anna(client, cast):
    client.force_login(cast.anna)
    return client


def upload(client, *lines: str, head: str = HEAD, encoding: str = "utf-8") -> Import:
    """Upload a CSV; the worker looks through it at once."""
    data = "\r\n".join([head, *lines]).encode(encoding)
    answer = client.post(
        reverse("imports"), {"file": SimpleUploadedFile("kunden.csv", data)}, headers=ENGLISH
    )
    assert answer.status_code == 302, answer.context["form"].errors
    found = Import.objects.latest("pk")
    check_uploaded(found.pk)
    return Import.objects.get(pk=found.pk)


def apply(client, found: Import) -> Import:
    client.post(reverse("import_application", args=[found.code]), headers=ENGLISH)
    apply_wished(found.pk)
    invite_imported(found.pk)
    return Import.objects.get(pk=found.pk)


def outcomes(found: Import) -> list[tuple]:
    return list(found.lines.values_list("number", "outcome"))


def facts() -> list:
    return [
        list(model.objects.order_by("pk").values())
        for model in (Customer, Subscription, Invitation, Sending)
    ]


def look(client, found: Import, **query) -> str:
    address = reverse("import", args=[found.code])
    return client.get(address, query, headers=ENGLISH).content.decode()


def test_a_file_makes_what_the_page_said_and_a_second_time_nothing(anna, cast):
    lines = (
        "Müßig & Söhne;Microsoft 365;12,00;ja;Max Müßig;max@muessig.example;jährlich;Testphase",
        "Zweite AG;Signaturen für Google Workspace;3;nein;;;Monatlich;sofort",
        "HAFENBÄCKEREI;gws;5;;;;;",
    )
    found = upload(anna, *lines, encoding="cp1252")
    assert outcomes(found) == [(2, "new"), (3, "new"), (4, "added")]
    assert Subscription.objects.count() == 1, "looking changes nothing"
    page = look(anna, found)
    assert "Charged at once" in page
    assert "max@muessig.example" in page
    cost = found.outcome_counts["cost"]
    found = apply(anna, found)
    assert (found.finished_at is None, found.invited, found.lines.count()) == (False, 1, 0)
    first, second = (
        Subscription.objects.get(customer__name=n) for n in ("Müßig & Söhne", "Zweite AG")
    )
    assert (first.seats, first.term, first.state) == (12, "annual", "trial")
    assert (second.seats, second.state) == (3, "active")
    assert str(second.charges.get().amount.normalize()) == str(
        type(second.charges.get().amount)(cost).normalize()
    )
    assert cast.bakery.subscriptions.living().count() == 2
    assert first.customer.customer_edits
    assert [each.email for each in Invitation.objects.all()] == ["max@muessig.example"]
    entries = Entry.objects.filter(actor_id=cast.anna.pk)
    assert entries.filter(action="subscription_started").count() == 3
    assert entries.get(action="subscriptions_imported").after == {"file": "kunden.csv", "rows": 3}
    before = facts()
    again = upload(anna, *lines)
    assert {outcome for _number, outcome in outcomes(again)} == {"unchanged"}
    assert "Everything is as in the file already" in look(anna, again)
    apply(anna, again)
    assert facts() == before


def test_one_wrong_row_keeps_all_of_them_out_and_says_what_to_do(anna, cast):
    found = upload(
        anna,
        "Gut GmbH;m365;3;;;;;",
        ";m365;3;;;;;",
        "Schlecht;Lotus Notes;1.000;vielleicht;;;wöchentlich;",
        "Ohne Kontakt;gws;2;ja;;kein-zeichen;;",
        "gut  gmbh;Microsoft 365;4;;;;;",
        "=cmd|' /C calc'!A0;m365;0;;;;;",
        head=HEAD,
    )
    assert [outcome for _number, outcome in outcomes(found)] == ["new", *["wrong"] * 5]
    wrong = {line.number: line.problems for line in found.lines.exclude(problems=[])}
    assert [(column, cell) for column, cell, _words in wrong[4]] == [
        ("customer_edits", "vielleicht"),
        ("product", "Lotus Notes"),
        ("seats", "1.000"),
        ("term", "wöchentlich"),
    ]
    assert wrong[6][0][2] == "Row 2 is for the same customer and product. Keep one of the two."
    page = look(anna, found)
    assert "5 rows are wrong" in page
    assert "Apply all rows" not in page
    before = facts()
    apply(anna, found)
    assert facts() == before
    answer = anna.get(reverse("import_problems", args=[found.code]), headers=ENGLISH)
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert [row[0] for row in rows] == ["Row", "3", "4", "5", "6", "7"]
    assert rows[-1][2].startswith("'=cmd")


def test_users_change_as_on_the_subscriptions_page(anna, cast):
    row = cast.bakery_subscription
    convert_trial(subscription=row, today=clock.today(), by=SYSTEM)
    row.refresh_from_db()
    more = upload(anna, f"Hafenbäckerei;m365;{row.seats + 3};;;;;")
    assert outcomes(more) == [(2, "seats")]
    apply(anna, more)
    changed = Subscription.objects.get(pk=row.pk)
    assert changed.seats == row.seats + 3
    assert [each.kind for each in changed.charges.all()] == ["period", "seats"]
    fewer = upload(anna, "Hafenbäckerei;m365;2;;;;;")
    apply(anna, fewer)
    assert Subscription.objects.get(pk=row.pk).seats == row.seats + 3
    assert changed.changes.pending().get().after == "2"
    assert outcomes(upload(anna, "Hafenbäckerei;m365;2;;;;;")) == [(2, "unchanged")]
    other = upload(anna, "Hafenbäckerei;m365;2;;;;jährlich;")
    assert other.lines.get().problems[0][0] == "term"
    hold_subscription(subscription=changed, today=clock.today(), by=SYSTEM)
    assert outcomes(upload(anna, "Hafenbäckerei;m365;9;;;;;")) == [(2, "wrong")]


def test_what_changed_meanwhile_is_shown_again_before_it_is_done(anna, cast):
    found = upload(anna, "Hafenbäckerei;m365;20;;;;;", "Neu GmbH;m365;1;;;;;")
    change_seats(subscription=cast.bakery_subscription, seats=15, today=clock.today(), by=SYSTEM)
    found = apply(anna, found)
    assert found.applied_at is None
    assert not Customer.objects.filter(name="Neu GmbH").exists()
    assert "Something changed meanwhile" in look(anna, found)
    assert apply(anna, found).applied_at


@pytest.mark.django_db(transaction=True)
def test_two_people_importing_the_same_at_once_make_one_of_each(client, cast):
    client.force_login(cast.anna)
    lines = [f"Kunde {number};m365;3;;;;;" for number in range(20)]
    both = [upload(client, *lines), upload(client, *lines)]
    for found in both:
        wish_application(found=found, by=SYSTEM)

    def press(found):
        try:
            apply_import(found=found, today=clock.today(), by=SYSTEM)
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=[found]) for found in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Subscription.objects.filter(customer_name__startswith="Kunde").count() == 20
    assert Import.objects.filter(applied_at__isnull=False).count() == 1
    assert ImportLine.objects.filter(outcome="unchanged").count() == 20


def test_a_failure_in_the_middle_leaves_nothing_behind(anna, cast):
    found = upload(anna, *[f"Kunde {number};m365;3;;;;;" for number in range(5)])
    # A name that the database refuses, as if something had gone wrong on the way.
    line = found.lines.last()
    ImportLine.objects.filter(pk=line.pk).update(values=line.values | {"company_name": "x" * 201})
    wish_application(found=found, by=SYSTEM)
    before = facts()
    with pytest.raises(Exception, match="too long"):
        apply_import(found=found, today=clock.today(), by=SYSTEM)
    assert facts() == before
    assert found.lines.count() == 5


def test_invitations_follow_as_fast_as_the_limits_let_them(anna, cast, settings):
    settings.INVITATIONS_AN_HOUR = 2
    lines = [f"K{n};m365;3;ja;Name {n};a{n}@k.example;;" for n in range(3)]
    found = apply(anna, upload(anna, *lines))
    assert (found.invited, found.finished_at, found.lines.count()) == (2, None, 1)
    assert "it goes on from" in look(anna, found)
    invite_imported(found.pk)
    assert Invitation.objects.count() == 2
    Sending.objects.all().delete()
    Import.objects.update(rests_until=clock.now() - timedelta(seconds=1))
    queue_imports()
    found.refresh_from_db()
    assert (found.invited, bool(found.finished_at), found.lines.count()) == (3, True, 0)


def test_a_cancelled_or_forgotten_file_is_gone_and_changes_nothing(anna, cast):
    cancelled, late = upload(anna, "Eins;m365;3;;;;;"), upload(anna, "Zwei;m365;3;;;;;")
    anna.post(reverse("import_cancellation", args=[cancelled.code]))
    with clock.travel((clock.now() + timedelta(days=2, minutes=1)).isoformat()):
        forget_imports()
    assert ImportLine.objects.count() == 0
    with pytest.raises(ImportClosed):
        wish_application(found=late, by=SYSTEM)
    assert "rows are deleted" in look(anna, cancelled)
    assert "within two days" in look(anna, late)
    done = apply(anna, upload(anna, "Drei;m365;3;;;;;"))
    with pytest.raises(ImportClosed):
        cancel_import(found=done, by=SYSTEM)


def test_whoever_lost_the_right_applies_nothing(anna, cast):
    found = upload(anna, "Eins;m365;3;;;;;")
    wish_application(found=found, by=SYSTEM)
    cast.anna.memberships.update(role="read_only")
    apply_wished(found.pk)
    assert Import.objects.get().cancelled_at
    assert Subscription.objects.count() == 1


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_template_is_understood_in_both_languages(anna, cast, language, kind):
    answer = anna.get(
        reverse("import_template", args=[kind]), headers={"accept-language": language}
    )
    if kind == "csv":
        head = answer.content.decode("utf-8-sig").strip()
        delimiter = ";" if language == "de" else ","
        cells = next(csv.reader([head], delimiter=delimiter))
    else:
        cells = [cell.value for cell in load_workbook(io.BytesIO(answer.content)).active[1]]
    book = Workbook()
    book.active.append(cells)
    book.active.append(["Excel AG", "Microsoft 365", 7.0, True, "Eva", "eva@x.example", "de"])
    file = io.BytesIO()
    book.save(file)
    anna.post(reverse("imports"), {"file": SimpleUploadedFile("t.xlsx", file.getvalue())})
    found = Import.objects.get()
    check_uploaded(found.pk)
    line = found.lines.get()
    assert (line.outcome, line.values["seats"], line.invites) == ("new", 7, True)


def test_our_own_export_is_an_import_that_changes_nothing(anna, cast):
    customer_named(reseller=cast.nordlicht, name="=1+1 GmbH", by=SYSTEM)
    answer = anna.get(reverse("export", args=["csv"]), headers=ENGLISH)
    data = b"".join(answer.streaming_content)
    anna.post(reverse("imports"), {"file": SimpleUploadedFile("s.csv", data)})
    found = Import.objects.get()
    check_uploaded(found.pk)
    assert outcomes(found) == [(2, "unchanged")]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, "Choose the file."),
        (b"", "There is nothing in the file."),
        (b"Kunde;Produkt\nA;m365", "This column is missing, or its heading is another: Number of"),
        (b"Kunde;Customer;Produkt;Benutzer\n1;2;3;4", "This column is there twice: Customer"),
        (b"Kunde;Produkt;Benutzer\n", "There is a heading, but no row below it."),
        (b"PK\x03\x04", "The file is damaged."),
        (b"Kunde\n" + b"x\n" * 10_001, "The file has more than 10000 rows."),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_words(anna, cast, data, words):
    files = {} if data is None else {"file": SimpleUploadedFile("x.csv", data)}
    page = anna.post(reverse("imports"), files, headers=ENGLISH)
    assert page.status_code == 200
    assert any(words in error for error in page.context["form"].errors["file"])
    assert Import.objects.count() == 0


def test_a_page_of_an_import_asks_no_more_for_fifty_rows_than_for_one(anna, cast):
    found = []
    anna.get(reverse("imports"))
    for count in (1, 60):
        import_ = upload(anna, *[f"K{count}-{n};m365;3;;;;;" for n in range(count)])
        with CaptureQueriesContext(connection) as asked:
            look(anna, import_)
        found.append(len(asked))
    assert found[0] == found[1] <= 7


def test_another_resellers_import_does_not_exist(anna, client, cast):
    found = upload(anna, "Eins;m365;3;;;;;")
    client.force_login(cast.ben)
    for name in ("import", "import_problems", "import_progress"):
        assert client.get(reverse(name, args=[found.code])).status_code == 404
    assert client.post(reverse("import_application", args=[found.code])).status_code == 404
