"""A daily run that is killed, doubled, held up or cut into slices leads to the same rows."""

import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from django.db import close_old_connections, connection, transaction
from django.db.models import Model

from audit.actor import SYSTEM, Actor
from deploy.processes import moments
from reseller_portal import clock
from subscriptions import changing
from subscriptions.invariants import wrong
from subscriptions.models import Change, Charge, Price, Subscription
from subscriptions.operations import Order, start_subscription
from subscriptions.periods import periods_due
from subscriptions.renewals import due, run_day
from subscriptions.run_models import DailyRun, Undone

START = date(2026, 1, 31)
DAY = date(2026, 4, 30)
PEOPLE = [Actor(name=name, hat="member") for name in ("Anna", "Mia")]


def sell(reseller, name: str, *, on: date = START, **more) -> Subscription:
    words = {"product": "m365", "seats": 10, "trial": False} | more
    with clock.travel(f"{on.isoformat()}T09:00:00Z"):
        return start_subscription(
            reseller=reseller,
            order=Order(company_name=name, **words),
            invitee=None,
            today=on,
            by=SYSTEM,
        )


@pytest.fixture
def mixed(cast) -> list[Subscription]:
    """One of every kind that a run may meet, of two resellers, with prices of their own."""
    own = {"reseller": cast.suedwind, "currency": "EUR", "product": "m365", "term": "monthly"}
    Price.objects.create(**own, valid_from=date(2026, 3, 31), unit_price="0.9995")
    Price.objects.create(
        product="gws", term="monthly", currency="EUR", valid_from=DAY, unit_price="2"
    )
    rows = [sell(cast.nordlicht, f"N{n}", seats=n) for n in (1, 3, 7)]
    rows += [sell(cast.suedwind, f"S{n}", seats=n, on=START + timedelta(n)) for n in (2, 5, 9)]
    rows.append(sell(cast.nordlicht, "Annual", term="annual", on=date(2025, 4, 30)))
    rows.append(sell(cast.nordlicht, "Trial", trial=True))
    rows.append(sell(cast.nordlicht, "Google", product="gws"))
    for name, act, values in (
        ("Fewer", changing.change_seats, {"seats": 4}),
        ("Yearly", changing.change_term, {"term": "annual"}),
        ("Cancelled", changing.cancel_subscription, {}),
        ("Held", changing.hold_subscription, {}),
    ):
        rows.append(sell(cast.suedwind, name))
        act(subscription=rows[-1], today=START, by=SYSTEM, **values)
    rows.append(sell(cast.nordlicht, "Priceless"))
    Subscription.objects.filter(pk=rows[-1].pk).update(product="gws", term="annual")
    Price.objects.filter(product="gws", term="annual").delete()
    return rows


def written(model: type[Model], *without: str) -> list[tuple]:
    fields = [field.attname for field in model._meta.concrete_fields]
    rows = model.objects.values_list(*(name for name in fields if name not in without))
    return sorted(rows, key=str)


def everything() -> list[tuple]:
    """Return all that runs write, but for ids and when it was written."""
    return [
        *written(Subscription),
        *written(Charge, "id", "created_at", "change_id"),
        *written(Change, "id", "asked_at", "dropped_at"),
    ]


def undisturbed(today: date, **more) -> list[tuple]:
    """Return what one run in peace leads to, and take it back."""
    with transaction.atomic():
        run_day(today=today, **more)
        rows = everything()
        transaction.set_rollback(True)
    return rows


def test_in_batches_and_one_by_one_lead_to_the_same_rows(mixed):
    one_by_one = undisturbed(DAY, batched=False)
    assert undisturbed(DAY) == one_by_one
    assert undisturbed(DAY, chunk=3) == one_by_one
    run = run_day(today=DAY)
    assert run.blocked_reasons == [[mixed[-1].code, "no price"]]
    for row in Subscription.objects.living().exclude(pk=mixed[-1].pk):
        assert wrong(row, row.charges.all(), DAY) == []
    expected = periods_due(START, "monthly", None, DAY)
    assert [(each.period_start, each.period_end) for each in mixed[0].charges.all()] == expected


def test_many_without_a_price_keep_no_run_in_slices_from_its_end(cast):
    rows = [sell(cast.nordlicht, f"Firma {n}") for n in range(9)]
    priceless = [row.pk for row in rows[:7]]
    Subscription.objects.filter(pk__in=priceless).update(product="gws")
    Price.objects.filter(product="gws").delete()
    slices = 0
    while not (run := run_day(today=DAY, seconds=0, chunk=2)).is_complete:
        slices += 1
        assert slices < 12
    assert (run.charged, run.blocked, DailyRun.objects.count()) == (6, 7, 1)
    assert set(run.undone.values_list("subscription_id", flat=True)) == set(priceless)


@contextmanager
def held(row: Model):
    """Hold the lock of this row as somebody else would, until the block ends."""
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(
                f"SELECT id FROM {row._meta.db_table} WHERE id = %s FOR UPDATE",
                [row.pk],
            )
        yield
    finally:
        other.close()


def waits_for_a_lock(count: int) -> bool:
    """Wait until so many wait for a lock of another."""
    for _ in moments(20):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted AND"
                " pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())"
            )
            if cursor.fetchone()[0] >= count:
                return True
    return False


@pytest.mark.django_db(transaction=True)
def test_what_somebody_holds_for_long_is_left_for_the_next_run(cast):
    rows = [sell(cast.nordlicht, name) for name in "ABC"]
    with held(rows[1]):
        run = run_day(today=DAY, patience=0)
    assert (run.is_complete, run.charged) == (True, 6)
    assert run.blocked_reasons == [[rows[1].code, Undone.Reason.LEFT]]
    assert run_day(today=DAY).charged == 3
    assert not due(DAY).filter(pk__in=[row.pk for row in rows]).exists()


@pytest.mark.django_db(transaction=True)
def test_a_run_killed_in_the_middle_and_run_again_is_as_one_undisturbed(cast):
    today = clock.today()
    early, late = today - timedelta(days=50), today - timedelta(days=40)
    Subscription.objects.all().update(ended_on=today)
    for number in range(3):
        sell(cast.nordlicht, f"N{number}", on=early)
        sell(cast.suedwind, f"S{number}", on=late)
    peace = undisturbed(today)
    database = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(
        **connection.settings_dict
    )
    # Charges name their reseller, so a chunk with one of Südwind's waits when it commits.
    with held(cast.suedwind):
        run = subprocess.Popen(
            [sys.executable, "manage.py", "daily_run", "--chunk", "2"],
            env=os.environ | {"DATABASE_URL": database},
            stderr=subprocess.DEVNULL,
        )
        try:
            assert waits_for_a_lock(1)
        finally:
            run.send_signal(signal.SIGKILL)
            run.wait(20)
    # What it had in its hands is rolled back once the database notices; what was before stays.
    done = Charge.objects.filter(period_start__gt=late)
    assert 0 < done.count() < 6
    finished = run_day(today=today)
    assert everything() == peace
    assert (finished.is_complete, finished.charged, DailyRun.objects.count()) == (True, 6, 1)


@pytest.mark.django_db(transaction=True)
def test_two_members_and_the_run_at_once_leave_one_consistent_history(cast):
    row = sell(cast.nordlicht, "Alle zugleich")
    faults = []

    def play(deed, *args, **values):
        try:
            deed(*args, **values)
        except Exception as fault:
            faults.append(fault)
        finally:
            connection.close()

    deeds = [
        threading.Thread(
            target=play,
            args=[changing.change_seats],
            kwargs={"subscription": row, "seats": seats, "today": DAY, "by": person},
        )
        for seats, person in zip((13, 17), PEOPLE, strict=True)
    ]
    deeds.append(threading.Thread(target=play, args=[run_day], kwargs={"today": DAY}))
    with held(row):
        for deed in deeds:
            deed.start()
        assert waits_for_a_lock(3)
    for deed in deeds:
        deed.join()
    close_old_connections()
    row.refresh_from_db()
    assert faults == []
    assert wrong(row, row.charges.all(), DAY) == []
    assert row.charges.filter(kind="period").count() == 4
    asked = list(row.changes.filter(what="seats").order_by("id"))
    assert len(asked) == 2
    assert [each.before for each in asked] == ["10", asked[0].after]
    assert {each.by_name for each in asked} == {"Anna", "Mia"}
    in_force = asked[0] if asked[1].is_pending else asked[1]
    assert row.seats == int(in_force.after)
