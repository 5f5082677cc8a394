"""Work that takes longer than a click: mailing many personal pages."""

from celery import shared_task

from reseller_portal.queue import queue_now
from rollout.models import PageSending
from rollout.page_operations import send_next_page

AT_ONCE = 50  # some seconds; the next task goes on where this one ended


@shared_task
def mail_pages(sending_id: int) -> None:
    """Mail up to AT_ONCE pages; two of these at once share the work."""
    sending = PageSending.objects.unfinished().filter(pk=sending_id).first()
    if sending is None:
        return
    for _ in range(AT_ONCE):
        if not send_next_page(sending=sending):
            return
    queue_now(mail_pages, sending_id)
