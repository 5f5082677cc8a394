"""The history: what is written down, who reads it, and that nobody alters it unseen."""

import csv
import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, InternalError, connection, transaction
from django.urls import reverse

from audit.actor import SYSTEM, Actor
from audit.models import Entry, Redaction, Seal
from audit.operations import forget_traces, record, redact, seal_history
from reseller_portal import clock


def note(cast, action="customer_added", reseller=None, **fields) -> Entry:
    reseller = reseller or cast.nordlicht
    return record(action, reseller, by=SYSTEM, reseller_id=reseller.pk, **fields)


def page(client, **asked) -> str:
    return client.get(reverse("history"), asked).content.decode()


def test_an_owner_reads_what_happened_at_their_reseller_and_nothing_else(client, cast):
    client.force_login(cast.anna)
    note(cast, after={"name": "Bäckerei Sonne"})
    note(cast, reseller=cast.suedwind, after={"name": "Konditorei Mond"})
    text = page(client)
    assert "Name: Bäckerei Sonne" in text
    assert "Konditorei Mond" not in text


def test_the_history_is_filtered_and_paged(client, cast):
    client.force_login(cast.anna)
    with clock.travel("2026-01-10T12:00:00Z"):
        note(cast, after={"name": "Winter"})
    for number in range(60):
        note(cast, "person_added", after={"name": f"Person {number:02}"})
    first = page(client)
    assert "Person 59" in first
    assert "Person 05" not in first
    (older,) = {part.split('"')[0] for part in first.split("before=")[1:]}
    assert "Person 05" in page(client, before=older)
    assert "Winter" in page(client, until="2026-01-10")
    assert "Person" not in page(client, until="2026-01-10").split("<tbody>")[1]
    assert "Winter" not in page(client, since="2026-01-11")
    assert "Winter" not in page(client, action="person_added", before="x")
    assert "Nothing matches" in page(client, who="niemand")


def test_the_export_holds_what_the_filter_shows_and_computes_nothing(client, cast):
    client.force_login(cast.anna)
    cast.nordlicht.name = "=1+1"
    note(cast)
    note(cast, "person_added")
    answer = client.get(reverse("history_export"), {"action": "customer_added"})
    lines = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert lines[0][0] == "When"
    assert lines[1][1:4] == ["Customer added", "'=1+1", "the portal itself"]
    assert Entry.objects.filter(action="history_exported").count() == 1


def test_what_a_role_may_not_do_is_written_down(client, cast):
    client.force_login(cast.rolf)
    assert client.get(reverse("new_subscription")).status_code == 403
    entry = Entry.objects.get(action="access_denied")
    assert (entry.reseller_id, entry.after) == (
        cast.nordlicht.pk,
        {"page": reverse("new_subscription")},
    )


@pytest.fixture
def sealed(cast) -> Seal:
    """The cast's history, sealed the day after."""
    note(cast, after={"name": "Bäckerei Sonne"})
    with clock.travel(clock.now() + timedelta(days=1)):
        return seal_history()


def test_a_day_is_sealed_once_it_is_over(cast):
    note(cast)
    assert seal_history() is None
    with clock.travel(clock.now() + timedelta(days=1)):
        first = seal_history()
        assert seal_history() is None
        note(cast)
    with clock.travel(clock.now() + timedelta(days=2)):
        second = seal_history()
    assert (first.through_id, second.entries) == (second.after_id, 1)
    call_command("audit", "verify")


@pytest.mark.parametrize(
    "deed",
    [
        "UPDATE audit_entry SET actor_name = 'Anna' WHERE id = (SELECT max(id) FROM audit_entry)",
        "UPDATE audit_entry SET after = '{}' WHERE id = (SELECT max(id) FROM audit_entry)",
        "DELETE FROM audit_entry WHERE id = (SELECT max(id) FROM audit_entry)",
        "UPDATE audit_seal SET digest = repeat('0', 64)",
    ],
)
def test_what_is_altered_by_force_is_found(sealed, deed):
    call_command("audit", "verify")
    with connection.cursor() as cursor:
        for table in ("audit_entry", "audit_seal"):
            with pytest.raises(InternalError), transaction.atomic():
                cursor.execute(f"DELETE FROM {table}")
        cursor.execute("SET LOCAL session_replication_role = replica")  # no triggers
        cursor.execute(deed)
    with pytest.raises(CommandError, match="1 seals are broken"):
        call_command("audit", "verify")


def test_of_two_seals_over_the_same_only_one_stands(sealed):
    with pytest.raises(IntegrityError), transaction.atomic():
        Seal.objects.create(
            sealed_at=sealed.sealed_at, after_id=sealed.after_id, through_id=10**9, entries=1
        )


def take_names_out(cast, entry) -> int:
    return redact(
        entry_ids=[entry.pk],
        rewritten=lambda each: {"after": {"name": "E-1"}, "label": "E-1"},
        because_of=cast.nordlicht,
        by=SYSTEM,
    )


def test_a_name_taken_out_of_the_history_leaves_every_seal_whole(sealed, cast):
    entry = Entry.objects.get(after__name="Bäckerei Sonne")
    take_names_out(cast, entry)
    take_names_out(cast, entry)  # of somebody else in the same entry
    entry.refresh_from_db()
    assert (entry.label, entry.after, entry.action) == ("E-1", {"name": "E-1"}, "customer_added")
    with clock.travel(clock.now() + timedelta(days=2)):
        seal_history()
    call_command("audit", "verify")
    accounts = Entry.objects.filter(action="history_redacted")
    assert [account.after["redactions"] for account in accounts] == [1, 1]


@pytest.mark.parametrize(
    "deed",
    [
        "UPDATE audit_entry SET label = 'Ben' WHERE id = %s",
        "UPDATE audit_entry SET action = 'invoice_issued' WHERE id = %s",
        "DELETE FROM audit_redaction WHERE entry_id = %s",
        "UPDATE audit_redaction SET was = became WHERE entry_id = %s",
        "DELETE FROM audit_entry WHERE action = 'history_redacted' AND id > %s",
        "INSERT INTO audit_redaction (entry_id, was, became, recorded_in) VALUES (%s, '', '', 0)",
    ],
)
def test_what_is_altered_under_cover_of_a_redaction_is_found(sealed, cast, deed):
    entry = Entry.objects.get(after__name="Bäckerei Sonne")
    take_names_out(cast, entry)
    call_command("audit", "verify")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # no triggers
        cursor.execute(deed, [entry.pk])
    with pytest.raises(CommandError):
        call_command("audit", "verify")


@pytest.mark.parametrize(
    "deed",
    [
        "UPDATE audit_entry SET label = 'Ben'",
        "UPDATE audit_entry SET ip = '10.0.0.1', device = ''",
        "UPDATE audit_entry SET action = 'x', ip = NULL, device = ''",
        "UPDATE audit_redaction SET became = was",
        "DELETE FROM audit_redaction",
    ],
)
def test_the_database_lets_an_entry_change_only_beside_its_redaction(sealed, cast, deed):
    Redaction.objects.create(entry_id=0, was="", became="", recorded_in=0)
    with pytest.raises(InternalError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(deed)


def test_where_somebody_came_from_is_forgotten_and_the_seals_hold(cast):
    by = Actor(name="Anna Nissen", hat="member", user_id=cast.anna.pk, ip="198.51.100.7")
    old = record("signed_in", cast.anna, by=by, device="Firefox")
    with clock.travel(clock.now() + timedelta(days=1)):
        seal_history()
        fresh = record("signed_in", cast.anna, by=by, device="Firefox")
        assert forget_traces(before=clock.now() - timedelta(hours=1), most=10) == 1
    old.refresh_from_db()
    fresh.refresh_from_db()
    assert (old.ip, old.device, old.actor_name) == (None, "", "Anna Nissen")
    assert (fresh.ip, fresh.device) == ("198.51.100.7", "Firefox")
    call_command("audit", "verify")
