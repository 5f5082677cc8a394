"""An invitation's story in the reader's language: how far it got, what went wrong, what to do."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from invitations.errors import (
    AccessWithdrawn,
    AlreadyInvited,
    EditingNotAllowed,
    InvitationClosed,
    NothingToCorrect,
    RoleTooHigh,
    SentTooOften,
)
from invitations.limits import COOL_DOWN
from invitations.models import Invitation
from mail.models import Bounce, OutgoingMail
from mail.reasons import queue_id, reason, server_reason
from reseller_portal.words import format_date

STATES = {
    "queued": gettext_lazy("Queued"),
    "sending": gettext_lazy("Sending"),
    "handed_over": gettext_lazy("Handed to the mail server"),
    "uncertain": gettext_lazy("Uncertain"),
    "failed": gettext_lazy("Refused"),
    "bounced": gettext_lazy("Came back"),
    "withdrawn": gettext_lazy("Not sent"),
    "opened": gettext_lazy("Page opened"),
    "accepted": gettext_lazy("Accepted"),
    "expired": gettext_lazy("Expired"),
    "revoked": gettext_lazy("Revoked"),
}
TROUBLE = {"uncertain", "failed", "bounced", "withdrawn", "expired"}


REFUSALS: dict[type[Exception], Promise] = {
    InvitationClosed: gettext_lazy("This invitation has been accepted or revoked meanwhile."),
    EditingNotAllowed: gettext_lazy(
        "The customer may not edit signatures at the moment. Allow it first, then invite."
    ),
    AccessWithdrawn: gettext_lazy(
        "This person is a contact whose access was withdrawn. Give it back instead."
    ),
    AlreadyInvited: gettext_lazy("This address has an open invitation or access already."),
    NothingToCorrect: gettext_lazy("Name and address are what they were. Use “Send again”."),
    RoleTooHigh: gettext_lazy("You cannot give a role above your own."),
}

REFUSED: tuple[type[Exception], ...] = (*REFUSALS, SentTooOften)


class Step(NamedTuple):
    """One line of a story. `kind` is done, current, trouble, todo or past.

    `quoted` holds the mail server's own words, `advice` what to do about trouble.
    """

    label: str
    at: datetime | None
    kind: str
    detail: str = ""
    advice: str = ""
    quoted: str = ""


class Story(NamedTuple):
    """An invitation, its present state as a word of STATES, and its steps, oldest first."""

    invitation: Invitation
    state: str
    steps: list[Step]

    @property
    def state_label(self) -> str:
        return str(STATES[self.state])

    @property
    def trouble(self) -> Step | None:
        """The step that needs doing something about, the newest of them."""
        return next((step for step in reversed(self.steps) if step.kind == "trouble"), None)

    @property
    def is_trouble(self) -> bool:
        return self.state in TROUBLE


def stories(invitations: Iterable[Invitation], now: datetime) -> list[Story]:
    """Return the stories of several invitations; their mails are asked for at once."""
    found = list(invitations)
    mails: dict[int, list[OutgoingMail]] = defaultdict(list)
    rows = OutgoingMail.objects.filter(
        kind="invitation", object_id__in=[each.pk for each in found]
    ).order_by("generation")
    for mail in rows:
        mails[mail.object_id].append(mail)
    return [_story(each, mails[each.pk], now) for each in found]


def refusal_words(problem: Exception) -> str:
    """Say why nothing was sent, and from when on it works again."""
    if not isinstance(problem, SentTooOften):
        return str(REFUSALS[type(problem)])
    scope, most = problem.limit.scope, problem.limit.most
    if problem.limit == COOL_DOWN:
        words = _("A link was sent a moment ago; one a minute is the most.")
    elif scope == "invitation":
        words = _("This invitation was sent %(most)s times within a day, which is the most.")
    elif scope == "recipient":
        words = _("This address got %(most)s invitations within a day, which is the most.")
    else:
        words = _("You have sent %(most)s invitations within an hour, which is the most.")
    minute = timedelta(minutes=1)  # rounded up: at the time that is named it does work
    again = timezone.localtime(problem.again_at + minute).replace(second=0, microsecond=0)
    day = format_date(again.date(), get_language())
    works = _("It works again from %(moment)s.") % {"moment": f"{day}, {again:%H:%M}"}
    return f"{words % {'most': most}} {works}"


def state_of(invitation: Invitation, mail_state: str | None, now: datetime) -> str:
    """Return the one word of STATES that says how an invitation stands."""
    if invitation.accepted_at:
        return "accepted"
    if invitation.revoked_at:
        return "revoked"
    if invitation.expires_at <= now:
        return "expired"
    if invitation.opened_at:
        return "opened"
    return mail_state or "queued"


def _story(invitation: Invitation, mails: list[OutgoingMail], now: datetime) -> Story:
    present = next((mail for mail in mails if mail.generation == invitation.generation), None)
    earlier = [mail for mail in mails if mail.generation < invitation.generation]
    first = earlier[0] if earlier else present
    invited = f"{invitation.name} <{invitation.email}>"
    if first is not None:
        invited = f"{first.recipient_name} <{first.recipient}>"
    steps = [Step(_("Invited"), invitation.created_at, "done", invited)]
    for mail, following in zip(earlier, [*earlier, present][1:], strict=True):
        steps += _past(mail)
        steps.append(_replaced(mail, following, invitation))
    steps += _mailed(present)
    told = [
        (at, label, detail)
        for at, label, detail in (
            (invitation.opened_at, _("Page opened"), ""),
            (invitation.reminded_at, _("Reminder sent"), _("The same link, once more.")),
        )
        if at
    ]
    steps += [Step(label, at, "done", detail) for at, label, detail in sorted(told)]
    steps.append(_outcome(invitation, now))
    state = state_of(invitation, present.state if present else None, now)
    if state in {"opened", "accepted", "revoked", "expired"}:  # what went wrong on the way is over
        over = steps if state != "expired" else steps[:-1]
        steps = [_over(step) for step in over] + steps[len(over) :]
    return Story(invitation, state, steps)


def _over(step: Step) -> Step:
    return step._replace(kind="past", advice="") if step.kind == "trouble" else step


def _past(mail: OutgoingMail) -> list[Step]:
    """Tell of an earlier generation's mail; nothing of it needs doing any more."""
    if mail.state in {"queued", "sending"}:
        return [Step(_("Mail was not sent"), None, "past")]
    return [step._replace(kind="past", advice="") for step in _mailed(mail)]


def _replaced(mail: OutgoingMail, following: OutgoingMail | None, invitation: Invitation) -> Step:
    at = following.written_at if following else invitation.sent_again_at
    if following is not None and following.recipient != mail.recipient:
        label = _("Replaced: sent to another address")
        detail = f"{following.recipient_name} <{following.recipient}>"
        return Step(label, at, "past", detail)
    return Step(_("Replaced by a new link"), at, "past", _("Older links no longer work."))


def _mailed(mail: OutgoingMail | None) -> list[Step]:
    """Return what became of a mail: one step, or two when it came back later."""
    if mail is None or mail.state == "queued":
        return [_waiting(mail)]
    if mail.state == "sending":
        return [Step(_("Mail is being sent"), mail.claimed_at, "current")]
    if mail.state == "bounced":
        return [*([_handed_over(mail)] if mail.handed_over_at else []), _bounced(mail)]
    if mail.state == "handed_over":
        return [_handed_over(mail)]
    if mail.state == "uncertain":
        return [_uncertain(mail)]
    if mail.state == "withdrawn":
        advice = _("Send it again.")
        return [Step(_("Mail was not sent"), mail.withdrawn_at, "trouble", advice=advice)]
    why = reason(mail.failure)
    label = _("Mail refused") if why.quoted else _("Mail not sent")
    return [Step(label, mail.failed_at, "trouble", why.what, why.advice, why.quoted)]


def _handed_over(mail: OutgoingMail) -> Step:
    number = queue_id(mail.server_reply)
    detail = _("Its number there: %(number)s") % {"number": number} if number else ""
    label = _("Handed to the mail server")
    return Step(label, mail.handed_over_at, "done", detail, quoted=mail.server_reply)


def _bounced(mail: OutgoingMail) -> Step:
    if mail.bounce == Bounce.COMPLAINED:
        return Step(
            _("Reported as unwanted"),
            mail.bounced_at,
            "trouble",
            _("The recipient's mail program reported the mail as unwanted."),
            _("Talk to the person before you send it again."),
        )
    why = server_reason(mail.bounce_words)
    label = _("Mail came back")
    return Step(label, mail.bounced_at, "trouble", why.what, why.advice, why.quoted)


def _uncertain(mail: OutgoingMail) -> Step:
    detail = _("The connection broke off while the mail was handed over. It may have arrived.")
    advice = (
        _("It is tried once more by itself.")
        if mail.next_try_at
        else _("Ask whether it arrived, or send it again.")
    )
    label = _("Uncertain whether the mail arrived")
    return Step(label, mail.uncertain_at, "trouble", detail, advice)


def _waiting(mail: OutgoingMail | None) -> Step:
    detail = _("The mail leaves as soon as the mail server takes it.")
    if mail is None or not mail.tries:
        return Step(_("Mail is waiting"), mail.queued_at if mail else None, "current", detail)
    tried = ngettext(
        "Tried %(count)s time so far; it is tried again by itself.",
        "Tried %(count)s times so far; it is tried again by itself.",
        mail.tries,
    ) % {"count": mail.tries}
    why = reason(mail.failure)
    return Step(
        _("Mail is waiting"),
        mail.queued_at,
        "current",
        f"{why.what} {tried}" if mail.failure else tried,
        quoted=why.quoted,
    )


def _outcome(invitation: Invitation, now: datetime) -> Step:
    if invitation.accepted_at:
        return Step(_("Accepted"), invitation.accepted_at, "done")
    if invitation.revoked_at:
        detail = _("Its link no longer works.")
        return Step(_("Revoked"), invitation.revoked_at, "done", detail)
    if invitation.expires_at <= now:
        advice = _("Send a new link, or revoke the invitation.")
        return Step(_("Expired"), invitation.expires_at, "trouble", advice=advice)
    return Step(_("Not accepted yet. The link holds until"), invitation.expires_at, "todo")
