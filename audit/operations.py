"""Writing the history, sealing it, and taking a person's name out of it."""

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, time
from itertools import groupby
from time import monotonic
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import F, Max, Model, Q, QuerySet

from audit import seals
from audit.actor import Actor
from audit.models import Entry, Redaction, Seal, SealCheck
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
    device: str = "",
) -> Entry:
    """Add an entry about `subject` to the caller's transaction: both happen, or neither does."""
    entry = entry_about(
        action,
        subject,
        by=by,
        reseller_id=reseller_id,
        before=before,
        after=after,
        device=device,
    )
    entry.save()
    return entry


def record_all(entries: Iterable[Entry]) -> None:
    """Add entries that `entry_about` made, many at once, to the caller's transaction."""
    Entry.objects.bulk_create(entries, batch_size=2_000)


def entry_about(
    action: str,
    subject: Model,
    *,
    by: Actor,
    reseller_id: int | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    device: str = "",
) -> Entry:
    """Return an entry about `subject` that is not written yet."""
    return Entry(
        at=clock.now(),
        action=action,
        actor_id=by.user_id,
        actor_name=by.name,
        actor_hat=by.hat,
        ip=by.ip or None,
        device=device[:300],
        request_id=by.request_id,
        reseller_id=reseller_id,
        subject=subject._meta.model_name or "",
        subject_id=subject.pk,
        label=str(subject)[:250],
        before=before or {},
        after=after or {},
    )


@transaction.atomic
def redact(
    *,
    entry_ids: list[int],
    rewritten: Callable[[Entry], dict[str, Any] | None],
    because_of: Model,
    by: Actor,
) -> int:
    """Replace what names a person in these entries; return how many were changed.

    `rewritten` returns the new actor_name, label, before and after of an entry, or None to leave
    it. What each was and became stays provable by its digest, and an entry about `because_of` says
    how many there were; where they came from (`ip`, `device`) is emptied.
    """
    changed = []
    for entry in Entry.objects.select_for_update().filter(pk__in=entry_ids).order_by("pk"):
        fields = rewritten(entry)
        if fields is None:
            continue
        was = seals.personal_digest(entry.__dict__)
        for name, value in (fields | {"salt": uuid4(), "ip": None, "device": ""}).items():
            setattr(entry, name, value)
        changed.append((entry, was, seals.personal_digest(entry.__dict__)))
    if not changed:
        return 0
    lines = [(entry.pk, was, became) for entry, was, became in changed]
    account = {"redactions": len(lines), "digest": seals.digest_of_redactions(lines)}
    account_in = record("history_redacted", because_of, by=by, after=account)
    Redaction.objects.bulk_create(
        Redaction(entry_id=pk, was=was, became=became, recorded_in=account_in.pk)
        for pk, was, became in lines
    )
    Entry.objects.bulk_update(
        [entry for entry, _was, _became in changed], [*seals.PERSONAL, "ip", "device"], 500
    )
    return len(changed)


@transaction.atomic
def forget_traces(*, before: datetime, most: int) -> int:
    """Empty address and device of up to `most` older entries; return of how many."""
    with_traces = Entry.objects.filter(Q(ip__isnull=False) | ~Q(device=""), at__lt=before)
    found = list(with_traces.order_by("at").values_list("pk", flat=True)[:most])
    return Entry.objects.filter(pk__in=found).update(ip=None, device="")


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


def check_seals(*, seconds: float) -> int:
    """Hold the history against its seals, those first that were not looked at for longest.

    Each once at most, and none begun when the seconds are over; returns how many are broken.
    """
    end, broken = monotonic() + seconds, 0
    for seal in Seal.objects.order_by(
        F("checking__checked_at").asc(nulls_first=True), "through_id"
    ):
        if monotonic() > end:
            break
        holds = _holds(seal)
        SealCheck.objects.update_or_create(
            seal=seal, defaults={"checked_at": clock.now(), "holds": holds}
        )
        if not holds:
            broken += 1
            logger.error("the history is not as it was sealed: %s", seal)
    return broken


def _holds(seal: Seal) -> bool:
    before = Seal.objects.filter(through_id=seal.after_id).first()
    if before is None and seal.after_id:
        return False
    told = seals.digest(before.digest if before else "", _between(seal.after_id, seal.through_id))
    return seal.digest == told and not any(broken_redactions(seal.after_id, seal.through_id))


def broken_seals() -> Iterator[Seal]:
    """Yield the seals that the history no longer agrees with: an entry is altered or missing."""
    before, after = "", 0
    for seal in Seal.objects.order_by("through_id").iterator():
        if seal.after_id != after or seal.digest != seals.digest(
            before, _between(seal.after_id, seal.through_id)
        ):
            yield seal
        before, after = seal.digest, seal.through_id


def broken_redactions(after: int = 0, through: int | None = None) -> Iterator[int]:
    """Yield the entries whose redaction is not accounted for, or that were altered after it.

    With `through` only those that are accounted for, or stand, after `after` and up to there.
    """
    within = Q(pk__gt=after) if through is None else Q(pk__gt=after, pk__lte=through)
    accounts = Entry.objects.filter(within, action="history_redacted").order_by("pk")
    known = {pk: said for pk, said in accounts.values_list("pk", "after").iterator()}
    rows = _redactions("recorded_in", after, through).values_list(
        "recorded_in", "entry_id", "was", "became"
    )
    for account_in, group in groupby(rows.iterator(chunk_size=5_000), key=lambda row: row[0]):
        lines = [row[1:] for row in group]
        said = known.pop(account_in, {})
        if said != {"redactions": len(lines), "digest": seals.digest_of_redactions(lines)}:
            yield from (line[0] for line in lines)
    yield from known  # it tells of redactions that are not there
    yield from _altered_after_redaction(after, through)


def _redactions(by: str, after: int, through: int | None) -> QuerySet[Redaction]:
    rows = Redaction.objects.filter(**{f"{by}__gt": after}).order_by(by, "pk")
    return rows if through is None else rows.filter(**{f"{by}__lte": through})


def _altered_after_redaction(after: int, through: int | None) -> Iterator[int]:
    rows = _redactions("entry_id", after, through).values_list("entry_id", "was", "became")
    for entry_id, group in groupby(rows.iterator(chunk_size=5_000), key=lambda row: row[0]):
        steps = list(group)
        now = Entry.objects.filter(pk=entry_id).values(*seals.PERSONAL).first() or {}
        is_chain = all(one[2] == other[1] for one, other in zip(steps, steps[1:], strict=False))
        if not is_chain or seals.personal_digest(now) != steps[-1][2]:
            yield entry_id


def _between(after: int, through: int) -> Iterator[dict[str, Any]]:
    """Yield the entries as they were when they were sealed."""
    first: dict[int, str] = {}
    redacted = Redaction.objects.filter(entry_id__gt=after, entry_id__lte=through)
    for entry_id, was in redacted.order_by("pk").values_list("entry_id", "was"):
        first.setdefault(entry_id, was)
    rows = Entry.objects.filter(pk__gt=after, pk__lte=through).order_by("pk")
    for row in rows.values(*seals.FIELDS, *seals.PERSONAL).iterator(chunk_size=5_000):
        yield row | {"personal": first.get(row["id"]) or seals.personal_digest(row)}
