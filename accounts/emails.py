"""What the portal writes to somebody about their account."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from mail.letters import Letter
from mail.models import OutgoingMail


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
