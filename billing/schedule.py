"""What the clock starts: the month's invoices, and documents whose message was lost."""

from contextlib import suppress
from datetime import timedelta

from celery import shared_task

from audit.actor import SYSTEM
from billing.errors import NotChargedYet
from billing.jobs import assign_receipts, go_on_with_invoices, make_document
from billing.models import BankReceipt, Document, InvoiceRun
from billing.operations import ask_for_run
from billing.reminder_operations import run_reminders
from reseller_portal import clock
from reseller_portal.queue import queue_now
from subscriptions.run_models import DailyRun

AT_ONCE = 200
SECONDS = 40  # below a worker's time limit
FORGOTTEN = timedelta(days=1)  # a later run does what an older one left


@shared_task
def queue_missing_documents() -> None:
    """Queue the documents that are due; each is claimed, so two schedulers do no harm.

    So are the receipts whose invoices were not looked for.
    """
    if BankReceipt.objects.filter(looked_at=None).exists():
        queue_now(assign_receipts)
    due = Document.objects.missing().order_by("next_try_at")
    for invoice_id in due.values_list("pk", flat=True)[:AT_ONCE]:
        if not queue_now(make_document, invoice_id):
            break


@shared_task
def issue_invoices() -> None:
    """Issue the month's invoices once the day's charges are written; once a day it is enough.

    A run whose message was lost goes on.
    """
    today = clock.today()
    begun = InvoiceRun.objects.filter(finished_at=None, business_date__gte=today - FORGOTTEN)
    for run_id in begun.values_list("pk", flat=True)[:AT_ONCE]:
        queue_now(go_on_with_invoices, run_id)
    if not InvoiceRun.objects.filter(business_date=today).exists():
        with suppress(NotChargedYet):
            ask_for_run(today=today, by=SYSTEM)


@shared_task
def remind_of_payments() -> None:
    """Remind of what is unpaid once the day's charges are written; twice a day changes nothing."""
    today = clock.today()
    if DailyRun.objects.filter(business_date=today, is_complete=True).exists():
        run = run_reminders(today=today, seconds=SECONDS)
        if not run.is_finished:
            queue_now(remind_of_payments)
