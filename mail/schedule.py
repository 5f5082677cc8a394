"""What the clock starts: finding mails that are due, also when their message was lost."""

from celery import shared_task

from mail.models import OutgoingMail
from mail.tasks import BATCH, deliver_due
from reseller_portal.queue import queue_now

MOST_ROUNDS = 8  # told at once; a worker that finds more to do goes on by itself


@shared_task
def queue_due_mail() -> None:
    """Wake the workers if mails are due; two schedulers at once do no harm: each is claimed."""
    waiting = OutgoingMail.objects.due()[: MOST_ROUNDS * BATCH].count()
    for _ in range(0, waiting, BATCH):
        if not queue_now(deliver_due):
            break
