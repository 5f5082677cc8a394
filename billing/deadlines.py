"""When reminders are due and how long papers are kept. Pure: the clock comes in as `today`."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

# Days after the due date from which each reminder is due: a friendly one, the one that announces
# the hold, the last one.
REMINDER_DAYS = (3, 14, 21)
PAYMENT_DAYS = 14
# So long after the second one, which announces the hold, the third comes at the earliest.
NOTICE_DAYS = 7
RETENTION_YEARS = 8  # § 147 AO and § 14b UStG, for invoices since 2025


def dunning_level(due: date, today: date) -> int:
    """Return which reminder an unpaid invoice has come to: 0 (none yet) to 3 (the last).

    >>> [dunning_level(date(2026, 5, 15), date(2026, *day)) for day in ((5, 17), (5, 18), (6, 5))]
    [0, 1, 3]
    """
    _check_days(due, today)
    late = (today - due).days
    return sum(late >= days for days in REMINDER_DAYS)


def reminder_due(due: date, today: date, sent: Mapping[int, date]) -> int:
    """Return the reminder to send today, or 0. `sent` is level → the day it was sent.

    A run that comes late sends the highest only; but the last one, with which subscriptions are
    put on hold, never comes before its announcement and seven days after it.

    >>> reminder_due(date(2026, 5, 15), date(2026, 6, 20), {})
    2
    """
    level = dunning_level(due, today)
    if level == 3 and (2 not in sent or (today - sent[2]).days < NOTICE_DAYS):
        level = 2
    return level if level > max(sent, default=0) else 0


def hold_on(due: date, announced_on: date) -> date:
    """Return the day from which subscriptions are on hold, as the second reminder announces it.

    >>> hold_on(date(2026, 5, 15), date(2026, 5, 29))
    datetime.date(2026, 6, 5)
    """
    return max(due + timedelta(days=REMINDER_DAYS[2]), announced_on + timedelta(days=NOTICE_DAYS))


def retention_until(issued_on: date) -> date:
    """Return the last day on which an invoice must be kept: eight years from its year's end.

    >>> retention_until(date(2026, 4, 1))
    datetime.date(2034, 12, 31)
    """
    _check_days(issued_on)
    return date(issued_on.year + RETENTION_YEARS, 12, 31)


def _check_days(*days: date) -> None:
    for day in days:
        if not isinstance(day, date) or isinstance(day, datetime):
            raise TypeError("a date is needed, without a time")
