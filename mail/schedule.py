"""What the clock starts: finding mails that are due, also when their message was lost."""

from celery import shared_task

from mail.models import OutgoingMail
from mail.tasks import deliver
from reseller_portal.queue import queue_now

AT_ONCE = 500


@shared_task
def queue_due_mail() -> None:
    """Queue the mails that are due; two schedulers at once do no harm, as each mail is claimed."""
    due = OutgoingMail.objects.due().order_by("priority", "next_try_at", "id")
    for mail_id in due.values_list("pk", flat=True)[:AT_ONCE]:
        if not queue_now(deliver, mail_id):
            break
