"""Who gets in, and what django-allauth asks us on the way."""

from functools import wraps
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal.httpkit import get_client_ip
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base import AuthError, AuthProcess
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from accounts.devices import knows_device, remember_device
from accounts.models import User
from accounts.operations import note_account_change, note_refused_sign_in, note_sign_in
from accounts.providers import SignInProvider
from audit.actor import Actor
from reseller_portal import clock

# For how many seconds somebody who has just proved who they are is not asked again.
CONFIRMED_FOR = 10 * 60
# What allauth tells people by mail → what the history calls it.
CHANGES = {
    "account/email/password_changed": "password_changed",
    "account/email/password_reset": "password_changed",
    "mfa/email/totp_activated": "second_factor_added",
    "mfa/email/totp_deactivated": "second_factor_removed",
    "mfa/email/webauthn_added": "passkey_added",
    "mfa/email/webauthn_removed": "passkey_removed",
    "mfa/email/recovery_codes_generated": "recovery_codes_made",
    "socialaccount/email/account_connected": "provider_connected",
}


class EmailBackend(ModelBackend):
    """Signs in by e-mail address and password."""

    def authenticate(self, request, username=None, password=None, email=None, **credentials):
        address = email or username or credentials.get(User.USERNAME_FIELD)
        if not address or password is None:
            return None
        user = User.objects.by_email(address)
        if user is None:
            # Hash all the same: the answer must not come sooner for an unknown address.
            User().set_password(password)
            return None
        return user if user.check_password(password) and self.user_can_authenticate(user) else None


class AccountAdapter(DefaultAccountAdapter):
    """The portal's answers to allauth: nobody signs up uninvited, and mails go by the outbox."""

    def is_open_for_signup(self, request):
        return False

    def send_mail(self, template_prefix, email, context):
        """Send nothing: every mail of the portal is a row of the outbox."""

    def send_notification_mail(self, template_prefix, user, context=None, email=None):
        account = (context or {}).get("account")
        note_account_change(
            action=CHANGES[template_prefix],
            user=user,
            after={"provider": account.provider} if account else {},
            keep_session=self.request.session.session_key,
            by=actor(self.request, hat="visitor"),
        )

    def authentication_failed(self, request, **credentials):
        super().authentication_failed(request, **credentials)
        user = User.objects.by_email(credentials.get("email", ""))
        note_refused_sign_in(user=user, by=actor(request, hat="visitor"))

    def post_login(self, request, user, **kwargs):
        by = actor(request, hat="visitor")
        user_agent = request.headers.get("User-Agent", "")
        request.session.begin(ip=by.ip, user_agent=user_agent, staff=user.is_staff)
        known = knows_device(request, user.pk)
        note_sign_in(user=user, user_agent=user_agent, known_device=known, by=by)
        response = super().post_login(request, user, **kwargs)
        if not known:
            remember_device(request, response, user.pk)
        return response

    def reauthenticate(self, user, password):
        return user.check_password(password)

    def is_reauthentication_required(self, *, app):
        """Ask again unless somebody has proved who they are just now, by signing in or since.

        A provider's word is no such proof: it signs in whoever sits at the unlocked computer. For
        connecting one, `accounts.views` has asked before the person was sent there.
        """
        if app == "allauth.socialaccount":
            return False
        records = [
            each
            for each in get_authentication_records(self.request, self.request.user)
            if each["method"] != "socialaccount"
        ]
        now = clock.real_now().timestamp()
        return not records or now - records[-1]["at"] >= CONFIRMED_FOR

    def _get_login_attempts_cache_key(self, request, **credentials):
        """Count wrong passwords from a browser that somebody uses apart from all others.

        So a stranger who tries passwords cannot lock the owner out.
        """
        typed = credentials.get("email", "")
        user = User.objects.by_email(typed)
        if user is None:
            return typed.casefold()
        # However it was spelt: each spelling would have tries of its own.
        return (
            f"{user.email_key}/known-device" if knows_device(request, user.pk) else user.email_key
        )


class ProviderAdapter(DefaultSocialAccountAdapter):
    """The portal's answers to allauth about Microsoft and Google.

    Providers are settings; somebody unknown is not registered, nor found by an e-mail address.
    """

    def list_apps(self, request, provider=None, client_id=None):
        """Return the providers in the settings; the table of allauth stays empty."""
        return [
            SocialApp(
                provider=SignInProvider.id,
                provider_id=name,
                name=name.capitalize(),
                client_id=known["client_id"],
                secret=known["secret"],
                settings={"server_url": known["server"]},
            )
            for name, known in settings.SIGN_IN_PROVIDERS.items()
            if provider in {None, name, SignInProvider.id}
            and client_id in {None, known["client_id"]}
        ]

    def pre_social_login(self, request, sociallogin):
        if sociallogin.nonce != sociallogin.state["nonce"]:
            self.on_authentication_error(request, sociallogin.provider)
        if sociallogin.is_existing or sociallogin.state["process"] == AuthProcess.CONNECT:
            return
        name = sociallogin.provider.name
        text = _(
            "Nobody here has connected this account of %(name)s. Sign in with your password, and"
            " connect it under “Your account”."
        )
        messages.error(request, text % {"name": name})
        raise ImmediateHttpResponse(redirect("account_login"))

    def on_authentication_error(
        self, request, provider, error=None, exception=None, extra_context=None
    ):
        text = _("%(name)s could not confirm who you are. Please try again.")
        if error == AuthError.CANCELLED:
            text = _("Signing in with %(name)s was cancelled.")
        messages.error(request, text % {"name": provider.name})
        here = request.user.is_authenticated
        raise ImmediateHttpResponse(redirect("account" if here else "account_login"))

    def get_connect_redirect_url(self, request, socialaccount):
        return reverse("account")  # where allauth's own list of accounts would be


def actor(request: HttpRequest, *, hat: str) -> Actor:
    """Return who acts in this request, for operations and the history."""
    user = request.user
    return Actor(
        name=user.name if user.is_authenticated else "",
        hat=hat,
        user_id=user.pk,
        ip=get_client_ip(request) or "",
        request_id=getattr(request, "id", ""),
    )


def signed_in(view):
    """Let anybody in who has signed in; others are led to the sign-in page and back."""

    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        return view(request, *args, **kwargs)

    return for_audience(guarded, "signed in")


def lately_confirmed(view):
    """Let in who has proved within the last ten minutes who they are; others are asked again."""
    return signed_in(reauthentication_required(view))


def confirm(request: HttpRequest) -> None:
    """Ask somebody who proved more than ten minutes ago who they are; what they sent is kept."""
    raise_if_reauthentication_required(request, app="portal")


def came_from(request: HttpRequest, otherwise: str) -> str:
    """Return the page to go back to, as the form's `next` says, when it is one of ours."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(asked, {request.get_host()}, request.is_secure())
    # A path and nothing else: `redirect` would take a bare word for the name of a page.
    return asked if ours and asked.startswith("/") else otherwise


def into_cookie(token: str, *, page: str, cookie: str) -> HttpResponse:
    """Move a link's token out of the address: the page named finds it in a cookie for an hour.

    So the address bar, the history of the browser and the next page's referrer do not hold it.
    """
    response = redirect(page)
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    response.set_cookie(
        cookie,
        token,
        max_age=60 * 60,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def everybody(view):
    """Say aloud that a page is open to the world."""
    return for_audience(view, "everybody")


def for_audience(view: Any, audience: str) -> Any:
    """Note on a view for whom it is; `manage.py check` refuses a page without."""
    view.audience = audience
    return view
