"""What the clock starts: the month's invoices, and documents whose message was lost."""

from celery import shared_task

from audit.actor import SYSTEM
from billing.jobs import make_document
from billing.models import Document, InvoiceRun
from billing.operations import run_invoices
from reseller_portal import clock
from reseller_portal.queue import queue_now
from subscriptions.models import DailyRun

AT_ONCE = 200


@shared_task
def queue_missing_documents() -> None:
    """Queue the documents that are due; each is claimed, so two schedulers do no harm."""
    due = Document.objects.missing().order_by("next_try_at")
    for invoice_id in due.values_list("pk", flat=True)[:AT_ONCE]:
        if not queue_now(make_document, invoice_id):
            break


@shared_task
def issue_invoices() -> None:
    """Issue the month's invoices once the day's charges are written; once a day it is enough."""
    today = clock.today()
    charged = DailyRun.objects.filter(business_date=today, is_complete=True).exists()
    done = InvoiceRun.objects.filter(business_date=today, finished_at__isnull=False).exists()
    if charged and not done:
        run_invoices(today=today, by=SYSTEM)
