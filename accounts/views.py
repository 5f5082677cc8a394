"""A person's own account: name, address, password, second factor, sessions, data; and the look."""

import secrets
from functools import wraps
from typing import Any
from uuid import UUID

from allauth.account.views import LoginView, PasswordChangeView, ReauthenticateView
from allauth.core.internal import ratelimit
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.base.views import ReauthenticateView as ReauthenticateByCodeView
from allauth.mfa.webauthn.views import ReauthenticateWebAuthnView
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from csp.decorators import csp_update
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import passwords
from accounts.access import actor, came_from, everybody, lately_confirmed, signed_in
from accounts.devices import device_name
from accounts.errors import LinkEnded
from accounts.forms import AccountForm, EmailChangeForm
from accounts.models import User
from accounts.operations import (
    ask_for_email_change,
    change_name,
    choose_language,
    confirm_email_change,
    disconnect_provider,
    end_sessions,
    note_wrong_code,
    note_wrong_password,
    read_email_change,
)
from accounts.providers import Conversation, SignInProvider, form_targets

THEMES = {"light", "dark", "auto"}
A_YEAR = 365 * 24 * 60 * 60
LONGEST_NUMBER = 18  # digits that the database counts by
LONGEST_WORDS = 254  # as long as an address may be


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def account(request):
    form = AccountForm(
        request.POST if request.method == "POST" else None, initial={"name": request.user.name}
    )
    if form.is_valid():
        change_name(
            user=request.user, name=form.cleaned_data["name"], by=actor(request, hat="visitor")
        )
        messages.success(request, _("Your name is saved."))
        return redirect("account")
    page = {
        "form": form,
        "sessions": request.user.living_sessions().count(),
        "providers": _ways_in(request.user),
        "second_factors": request.user.authenticator_set.exclude(type="recovery_codes").count(),
        "pending": request.user.email_changes.filter(confirmed_at=None).last(),
    }
    return render(request, "accounts/account.html", page)


def _ways_in(user: User) -> list[dict[str, Any]]:
    """Return each provider that is set up, with the user's accounts there."""
    accounts = list(user.socialaccount_set.order_by("pk")) if settings.SIGN_IN_PROVIDERS else []
    return [
        {"id": name, "accounts": [each for each in accounts if each.provider == name]}
        for name in settings.SIGN_IN_PROVIDERS
    ]


@lately_confirmed
@ratelimit.decorator(app="allauth.account", action="email_change")
@require_http_methods(["GET", "HEAD", "POST"])
def email_change(request):
    form = EmailChangeForm(request.POST if request.method == "POST" else None, user=request.user)
    if form.is_valid():
        address = form.cleaned_data["email"]
        ask_for_email_change(user=request.user, email=address, by=actor(request, hat="visitor"))
        messages.success(
            request, _("Open the link that we have sent to %(address)s.") % {"address": address}
        )
        return redirect("account")
    return render(request, "accounts/email_change.html", {"form": form})


@everybody
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def email_confirmation(request, token):
    """Ask whether the address shall be the user name; only pressing the button changes it."""
    try:
        change = read_email_change(token)
        if request.method == "POST":
            confirm_email_change(
                change=change,
                keep_session=request.session.session_key if request.user == change.user else None,
                by=actor(request, hat="visitor"),
            )
            messages.success(request, _("From now on you sign in by the new address."))
            return redirect("home")
    except LinkEnded:
        return render(request, "accounts/email_confirmation_closed.html", status=404)
    return render(request, "accounts/email_confirmation.html", {"change": change})


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def sessions(request):
    """List where somebody is signed in; end one of these sessions, or all others."""
    if request.method == "POST":
        number = request.POST.get("number", "")
        try:
            only = UUID(number) if number else None
        except ValueError:
            return HttpResponseBadRequest()
        ended = end_sessions(
            user=request.user,
            keep_session=request.session.session_key,
            only=only,
            by=actor(request, hat="visitor"),
        )
        text = ngettext("%(count)d session is ended.", "%(count)d sessions are ended.", ended)
        messages.success(request, text % {"count": ended})
        return redirect("sessions")
    rows = [
        {
            "device": device_name(row.user_agent),
            "session": row,
            "is_this": row.session_key == request.session.session_key,
        }
        for row in request.user.living_sessions().order_by("-used_at")[:100]
    ]
    return render(request, "accounts/sessions.html", {"rows": rows})


@everybody
@ratelimit.decorator(app="allauth.account", action="password_strength")
@require_POST
def password_strength(request):
    """Say how strong the password is that somebody is typing; nothing of it is kept."""
    password = request.POST.get("password1", "")[: passwords.MOST]
    words = [request.POST.get(name, "")[:LONGEST_WORDS] for name in ("name", "email")]
    if request.user.is_authenticated:
        words = passwords.words_of(request.user)
    problems = passwords.problems(
        password,
        words=words,
        second_factor=request.user.is_authenticated and request.user.has_second_factor,
    )
    page = {
        "strength": passwords.strength(password, words) if password else None,
        "problems": problems,
        "most": 2 if problems else 4,  # what may not be used is not shown as good
    }
    return render(request, "accounts/password_strength.html", page)


def leads_to_providers(view: Any) -> Any:
    """Let a page's forms lead to the providers: the policy holds for where they redirect, too."""

    @wraps(view)
    def widened(request, *args, **kwargs):
        return csp_update({"form-action": form_targets()})(view)(request, *args, **kwargs)

    return widened


def known_provider(request: HttpRequest, provider_id: str) -> SignInProvider:
    if provider_id not in settings.SIGN_IN_PROVIDERS:
        raise Http404
    return get_adapter(request).get_provider(request, provider_id)


@everybody
@ratelimit.decorator(app="allauth.account", action="provider")
@require_POST
def provider_sign_in(request, provider_id):
    """Send somebody to a provider, who sends them back to `provider_answer`."""
    provider = known_provider(request, provider_id)
    return _sent(request, provider, AuthProcess.LOGIN, came_from(request, reverse("home")))


@everybody
@never_cache
@ratelimit.decorator(app="allauth.account", action="provider")
@require_safe
def provider_answer(request, provider_id):
    """Take a provider's answer: sign its owner in, or connect the account that it names."""
    known_provider(request, provider_id)
    return OAuth2CallbackView.adapter_view(Conversation(request, provider_id))(request)


@leads_to_providers
@lately_confirmed
@require_http_methods(["GET", "HEAD", "POST"])
def provider(request, provider_id):
    """Show somebody's accounts at a provider; POST leads there to connect another one."""
    known = known_provider(request, provider_id)
    if request.method == "POST":
        return _sent(request, known, AuthProcess.CONNECT, request.path)
    accounts = request.user.socialaccount_set.filter(provider=provider_id).order_by("pk")
    page = {"provider": known, "accounts": accounts}
    return render(request, "accounts/provider.html", page)


@lately_confirmed
@require_POST
def provider_removal(request, provider_id):
    known_provider(request, provider_id)
    number = request.POST.get("account", "")
    if not number.isascii() or not number.isdecimal() or len(number) > LONGEST_NUMBER:
        return HttpResponseBadRequest()
    ended = disconnect_provider(
        user=request.user,
        account_id=int(number),
        keep_session=request.session.session_key,
        by=actor(request, hat="visitor"),
    )
    if ended:
        messages.success(request, _("The account is disconnected. It signs nobody in here."))
    return redirect("provider", provider_id)


def _sent(
    request: HttpRequest, provider: SignInProvider, process: str, back_to: str
) -> HttpResponse:
    nonce = secrets.token_urlsafe(16)
    asking = {**provider.get_auth_params(), "nonce": nonce}
    try:
        return provider.redirect(
            request, process, next_url=back_to, auth_params=asking, nonce=nonce
        )
    except OAuth2Error as silent:
        return render_authentication_error(request, provider, exception=silent)


@method_decorator(leads_to_providers, name="dispatch")
class SignInView(LoginView):
    """Allauth's, which answers 429 when there were too many wrong passwords."""

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | {"providers": settings.SIGN_IN_PROVIDERS}

    def form_invalid(self, form):
        response = super().form_invalid(form)
        if form.has_error("__all__", "too_many_login_attempts"):
            response.status_code = 429
        return response


class SecondFactorView(AuthenticateView):
    """Allauth's, which writes a wrong code to the history."""

    def form_invalid(self, form):
        note_wrong_code(user=self.stage.login.user, by=actor(self.request, hat="visitor"))
        return super().form_invalid(form)


class NewPasswordView(PasswordChangeView):
    """Allauth's, which writes a wrong old password to the history."""

    def form_invalid(self, form):
        if form.has_error("oldpassword"):
            note_wrong_password(user=self.request.user, by=actor(self.request, hat="visitor"))
        return super().form_invalid(form)


# A session that was confirmed gets a new key: an older copy of it proves nothing. What was sent
# before the question goes on from here, to a provider perhaps.
@method_decorator(leads_to_providers, name="dispatch")
class ConfirmByPasswordView(ReauthenticateView):
    def form_invalid(self, form):
        note_wrong_password(user=self.request.user, by=actor(self.request, hat="visitor"))
        return super().form_invalid(form)

    def form_valid(self, form):
        self.request.session.cycle_key()
        return super().form_valid(form)


@method_decorator(leads_to_providers, name="dispatch")
class ConfirmByCodeView(ReauthenticateByCodeView):
    def form_invalid(self, form):
        note_wrong_code(user=self.request.user, by=actor(self.request, hat="visitor"))
        return super().form_invalid(form)

    def form_valid(self, form):
        self.request.session.cycle_key()
        return super().form_valid(form)


@method_decorator(leads_to_providers, name="dispatch")
class ConfirmByPasskeyView(ReauthenticateWebAuthnView):
    def form_valid(self, form):
        self.request.session.cycle_key()
        return super().form_valid(form)


@everybody
@require_POST
def set_preferences(request):
    language, theme = request.POST.get("language"), request.POST.get("theme")
    if language not in {None, *dict(settings.LANGUAGES)} or theme not in {None, *THEMES}:
        return HttpResponseBadRequest()
    response = redirect(came_from(request, "/"))
    if language and request.user.is_authenticated:
        choose_language(user=request.user, language=language)
    if language:
        keep(response, settings.LANGUAGE_COOKIE_NAME, language)
    if theme:
        keep(response, settings.THEME_COOKIE_NAME, "" if theme == "auto" else theme)
    return response


def keep(response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(
        name,
        value,
        max_age=A_YEAR if value else 0,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
