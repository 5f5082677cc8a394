"""When payments fall due. Pure: dates in, dates out; the clock comes in as `today`.

A period is `[start, end)`: `end` is the first day no longer covered, and the next period's start.
Boundaries are always counted from the anchor, never from one another, so that they never drift.
"""

from calendar import monthrange
from datetime import date, datetime, timedelta
from typing import NamedTuple

MONTHS = {"monthly": 1, "annual": 12}
ARCHIVE = timedelta(days=90)


class Resume(NamedTuple):
    """The anchor from now on, the period to charge now (None: none), and the next payment date."""

    anchor: date
    charge: tuple[date, date] | None
    next_payment: date


def boundary(anchor: date, term: str, n: int) -> date:
    """Return the start of period n (n >= 0): anchor + n terms, clamped to the month's last day.

    Raises ValueError for a negative n, an unknown term, or a date beyond the calendar.

    >>> [boundary(date(2026, 1, 31), "monthly", n).isoformat() for n in range(4)]
    ['2026-01-31', '2026-02-28', '2026-03-31', '2026-04-30']
    """
    _check_days(anchor)
    months = _months(term)
    if not isinstance(n, int) or isinstance(n, bool):
        raise TypeError("n is a whole number")
    if n < 0:
        raise ValueError("periods are counted from 0")
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + n * months, 12)
    if year > date.max.year:
        raise ValueError("beyond the calendar")
    return date(year, month + 1, min(anchor.day, monthrange(year, month + 1)[1]))


def next_payment_date(anchor: date, term: str, after: date) -> date:
    """Return the earliest boundary strictly later than `after`; the anchor itself may be it.

    >>> next_payment_date(date(2026, 1, 31), "monthly", date(2026, 2, 28))
    datetime.date(2026, 3, 31)
    """
    _check_days(anchor, after)
    if after < anchor:
        _months(term)
        return anchor
    return boundary(anchor, term, _index(anchor, term, after) + 1)


def period_containing(anchor: date, term: str, day: date) -> tuple[date, date]:
    """Return the period with start <= day < end. Raises ValueError for a day before the anchor."""
    _check_days(anchor, day)
    if day < anchor:
        raise ValueError("no period begins before the anchor")
    n = _index(anchor, term, day)
    return boundary(anchor, term, n), boundary(anchor, term, n + 1)


def periods_due(
    anchor: date, term: str, charged_through: date | None, today: date
) -> list[tuple[date, date]]:
    """Return the uncharged periods that have begun by today, in order.

    The first starts at `charged_through`, or at the anchor when nothing was charged. Raises
    ValueError when `charged_through` is no boundary of this anchor.
    """
    _check_days(anchor, today)
    n = 0
    if charged_through is not None:
        n = _boundary_index(anchor, term, charged_through)
    _months(term)
    due = []
    while (start := boundary(anchor, term, n)) <= today:
        due.append((start, boundary(anchor, term, n + 1)))
        n += 1
    return due


def trial_dates(start: date, days: int = 14) -> tuple[date, date]:
    """Return the last trial day and the first payment date of a trial of `days` days (at least 1).

    >>> trial_dates(date(2026, 3, 2))
    (datetime.date(2026, 3, 15), datetime.date(2026, 3, 16))
    """
    _check_days(start)
    if not isinstance(days, int) or isinstance(days, bool):
        raise TypeError("days is a whole number")
    if days < 1:
        raise ValueError("a trial lasts at least one day")
    try:
        return start + timedelta(days=days - 1), start + timedelta(days=days)
    except OverflowError:
        raise ValueError("beyond the calendar") from None


def resume_terms(anchor: date, term: str, charged_through: date | None, today: date) -> Resume:
    """Return how a subscription goes on after a hold or an end.

    While the paid period still runs, nothing changes and nothing is charged; otherwise a new
    period starts today, with today as its anchor. A trial that was never charged keeps its anchor
    while that lies ahead. After an end with credit, `charged_through` is the day of that end and no
    boundary. Raises ValueError for a `charged_through` before the anchor, or one that lies ahead
    and is no boundary.
    """
    _check_days(anchor, today)
    _months(term)
    if charged_through is None:
        if today < anchor:
            return Resume(anchor, None, anchor)
    else:
        _check_days(charged_through)
        if charged_through < anchor:
            raise ValueError("nothing was charged before the anchor")
        if today < charged_through:
            _boundary_index(anchor, term, charged_through)
            return Resume(anchor, None, charged_through)
    end = boundary(today, term, 1)
    return Resume(today, (today, end), end)


def archive_visible(ended_on: date, today: date) -> bool:
    """Say whether an ended subscription is still in the archive: up to 90 days after its end."""
    _check_days(ended_on, today)
    return today - ended_on <= ARCHIVE


def _months(term: str) -> int:
    try:
        return MONTHS[term]
    except (KeyError, TypeError):
        raise ValueError(f"unknown term: {term!r}") from None


def _check_days(*days: date) -> None:
    for day in days:
        if not isinstance(day, date) or isinstance(day, datetime):
            raise TypeError("a date is needed, without a time")


def _index(anchor: date, term: str, day: date) -> int:
    """Return n of the period that contains `day`, which is not before the anchor."""
    months = _months(term)
    n = ((day.year - anchor.year) * 12 + day.month - anchor.month) // months
    return n if boundary(anchor, term, n) <= day else n - 1


def _boundary_index(anchor: date, term: str, day: date) -> int:
    _check_days(day)
    n = _index(anchor, term, day) if day >= anchor else -1
    if n < 0 or boundary(anchor, term, n) != day:
        raise ValueError("charged_through is no boundary of this anchor")
    return n
