"""A task that does nothing, to measure others by."""

from celery import shared_task


@shared_task
def nothing() -> None:
    """Do nothing."""
