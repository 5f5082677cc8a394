"""Writing the history."""

from typing import Any

from django.db.models import Model

from audit.actor import Actor
from audit.models import Entry
from reseller_portal import clock


def record(
    action: str,
    subject: Model,
    *,
    by: Actor,
    reseller_id: int | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> Entry:
    """Add an entry about `subject` to the caller's transaction: both happen, or neither does."""
    return Entry.objects.create(
        at=clock.now(),
        action=action,
        actor_id=by.user_id,
        actor_name=by.name,
        actor_hat=by.hat,
        ip=by.ip or None,
        request_id=by.request_id,
        reseller_id=reseller_id,
        subject=subject._meta.model_name or "",
        subject_id=subject.pk,
        label=str(subject)[:250],
        before=before or {},
        after=after or {},
    )
