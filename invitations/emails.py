"""What the mails about an invitation say."""

from datetime import datetime, timedelta
from email.utils import parseaddr

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from customers.models import Customer
from customers.products import Product
from invitations.models import Invitation
from mail.letters import Letter
from mail.models import OutgoingMail
from mail.reasons import reason
from reseller_portal import clock
from reseller_portal.words import format_date
from resellers.models import Reseller, Role


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


def failure_email(outgoing: OutgoingMail) -> Letter | None:
    """Return the mail that tells the inviter why an invitation did not arrive, and what to do.

    None when it has been mended meanwhile.
    """
    mails = OutgoingMail.objects.for_object("invitation", outgoing.object_id)
    failed = mails.filter(generation=outgoing.generation, state__in=["failed", "bounced"]).first()
    invitation = (
        Invitation.objects.pending()
        .select_related("customer", "reseller")
        .filter(pk=outgoing.object_id, generation=outgoing.generation)
        .first()
    )
    if failed is None or invitation is None:
        return None
    customer = invitation.customer
    page = reverse("contacts", args=[customer.code]) if customer else reverse("members")
    with translation.override(outgoing.language):
        context = {
            "name": outgoing.recipient_name,
            "invitation": invitation,
            "reason": reason(failed.bounce_words or failed.failure),
            "label": _("Correct the address"),
            "link": settings.BASE_URL + page,
        }
        return Letter(
            subject=_("The invitation to %(email)s did not arrive") % {"email": invitation.email},
            text=render_to_string("invitations/email/failure.txt", context),
            html=render_to_string("invitations/email/failure.html", context),
        )


def compose(kind: str, invitation: Invitation, *, link: str) -> Letter:
    """Return a mail about the invitation with this link. `kind` is contact, member or reminder."""
    with translation.override(invitation.language):
        logo = getattr(invitation.reseller, "mail_logo", None)
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
            "intro": invitation.reseller.mail_intro(invitation.language),
            "logo": logo,
        }
        return Letter(
            subject=_subject(kind, invitation),
            text=render_to_string(f"invitations/email/{kind}.txt", context),
            html=render_to_string(f"invitations/email/{kind}.html", context),
            reply_to=invitation.reseller.mail_reply_to,
            sender_name=_sender_name(invitation),
            logo=bytes(logo.content) if logo else b"",
        )


def preview(outgoing: OutgoingMail) -> Letter | None:
    """Return what staff may see of a mail: as it would be written now, without a working link."""
    rows = Invitation.objects.select_related("customer", "reseller", "invited_by")
    invitation = rows.filter(pk=outgoing.object_id).first()
    if invitation is None:
        return None
    own_kind = "contact" if invitation.customer else "member"
    kind = "reminder" if outgoing.kind == "invitation_reminder" else own_kind
    return compose(kind, invitation, link=no_link())


def example(kind: str, *, reseller: Reseller, language: str, now: datetime) -> Letter:
    """Return a mail to somebody made up, in the reseller's look, without a working link."""
    invitation = Invitation(
        reseller=reseller,
        customer=None if kind == "member" else Customer(reseller=reseller, name=_("Example Ltd")),
        role=Role.MEMBER if kind == "member" else "",
        name="Kim Beispiel" if language == "de" else "Kim Sample",
        email="kim@example.com",
        language=language,
        product="" if kind == "member" else Product.M365,
        created_at=now,
        expires_at=now + timedelta(days=7),
    )
    return compose(kind, invitation, link=no_link())


def no_link() -> str:
    """Return what stands for the link where none may be shown."""
    return f"{settings.BASE_URL}/invitation/…"


def link_of(invitation: Invitation) -> str:
    return settings.BASE_URL + reverse("invitation_link", args=[invitation.token()])


def _wanted(outgoing: OutgoingMail) -> Invitation | None:
    invitation = (
        Invitation.objects.select_related("customer", "reseller__mail_logo", "invited_by")
        .filter(pk=outgoing.object_id, generation=outgoing.generation)
        .first()
    )
    if invitation is None or not invitation.may_be_accepted(clock.now(), clock.today()):
        return None
    return invitation


def _sender_name(invitation: Invitation) -> str:
    """Return the reseller's name with the portal's behind it, or nothing where it chose none."""
    name = invitation.reseller.mail_name
    portal = parseaddr(settings.MAIL_FROM)[0]
    return _("%(name)s via %(portal)s") % {"name": name, "portal": portal} if name else ""


def _subject(kind: str, invitation: Invitation) -> str:
    if invitation.customer is None:
        return _("Your access to the reseller portal of “%(reseller)s”") % {
            "reseller": invitation.reseller.name
        }
    names = {"reseller": invitation.reseller.name, "customer": invitation.customer.name}
    if kind == "reminder":
        return _("Your invitation to the signatures of “%(customer)s” ends soon") % names
    return _("“%(reseller)s” invites you to edit the e-mail signatures of “%(customer)s”") % names
