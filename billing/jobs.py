"""What a worker does for billing: making the documents of invoices."""

import logging

from celery import shared_task

from billing.operations import claim_document, note_document_failure, store_document
from billing.presentation import paper_of

logger = logging.getLogger(__name__)


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
