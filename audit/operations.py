"""Writing the history, and sealing it."""

import logging
from collections.abc import Iterator
from datetime import datetime, time
from typing import Any

from django.db import transaction
from django.db.models import Max, Model

from audit import seals
from audit.actor import Actor
from audit.models import Entry, Seal
from reseller_portal import clock

logger = logging.getLogger(__name__)


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


@transaction.atomic
def seal_history() -> Seal | None:
    """Seal what happened before today and is not sealed yet; None when there is nothing.

    Of two at the same time one fails on the constraint, and the other's seal stands.
    """
    last = Seal.objects.last()
    after = last.through_id if last else 0
    today = datetime.combine(clock.today(), time(), clock.ISSUER_ZONE)
    fresh = Entry.objects.filter(pk__gt=after, at__lt=today)
    through = fresh.aggregate(through=Max("pk"))["through"]
    if through is None:
        return None
    seal = Seal.objects.create(
        sealed_at=clock.now(),
        after_id=after,
        through_id=through,
        entries=Entry.objects.filter(pk__gt=after, pk__lte=through).count(),
        digest=seals.digest(last.digest if last else "", _between(after, through)),
    )
    logger.info("history sealed through %s: %s", through, seal.digest)
    return seal


def broken_seals() -> Iterator[Seal]:
    """Yield the seals that the history no longer agrees with: an entry is altered or missing."""
    before, after = "", 0
    for seal in Seal.objects.order_by("through_id").iterator():
        if seal.after_id != after or seal.digest != seals.digest(
            before, _between(seal.after_id, seal.through_id)
        ):
            yield seal
        before, after = seal.digest, seal.through_id


def _between(after: int, through: int) -> Iterator[dict[str, Any]]:
    rows = Entry.objects.filter(pk__gt=after, pk__lte=through).order_by("pk")
    return rows.values(*seals.FIELDS).iterator(chunk_size=5_000)
