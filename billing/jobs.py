"""What a worker does for billing: issuing a run's invoices, making documents, reading receipts."""

import logging

from celery import shared_task

from billing.models import Invoice, InvoiceRun
from billing.operations import (
    claim_document,
    go_on_with_run,
    note_document_failure,
    store_document,
)
from billing.payment_operations import assign_new_receipts
from billing.presentation import paper_of
from billing.reminder_operations import lift_holds
from reseller_portal import clock
from reseller_portal.queue import queue_now

logger = logging.getLogger(__name__)

SECONDS = 40  # below a worker's time limit


@shared_task
def go_on_with_invoices(run_id: int) -> None:
    """Issue what a run has still to issue, in rounds; a second worker finds less to do."""
    run = InvoiceRun.objects.filter(pk=run_id, finished_at=None).first()
    if run is not None and not go_on_with_run(run=run, seconds=SECONDS):
        queue_now(go_on_with_invoices, run_id)


@shared_task
def make_document(invoice_id: int) -> None:
    """Make an invoice's PDF and XML and keep them. A second run finds them and does nothing."""
    invoice = claim_document(invoice_id=invoice_id)
    if invoice is None:
        return
    # Here, not above: these libraries are large, and only the worker needs them.
    from billing.papers import make_papers

    try:
        papers = make_papers(paper_of(invoice))
    except Exception as problem:
        logger.exception("no document for invoice %s", invoice_id)
        note_document_failure(invoice=invoice, words=f"{type(problem).__name__}: {problem}")
    else:
        store_document(invoice=invoice, pdf=papers.pdf, xml=papers.xml)


@shared_task
def assign_receipts() -> None:
    """Look for the invoices of what came in, in rounds."""
    if not assign_new_receipts(seconds=SECONDS):
        queue_now(assign_receipts)


@shared_task
def lift_dunning_holds(invoice_id: int) -> None:
    """Resume what was on hold for an invoice that is paid now, in rounds."""
    invoice = Invoice.objects.filter(pk=invoice_id).first()
    if invoice and not lift_holds(invoice=invoice, today=clock.today(), seconds=SECONDS):
        queue_now(lift_dunning_holds, invoice_id)
