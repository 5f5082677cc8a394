"""What the clock starts: the daily seal over the history."""

from celery import shared_task

from audit.operations import seal_history


@shared_task
def seal_yesterday() -> None:
    """Seal what happened before today; a night that was missed is sealed with the next."""
    seal_history()
