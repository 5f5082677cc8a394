"""What the clock starts here: copying after a move, deletion after the end, imports."""

from datetime import timedelta

from celery import shared_task
from django.db.models import Q

from reseller_portal import clock
from reseller_portal.queue import queue_now
from signatures.deletion import delete_after_the_end
from signatures.import_models import PeopleImport
from signatures.jobs import go_on_with_import
from signatures.moving import copy_for_moves

SECONDS = 40
AT_ONCE = 50
KEPT = timedelta(days=7)  # what was uploaded, from then on


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


@shared_task
def go_on_with_imports() -> None:
    """Queue the imports that wait for a worker; each step locks its row."""
    waiting = (
        Q(read_at=None) | Q(mapped_at__isnull=False, checked_at=None) | Q(wished_at__isnull=False)
    )
    due = PeopleImport.objects.filter(waiting, applied_at=None, problem="").order_by("id")
    for import_id in due.values_list("pk", flat=True)[:AT_ONCE]:
        if not queue_now(go_on_with_import, import_id):
            break


@shared_task
def forget_old_imports() -> None:
    """Forget what was uploaded a week ago, applied or not."""
    PeopleImport.objects.filter(started_at__lt=clock.now() - KEPT).delete()
