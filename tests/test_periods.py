"""When payments fall due: the worked examples, the refusals, and what holds for every date."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from subscriptions.periods import (
    Resume,
    archive_visible,
    boundary,
    next_payment_date,
    period_containing,
    periods_due,
    resume_terms,
    trial_dates,
)

TERMS = some.sampled_from(["monthly", "annual"])
DAYS = some.dates(date(1990, 1, 1), date(2200, 12, 31))
MIDNIGHT = datetime(2026, 3, 2)


def test_a_month_from_the_31st_ends_on_each_months_last_day_and_never_drifts():
    assert [boundary(date(2026, 1, 31), "monthly", n) for n in range(5)] == [
        date(2026, 1, 31),
        date(2026, 2, 28),
        date(2026, 3, 31),
        date(2026, 4, 30),
        date(2026, 5, 31),
    ]


def test_a_year_from_29_february_comes_back_to_it_in_leap_years():
    assert [boundary(date(2024, 2, 29), "annual", n) for n in range(1, 5)] == [
        date(2025, 2, 28),
        date(2026, 2, 28),
        date(2027, 2, 28),
        date(2028, 2, 29),
    ]


def test_a_century_without_a_leap_day_is_known():
    assert boundary(date(2096, 2, 29), "annual", 4) == date(2100, 2, 28)
    assert boundary(date(1999, 12, 31), "monthly", 2) == date(2000, 2, 29)


def test_a_month_over_the_turn_of_the_year_goes_on_in_january():
    assert boundary(date(2026, 12, 31), "monthly", 1) == date(2027, 1, 31)


def test_the_next_payment_is_strictly_later_than_the_day_asked_about():
    anchor = date(2026, 1, 31)
    assert [
        next_payment_date(anchor, "monthly", after)
        for after in (
            date(2025, 6, 1),
            date(2026, 1, 30),
            date(2026, 1, 31),
            date(2026, 2, 27),
            date(2026, 2, 28),
            date(2026, 3, 30),
            date(2026, 3, 31),
        )
    ] == [
        anchor,
        anchor,
        date(2026, 2, 28),
        date(2026, 2, 28),
        date(2026, 3, 31),
        date(2026, 3, 31),
        date(2026, 4, 30),
    ]


def test_a_period_holds_its_first_day_and_not_its_end():
    anchor = date(2026, 1, 31)
    assert period_containing(anchor, "monthly", date(2026, 2, 27)) == (anchor, date(2026, 2, 28))
    assert period_containing(anchor, "monthly", date(2026, 2, 28)) == (
        date(2026, 2, 28),
        date(2026, 3, 31),
    )
    assert period_containing(date(2024, 2, 29), "annual", date(2028, 2, 28)) == (
        date(2027, 2, 28),
        date(2028, 2, 29),
    )


def test_every_missed_period_is_due_in_order():
    assert periods_due(date(2026, 1, 31), "monthly", date(2026, 2, 28), date(2026, 4, 30)) == [
        (date(2026, 2, 28), date(2026, 3, 31)),
        (date(2026, 3, 31), date(2026, 4, 30)),
        (date(2026, 4, 30), date(2026, 5, 31)),
    ]


def test_the_first_period_is_due_on_the_anchor_and_not_the_day_before():
    anchor = date(2026, 3, 16)
    assert periods_due(anchor, "monthly", None, date(2026, 3, 15)) == []
    assert periods_due(anchor, "monthly", None, anchor) == [(anchor, date(2026, 4, 16))]
    assert periods_due(anchor, "monthly", anchor, anchor) == [(anchor, date(2026, 4, 16))]


def test_nothing_is_due_while_the_paid_period_runs():
    assert periods_due(date(2026, 3, 16), "monthly", date(2026, 4, 16), date(2026, 4, 15)) == []


@pytest.mark.parametrize(
    "charged_through", [date(2026, 3, 28), date(2026, 2, 27), date(2025, 12, 31), date(2026, 1, 30)]
)
def test_a_charge_up_to_no_boundary_is_refused(charged_through):
    with pytest.raises(ValueError, match="boundary"):
        periods_due(date(2026, 1, 31), "monthly", charged_through, date(2026, 6, 1))


def test_a_trial_of_14_days_counts_its_first_day():
    assert trial_dates(date(2026, 3, 2)) == (date(2026, 3, 15), date(2026, 3, 16))
    assert trial_dates(date(2026, 3, 2), 14) == (date(2026, 3, 15), date(2026, 3, 16))
    assert trial_dates(date(2026, 3, 2), days=1) == (date(2026, 3, 2), date(2026, 3, 3))
    assert trial_dates(date(2028, 2, 20), 10) == (date(2028, 2, 29), date(2028, 3, 1))


@pytest.mark.parametrize("days", [0, -1])
def test_a_trial_of_no_days_is_refused(days):
    with pytest.raises(ValueError, match="day"):
        trial_dates(date(2026, 3, 2), days)


@pytest.mark.parametrize("days", [True, 14.0, "14", None])
def test_days_of_a_trial_are_a_whole_number(days):
    with pytest.raises(TypeError):
        trial_dates(date(2026, 3, 2), days)


PAID_TO = date(2026, 4, 16)
ANCHOR = date(2026, 3, 16)


@pytest.mark.parametrize(
    ("charged_through", "today", "terms"),
    [
        (PAID_TO, date(2026, 4, 5), Resume(ANCHOR, None, PAID_TO)),
        (PAID_TO, date(2026, 4, 15), Resume(ANCHOR, None, PAID_TO)),
        (PAID_TO, PAID_TO, Resume(PAID_TO, (PAID_TO, date(2026, 5, 16)), date(2026, 5, 16))),
        (
            PAID_TO,
            date(2026, 5, 2),
            Resume(date(2026, 5, 2), (date(2026, 5, 2), date(2026, 6, 2)), date(2026, 6, 2)),
        ),
        (None, date(2026, 3, 15), Resume(ANCHOR, None, ANCHOR)),
        (None, ANCHOR, Resume(ANCHOR, (ANCHOR, PAID_TO), PAID_TO)),
        (
            None,
            date(2026, 3, 31),
            Resume(date(2026, 3, 31), (date(2026, 3, 31), date(2026, 4, 30)), date(2026, 4, 30)),
        ),
    ],
)
def test_resuming_keeps_a_paid_period_and_otherwise_begins_one_today(charged_through, today, terms):
    assert resume_terms(ANCHOR, "monthly", charged_through, today) == terms


def test_resuming_after_an_end_with_credit_begins_a_period_today():
    # Rule 4.5 sets charged_through to the day of the end, which is seldom a boundary.
    ended_on, today = date(2026, 4, 3), date(2026, 4, 10)
    end = date(2026, 5, 10)
    assert resume_terms(ANCHOR, "monthly", ended_on, today) == Resume(today, (today, end), end)
    assert resume_terms(ANCHOR, "monthly", ended_on, ended_on).anchor == ended_on


@pytest.mark.parametrize("charged_through", [date(2026, 4, 15), date(2026, 3, 15)])
def test_resuming_with_a_paid_day_that_cannot_be_is_refused(charged_through):
    with pytest.raises(ValueError, match="anchor"):
        resume_terms(ANCHOR, "monthly", charged_through, date(2026, 3, 14))


def test_resuming_with_a_charge_before_the_anchor_is_refused_also_later():
    with pytest.raises(ValueError, match="anchor"):
        resume_terms(ANCHOR, "monthly", date(2026, 2, 16), date(2026, 5, 1))


def test_the_archive_shows_the_90th_day_and_not_the_91st():
    ended_on = date(2026, 1, 1)
    assert [archive_visible(ended_on, ended_on + timedelta(days)) for days in (0, 90, 91)] == [
        True,
        True,
        False,
    ]
    assert archive_visible(ended_on=ended_on, today=date(2025, 12, 31)) is True


def test_the_arguments_go_by_their_names():
    day = date(2026, 3, 16)
    assert boundary(anchor=day, term="monthly", n=0) == day
    assert next_payment_date(anchor=day, term="annual", after=day) == date(2027, 3, 16)
    assert period_containing(anchor=day, term="annual", day=day) == (day, date(2027, 3, 16))
    assert periods_due(anchor=day, term="annual", charged_through=None, today=day) == [
        (day, date(2027, 3, 16))
    ]
    assert trial_dates(start=day, days=2) == (date(2026, 3, 17), date(2026, 3, 18))
    assert resume_terms(anchor=day, term="annual", charged_through=None, today=day) == Resume(
        anchor=day, charge=(day, date(2027, 3, 16)), next_payment=date(2027, 3, 16)
    )


@pytest.mark.parametrize("term", ["weekly", "", "Monthly", "MONTHLY", None, 1, ["monthly"]])
def test_an_unknown_term_is_refused_everywhere(term):
    day = date(2026, 3, 16)
    later, earlier = day + timedelta(1), day - timedelta(1)
    for refused in (
        lambda: boundary(day, term, 0),
        lambda: next_payment_date(day, term, later),
        lambda: next_payment_date(day, term, earlier),
        lambda: period_containing(day, term, day),
        lambda: periods_due(day, term, None, day),
        lambda: periods_due(day, term, None, earlier),
        lambda: periods_due(day, term, day, day),
        lambda: resume_terms(day, term, None, day),
        lambda: resume_terms(day, term, None, earlier),
        lambda: resume_terms(day, term, later, day),
    ):
        with pytest.raises(ValueError, match="term"):
            refused()


def test_a_period_before_the_first_is_refused():
    with pytest.raises(ValueError, match="0"):
        boundary(date(2026, 1, 31), "monthly", -1)
    with pytest.raises(ValueError, match="anchor"):
        period_containing(date(2026, 1, 31), "monthly", date(2026, 1, 30))


def test_a_date_beyond_the_calendar_is_refused():
    for refused in (
        lambda: boundary(date(9999, 12, 1), "monthly", 1),
        lambda: boundary(date(2026, 1, 1), "annual", 10**30),
        lambda: trial_dates(date(9999, 12, 31)),
    ):
        with pytest.raises(ValueError, match="calendar"):
            refused()


@pytest.mark.parametrize("n", [1.0, "1", None, True])
def test_periods_are_counted_in_whole_numbers(n):
    with pytest.raises(TypeError):
        boundary(date(2026, 1, 31), "monthly", n)


@pytest.mark.parametrize("moment", [MIDNIGHT, "2026-03-02", 20260302])
def test_a_moment_or_a_text_is_no_date(moment):
    day = date(2026, 3, 2)
    for refused in (
        lambda: boundary(moment, "monthly", 1),
        lambda: next_payment_date(day, "monthly", moment),
        lambda: next_payment_date(moment, "monthly", day),
        lambda: period_containing(moment, "monthly", day),
        lambda: period_containing(day, "monthly", moment),
        lambda: periods_due(moment, "monthly", None, day),
        lambda: periods_due(day, "monthly", moment, day),
        lambda: periods_due(day, "monthly", None, moment),
        lambda: trial_dates(moment),
        lambda: resume_terms(moment, "monthly", None, day),
        lambda: resume_terms(day, "monthly", moment, day),
        lambda: resume_terms(day, "monthly", None, moment),
        lambda: archive_visible(moment, day),
        lambda: archive_visible(day, moment),
    ):
        with pytest.raises(TypeError):
            refused()


@given(DAYS, TERMS, some.integers(0, 400))
def test_boundaries_strictly_increase_and_keep_the_anchors_day(anchor, term, n):
    start, end = boundary(anchor, term, n), boundary(anchor, term, n + 1)
    assert start < end
    assert boundary(anchor, term, 0) == anchor
    months = n * {"monthly": 1, "annual": 12}[term]
    assert (start.year * 12 + start.month) - (anchor.year * 12 + anchor.month) == months
    is_last_day = (start + timedelta(1)).month != start.month
    assert start.day == anchor.day or (start.day < anchor.day and is_last_day)


@given(DAYS, TERMS, some.integers(0, 20_000))
def test_a_day_lies_in_one_period_between_two_boundaries(anchor, term, days):
    day = anchor + timedelta(days)
    start, end = period_containing(anchor, term, day)
    assert start <= day < end
    assert end == next_payment_date(anchor, term, day) == next_payment_date(anchor, term, start)
    assert period_containing(anchor, term, start) == (start, end)
    assert period_containing(anchor, term, end - timedelta(1)) == (start, end)
    assert period_containing(anchor, term, end)[0] == end
    assert start in {boundary(anchor, term, n) for n in range(days // 28 + 2)}


@given(DAYS, TERMS, some.integers(-400, 4_000), some.integers(0, 12))
def test_periods_due_tile_the_time_from_the_last_charge_to_today(anchor, term, days, charged):
    today = anchor + timedelta(days)
    through = boundary(anchor, term, charged) if charged else None
    due = periods_due(anchor, term, through, today)
    ends = [through or anchor, *(end for _start, end in due)]
    assert [start for start, _end in due] == ends[:-1]
    assert all(start <= today for start, _end in due)
    assert ends[-1] > today
    assert all(period_containing(anchor, term, start) == (start, end) for start, end in due)


@given(DAYS, TERMS, some.integers(0, 800), some.integers(0, 800))
def test_two_runs_charge_what_one_later_run_would(anchor, term, first, more):
    early, late = anchor + timedelta(first), anchor + timedelta(first + more)
    once = periods_due(anchor, term, None, early)
    again = periods_due(anchor, term, once[-1][1], late)
    assert once + again == periods_due(anchor, term, None, late)
    assert periods_due(anchor, term, once[-1][1], early) == []


@given(DAYS, TERMS, some.none() | some.integers(1, 30), some.integers(-60, 4_000))
def test_after_resuming_the_next_payment_lies_ahead(anchor, term, charged, days):
    today = anchor + timedelta(days)
    through = boundary(anchor, term, charged) if charged else None
    paid_to = through or anchor
    if today < paid_to:
        expected = Resume(anchor, None, paid_to)
    else:
        end = boundary(today, term, 1)
        expected = Resume(today, (today, end), end)
    assert resume_terms(anchor, term, through, today) == expected
    assert expected.next_payment > today


@given(DAYS, some.integers(1, 60))
def test_a_trial_has_as_many_days_as_it_says(start, days):
    last, first_payment = trial_dates(start, days)
    assert (last - start).days + 1 == days
    assert first_payment == last + timedelta(1)
