"""Whatever is done to a subscription, on whatever days, the rules of its life hold.

Pure: no database. `DEEP=1` tries many more stories.
"""

import os
from collections.abc import Iterator
from copy import deepcopy
from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from subscriptions import life
from subscriptions.errors import Refused
from subscriptions.invariants import wrong
from subscriptions.life import Life
from subscriptions.periods import trial_dates

DEEP = bool(os.environ.get("DEEP"))
fast = settings(
    max_examples=5_000 if DEEP else 200,
    deadline=None,
    derandomize=not DEEP,
    suppress_health_check=list(HealthCheck),
)
DAY = timedelta(days=1)
starts = st.dates(date(2023, 1, 1), date(2024, 12, 31))
acts = st.one_of(
    st.tuples(st.just("seats"), st.fixed_dictionaries({"seats": st.integers(1, 40)})),
    st.tuples(
        st.just("product"), st.fixed_dictionaries({"product": st.sampled_from(["m365", "gws"])})
    ),
    st.tuples(
        st.just("term"), st.fixed_dictionaries({"term": st.sampled_from(["monthly", "annual"])})
    ),
    st.tuples(st.just("hold"), st.just({"reason": "asked"})),
    st.tuples(st.just("end"), st.fixed_dictionaries({"with_credit": st.booleans()})),
    st.tuples(
        st.sampled_from(["resume", "cancel", "uncancel", "reactivate", "convert", "extend_trial"]),
        st.just({}),
    ),
)
stories = st.lists(st.tuples(st.integers(0, 70), acts), max_size=14)


def price_on(product: str, term: str, day: date) -> Decimal:
    """Return a price that changes twice."""
    base = Decimal("1.45") if product == "m365" else Decimal("1.3333")
    dearer = (day >= date(2024, 2, 29)) + (day >= date(2025, 1, 1))
    return (base + dearer * Decimal("0.0701")) * (11 if term == "annual" else 1)


def begun(first: date, trial: bool, term: str) -> Life:
    until, anchor = trial_dates(first) if trial else (None, first)
    new = Life("m365", 10, term, "EUR", anchor, trial_until=until)
    life.start(new, first, price_on)
    return new


def play(now: Life, first: date, story: list, *, daily: bool) -> Iterator[date]:
    """Live the story, with a run every day or only before acts; yield the days of acts."""
    day = first
    for wait, (act, values) in [*story, (100, ("uncancel", {}))]:
        for _ in range(wait):
            day += DAY
            if daily:
                life.bring_up_to_date(now, day, price_on)
        life.bring_up_to_date(now, day, price_on)
        before = deepcopy(now)
        try:
            life.perform(now, act, day, price_on, **values)
        except Refused:
            assert now == before, f"{act} was refused and changed something"
        yield day


def broken(now: Life, today: date) -> list[str]:
    """Return the invariants that do not hold, judged as check_billing judges rows."""
    numbers = {id(charge): number for number, charge in enumerate(now.charges)}
    causes = {id(step.charge): number for number, step in enumerate(now.steps) if step.charge}
    charges = [
        SimpleNamespace(
            pk=numbers[id(charge)],
            credits_id=numbers.get(id(charge.credits)),
            change_id=causes.get(id(charge)),
            **{
                name: value for name, value in vars(charge).items() if name not in {"id", "credits"}
            },
        )
        for charge in now.charges
    ]
    changes = [
        SimpleNamespace(pk=number, **step._asdict())
        for number, step in enumerate(now.steps)
        if step.done
    ]
    row = SimpleNamespace(**vars(now), state=now.state, next_payment_on=now.next_payment)
    return wrong(row, charges, today, changes)


@fast
@given(starts, st.booleans(), st.sampled_from(["monthly", "annual"]), stories)
def test_the_invariants_hold_after_every_act(first, trial, term, story):
    now = begun(first, trial, term)
    for day in play(now, first, story, daily=False):
        assert broken(now, day) == []
        again = deepcopy(now)
        life.bring_up_to_date(again, day, price_on)
        assert again == now, "running the day twice changes nothing"


@fast
@given(starts, st.booleans(), st.sampled_from(["monthly", "annual"]), stories)
def test_a_run_every_day_and_one_late_run_lead_to_the_same(first, trial, term, story):
    daily, late = begun(first, trial, term), begun(first, trial, term)
    for _ in zip(
        play(daily, first, story, daily=True), play(late, first, story, daily=False), strict=True
    ):
        assert daily == late


@fast
@given(starts, st.booleans(), st.sampled_from(["monthly", "annual"]), stories, acts)
def test_what_is_shown_is_what_is_done_and_showing_changes_nothing(first, trial, term, story, act):
    now = begun(first, trial, term)
    *_days, today = play(now, first, story, daily=False)
    before = deepcopy(now)
    try:
        shown = life.play(now, act[0], today, price_on, **act[1])
    except Refused:
        return
    assert now == before
    life.perform(now, act[0], today, price_on, **act[1])
    assert now.charges[len(before.charges) :] == shown.after.charges
    assert (now.state, now.seats, now.next_payment) == (
        shown.after.state,
        shown.after.seats,
        shown.after.next_payment,
    )
