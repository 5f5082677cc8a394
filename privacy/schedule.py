"""What the clock starts: forgetting what is old, and going on with erasures."""

import logging

from celery import shared_task

from privacy.jobs import go_through_history
from privacy.models import Erasure
from privacy.retention import forget_what_is_old
from reseller_portal.queue import queue_now

logger = logging.getLogger(__name__)
SECONDS = 30


@shared_task
def forget_old_data() -> None:
    """Forget in slices; another run goes on at once while there is more than one can do."""
    gone = forget_what_is_old(seconds=SECONDS)
    for kind, rows in gone.items():
        logger.info("forgotten for age: %s %s", rows, kind)


@shared_task
def queue_erasures() -> None:
    """Queue the erasures whose history is not gone through, as their message may be lost."""
    for erasure_id in Erasure.objects.unfinished().values_list("pk", flat=True)[:100]:
        if not queue_now(go_through_history, erasure_id):
            break
