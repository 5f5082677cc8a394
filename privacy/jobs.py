"""Work that takes longer than a click: taking a name out of the whole history."""

from celery import shared_task

from privacy.models import Erasure
from privacy.operations import forget_in_history
from reseller_portal.queue import queue_now


@shared_task
def go_through_history(erasure_id: int) -> None:
    """Go on with one erasure where it was left; two of these at once share the work."""
    erasure = Erasure.objects.unfinished().filter(pk=erasure_id).first()
    if erasure and not forget_in_history(erasure=erasure):
        queue_now(go_through_history, erasure_id)
