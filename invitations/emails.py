"""What the mails about an invitation say."""

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from invitations.models import Invitation
from mail.letters import Letter
from mail.models import OutgoingMail
from reseller_portal import clock
from reseller_portal.words import format_date


def invitation_email(outgoing: OutgoingMail) -> Letter | None:
    """Return the mail with the link of the present generation, made just now.

    None when it is no longer wanted: replaced, revoked, accepted, too old, or editing taken back.
    """
    invitation = _wanted(outgoing)
    if invitation is None:
        return None
    kind = "contact" if invitation.customer else "member"
    return compose(kind, invitation, link=link_of(invitation))


def reminder_email(outgoing: OutgoingMail) -> Letter | None:
    """Return the mail that says the same link ends soon; None when it is no longer wanted."""
    invitation = _wanted(outgoing)
    return compose("reminder", invitation, link=link_of(invitation)) if invitation else None


def compose(kind: str, invitation: Invitation, *, link: str) -> Letter:
    """Return a mail about the invitation with this link. `kind` is contact, member or reminder."""
    with translation.override(invitation.language):
        until = timezone.localtime(invitation.expires_at)
        context = {
            "invitation": invitation,
            "reseller": invitation.reseller,
            "customer": invitation.customer,
            "inviter": invitation.invited_by.name if invitation.invited_by else "",
            "product": invitation.get_product_display(),
            "until": f"{format_date(until.date(), invitation.language)}, {until:%H:%M}",
            "label": _("Accept the invitation"),
            "link": link,
        }
        return Letter(
            subject=_subject(kind, invitation),
            text=render_to_string(f"invitations/email/{kind}.txt", context),
            html=render_to_string(f"invitations/email/{kind}.html", context),
        )


def link_of(invitation: Invitation) -> str:
    return settings.BASE_URL + reverse("invitation_link", args=[invitation.token()])


def _wanted(outgoing: OutgoingMail) -> Invitation | None:
    invitation = (
        Invitation.objects.select_related("customer", "reseller", "invited_by")
        .filter(pk=outgoing.object_id, generation=outgoing.generation)
        .first()
    )
    if invitation is None or not invitation.may_be_accepted(clock.now(), clock.today()):
        return None
    return invitation


def _subject(kind: str, invitation: Invitation) -> str:
    if invitation.customer is None:
        return _("Your access to the reseller portal of “%(reseller)s”") % {
            "reseller": invitation.reseller.name
        }
    names = {"reseller": invitation.reseller.name, "customer": invitation.customer.name}
    if kind == "reminder":
        return _("Your invitation to the signatures of “%(customer)s” ends soon") % names
    return _("“%(reseller)s” invites you to edit the e-mail signatures of “%(customer)s”") % names
