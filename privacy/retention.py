"""How long things that name people are kept, and how they go. docs/privacy.md says why."""

from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic
from typing import NamedTuple

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from accounts.models import EmailChange
from audit.operations import forget_traces
from invitations.models import BulkSending, Invitation
from mail.models import OPEN, DeliveryReport, OutgoingMail
from reseller_portal import clock

AT_ONCE = 1_000  # rows in one transaction


class Kind(NamedTuple):
    """Something that is kept for a time. `forget` takes the moment before which it is too old."""

    name: str
    kept: timedelta
    forget: Callable[[datetime], int]


def forget_what_is_old(*, seconds: float) -> dict[str, int]:
    """Delete what has been kept long enough, in slices, until nothing is left or time is up.

    Returns kind → rows; empty when there was nothing to forget.
    """
    end = monotonic() + seconds
    gone: dict[str, int] = {}
    for kind in KINDS:
        before = clock.now() - kind.kept
        while monotonic() < end and (rows := kind.forget(before)):
            gone[kind.name] = gone.get(kind.name, 0) + rows
            if rows < AT_ONCE:
                break
    return gone


def _delete(rows: QuerySet) -> int:
    """Delete AT_ONCE of the rows and what hangs on them; return how many of the rows."""
    found = list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
    rows.model._base_manager.filter(pk__in=found).delete()
    return len(found)


def _traces(before: datetime) -> int:
    return forget_traces(before=before, most=AT_ONCE)


def _invitations(before: datetime) -> int:
    ended = Coalesce("accepted_at", "revoked_at", "expires_at")
    return _delete(Invitation.objects.alias(ended=ended).filter(ended__lt=before))


def _bulk_sendings(before: datetime) -> int:
    finished = BulkSending.objects.exclude(pk__in=BulkSending.objects.unfinished().values("pk"))
    return _delete(finished.filter(created_at__lt=before))


def _mails(before: datetime) -> int:
    old = OutgoingMail.objects.filter(queued_at__lt=before, lease_until=None)
    return _delete(old.exclude(OPEN))


def _reports(before: datetime) -> int:
    return _delete(DeliveryReport.objects.filter(received_at__lt=before))


def _email_changes(before: datetime) -> int:
    return _delete(EmailChange.objects.filter(expires_at__lt=before))


def _admin_log(before: datetime) -> int:
    return _delete(LogEntry.objects.filter(action_time__lt=before))


def _counters(before: datetime) -> int:
    """Delete what throttling has counted, under digests of addresses; each says when it ends."""
    table = connection.ops.quote_name(settings.CACHES["default"]["LOCATION"])
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {table} WHERE cache_key IN"  # noqa: S608 the table's name is a setting
            f" (SELECT cache_key FROM {table} WHERE expires < %s LIMIT %s)",
            [before, AT_ONCE],
        )
        return cursor.rowcount


KINDS = [
    Kind("addresses and devices in the history", timedelta(days=90), _traces),
    Kind("invitations", timedelta(days=180), _invitations),
    Kind("sendings of several invitations", timedelta(days=180), _bulk_sendings),
    Kind("mails", timedelta(days=180), _mails),
    Kind("delivery reports", timedelta(days=90), _reports),
    Kind("changes of address", timedelta(days=180), _email_changes),
    Kind("what staff did in the administration", timedelta(days=180), _admin_log),
    Kind("counters of throttling", timedelta(), _counters),
]
