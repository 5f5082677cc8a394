"""Work that takes longer than a click: looking through an import, applying it, inviting."""

from time import monotonic

from celery import shared_task
from django.utils import translation

from audit.actor import SYSTEM, Actor
from reseller_portal import clock
from reseller_portal.queue import queue_now
from resellers.models import Member
from subscriptions.import_forms import RowForm, columns_of
from subscriptions.import_models import Import, ImportLine
from subscriptions.importing import (
    Wish,
    apply_import,
    cancel_import,
    check_lines,
    finish_check,
    invite_next_of,
)

AT_ONCE = 250  # lines a transaction
SECONDS = 20  # a round; the next one goes on where this one ended
INVITED_AT_ONCE = 50


@shared_task
def check_uploaded(import_id: int) -> None:
    """Look through the lines of an import that nobody has looked at yet."""
    found = Import.objects.to_check().select_related("reseller").filter(pk=import_id).first()
    if found is None:
        return
    member = _member(found)
    if member is None:
        cancel_import(found=found, by=SYSTEM)
        return
    columns, end = columns_of(found.head), monotonic() + SECONDS
    with translation.override(found.language):
        while monotonic() < end:
            lines = list(found.lines.filter(outcome="")[:AT_ONCE])
            if not lines:
                finish_check(found=found)
                return
            check_lines(found=found, read=[(each, _read(each, columns, member)) for each in lines])
    queue_now(check_uploaded, import_id)


@shared_task
def apply_wished(import_id: int) -> None:
    """Apply an import that somebody has asked for; then invite."""
    found = Import.objects.to_apply().filter(pk=import_id).first()
    if found is None:
        return
    member = _member(found)
    if member is None:
        cancel_import(found=found, by=SYSTEM)
        return
    with translation.override(found.language):
        applied = apply_import(found=found, today=clock.today(), by=_actor(member))
    if applied:
        queue_now(invite_imported, import_id)


@shared_task
def invite_imported(import_id: int) -> None:
    """Invite the contacts of an applied import, as many as may be invited now."""
    found = Import.objects.to_invite(clock.now()).filter(pk=import_id).first()
    member = _member(found) if found else None
    if found is None or member is None:
        return
    with translation.override(found.language):
        for _ in range(INVITED_AT_ONCE):
            if not invite_next_of(found=found, by=_actor(member)):
                return
    queue_now(invite_imported, import_id)


def _member(found: Import) -> Member | None:
    """Return whoever uploaded it, as long as they may change anything."""
    rows = Member.objects.filter(reseller_id=found.reseller_id, user_id=found.wished_by_id)
    member = rows.select_related("user", "reseller").first()
    return member if member and member.may_change and member.user.is_active else None


def _actor(member: Member) -> Actor:
    return Actor(name=member.user.name, hat="member", user_id=member.user_id)


def _read(line: ImportLine, columns: list[str], member: Member) -> Wish | list:
    form = RowForm.read(line.cells, columns, member)
    return form.wish if form.is_valid() else form.problems
