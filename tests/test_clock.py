"""The one source of the time: its dates, its stops in tests, its days ahead in a demo."""

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from threading import Thread
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from reseller_portal import clock
from subscriptions.periods import trial_dates

ROOT = Path(__file__).parent.parent
LATE_IN_MARCH = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo", "Pacific/Auckland"]
MOMENTS = some.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1), timezones=some.just(UTC))


class Nowhere(tzinfo):
    """A time zone that gives no offset; Python counts its moments as naive."""

    def utcoffset(self, _moment):
        return None

    dst = tzname = utcoffset


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-03-31T22:30:00+00:00", date(2026, 4, 1)),
        ("2026-03-31T21:59:59+00:00", date(2026, 3, 31)),
        ("2026-03-31T22:00:00+00:00", date(2026, 4, 1)),
        # Winter: one hour, not two.
        ("2025-12-31T22:59:59+00:00", date(2025, 12, 31)),
        ("2025-12-31T23:00:00+00:00", date(2026, 1, 1)),
        # The nights in which the clocks go forward and back.
        ("2026-03-28T23:00:00+00:00", date(2026, 3, 29)),
        ("2026-03-29T21:59:59+00:00", date(2026, 3, 29)),
        ("2026-10-24T22:00:00+00:00", date(2026, 10, 25)),
        ("2026-10-25T22:59:59+00:00", date(2026, 10, 25)),
        # The same moment as in the first line, said from New York.
        ("2026-03-31T18:30:00-04:00", date(2026, 4, 1)),
    ],
)
def test_the_business_date_is_berlins(moment, day):
    assert clock.business_date(moment=datetime.fromisoformat(moment)) == day


@pytest.mark.parametrize(
    "moment", [datetime(2026, 3, 31, 22, 30), datetime(2026, 3, 31, tzinfo=Nowhere())]
)
def test_a_naive_moment_is_refused(moment):
    with pytest.raises(ValueError, match="time zone"):
        clock.business_date(moment)
    with pytest.raises(ValueError, match="time zone"), clock.travel(moment):
        pass


@pytest.mark.parametrize("moment", [date(2026, 3, 31), None, 0])
def test_a_day_is_no_moment(moment):
    with pytest.raises(TypeError):
        clock.business_date(moment)
    with pytest.raises(TypeError), clock.travel(moment):
        pass


@given(MOMENTS, some.sampled_from(ZONES))
def test_the_zone_in_which_a_moment_is_said_changes_nothing(moment, zone):
    said = moment.astimezone(ZoneInfo(zone))
    assert clock.business_date(said) == clock.business_date(moment)


@given(MOMENTS, some.timedeltas(timedelta(), timedelta(days=400)))
def test_the_business_date_never_goes_back(moment, later):
    assert clock.business_date(moment) <= clock.business_date(moment + later)


@pytest.mark.parametrize(
    "moment",
    [
        "2026-03-31T22:30:00Z",
        "2026-04-01T00:30:00+02:00",
        LATE_IN_MARCH,
        LATE_IN_MARCH.astimezone(timezone(timedelta(hours=-4))),
    ],
)
def test_travelling_stops_the_clock_at_the_moment_in_utc(moment):
    with clock.travel(moment):
        assert clock.now() == LATE_IN_MARCH
        assert clock.now().tzinfo is UTC
        assert clock.today() == date(2026, 4, 1)


@pytest.mark.parametrize("text", ["2026-03-31T22:30:00", "2026-03-31", "tomorrow", ""])
def test_travelling_to_no_certain_moment_is_refused(text):
    with pytest.raises(ValueError, match="zone|format"), clock.travel(text):
        pass


def test_a_journey_within_a_journey_comes_back_to_the_outer_one_also_after_an_error():
    with clock.travel("2026-03-31T22:30:00Z"):
        with clock.travel("2027-01-01T00:00:00Z"):
            assert clock.today() == date(2027, 1, 1)
        assert clock.now() == LATE_IN_MARCH
        with pytest.raises(ZeroDivisionError), clock.travel("2027-01-01T00:00:00Z"):
            _ = 1 / 0
        assert clock.now() == LATE_IN_MARCH


def test_other_threads_travel_along():
    seen = []
    with clock.travel(LATE_IN_MARCH):
        thread = Thread(target=lambda: seen.append(clock.now()))
        thread.start()
        thread.join()
    assert seen == [LATE_IN_MARCH]


def test_a_trial_that_starts_late_in_the_evening_starts_on_berlins_day():
    with clock.travel("2026-03-02T23:30:00+01:00"):
        assert trial_dates(clock.today()) == (date(2026, 3, 15), date(2026, 3, 16))


def test_without_settings_the_clock_shows_the_real_time_in_utc():
    script = """
from datetime import UTC, datetime
from reseller_portal import clock
before, now, after = datetime.now(UTC), clock.now(), datetime.now(UTC)
assert before <= now <= after and now.tzinfo is UTC
assert clock.today() in {clock.business_date(before), clock.business_date(after)}
from django.conf import settings
assert not settings.configured
"""
    # No environment: neither the settings' module nor the database of the other tests.
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, env={}, check=True, timeout=60)


def test_the_rules_of_money_and_dates_import_no_django_and_no_clock():
    script = """
import sys
import subscriptions.money, subscriptions.periods
assert not {name.partition(".")[0] for name in sys.modules} & {"django", "reseller_portal"}
"""
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, env={}, check=True, timeout=60)


@pytest.fixture
def seconds(monkeypatch) -> list[float]:
    """A stopwatch in place of the machine's; what the clock read before is forgotten."""
    stopwatch = [1000.0]
    monkeypatch.setattr(clock, "monotonic", lambda: stopwatch[0])
    monkeypatch.setattr(clock, "_offset", timedelta())
    monkeypatch.setattr(clock, "_offset_read_at", None)
    return stopwatch


@pytest.fixture
def demo(db, settings, seconds) -> list[float]:
    settings.TEST_CLOCK = True
    return seconds


def move_clock(days: int) -> None:
    from reseller_portal.models import ClockOffset

    ClockOffset.objects.update_or_create(id=1, defaults={"days": days})


def days_ahead() -> int:
    return round((clock.now() - datetime.now(UTC)) / timedelta(days=1))


def test_a_demo_runs_as_many_days_ahead_as_its_row_says(demo):
    move_clock(40)
    assert days_ahead() == 40
    assert clock.is_moved()
    assert clock.today() - clock.business_date(datetime.now(UTC)) == timedelta(days=40)


def test_a_demo_without_a_row_is_not_moved(demo):
    assert days_ahead() == 0
    assert not clock.is_moved()


def test_a_demo_asks_the_database_once_a_second_at_most(demo, django_assert_num_queries):
    move_clock(1)
    with django_assert_num_queries(1):
        assert [days_ahead() for _ in range(50)] == [1] * 50
    move_clock(2)
    demo[0] += 1.0
    with django_assert_num_queries(0):
        assert days_ahead() == 1
    demo[0] += 0.01
    with django_assert_num_queries(1):
        assert days_ahead() == 2


def test_travelling_stops_a_moved_demo_too(demo, django_assert_num_queries):
    move_clock(40)
    with clock.travel(LATE_IN_MARCH), django_assert_num_queries(0):
        assert clock.now() == LATE_IN_MARCH


def test_where_test_clock_is_off_the_database_is_never_asked(seconds, settings):
    # No `db` fixture here: pytest-django would stop a query.
    settings.TEST_CLOCK = False
    assert days_ahead() == 0
    assert not clock.is_moved()
