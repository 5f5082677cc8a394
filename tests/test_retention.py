"""What names people is kept for a time, and goes by itself afterwards."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.cache import cache
from django.db.models import F

from accounts.models import EmailChange
from accounts.operations import ask_for_email_change
from audit.actor import SYSTEM, Actor
from audit.models import Entry
from audit.operations import record
from invitations.models import BulkSending, Invitation, Sending
from invitations.operations import Invitee, invite_contact, revoke_invitation, wish_sendings
from mail.models import DeliveryReport, OutgoingMail
from mail.operations import keep_report
from privacy import retention
from privacy.retention import KINDS, forget_what_is_old
from privacy.schedule import forget_old_data
from reseller_portal import clock
from signatures.models import Person
from subscriptions.models import Change, Subscription

OLD_AND_FRESH = {
    "addresses and devices in the history": (
        lambda: Entry.objects.filter(ip__isnull=False).count(),
        timedelta(days=90),
    ),
    "invitations": (Invitation.objects.count, timedelta(days=187)),  # they end after seven days
    "sendings of several invitations": (BulkSending.objects.count, timedelta(days=180)),
    "mails": (
        lambda: OutgoingMail.objects.exclude(handed_over_at=None).count(),
        timedelta(days=180),
    ),
    "delivery reports": (DeliveryReport.objects.count, timedelta(days=90)),
    "changes of address": (EmailChange.objects.count, timedelta(days=180, hours=1)),
    "what staff did in the administration": (LogEntry.objects.count, timedelta(days=180)),
}


@pytest.fixture
def traces(cast):
    """One of each kind that goes by age."""
    by = Actor("Anna", "member", cast.anna.pk, ip="198.51.100.7")
    invitation = invite_contact(
        customer=cast.bakery,
        invitee=Invitee("Jonas", "jonas@hafenbaeckerei.example", "de"),
        product="m365",
        by=SYSTEM,
    )
    bulk = wish_sendings(member=cast.anna.memberships.get(), codes=[invitation.code], by=SYSTEM)
    bulk.lines.update(done_at=clock.now())
    record("signed_in", cast.anna, by=by, device="Firefox")
    ask_for_email_change(user=cast.anna, email="neu@nordlicht.example", by=SYSTEM)
    OutgoingMail.objects.update(handed_over_at=clock.now(), next_try_at=None)
    keep_report(problem="unknown", body="jonas@hafenbaeckerei.example")
    LogEntry.objects.create(user=cast.dora, object_repr="jonas", action_flag=CHANGE)
    return invitation


def test_every_kind_goes_when_it_is_old_enough_and_not_a_day_before(traces):
    made = {kind: count() for kind, (count, _age) in OLD_AND_FRESH.items()}
    assert all(made.values())
    begin = clock.now()
    for kind in KINDS:
        if kind.name not in OLD_AND_FRESH:
            continue
        count, age = OLD_AND_FRESH[kind.name]
        with clock.travel(begin + age - timedelta(minutes=5)):
            kind.forget(clock.now() - kind.kept)
        assert count() == made[kind.name], kind.name
        with clock.travel(begin + age + timedelta(minutes=5)):
            kind.forget(clock.now() - kind.kept)
        assert count() == 0, kind.name
    assert {kind.name for kind in KINDS} == {*OLD_AND_FRESH, "counters of throttling"}


def test_what_is_no_trace_stays_for_ever(traces):
    kept = [Subscription, Change, Person, Entry]
    before = [model.objects.count() for model in kept]
    cache.set("throttled", 1, timeout=60)
    with clock.travel(clock.now() + timedelta(days=2_000)):
        forget_old_data()
        assert forget_what_is_old(seconds=5) == {}  # a second run finds nothing
    assert [model.objects.count() for model in kept] == before
    assert not Sending.objects.exists()


def test_what_still_waits_is_not_old(traces):
    revoke_invitation(invitation=traces, by=SYSTEM)
    OutgoingMail.objects.update(handed_over_at=None, next_try_at=clock.now())
    with clock.travel(clock.now() + timedelta(days=400)):
        forget_what_is_old(seconds=5)
    assert OutgoingMail.objects.exists()
    assert not Invitation.objects.exists()


def test_much_goes_in_slices(traces, monkeypatch):
    cache.clear()  # counters of throttling outlive the transaction of the test that left them
    monkeypatch.setattr(retention, "AT_ONCE", 3)
    for _ in range(7):
        keep_report(problem="unknown", body="x")
    DeliveryReport.objects.update(received_at=F("received_at") - timedelta(days=91))
    assert forget_what_is_old(seconds=0) == {}
    assert forget_what_is_old(seconds=5) == {"delivery reports": 8}


def test_the_page_for_people_says_how_long_each_kind_is_kept():
    page = (Path(__file__).parent.parent / "docs/privacy.md").read_text(encoding="utf-8")
    for kind in KINDS:
        days = f"{kind.kept.days} days" if kind.kept else "as soon as they have run out"
        (line,) = [line for line in page.splitlines() if line.startswith(f"| {kind.name} |")]
        assert days in line
