"""What the clock starts: the daily run, in rounds that end before a worker's time limit."""

from celery import shared_task

from reseller_portal import clock
from reseller_portal.queue import queue_now
from subscriptions.models import DailyRun
from subscriptions.renewals import run_day

SECONDS = 40


@shared_task
def run_today() -> None:
    """Do what falls due today, once a day; a night that was missed is made up for."""
    today = clock.today()
    if DailyRun.objects.filter(business_date=today, is_complete=True).exists():
        return
    if not run_day(today=today, seconds=SECONDS).is_complete:
        queue_now(run_today)
