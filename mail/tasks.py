"""Delivering one mail: claim it, hand it to the mail server, write down how that ended."""

import logging
from datetime import timedelta
from typing import Any

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.module_loading import import_string

from mail import backoff
from mail.errors import ClaimLost, NotTaken, RecipientRefused, TryLater, Uncertain, Unserved
from mail.letters import Letter, bare_address, make_message
from mail.models import MOST_CLAIMS, OutgoingMail
from mail.smtp import hand_over
from reseller_portal import clock

logger = logging.getLogger(__name__)

# Longer than a conversation can take, shorter than the broker's visibility timeout.
LEASE = timedelta(seconds=120)
# How long before its time is over a mail is tried for the last time.
LAST_CHANCE = timedelta(minutes=1)


@shared_task
def deliver(mail_id: int) -> None:
    """Send one mail if it is due. A second run finds it sent, or being sent, and does nothing."""
    claimed = claim(mail_id)
    if claimed is None:
        return
    outgoing, letter = claimed
    try:
        recipient = _bare_recipient(outgoing)
        reply = hand_over(
            _message(outgoing, letter, recipient),
            sender=bare_address(settings.MAIL_FROM),
            recipient=recipient,
            before_text=lambda: _note_text(outgoing),
        )
    except ClaimLost:
        return
    except NotTaken as problem:
        if isinstance(problem, Unserved):
            logger.error("the mail server does not serve us: %s", problem.words)
        finish(outgoing, **_outcome(outgoing, problem))
    else:
        finish(
            outgoing, handed_over_at=Now(), server_reply=reply, uncertain_at=None, next_try_at=None
        )


@transaction.atomic
def claim(mail_id: int) -> tuple[OutgoingMail, Letter] | None:
    """Take the mail for LEASE, if it is due and still wanted; return it with its words.

    Whether it is still wanted is asked in the same transaction, so that nothing revoked is sent.
    """
    outgoing = (
        OutgoingMail.objects.due().select_for_update(skip_locked=True).filter(pk=mail_id).first()
    )
    if outgoing is None or _left_over(outgoing):
        return None
    rows = OutgoingMail.objects.filter(pk=mail_id)
    try:
        with transaction.atomic():
            letter = import_string(settings.MAIL_BUILDERS[outgoing.kind])(outgoing)
    except Exception:  # Counted like any other try: else it would come back at once, for ever.
        logger.exception("mail %s cannot be written", mail_id)
        outgoing.tries += 1
        story = _outcome(outgoing, TryLater("not written"))
        rows.update(tries=outgoing.tries, lease_until=None, **story)
        return None
    if letter is None:
        rows.update(**_unwanted(outgoing), lease_until=None)
        return None
    rows.update(
        claimed_at=Now(),
        lease_until=Now() + LEASE,
        data_at=None,
        fence=F("fence") + 1,
        open_claims=F("open_claims") + 1,
        tries=F("tries") + 1,
    )
    outgoing.fence += 1
    outgoing.tries += 1
    return outgoing, letter


def finish(outgoing: OutgoingMail, *, keep_lease: bool = False, **story: Any) -> bool:
    """Write down what happened, unless somebody else has claimed or ended the mail since."""
    if not keep_lease:
        story |= {"lease_until": None, "open_claims": 0}
    mine = OutgoingMail.objects.filter(
        pk=outgoing.pk,
        fence=outgoing.fence,
        handed_over_at=None,
        failed_at=None,
        withdrawn_at=None,
    )
    if mine.update(**story):
        return True
    logger.warning("mail %s was claimed by somebody else meanwhile, or ended", outgoing.pk)
    return False


def _note_text(outgoing: OutgoingMail) -> None:
    """Note that the text is about to leave, under a fresh lease; raises ClaimLost."""
    if not finish(outgoing, data_at=Now(), lease_until=Now() + LEASE, keep_lease=True):
        raise ClaimLost


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
        ).as_bytes()
    except Exception as problem:  # as with its words: a mistake of ours, not of the address
        logger.exception("mail %s cannot be written", outgoing.pk)
        raise TryLater("not written") from problem


def _bare_recipient(outgoing: OutgoingMail) -> str:
    try:
        return bare_address(outgoing.recipient)
    except ValueError as problem:
        raise RecipientRefused("not an address that mail can be sent to") from problem


def _left_over(outgoing: OutgoingMail) -> bool:
    """Judge a claim whose worker died; say whether the mail is not to be sent now.

    If the text was on its way nobody knows whether it arrived: that is uncertain, and tried once
    more. Workers that keep dying on one mail are not given it for ever.
    """
    if outgoing.lease_until is None:
        return False
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
    wait = min(backoff.wait_before(outgoing.tries + 1), left)
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
    again = Now() + backoff.wait_before(outgoing.tries + 1) if first else None
    return {"uncertain_at": Now(), "next_try_at": again}
