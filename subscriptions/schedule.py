"""What the clock starts: the daily run, in rounds that end before a worker's time limit."""

from celery import shared_task
from django.db.models import Exists, OuterRef, Q

from reseller_portal import clock
from reseller_portal.queue import queue_now
from subscriptions.import_models import Import, ImportLine
from subscriptions.importing import forget_import
from subscriptions.jobs import apply_wished, check_uploaded, invite_imported
from subscriptions.renewals import run_day
from subscriptions.run_models import DailyRun

SECONDS = 40
IMPORTS = 100


@shared_task
def run_today() -> None:
    """Do what falls due today, once a day; a night that was missed is made up for."""
    today = clock.today()
    if DailyRun.objects.filter(business_date=today, is_complete=True).exists():
        return
    if not run_day(today=today, seconds=SECONDS).is_complete:
        queue_now(run_today)


@shared_task
def queue_imports() -> None:
    """Queue what imports wait for: to be looked through, applied, or to invite again."""
    waiting = (
        (check_uploaded, Import.objects.to_check()),
        (apply_wished, Import.objects.to_apply()),
        (invite_imported, Import.objects.to_invite(clock.now())),
    )
    for task, rows in waiting:
        for import_id in rows.order_by("pk").values_list("pk", flat=True)[:IMPORTS]:
            if not queue_now(task, import_id):
                return


@shared_task
def forget_imports() -> None:
    """Delete the rows of imports that nobody applied, and what could not be invited in time."""
    late = Import.objects.filter(expires_at__lte=clock.now())
    rows = late.filter(Exists(ImportLine.objects.filter(of=OuterRef("pk"))) | Q(pk__in=late.open()))
    for found in rows.order_by("pk")[:IMPORTS]:
        forget_import(found=found)
