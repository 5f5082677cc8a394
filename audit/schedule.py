"""What the clock starts: the daily seal over the history, and holding it against its seals."""

from celery import shared_task

from audit.operations import check_seals, seal_history

SECONDS = 30


@shared_task
def seal_yesterday() -> None:
    """Seal what happened before today; a night that was missed is sealed with the next."""
    seal_history()


@shared_task
def check_some_seals() -> None:
    """Check as many seals as half a minute allows; in some nights it is the turn of all."""
    check_seals(seconds=SECONDS)
