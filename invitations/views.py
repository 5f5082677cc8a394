"""The page behind the link of an invitation."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import actor, everybody, into_cookie
from accounts.models import User
from invitations.errors import InvitationClosed, WrongAccount
from invitations.forms import AcceptanceForm
from invitations.models import Invitation
from invitations.operations import accept_invitation, note_opened
from reseller_portal import clock


@everybody
@never_cache
@require_safe
def invitation_link(request, token):
    """Move the token out of the address into a cookie; nothing changes yet."""
    if invitation_of(token) is None:
        return closed(request)
    return into_cookie(token, page="invitation", cookie=settings.INVITATION_COOKIE_NAME)


@everybody
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request):
    found = invitation_of(request.COOKIES.get(settings.INVITATION_COOKIE_NAME, ""))
    if found is None:
        return closed(request)
    account = User.objects.filter(email_key=found.email_key).first()
    user = request.user if request.user.is_authenticated else None
    if user != account:  # somebody else is signed in, or the account's owner is not yet
        page = {"invitation": found, "account": account, "signed_in": user}
        return render(request, "invitations/invitation_account.html", page)
    form = AcceptanceForm(
        request.POST if request.method == "POST" else None,
        invitation=found,
        has_account=account is not None,
        language=request.LANGUAGE_CODE,
    )
    if not form.is_valid():
        return render(
            request,
            "invitations/invitation.html",
            {"form": form, "invitation": found, "account": account},
        )
    try:
        accept_invitation(
            invitation=found,
            acceptance=form.acceptance,
            user=user,
            by=actor(request, hat="visitor"),
        )
    except InvitationClosed:
        return closed(request)
    except WrongAccount:
        return redirect("invitation")  # which says what to do now
    return accepted(request, found, user)


@everybody
@require_POST
def invitation_opened(request):
    """Note that a person is there: the page's script posts on the first key or pointer input."""
    found = invitation_of(request.COOKIES.get(settings.INVITATION_COOKIE_NAME, ""))
    if found is not None:
        note_opened(invitation=found)
    return HttpResponse(status=204)


def invitation_of(token: str) -> Invitation | None:
    """Return the invitation that this token opens now, or None for any reason not to."""
    found = Invitation.objects.by_token(token)
    open_now = found is not None and found.may_be_accepted(clock.now(), clock.today())
    return found if open_now else None


def accepted(request, found: Invitation, user: User | None) -> HttpResponse:
    """Lead to where the work is; who has just chosen a password signs in first."""
    if user is None:
        messages.success(request, _("Welcome. Sign in with the password you have just chosen."))
    elif found.customer:
        messages.success(
            request,
            _("You may now edit the signatures of %(name)s.") % {"name": found.customer.name},
        )
    else:
        messages.success(request, _("You now work for %(name)s.") % {"name": found.reseller.name})
    request.session.pop("has_contacts", None)  # the header offers the new hat at once
    response = redirect("home" if user else "account_login")
    response.delete_cookie(settings.INVITATION_COOKIE_NAME, samesite="Lax")
    return response


def closed(request) -> HttpResponse:
    """Answer every link that does not work alike: nothing tells why, or whether it ever existed."""
    response = render(request, "invitations/invitation_closed.html", status=404)
    response.delete_cookie(settings.INVITATION_COOKIE_NAME, samesite="Lax")
    return response
