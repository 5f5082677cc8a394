"""What the clock starts: going on where a message to the worker was lost."""

from celery import shared_task

from reseller_portal.queue import queue_now
from rollout.jobs import mail_pages
from rollout.models import PageSending

AT_ONCE = 500


@shared_task
def queue_page_sendings() -> None:
    """Queue the mailings of personal pages that are not finished."""
    for sending_id in PageSending.objects.unfinished().values_list("pk", flat=True)[:AT_ONCE]:
        if not queue_now(mail_pages, sending_id):
            break
