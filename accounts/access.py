"""Who gets in, and what django-allauth asks us on the way."""

from functools import wraps
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest

from accounts.models import User
from accounts.operations import ask_for_new_password
from audit.actor import Actor
from audit.operations import record


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

    def send_password_reset_mail(self, user, email, context):
        # The link is made when the mail is sent; what allauth made here is thrown away.
        ask_for_new_password(user=user)

    def send_mail(self, template_prefix, email, context):
        """Send nothing: every mail of the portal is a row of the outbox."""

    def authentication_failed(self, request, **credentials):
        super().authentication_failed(request, **credentials)
        user = User.objects.by_email(credentials.get("email", ""))
        if user is not None:
            record("sign_in_failed", user, by=actor(request, hat="visitor"))

    def post_login(self, request, user, **kwargs):
        record("signed_in", user, by=actor(request, hat="visitor"))
        return super().post_login(request, user, **kwargs)


def actor(request: HttpRequest, *, hat: str) -> Actor:
    """Return who acts in this request, for operations and the history."""
    user = request.user
    return Actor(
        name=user.name if user.is_authenticated else "",
        hat=hat,
        user_id=user.pk,
        ip=request.META.get("REMOTE_ADDR", ""),
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


def everybody(view):
    """Say aloud that a page is open to the world."""
    return for_audience(view, "everybody")


def for_audience(view: Any, audience: str) -> Any:
    """Note on a view for whom it is; `manage.py check` refuses a page without."""
    view.audience = audience
    return view
