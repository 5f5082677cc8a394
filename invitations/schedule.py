"""What the clock starts: reminders, bad news, and sendings whose message was lost."""

from datetime import timedelta

from celery import shared_task
from django.db.models.functions import Now

from audit.actor import SYSTEM
from invitations.jobs import send_several
from invitations.models import BulkSending, Invitation, Sending
from invitations.operations import remind_of_invitation, tell_of_failure
from reseller_portal import clock
from reseller_portal.queue import queue_now

AT_ONCE = 500
KEPT = timedelta(days=2)


@shared_task
def remind_of_invitations() -> None:
    """Remind of invitations that end within two days, each once; the next run goes on."""
    for invitation in Invitation.objects.to_remind(clock.now()).order_by("expires_at")[:AT_ONCE]:
        remind_of_invitation(invitation=invitation, by=SYSTEM)


@shared_task
def tell_of_failures() -> None:
    """Tell inviters of mails that are given up; each is told once, the next run goes on."""
    found = Invitation.objects.to_tell(clock.now()).select_related("reseller")
    for invitation in found.order_by("pk")[:AT_ONCE]:
        tell_of_failure(invitation=invitation)


@shared_task
def queue_bulk_sendings() -> None:
    """Queue the sendings of several invitations that are not finished."""
    for bulk_id in BulkSending.objects.unfinished().values_list("pk", flat=True)[:AT_ONCE]:
        if not queue_now(send_several, bulk_id):
            break


@shared_task
def forget_sendings() -> None:
    """Forget what no limit counts any more."""
    Sending.objects.filter(sent_at__lt=Now() - KEPT).delete()
