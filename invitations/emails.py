"""What an invitation's mail says."""

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
    invitation = (
        Invitation.objects.select_related("customer", "reseller", "invited_by")
        .filter(pk=outgoing.object_id, generation=outgoing.generation)
        .first()
    )
    if invitation is None or not invitation.may_be_accepted(clock.now(), clock.today()):
        return None
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
            "link": settings.BASE_URL + reverse("invitation_link", args=[invitation.token()]),
        }
        kind = "contact" if invitation.customer else "member"
        return Letter(
            subject=_subject(invitation),
            text=render_to_string(f"invitations/email/{kind}.txt", context),
            html=render_to_string(f"invitations/email/{kind}.html", context),
        )


def _subject(invitation: Invitation) -> str:
    if invitation.customer is None:
        return _("Your access to the reseller portal of “%(reseller)s”") % {
            "reseller": invitation.reseller.name
        }
    return _("“%(reseller)s” invites you to edit the e-mail signatures of “%(customer)s”") % {
        "reseller": invitation.reseller.name,
        "customer": invitation.customer.name,
    }
