"""What the portal writes to somebody about their account."""

from typing import Any

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
    return _password_reset(outgoing, user.name, settings.BASE_URL + path)


def password_reset_preview(outgoing: OutgoingMail) -> Letter:
    """Return the mail for staff to look at, without a working link."""
    return _password_reset(outgoing, outgoing.recipient_name, f"{settings.BASE_URL}/password/…")


def _password_reset(outgoing: OutgoingMail, name: str, link: str) -> Letter:
    with translation.override(outgoing.language):
        label = _("Choose a new password")
        return _letter("password_reset", label, {"name": name, "link": link, "label": label})


def email_change_email(outgoing: OutgoingMail) -> Letter | None:
    """Return the mail to a new address, or None when the wish has been replaced or is too old."""
    change = (
        EmailChange.objects.select_related("user")
        .filter(pk=outgoing.object_id, confirmed_at=None, user__is_active=True)
        .first()
    )
    if change is None or clock.now() >= change.expires_at:
        return None
    link = settings.BASE_URL + reverse("email_confirmation", args=[change.token])
    return _email_change(outgoing, link)


def email_change_preview(outgoing: OutgoingMail) -> Letter:
    """Return the mail for staff to look at, without a working link."""
    return _email_change(outgoing, f"{settings.BASE_URL}/account/address/…")


def _email_change(outgoing: OutgoingMail, link: str) -> Letter:
    with translation.override(outgoing.language):
        context = {
            "name": outgoing.recipient_name,
            "link": link,
            "label": _("Confirm this address"),
        }
        return _letter("email_change", _("Confirm your new e-mail address"), context)


def account_notice_email(outgoing: OutgoingMail) -> Letter | None:
    """Return the mail that says what happened to an account; it holds no link that acts."""
    entry = Entry.objects.get(pk=outgoing.object_id)
    user = User.objects.filter(pk=entry.subject_id).first()
    if user is None:
        return None
    with translation.override(outgoing.language):
        device = entry.device or entry.after.get("device")
        subject = str(SENTENCES[entry.action])
        context = {
            "name": user.name,
            "label": subject,
            "what": subject,
            "at": entry.at,
            "device": device_name(device) if device else "",
            "ip": entry.ip,
        }
        return _letter("account_notice", subject, context)


def _letter(template: str, subject: str, context: dict[str, Any]) -> Letter:
    return Letter(
        subject=subject,
        text=render_to_string(f"accounts/email/{template}.txt", context),
        html=render_to_string(f"accounts/email/{template}.html", context),
    )
