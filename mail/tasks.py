"""Delivering mails: claim one, hand it to the mail server, write down how that ended."""

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import cache
from time import monotonic, sleep
from typing import Any

from celery import shared_task
from django.conf import settings
from django.db import Error, InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.module_loading import import_string

from mail import backoff
from mail.errors import ClaimLost, NotTaken, RecipientRefused, TryLater, Uncertain, Unserved
from mail.letters import WRITTEN, Letter, bare_address, make_message
from mail.models import MOST_CLAIMS, OutgoingMail
from mail.smtp import hand_over, server_in_use
from reseller_portal import clock
from reseller_portal.queue import queue_now

logger = logging.getLogger(__name__)

# Longer than it takes until the text leaves, when it is taken anew for the rest.
LEASE = timedelta(seconds=60) / settings.MAIL_HASTE
# How long before its time is over a mail is tried for the last time.
LAST_CHANCE = timedelta(minutes=1)
# How many mails a worker claims at once, and for how many seconds it begins another: few enough
# that a worker that dies, or is asked to end, keeps nobody waiting for long.
BATCH = 10
ROUND = 5
# Seconds for which a mail server that does not serve us is left alone.
REST = 5 / settings.MAIL_HASTE
# Seconds for which a result is kept trying to be written while the database is away.
INSIST = LEASE.total_seconds() * 2 / 3
_rest_until: dict[tuple[str, int], float] = {}


@shared_task
def deliver_due() -> None:
    """Send what is due, the most urgent first, until nothing is left or the round is over."""
    end = monotonic() + ROUND
    while monotonic() < end:
        if monotonic() < _rest_until.get(server_in_use(), 0):
            return
        batch = anything_due() and claim(BATCH)
        if not batch:
            return
        try:
            while batch and monotonic() < end:
                _send(batch.pop(0))
        except Unserved:
            _rest_until[server_in_use()] = monotonic() + REST
        finally:
            with suppress(Error):  # else they are free when their lease is over
                _release(batch)
    queue_now(deliver_due)


@shared_task
def deliver(mail_id: int) -> None:
    """Send this mail if it is due. A second run finds it sent, or being sent, and does nothing."""
    for outgoing in claim(pk=mail_id):
        with suppress(Unserved):
            _send(outgoing)


@transaction.atomic
def claim(most: int = 1, pk: int | None = None) -> list[OutgoingMail]:
    """Take up to `most` mails for LEASE, of those that are due, and return them in their order.

    With `pk` that one, if it is due.
    """
    if pk is None:
        found = list(OutgoingMail.objects.raw(*_due_sql(most)))
    else:
        found = list(OutgoingMail.objects.due().filter(pk=pk).select_for_update(skip_locked=True))
    interrupted = [outgoing for outgoing in found if outgoing.lease_until]
    if interrupted:
        # Alone: a mail that its workers die of must not take others along, time after time.
        found = [outgoing for outgoing in interrupted[:1] if not _settled(outgoing)]
    if not found:
        return []
    with connection.cursor() as cursor:
        cursor.execute(CLAIMED, [LEASE, [outgoing.pk for outgoing in found]])
    for outgoing in found:
        outgoing.fence += 1
        outgoing.tries += 1
    return found


def _send(outgoing: OutgoingMail) -> None:
    """Send a claimed mail and write down how that ended; raises Unserved, which ends the batch.

    Whether it is still wanted is asked now; and a mail withdrawn later is noticed until its text
    leaves, so that nothing revoked is sent.
    """
    try:
        recipient = _bare_recipient(outgoing)
        letter = _letter(outgoing)
        if letter is None:
            finish(outgoing, **_unwanted(outgoing))
            return
        reply = hand_over(
            _message(outgoing, letter, recipient),
            sender=bare_address(settings.MAIL_FROM),
            recipient=recipient,
            before_text=lambda: note_text(outgoing),
        )
    except ClaimLost:
        return
    except NotTaken as problem:
        story = _outcome(outgoing, problem)
        _insist(lambda: finish(outgoing, **story))
        if isinstance(problem, Unserved):
            logger.error("the mail server does not serve us: %s", problem.words)
            raise
    else:
        _insist(lambda: _note(outgoing, HANDED_OVER, reply))


def _release(batch: list[OutgoingMail]) -> None:
    """Give back what was claimed and not begun; it is as if it had not been."""
    for outgoing in batch:
        finish(outgoing, tries=F("tries") - 1)


def _insist(write: Callable[[], object]) -> None:
    """Write down a result even if the database restarts just now.

    Otherwise a mail that the server has taken would count as uncertain, and be sent twice.
    """
    end = monotonic() + INSIST
    while True:
        try:
            write()
            return
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block or monotonic() > end:
                raise
            connection.close()
            sleep(0.2)


def anything_due() -> bool:
    """Whether a claim would find something; asked by many a message that comes too late."""
    with connection.cursor() as cursor:
        cursor.execute(*_anything_due_sql())
        return cursor.fetchone() is not None


# What every mail takes is written out once: building a statement costs more than asking it.
@cache
def _due_sql(most: int) -> tuple[str, tuple]:
    due = OutgoingMail.objects.due().in_turn()
    sql, values = due[:most].query.sql_with_params()
    return f"{sql} FOR UPDATE SKIP LOCKED", values


@cache
def _anything_due_sql() -> tuple[str, tuple]:
    return OutgoingMail.objects.due().values("pk")[:1].query.sql_with_params()


def finish(outgoing: OutgoingMail, **story: Any) -> bool:
    """Write down what happened, unless somebody else has claimed or ended the mail since."""
    mine = OutgoingMail.objects.filter(
        pk=outgoing.pk,
        fence=outgoing.fence,
        handed_over_at=None,
        failed_at=None,
        withdrawn_at=None,
    )
    return _is_mine(outgoing, mine.update(**story, lease_until=None, open_claims=0))


CLAIMED = """
    UPDATE mail_outgoingmail
    SET claimed_at = statement_timestamp(), lease_until = statement_timestamp() + %s,
    data_at = NULL, fence = fence + 1, open_claims = open_claims + 1, tries = tries + 1
    WHERE id = ANY(%s)"""
TEXT_LEAVES = """
    UPDATE mail_outgoingmail
    SET data_at = statement_timestamp(), lease_until = statement_timestamp() + %s
    WHERE id = %s AND fence = %s
    AND handed_over_at IS NULL AND failed_at IS NULL AND withdrawn_at IS NULL"""
HANDED_OVER = """
    UPDATE mail_outgoingmail
    SET handed_over_at = statement_timestamp(), server_reply = %s, uncertain_at = NULL,
    next_try_at = NULL, lease_until = NULL, open_claims = 0
    WHERE id = %s AND fence = %s
    AND handed_over_at IS NULL AND failed_at IS NULL AND withdrawn_at IS NULL"""


def note_text(outgoing: OutgoingMail) -> None:
    """Note that the text is about to leave, under a fresh lease; raises ClaimLost."""
    if not _note(outgoing, TEXT_LEAVES, LEASE):
        raise ClaimLost


def _note(outgoing: OutgoingMail, sql: str, value: Any) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(sql, [value, outgoing.pk, outgoing.fence])
        return _is_mine(outgoing, cursor.rowcount)


def _is_mine(outgoing: OutgoingMail, rows: int) -> bool:
    if not rows:
        logger.warning("mail %s was claimed by somebody else meanwhile, or ended", outgoing.pk)
    return bool(rows)


def _letter(outgoing: OutgoingMail) -> Letter | None:
    try:
        return import_string(settings.MAIL_BUILDERS[outgoing.kind])(outgoing)
    except (OperationalError, InterfaceError):
        raise  # the database is away; whoever finds the lease expired tries again
    except Exception as problem:
        logger.exception("mail %s cannot be written", outgoing.pk)
        raise TryLater("not written") from problem


def _message(outgoing: OutgoingMail, letter: Letter, recipient: str) -> bytes:
    try:
        return make_message(
            letter,
            sender=settings.MAIL_FROM,
            recipient=recipient,
            recipient_name=outgoing.recipient_name,
            message_id=outgoing.message_id,
            written_at=outgoing.written_at,
            language=outgoing.language,
        ).as_bytes(policy=WRITTEN)
    except Exception as problem:  # a mistake of ours, not of the address
        logger.exception("mail %s cannot be written", outgoing.pk)
        raise TryLater("not written") from problem


def _bare_recipient(outgoing: OutgoingMail) -> str:
    try:
        return bare_address(outgoing.recipient)
    except ValueError as problem:
        raise RecipientRefused("not an address that mail can be sent to") from problem


def _settled(outgoing: OutgoingMail) -> bool:
    """Judge a claim whose worker died; say whether the mail is not to be sent now.

    If the text was on its way nobody knows whether it arrived: that is uncertain, and tried once
    more. Workers that keep dying on one mail are not given it for ever.
    """
    rows = OutgoingMail.objects.filter(pk=outgoing.pk)
    if outgoing.data_at is not None:
        rows.update(**_uncertain(outgoing), lease_until=None, data_at=None)
        return True
    if outgoing.open_claims >= MOST_CLAIMS:
        rows.update(failed_at=Now(), failure="interrupted", next_try_at=None, lease_until=None)
        return True
    return False


def _outcome(outgoing: OutgoingMail, problem: NotTaken) -> dict[str, Any]:
    if isinstance(problem, RecipientRefused):
        return {"failed_at": Now(), "failure": problem.words, "next_try_at": None}
    if isinstance(problem, Uncertain):
        return _uncertain(outgoing)
    assert isinstance(problem, TryLater)
    left = outgoing.give_up_at - clock.now() - LAST_CHANCE
    if left <= timedelta():
        return _given_up(outgoing, problem.words)
    if isinstance(problem, Unserved):  # its turn comes as soon as the server serves us again
        wait = min(backoff.wait_before(2, settings.MAIL_HASTE), left)
    else:
        wait = min(backoff.wait_before(outgoing.tries + 1, settings.MAIL_HASTE), left)
    return {"next_try_at": Now() + wait, "failure": problem.words}


def _unwanted(outgoing: OutgoingMail) -> dict[str, Any]:
    """Say why nothing is sent: a mail whose time ran out while it waited has failed."""
    if clock.now() < outgoing.give_up_at and outgoing.uncertain_at is None:
        return {"withdrawn_at": Now(), "next_try_at": None}
    return _given_up(outgoing, outgoing.failure or "not sent in time")


def _given_up(outgoing: OutgoingMail, words: str) -> dict[str, Any]:
    if outgoing.uncertain_at:  # it may have arrived all the same, and that stays the truth
        return {"next_try_at": None}
    return {"failed_at": Now(), "failure": words, "next_try_at": None}


def _uncertain(outgoing: OutgoingMail) -> dict[str, Any]:
    """Mark it uncertain and try once more with the same Message-ID; after that it stays so."""
    first = outgoing.uncertain_at is None
    wait = backoff.wait_before(outgoing.tries + 1, settings.MAIL_HASTE)
    again = Now() + wait if first else None
    return {"uncertain_at": Now(), "next_try_at": again}
