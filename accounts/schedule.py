"""What the clock starts: forgetting what nobody needs any more."""

from datetime import timedelta

from celery import shared_task

from accounts.models import EmailChange
from accounts.sessions import SessionStore
from reseller_portal import clock


@shared_task
def forget_old_sessions() -> None:
    """Delete sessions that have run out, and wishes for another address that came to nothing."""
    SessionStore.clear_expired()
    yesterday = clock.now() - timedelta(days=1)
    EmailChange.objects.filter(confirmed_at=None, expires_at__lt=yesterday).delete()
