"""What the portal writes to a reseller's members."""

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from mail.letters import Letter
from mail.models import OutgoingMail
from resellers.models import Member, Role


def new_owner_email(outgoing: OutgoingMail) -> Letter | None:
    """Return the notice to a new owner; None when they are none any more. Nothing in it acts."""
    rows = Member.objects.select_related("user", "reseller")
    member = rows.filter(pk=outgoing.object_id, role=Role.OWNER).first()
    return compose_new_owner(member, language=outgoing.language) if member else None


def preview(outgoing: OutgoingMail) -> Letter | None:
    """Return the notice as staff may see it, whatever became of the role."""
    member = Member.objects.select_related("user", "reseller").filter(pk=outgoing.object_id).first()
    return compose_new_owner(member, language=outgoing.language) if member else None


def compose_new_owner(member: Member, *, language: str) -> Letter:
    with translation.override(language):
        context = {"name": member.user.name, "reseller": member.reseller}
        return Letter(
            subject=_("You are now an owner of “%(reseller)s”")
            % {"reseller": member.reseller.name},
            text=render_to_string("resellers/email/new_owner.txt", context),
            html=render_to_string("resellers/email/new_owner.html", context),
        )
