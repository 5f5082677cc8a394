"""Putting mails into the outbox, and taking back those not sent yet."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from mail.models import Bounce, DeliveryReport, OutgoingMail, Priority
from mail.tasks import deliver_due
from reseller_portal import clock
from reseller_portal.queue import queue_on_commit

REPORT_LIFE = timedelta(days=90)
REPORT_LENGTH = 10_000  # characters


@transaction.atomic
def post_mail(
    *,
    kind: str,
    object_id: int,
    generation: int,
    recipient: str,
    language: str,
    give_up_at: datetime,
    recipient_name: str = "",
    priority: int = Priority.AWAITED,
    lane: int = 0,
) -> OutgoingMail:
    """Put a mail into the outbox, in the caller's transaction; it leaves after the commit.

    `lane` is the reseller's id, so that resellers take turns however much one of them sends.
    The same kind, object and generation again returns the row that is there: nothing is doubled.
    """
    outgoing, _new = OutgoingMail.objects.get_or_create(
        kind=kind,
        object_id=object_id,
        generation=generation,
        defaults={
            "recipient": recipient,
            "recipient_name": recipient_name,
            "language": language,
            "written_at": clock.now(),
            "give_up_at": give_up_at,
            "priority": priority,
            "lane": lane,
            "turn": OutgoingMail.objects.next_turn(priority=priority, lane=lane),
        },
    )
    queue_on_commit(deliver_due)
    return outgoing


@transaction.atomic
def withdraw_mail(*, kind: str, object_id: int, before_generation: int | None = None) -> None:
    """Take back what was not sent yet, until its text leaves: that cannot be called back."""
    not_begun = Q(lease_until=None) | Q(data_at=None)
    rows = OutgoingMail.objects.for_object(kind, object_id).open().filter(not_begun)
    if before_generation is not None:
        rows = rows.filter(generation__lt=before_generation)
    rows.update(withdrawn_at=Now(), next_try_at=None, lease_until=None)


@transaction.atomic
def retry_mails(*, rows: QuerySet[OutgoingMail]) -> int:
    """Try waiting mails now, before all others, and return how many of them waited.

    One that has ended stays as it is.
    """
    chosen = OutgoingMail.objects.open().filter(pk__in=rows.values("pk"))
    waited = chosen.update(next_try_at=Now(), turn=-1)
    queue_on_commit(deliver_due)
    return waited


@transaction.atomic
def note_bounce(*, message_id: str, bounce: str, words: str) -> OutgoingMail | None:
    """Write to a mail that it came back, or was reported as unwanted; the first report stays.

    Returns None when there is no such mail.
    """
    rows = OutgoingMail.objects.select_for_update()
    outgoing = rows.filter(message_id=message_id).first()
    if outgoing is not None and (outgoing.bounced_at is None or bounce == Bounce.COMPLAINED):
        outgoing.bounced_at = outgoing.bounced_at or Now()
        outgoing.bounce = bounce
        outgoing.bounce_words = words[:500]
        outgoing.next_try_at = None  # an uncertain one did arrive there, then
        outgoing.save(update_fields=["bounced_at", "bounce", "bounce_words", "next_try_at"])
    return outgoing


@transaction.atomic
def keep_report(*, problem: str, body: str, message_id: str = "") -> DeliveryReport:
    """Keep a report that belongs to no mail, for staff to look at; old ones are forgotten."""
    DeliveryReport.objects.filter(received_at__lt=Now() - REPORT_LIFE).delete()
    return DeliveryReport.objects.create(
        problem=problem, body=body[:REPORT_LENGTH], message_id=message_id[:200]
    )
