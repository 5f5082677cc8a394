"""What the clock starts: finding the documents whose message was lost or whose making failed."""

from celery import shared_task

from billing.jobs import make_document
from billing.models import Document
from reseller_portal.queue import queue_now

AT_ONCE = 200


@shared_task
def queue_missing_documents() -> None:
    """Queue the documents that are due; each is claimed, so two schedulers do no harm."""
    due = Document.objects.missing().order_by("next_try_at")
    for invoice_id in due.values_list("pk", flat=True)[:AT_ONCE]:
        if not queue_now(make_document, invoice_id):
            break
