"""Changing a subscription by its pages: what it costs stands there before, and is so afterwards."""

import csv
import io

import pytest
from django.urls import reverse

from audit.actor import SYSTEM
from reseller_portal import clock
from subscriptions.changing import change_seats, convert_trial, preview_change
from subscriptions.errors import ShownOtherwise
from subscriptions.models import Change, Subscription

ENGLISH = {"accept-language": "en"}


@pytest.fixture
def anna(client, cast):
    client.force_login(cast.anna)
    return client


@pytest.fixture
def paid(cast) -> Subscription:
    """The bakery's subscription, paid from 16 March 2026: 12 users at 1.45 a month."""
    row = cast.bakery_subscription
    with clock.travel("2026-03-16T09:00:00Z"):
        Subscription.objects.filter(pk=row.pk).update(anchor="2026-03-30", trial_until="2026-03-29")
        convert_trial(subscription=row, today=clock.today(), by=SYSTEM)
    return Subscription.objects.get(pk=row.pk)


def address(name: str, row: Subscription, *more: str) -> str:
    return reverse(f"subscription_{name}", args=[row.code, *more])


def look(client, name: str, row: Subscription, **chosen):
    """Return the page that shows what an act would do."""
    return client.get(address(name, row), chosen, headers=ENGLISH)


def do(client, name: str, row: Subscription, **chosen) -> Subscription:
    """Look, and send what the page offers."""
    page = look(client, name, row, **chosen)
    seen = {"seen": page.context["seen"]}
    answer = client.post(address(name, row), chosen | seen, headers=ENGLISH)
    assert answer.status_code == 302
    return Subscription.objects.get(pk=row.pk)


@clock.travel("2026-04-01T09:00:00Z")
def test_more_users_cost_what_the_page_said(anna, paid):
    page = look(anna, "seats", paid, seats=15).content.decode()
    assert "3 × €1.45 × 15 of 31 days · 1 Apr 2026 – 15 Apr 2026 = €2.10" in page
    row = do(anna, "seats", paid, seats=15)
    assert row.seats == 15
    assert [str(charge.amount) for charge in row.charges.all()] == ["17.400", "2.100"]
    story = anna.get(row.get_absolute_url(), headers=ENGLISH).content.decode()
    assert "12 users → 15 users" in story
    assert "€2.10" in story


@clock.travel("2026-04-01T09:00:00Z")
def test_fewer_users_wait_for_the_next_payment_and_can_be_taken_back(anna, paid):
    row = do(anna, "seats", paid, seats=8)
    assert (row.seats, row.charges.count()) == (12, 1)
    page = anna.get(row.get_absolute_url(), headers=ENGLISH).content.decode()
    assert "8 users from 16 Apr 2026, with the next payment" in page
    anna.post(address("change_removal", row, "seats"))
    assert not Change.objects.pending().exists()


@clock.travel("2026-04-01T09:00:00Z")
def test_pressing_without_having_seen_what_follows_shows_it_first(anna, paid):
    page = anna.post(address("seats", paid), {"seats": 15}, headers=ENGLISH)
    assert page.status_code == 200
    assert page.context["seen"]
    assert Subscription.objects.get(pk=paid.pk).seats == 12


@clock.travel("2026-04-01T09:00:00Z")
def test_what_somebody_else_changed_meanwhile_is_shown_before_it_is_done(anna, paid):
    seen = look(anna, "seats", paid, seats=15).context["seen"]
    do(anna, "seats", paid, seats=13)
    page = anna.post(address("seats", paid), {"seats": 15, "seen": seen}, headers=ENGLISH)
    assert "Something changed meanwhile" in page.content.decode()
    assert Subscription.objects.get(pk=paid.pk).seats == 13


@clock.travel("2026-04-01T09:00:00Z")
def test_what_another_changes_between_looking_and_doing_is_noticed_under_the_lock(paid):
    today = clock.today()
    looked = preview_change(subscription=paid, act="seats", today=today, by=SYSTEM, seats=15)
    change_seats(subscription=paid, seats=14, today=today, by=SYSTEM)
    with pytest.raises(ShownOtherwise):
        change_seats(subscription=paid, seats=15, today=today, by=SYSTEM, seen=looked.seen)
    paid.refresh_from_db()
    assert (paid.seats, paid.charges.count()) == (14, 2)


@clock.travel("2026-04-01T09:00:00Z")
@pytest.mark.parametrize(
    ("name", "chosen", "fact"),
    [
        ("product", {"product": "gws"}, ("product", "gws")),
        ("term", {"term": "annual"}, ("term", "annual")),
    ],
)
def test_product_and_term_change_with_the_next_payment(anna, paid, name, chosen, fact):
    row = do(anna, name, paid, **chosen)
    assert [(each.what, each.after) for each in Change.objects.pending()] == [fact]
    assert row.charges.count() == 1


@clock.travel("2026-04-01T09:00:00Z")
def test_hold_resume_cancel_end_and_back(anna, paid):
    assert do(anna, "hold", paid).state == "on_hold"
    row = do(anna, "resumption", paid)
    assert (row.state, row.charges.count()) == ("active", 1)
    row = do(anna, "cancellation", row)
    assert str(row.cancel_on) == "2026-04-16"
    anna.post(address("cancellation_removal", row))
    row = do(anna, "end", row)
    assert (row.state, str(row.ended_on)) == ("ended", "2026-04-01")
    page = anna.get(row.get_absolute_url(), headers=ENGLISH).content.decode()
    assert "Until 30 Jun 2026 it can be brought back" in page
    row = do(anna, "reactivation", row)
    assert (row.state, row.charges.count()) == ("active", 1)


def test_a_trial_becomes_a_paid_subscription_at_once(anna, cast):
    row = do(anna, "conversion", cast.bakery_subscription)
    assert (row.state, row.charges.count()) == ("active", 1)


@clock.travel("2026-04-01T09:00:00Z")
def test_ending_it_closes_the_area_with_the_contacts_next_request(anna, paid, cast, client):
    contact = client.__class__()
    contact.force_login(cast.clara)
    area = reverse("signatures", args=[cast.bakery.code])
    assert contact.get(area).status_code == 200
    do(anna, "end", paid)
    assert contact.get(area).status_code == 404


@clock.travel("2026-04-01T09:00:00Z")
def test_who_may_only_read_sees_no_cost_anywhere(client, cast, paid):
    anna = client.__class__()
    anna.force_login(cast.anna)
    do(anna, "seats", paid, seats=15)
    client.force_login(cast.rolf)
    page = client.get(paid.get_absolute_url(), headers=ENGLISH).content.decode()
    file = client.get(address("history", paid), headers=ENGLISH)
    text = page + b"".join(file.streaming_content).decode()
    assert "15 users" in page
    assert not [word for word in ("€", "1.45", "2.10", "17.40", "Cost") if word in text]


@clock.travel("2026-04-01T09:00:00Z")
def test_the_history_is_a_file_too(anna, paid):
    do(anna, "seats", paid, seats=15)
    file = anna.get(address("history", paid), headers=ENGLISH)
    lines = list(csv.reader(io.StringIO(b"".join(file.streaming_content).decode("utf-8-sig"))))
    assert [line[1] for line in lines[1:]][-1] == "Number of users"
    assert lines[-1][2:5] == ["12", "15", "2026-04-01"]
    assert lines[-1][-2:] == ["2.10", "EUR"]
