"""What the clock starts here: copying after a move, deletion after the end."""

from celery import shared_task

from reseller_portal import clock
from reseller_portal.queue import queue_now
from signatures.deletion import delete_after_the_end
from signatures.moving import copy_for_moves

SECONDS = 40


@shared_task
def delete_old_signatures() -> None:
    """Delete what is kept no longer, in rounds that end before a worker's time limit."""
    if not delete_after_the_end(today=clock.today(), seconds=SECONDS):
        queue_now(delete_old_signatures)


@shared_task
def copy_moved_signatures() -> None:
    """Copy people and designs of whoever went to another reseller."""
    if not copy_for_moves(seconds=SECONDS):
        queue_now(copy_moved_signatures)
