"""Putting mails into the outbox, and taking back those not sent yet."""

from datetime import datetime

from django.db import transaction
from django.db.models.functions import Now

from mail.models import OutgoingMail
from mail.tasks import deliver
from reseller_portal import clock
from reseller_portal.queue import queue_on_commit


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
    priority: int = 0,
) -> OutgoingMail:
    """Put a mail into the outbox, in the caller's transaction; it leaves after the commit.

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
        },
    )
    queue_on_commit(deliver, outgoing.pk)
    return outgoing


@transaction.atomic
def withdraw_mail(*, kind: str, object_id: int, before_generation: int | None = None) -> None:
    """Take back what was not sent yet. One that is on its way cannot be called back."""
    rows = OutgoingMail.objects.for_object(kind, object_id).open().filter(lease_until=None)
    if before_generation is not None:
        rows = rows.filter(generation__lt=before_generation)
    rows.update(withdrawn_at=Now(), next_try_at=None)


@transaction.atomic
def retry_mail(*, outgoing: OutgoingMail) -> bool:
    """Try a waiting mail now instead of at its next time; say whether it waited.

    One that has ended stays as it is.
    """
    waits = bool(OutgoingMail.objects.open().filter(pk=outgoing.pk).update(next_try_at=Now()))
    if waits:
        queue_on_commit(deliver, outgoing.pk)
    return waits
