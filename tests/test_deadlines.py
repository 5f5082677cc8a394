"""Reminders fall due 3, 14 and 21 days late; papers are kept eight years."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from billing.deadlines import dunning_level, retention_until

DUE = date(2026, 5, 15)


@pytest.mark.parametrize(
    ("days", "level"),
    [(-400, 0), (0, 0), (2, 0), (3, 1), (13, 1), (14, 2), (20, 2), (21, 3), (10_000, 3)],
)
def test_each_level_begins_on_its_day(days, level):
    assert dunning_level(DUE, DUE + timedelta(days)) == level


def test_the_worked_example():
    days = [date(2026, 5, 18), date(2026, 5, 29), date(2026, 6, 5)]
    assert [dunning_level(due=DUE, today=day) for day in days] == [1, 2, 3]
    assert [dunning_level(DUE, day - timedelta(1)) for day in days] == [0, 1, 2]


def test_the_ends_of_the_calendar_do_no_harm():
    assert dunning_level(date.max, date.max) == 0
    assert dunning_level(date.max, date.min) == 0
    assert dunning_level(date.min, date.max) == 3


@given(some.dates(), some.dates())
def test_a_level_never_falls_as_days_pass(due, today):
    level = dunning_level(due, today)
    assert 0 <= level <= 3
    if today < date.max:
        assert level <= dunning_level(due, today + timedelta(1)) <= 3


def test_papers_are_kept_to_the_end_of_the_eighth_year_after():
    assert retention_until(date(2026, 1, 1)) == date(2034, 12, 31)
    assert retention_until(issued_on=date(2026, 12, 31)) == date(2034, 12, 31)
    assert retention_until(date(2024, 2, 29)) == date(2032, 12, 31)
    with pytest.raises(ValueError, match="year"):
        retention_until(date(9992, 1, 1))


@pytest.mark.parametrize("day", [datetime(2026, 5, 15), "2026-05-15", None, 20260515])
def test_a_moment_or_a_text_is_no_day(day):
    with pytest.raises(TypeError):
        dunning_level(day, DUE)
    with pytest.raises(TypeError):
        dunning_level(DUE, day)
    with pytest.raises(TypeError):
        retention_until(day)
