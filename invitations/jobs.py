"""Work that takes longer than a click: sending several invitations again."""

from celery import shared_task

from invitations.models import BulkSending
from invitations.operations import send_next_of
from reseller_portal.queue import queue_now

AT_ONCE = 50  # some seconds; the next task goes on where this one ended


@shared_task
def send_several(bulk_id: int) -> None:
    """Send up to AT_ONCE of the invitations; two of these at once share the work."""
    bulk = BulkSending.objects.unfinished().filter(pk=bulk_id).first()
    if bulk is None:
        return
    for _ in range(AT_ONCE):
        if not send_next_of(bulk=bulk):
            return
    queue_now(send_several, bulk_id)
