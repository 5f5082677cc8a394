"""What the dashboard and a subscription's page say, in the reader's language."""

from typing import NamedTuple

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from customers.products import Product
from reseller_portal.words import format_date, format_number
from resellers.models import Member
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
        "tick": _("Tick"),
        "marked_invitation": _("Invitation needs attention"),
        "marked_users": _("More people than users"),
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


def overdue_line(member: Member) -> str:
    """Say that a payment is overdue, to those who see invoices; nothing when none is."""
    since = member.reseller.overdue_since
    if since is None or not member.sees_prices:
        return ""
    return _("payment overdue since %(date)s") % {"date": format_date(since, get_language())}


def attention_line(needs: dict[str, int], asked: Asked) -> list[Attention]:
    """Return what needs attention, each with the way to its rows; empty when nothing does."""
    labels = {
        "invitation": _("Invitation not delivered (%s)"),
        "expired": _("Invitation expired (%s)"),
        "users": _("More people than users (%s)"),
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
