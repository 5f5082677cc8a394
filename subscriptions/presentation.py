"""What the dashboard and a subscription's page say, in the reader's language."""

from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.products import Product
from invitations.models import Invitation
from reseller_portal.words import format_number
from subscriptions.lists import ATTENTION, COUNTED, Asked
from subscriptions.models import State


class Column(NamedTuple):
    name: str
    label: str
    address: str
    sorted: str  # as aria-sort has it: ascending, descending, or "" when not by this column


class Attention(NamedTuple):
    label: str
    address: str
    is_shown: bool


class Step(NamedTuple):
    """One line of an invitation's story. `kind` is done, current, trouble or todo."""

    label: str
    at: datetime | None
    detail: str
    kind: str


def row_words() -> dict[str, str]:
    """Return the words of the dashboard's rows; the reader's language is the active one."""
    return {
        "customer": _("Customer"),
        "seats": _("Number of users"),
        "status": _("Status"),
        "payment": _("Next payment date"),
        "manage": _("Manage"),
        "signatures": _("Open signatures"),
        "ends_on": _("ends on %s"),
        "ended_on": _("ended on %s"),
        "none": _("none"),
        **{value: str(label) for value, label in [*State.choices, *Product.choices]},
    }


def columns(asked: Asked) -> list[Column]:
    labels = {
        "customer": _("Customer"),
        "seats": _("Number of users"),
        "state": _("Status"),
        "payment": _("Next payment date"),
    }
    order = "descending" if asked.descending else "ascending"
    return [
        Column(name, label, asked.sorted_by(name), order if name == asked.sort else "")
        for name, label in labels.items()
    ]


def counted(count: int, language: str) -> str:
    """Return how many subscriptions a list has, in words."""
    if count > COUNTED:
        return _("%(count)s+ subscriptions") % {"count": format_number(COUNTED, language)}
    return ngettext("%(count)s subscription", "%(count)s subscriptions", count) % {
        "count": format_number(count, language)
    }


def attention_line(needs: dict[str, int], asked: Asked) -> list[Attention]:
    """Return what needs attention, each with the way to its rows; empty when nothing does."""
    labels = {
        "invitation": _("Invitation not delivered (%s)"),
        "ending": _("ends soon (%s)"),
        "hold": _("on hold (%s)"),
    }
    return [
        Attention(
            labels[need] % (f"{ATTENTION}+" if count > ATTENTION else count),
            Asked(needs=need).address(),
            need == asked.needs,
        )
        for need, count in needs.items()
    ]


def timeline(invitation: Invitation, now: datetime) -> list[Step]:
    """Return how far an invitation got: made, mailed, opened, accepted, or what went wrong."""
    steps = [
        Step(
            _("Invited"),
            invitation.created_at,
            f"{invitation.name} <{invitation.email}>",
            "done",
        )
    ]
    if invitation.sent_again_at:
        steps.append(
            Step(
                _("New link made"),
                invitation.sent_again_at,
                _("Older links no longer work."),
                "done",
            )
        )
    steps.append(_mailed(invitation))
    if invitation.opened_at:
        steps.append(Step(_("Page opened"), invitation.opened_at, "", "done"))
    steps.append(_outcome(invitation, now))
    return steps


def _mailed(invitation: Invitation) -> Step:
    mail = invitation.delivery
    if mail is None or mail.state == "queued":
        tried = (
            _("Tried %(count)s times so far. ") % {"count": mail.tries}
            if mail and mail.tries
            else ""
        )
        detail = tried + _("The mail leaves as soon as the mail server takes it.")
        kind = "trouble" if tried else "current"
        return Step(_("Mail is waiting"), mail.queued_at if mail else None, detail, kind)
    if mail.state == "sending":
        return Step(_("Mail is being sent"), mail.claimed_at, "", "current")
    if mail.state == "handed_over":
        return Step(_("Handed to the mail server"), mail.handed_over_at, mail.server_reply, "done")
    if mail.state == "uncertain":
        detail = _("The connection broke off. The mail may have arrived; ask, or send it again.")
        return Step(_("Uncertain whether the mail arrived"), mail.uncertain_at, detail, "trouble")
    if mail.state == "withdrawn":
        return Step(_("Mail was not sent"), mail.withdrawn_at, "", "done")
    detail = _("The mail server says: “%(words)s”. Check the address.") % {"words": mail.failure}
    return Step(_("The mail server refused the mail"), mail.failed_at, detail, "trouble")


def _outcome(invitation: Invitation, now: datetime) -> Step:
    if invitation.accepted_at:
        return Step(_("Accepted"), invitation.accepted_at, "", "done")
    if invitation.revoked_at:
        return Step(_("Revoked"), invitation.revoked_at, _("Its link no longer works."), "done")
    if invitation.expires_at <= now:
        detail = _("Send a new link to invite again.")
        return Step(_("Expired"), invitation.expires_at, detail, "trouble")
    return Step(_("Not accepted yet. The link holds until"), invitation.expires_at, "", "todo")
