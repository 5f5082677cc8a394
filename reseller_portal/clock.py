"""The time, as the business sees it. Nothing else reads it.

`now()` and `today()` may be moved in a demo; leases and back-off use the database's time, sessions
`real_now()`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from time import monotonic
from zoneinfo import ZoneInfo

ISSUER_ZONE = ZoneInfo("Europe/Berlin")
_REREAD_SECONDS = 1.0

# The moments set by `travel`, innermost last; for the whole process, so that a live server's
# threads see the same time as the test.
_travels: list[datetime] = []
_offset = timedelta()
_offset_read_at: float | None = None


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    if _travels:
        return _travels[-1]
    return datetime.now(UTC) + _demo_offset()


def today() -> date:
    """Return the business date: today in Europe/Berlin."""
    return business_date(now())


def real_now() -> datetime:
    """Return the present moment, aware, in UTC, however far a demo's clock was moved."""
    return datetime.now(UTC)


def business_date(moment: datetime) -> date:
    """Return the date in Europe/Berlin at this moment. Raises ValueError for a naive moment.

    >>> business_date(datetime(2026, 3, 31, 22, 30, tzinfo=UTC))
    datetime.date(2026, 4, 1)
    """
    _check_aware(moment)
    return moment.astimezone(ISSUER_ZONE).date()


def is_moved() -> bool:
    """Say whether a demo's clock runs ahead."""
    return bool(_demo_offset())


def move_forward(*, days: int) -> None:
    """Move a demo's clock on; web and workers see it within a second."""
    global _offset_read_at
    from django.db import connection

    if days < 0:
        raise ValueError("a clock moves forward only")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO portal_clockoffset (id, days) VALUES (1, %s)"
            " ON CONFLICT (id) DO UPDATE SET days = portal_clockoffset.days + excluded.days",
            [days],
        )
    _offset_read_at = None


@contextmanager
def travel(moment: datetime | str) -> Iterator[None]:
    """Stop the clock at a moment (aware, or ISO 8601 with a zone) while the block runs; for tests.

    Raises ValueError for a naive moment and for text that is no moment.
    """
    stop = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    _check_aware(stop)
    _travels.append(stop.astimezone(UTC))
    try:
        yield
    finally:
        _travels.pop()


def _check_aware(moment: datetime) -> None:
    if not isinstance(moment, datetime):
        raise TypeError("a moment is needed: a date and a time")
    # A time zone may be set and still give no offset; Python counts that as naive, too.
    if moment.utcoffset() is None:
        raise ValueError("a moment without a time zone has no business date")


def _demo_offset() -> timedelta:
    """Return how far a demo's clock was moved forward; zero wherever TEST_CLOCK is off."""
    global _offset, _offset_read_at
    from django.conf import settings

    if not settings.configured or not getattr(settings, "TEST_CLOCK", False):
        return timedelta()
    if _offset_read_at is None or monotonic() - _offset_read_at > _REREAD_SECONDS:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SELECT days FROM portal_clockoffset WHERE id = 1")
            row = cursor.fetchone()
        _offset = timedelta(days=row[0] if row else 0)
        _offset_read_at = monotonic()
    return _offset
