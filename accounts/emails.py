"""What the portal writes to somebody about their account."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.devices import device_name
from accounts.models import EmailChange, User
from audit.models import Entry
from audit.words import SENTENCES
from mail.letters import Letter
from mail.models import OutgoingMail
from reseller_portal import clock


def password_reset_email(outgoing: OutgoingMail) -> Letter | None:
    """Return the mail with a link made just now, or None when the account is closed by then."""
    user = User.objects.filter(pk=outgoing.object_id, is_active=True).first()
    if user is None:
        return None
    path = reverse(
        "account_reset_password_from_key",
        kwargs={
            "uidb36": user_pk_to_url_str(user),
            "key": default_token_generator.make_token(user),
        },
    )
    with translation.override(outgoing.language):
        context = {
            "name": user.name,
            "link": settings.BASE_URL + path,
            "label": _("Choose a new password"),
        }
        return Letter(
            subject=_("Choose a new password"),
            text=render_to_string("accounts/email/password_reset.txt", context),
            html=render_to_string("accounts/email/password_reset.html", context),
        )


def email_change_email(outgoing: OutgoingMail) -> Letter | None:
    """Return the mail to a new address, or None when the wish has been replaced or is too old."""
    change = (
        EmailChange.objects.select_related("user")
        .filter(pk=outgoing.object_id, confirmed_at=None, user__is_active=True)
        .first()
    )
    if change is None or clock.now() >= change.expires_at:
        return None
    with translation.override(outgoing.language):
        context = {
            "name": change.user.name,
            "link": settings.BASE_URL + reverse("email_confirmation", args=[change.token]),
            "label": _("Confirm this address"),
        }
        return Letter(
            subject=_("Confirm your new e-mail address"),
            text=render_to_string("accounts/email/email_change.txt", context),
            html=render_to_string("accounts/email/email_change.html", context),
        )


def account_notice_email(outgoing: OutgoingMail) -> Letter | None:
    """Return the mail that says what happened to an account; it holds no link that acts."""
    entry = Entry.objects.get(pk=outgoing.object_id)
    user = User.objects.filter(pk=entry.subject_id).first()
    if user is None:
        return None
    with translation.override(outgoing.language):
        device = entry.after.get("device")
        subject = str(SENTENCES[entry.action])
        context = {
            "name": user.name,
            "label": subject,
            "what": subject,
            "at": entry.at,
            "device": device_name(device) if device else "",
            "ip": entry.ip,
        }
        return Letter(
            subject=subject,
            text=render_to_string("accounts/email/account_notice.txt", context),
            html=render_to_string("accounts/email/account_notice.html", context),
        )
