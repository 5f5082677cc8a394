"""What a worker does for the signature areas: going on with imports of people."""

from time import monotonic

from celery import shared_task

from reseller_portal.queue import queue_now
from signatures.import_forms import RowReader
from signatures.import_operations import go_on

SECONDS = 30  # below a worker's time limit


# Applying is one transaction, which 100,000 people keep busy for longer than other tasks.
@shared_task(soft_time_limit=240, time_limit=270)
def go_on_with_import(import_id: int) -> None:
    """Take an import's steps for a while; what is left is another task's."""
    end = monotonic() + SECONDS
    while go_on(import_id=import_id, reader_for=RowReader):
        if monotonic() > end:
            queue_now(go_on_with_import, import_id)
            break
