"""Years, day by day, with people who change their minds: every invariant holds every day."""

import os
import random
from contextlib import suppress
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command

from audit.actor import SYSTEM, Actor
from reseller_portal import clock
from subscriptions import changing
from subscriptions.errors import Refused
from subscriptions.invariants import wrong
from subscriptions.models import Charge, Subscription, Term
from subscriptions.operations import Order, start_subscription
from subscriptions.renewals import run_day

DEEP = bool(os.environ.get("DEEP"))
# A leap year, and ends of months; `make deep` plays three years of 5,000 companies.
FIRST, LAST = date(2024, 1, 31), date(2027, 2, 1) if DEEP else date(2024, 11, 2)
COMPANIES, STARTS_A_DAY, ACTS_A_DAY = (5_000, 20, 12) if DEEP else (8, 1, 1)
STAFF = Actor(name="Dora", hat="staff")


def act(dice: random.Random, subscription: Subscription, today: date) -> None:
    """Do something that somebody might do; what the rules refuse is not done."""
    deeds = [
        lambda: changing.change_seats(
            subscription=subscription, seats=dice.randint(1, 40), today=today, by=STAFF
        ),
        lambda: changing.change_term(
            subscription=subscription, term=dice.choice(Term.values), today=today, by=STAFF
        ),
        lambda: changing.change_product(
            subscription=subscription, product=dice.choice(["m365", "gws"]), today=today, by=STAFF
        ),
        lambda: changing.hold_subscription(subscription=subscription, today=today, by=STAFF),
        lambda: changing.resume_subscription(subscription=subscription, today=today, by=STAFF),
        lambda: changing.cancel_subscription(subscription=subscription, today=today, by=STAFF),
        lambda: changing.take_back_cancellation(subscription=subscription, today=today, by=STAFF),
        lambda: changing.end_subscription(
            subscription=subscription, today=today, by=STAFF, with_credit=dice.random() < 0.5
        ),
        lambda: changing.reactivate_subscription(subscription=subscription, today=today, by=STAFF),
        lambda: changing.convert_trial(subscription=subscription, today=today, by=STAFF),
        lambda: changing.extend_trial(subscription=subscription, today=today, by=STAFF),
    ]
    with suppress(Refused):
        dice.choices(deeds, weights=[30, 8, 8, 8, 16, 6, 8, 1, 8, 4, 4])[0]()


def violations(rows, today: date) -> list[str]:
    return [
        f"{row.code}: {words}"
        for row in rows
        for words in wrong(row, row.charges.all(), today, row.changes.all())
    ]


@pytest.mark.parametrize("seed", [7])
def test_years_of_changed_minds(cast, seed):
    dice = random.Random(seed)  # noqa: S311 the same story every time
    Subscription.objects.all().update(ended_on=FIRST)
    mine = Subscription.objects.exclude(pk=cast.bakery_subscription.pk)
    day, sold, keys = FIRST, 0, []
    while day < LAST:
        with clock.travel(f"{day.isoformat()}T09:00:00Z"):
            run_day(today=day)
            for _ in range(min(STARTS_A_DAY, COMPANIES - sold)):
                started = start_subscription(
                    reseller=cast.nordlicht,
                    order=Order("m365", f"Firma {sold}", dice.randint(1, 30), trial=sold % 3 > 0),
                    invitee=None,
                    today=day,
                    by=SYSTEM,
                )
                keys.append(started.pk)
                sold += 1
            for key in dice.sample(keys, ACTS_A_DAY):
                act(dice, mine.get(pk=key), day)
                assert violations(mine.filter(pk=key), day) == [], day
            if day.day == 31:
                assert violations(mine.prefetch_related("charges", "changes"), day) == [], day
        day += timedelta(days=1)
    states = set(mine.values_list("state", flat=True))
    assert states >= {"active", "ended"}
    assert Charge.objects.filter(subscription__in=mine).count() > COMPANIES * 4
    with clock.travel(f"{(LAST - timedelta(days=1)).isoformat()}T12:00:00Z"):
        call_command("check_billing")


DAY = date(2026, 4, 20)
PERIOD = SimpleNamespace(
    pk=1,
    kind="period",
    term="monthly",
    period_start=date(2026, 4, 16),
    period_end=date(2026, 5, 16),
    covered_until=date(2026, 5, 16),
    due_on=date(2026, 4, 16),
    seats=10,
    amount=14,
    credits_id=None,
    change_id=None,
)
GOOD = SimpleNamespace(
    state="active",
    anchor=date(2026, 3, 16),
    term="monthly",
    charged_through=date(2026, 5, 16),
    seats=10,
    ended_on=None,
    next_payment_on=date(2026, 5, 16),
)


def changed(row: SimpleNamespace, **fields) -> SimpleNamespace:
    return SimpleNamespace(**{**vars(row), **fields})


@pytest.mark.parametrize(
    ("subscription", "charges", "number"),
    [
        (GOOD, [PERIOD, changed(PERIOD, pk=2, period_start=date(2026, 5, 1))], "1, 4"),
        (GOOD, [changed(PERIOD, period_start=date(2026, 4, 17))], "3"),
        (changed(GOOD, charged_through=DAY), [PERIOD], "5"),
        (changed(GOOD, charged_through=date(2026, 5, 17)), [PERIOD], "5"),
        (changed(GOOD, state="trial"), [PERIOD], "6"),
        (
            changed(GOOD, state="ended", ended_on=date(2026, 4, 1), next_payment_on=None),
            [PERIOD],
            "7",
        ),
        (changed(GOOD, seats=11), [PERIOD], "8"),
        (GOOD, [PERIOD, changed(PERIOD, pk=2, kind="credit", amount=-15, credits_id=1)], "10"),
        (changed(GOOD, next_payment_on=DAY), [PERIOD], "20"),
        (changed(GOOD, state="on_hold"), [PERIOD], "20"),
    ],
)
def test_each_violation_is_found(subscription, charges, number):
    assert wrong(GOOD, [PERIOD], DAY) == []
    assert [words for words in wrong(subscription, charges, DAY) if words.startswith(number)]


EARLIER = changed(
    PERIOD,
    pk=2,
    period_start=date(2026, 1, 16),
    period_end=date(2026, 2, 16),
    covered_until=date(2026, 2, 16),
    due_on=date(2026, 1, 16),
)


def step(pk: int, what: str, day: date, **more) -> SimpleNamespace:
    words = {"before": "", "after": "", "cost": None} | more
    return SimpleNamespace(pk=pk, what=what, effective_on=day, **words)


HELD, RESUMED = (
    step(1, "held", date(2026, 2, 1)),
    step(2, "resumed", PERIOD.period_start),
)


@pytest.mark.parametrize(
    ("charges", "changes", "number"),
    [
        ([EARLIER, PERIOD], [], "2"),
        ([EARLIER, PERIOD], [HELD, changed(RESUMED, effective_on=date(2026, 4, 1))], "2"),
        ([EARLIER, PERIOD], [HELD, changed(RESUMED, effective_on=date(2026, 4, 17))], "7"),
        ([PERIOD], [HELD], "7"),
        ([PERIOD], [step(1, "ended", date(2026, 4, 1))], "7"),
        ([PERIOD], [step(1, "seats", DAY, before="12", after="10", cost=-3)], "9"),
        (
            [changed(PERIOD, change_id=1)],
            [step(1, "seats", DAY, before="12", after="10")],
            "9",
        ),
    ],
)
def test_what_the_history_forbids_is_found(charges, changes, number):
    assert wrong(GOOD, [EARLIER, PERIOD], DAY, [HELD, RESUMED]) == []
    assert [words for words in wrong(GOOD, charges, DAY, changes) if words.startswith(f"{number}:")]


def test_the_command_prints_what_does_not_hold(cast, capsys):
    call_command("check_billing")
    Subscription.objects.filter(pk=cast.bakery_subscription.pk).update(
        charged_through="2026-01-01", anchor="2025-12-01", trial_until="2025-11-30"
    )
    with pytest.raises(CommandError):
        call_command("check_billing")
    assert (
        f"{cast.bakery_subscription.code}: 5: active, but charged only" in capsys.readouterr().out
    )
