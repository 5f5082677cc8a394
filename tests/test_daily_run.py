"""The daily run: what falls due is done once, however often, late, or in parts it runs."""

import threading
from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse

from audit.actor import SYSTEM
from reseller_portal import clock
from subscriptions.changing import cancel_subscription, change_seats, hold_subscription
from subscriptions.models import Change, Charge, Price, State, Subscription
from subscriptions.operations import Order, start_subscription
from subscriptions.periods import periods_due
from subscriptions.renewals import due, run_day
from subscriptions.run_models import DailyRun
from subscriptions.schedule import run_today

START = date(2026, 3, 2)


def at(day: date):
    return clock.travel(f"{day.isoformat()}T09:00:00Z")


@pytest.fixture
def sold(cast) -> list[Subscription]:
    """Seven subscriptions of Nordlicht, started on 2 March 2026 with a trial of 14 days."""
    Subscription.objects.filter(pk=cast.bakery_subscription.pk).update(ended_on=START)
    return [sell(cast, name) for name in "ABCDEFG"]


def sell(cast, name: str, **more) -> Subscription:
    with at(START):
        return start_subscription(
            reseller=cast.nordlicht,
            order=Order("m365", name, 10, **more),
            invitee=None,
            today=START,
            by=SYSTEM,
        )


def run(day: date, **more) -> DailyRun:
    with at(day):
        return run_day(today=day, **more)


def rows() -> list[tuple]:
    """Return all that a run may change, but for when it was written."""
    facts = (
        "customer_name",
        "seats",
        "state",
        "anchor",
        "charged_through",
        "cancel_on",
        "ended_on",
    )
    owed = ("subscription__customer_name", "kind", "period_start", "period_end", "amount", "seats")
    return [
        *Subscription.objects.order_by("id").values_list(*facts),
        *Charge.objects.order_by("subscription", "period_start", "id").values_list(*owed),
    ]


def test_a_trial_becomes_active_on_its_first_payment_date(sold):
    first = sold[0]
    assert first.next_payment_on == date(2026, 3, 16)
    run(date(2026, 3, 15))
    assert not Charge.objects.exists()
    done = run(date(2026, 3, 16))
    assert (done.charged, done.ended, done.blocked, done.is_complete) == (7, 0, 0, True)
    first.refresh_from_db()
    assert (first.state, first.charged_through) == (State.ACTIVE, date(2026, 4, 16))
    assert [str(charge.amount) for charge in first.charges.all()] == ["14.500"]


def test_a_late_run_makes_the_charges_of_every_day_it_missed(sold):
    run(date(2026, 6, 20))
    for subscription in Subscription.objects.living():
        periods = [(each.period_start, each.period_end) for each in subscription.charges.all()]
        assert periods == periods_due(subscription.anchor, "monthly", None, date(2026, 6, 20))


@pytest.mark.parametrize("times", [1, 3])
def test_day_by_day_and_again_is_the_same_as_once_and_late(cast, sold, times):
    prepare(sold)
    last = date(2026, 7, 10)
    day = date(2026, 3, 16)
    while day <= last:
        for _ in range(times):
            run(day)
        day += timedelta(days=1)
    daily = rows()
    Charge.objects.all()
    assert not due(last).exists()
    assert daily == expected_by_one_late_run(cast)


def prepare(sold) -> None:
    """Let some of them wait for something: a cancellation in the trial, a smaller number later."""
    with at(START):
        cancel_subscription(subscription=sold[1], today=START, by=SYSTEM)
        change_seats(subscription=sold[2], seats=8, today=START, by=SYSTEM)


def expected_by_one_late_run(cast) -> list[tuple]:
    """Play the same in another reseller's rows with one run at the end, and name them alike."""
    before = set(Subscription.objects.values_list("pk", flat=True))
    twins = []
    with at(START):
        for name in "ABCDEFG":
            twins.append(
                start_subscription(
                    reseller=cast.suedwind,
                    order=Order("m365", name, 10),
                    invitee=None,
                    today=START,
                    by=SYSTEM,
                )
            )
    prepare(twins)
    run(date(2026, 7, 10))
    facts = (
        "customer_name",
        "seats",
        "state",
        "anchor",
        "charged_through",
        "cancel_on",
        "ended_on",
    )
    owed = ("subscription__customer_name", "kind", "period_start", "period_end", "amount", "seats")
    ended = Subscription.objects.filter(pk__in=before, customer_name="Hafenbäckerei")
    new = Subscription.objects.exclude(pk__in=before)
    return [
        *ended.values_list(*facts),
        *new.order_by("id").values_list(*facts),
        *Charge.objects.filter(subscription__in=new)
        .order_by("subscription", "period_start", "id")
        .values_list(*owed),
    ]


def test_a_run_that_is_stopped_goes_on_where_it_was(sold):
    day = date(2026, 3, 16)
    stopped = run(day, seconds=0, chunk=2)
    assert (stopped.is_complete, Charge.objects.count()) == (False, 2)
    ended = run(day)
    assert ended.pk == stopped.pk
    assert (ended.is_complete, ended.charged, Charge.objects.count()) == (True, 7, 7)


def test_one_without_a_price_is_named_and_stops_no_other(cast, sold):
    Price.objects.filter(product="gws").delete()
    sell(cast, "H", trial=True)
    Subscription.objects.filter(customer_name="H").update(product="gws")
    done = run(date(2026, 3, 16))
    code = Subscription.objects.get(customer_name="H").code
    assert (done.charged, done.blocked, done.blocked_reasons) == (7, 1, [[code, "no price"]])
    with at(date(2026, 3, 16)), pytest.raises(CommandError, match="1 could not be done"):
        call_command("daily_run")


def test_one_that_cannot_be_stored_stops_no_other(sold, django_db_blocker):
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE subscriptions_charge ADD CONSTRAINT only_for_this_test"
            f" CHECK (subscription_id <> {sold[3].pk})"
        )
    done = run(date(2026, 3, 16))
    assert (done.charged, done.blocked_reasons) == (6, [[sold[3].code, "failed"]])


def test_what_is_cancelled_ends_on_its_day_and_a_hold_after_ninety(sold, cast):
    run(date(2026, 3, 16))
    day = date(2026, 3, 20)
    with at(day):
        cancel_subscription(subscription=sold[0], today=day, by=SYSTEM)
        hold_subscription(subscription=sold[1], today=day, by=SYSTEM)
    run(date(2026, 4, 16))
    sold[0].refresh_from_db()
    assert (sold[0].state, sold[0].ended_on) == (State.ENDED, date(2026, 4, 16))
    assert sold[0].customer.__class__.objects.get(pk=sold[0].customer_id).signatures_open_until
    run(day + timedelta(days=89))
    sold[1].refresh_from_db()
    assert sold[1].state == State.ON_HOLD
    run(day + timedelta(days=90))
    sold[1].refresh_from_db()
    assert (sold[1].state, sold[1].ended_on) == (State.ENDED, day + timedelta(days=90))


def test_what_was_planned_comes_into_force_with_the_payment(sold):
    run(date(2026, 3, 16))
    with at(date(2026, 3, 20)):
        change_seats(subscription=sold[0], seats=4, today=date(2026, 3, 20), by=SYSTEM)
    run(date(2026, 4, 16))
    sold[0].refresh_from_db()
    assert sold[0].seats == 4
    assert [str(each.amount) for each in sold[0].charges.all()] == ["14.500", "5.800"]
    assert not Change.objects.pending().exists()


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_charge_each_once(sold):
    day = date(2026, 5, 20)
    gate = threading.Barrier(2)

    def play():
        gate.wait()
        try:
            run_day(today=day, chunk=2)
        finally:
            connection.close()

    threads = [threading.Thread(target=play) for _ in range(2)]
    with at(day):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    counts = [each.charges.count() for each in Subscription.objects.living()]
    assert counts == [3] * 7


def test_the_scheduler_runs_a_day_once(sold):
    with at(date(2026, 3, 16)):
        run_today()
        run_today()
    assert DailyRun.objects.count() == 1
    assert Charge.objects.count() == 7


def test_a_demos_date_moves_forward_and_each_day_is_done(sold, settings, client, cast):
    settings.TEST_CLOCK = True
    clock._offset_read_at = None
    try:
        before = clock.today()
        call_command("advance_clock", "--days", "3")
        assert clock.today() == before + timedelta(days=3)
        days = list(
            DailyRun.objects.order_by("business_date").values_list("business_date", flat=True)
        )
        assert days == [before + timedelta(days=n) for n in (1, 2, 3)]
        client.force_login(cast.anna)
        page = client.get(reverse("dashboard"), headers={"accept-language": "en"})
        assert "Demo: today is" in page.content.decode()
        with pytest.raises(CommandError, match="forward only"):
            call_command("advance_clock", "--to", before.isoformat())
    finally:
        clock._offset_read_at = None
        clock._offset = timedelta()
    settings.TEST_CLOCK = False
    with pytest.raises(CommandError, match="Only the date of a demo"):
        call_command("advance_clock", "--days", "1")
