"""Who may enter a reseller's pages."""

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.access import actor, for_audience
from audit.actor import Actor
from resellers.models import Member

LOOK_ONLY = _("Your role at this reseller may look but not change.")


class MemberRequest(HttpRequest):
    """A request as `resellers.middleware.hat` hands it on; `member` is falsy for all others."""

    member: Member
    all_members: list[Member]


def member_required(view: Callable) -> Callable:
    """Let a reseller's members in. For anybody else who signed in, the page does not exist."""
    return _guard(view, may=lambda member: True, audience="members")


def changer_required(view: Callable) -> Callable:
    """Let owners and members in; who may only read is told so."""
    return _guard(view, may=lambda member: member.may_change, audience="owners and members")


def payer_required(view: Callable) -> Callable:
    """Let those in who see prices and invoices; who may only read is told so."""
    return _guard(
        view,
        may=lambda member: member.sees_prices,
        audience="owners and members",
        refusal=_("Your role at this reseller does not see prices and invoices."),
    )


def owner_required(view: Callable) -> Callable:
    """Let owners in; other members are told that it is theirs to do."""
    return _guard(
        view,
        may=lambda member: member.is_owner,
        audience="owners",
        refusal=_("Only owners of this reseller may do that."),
    )


def member_actor(request: HttpRequest) -> Actor:
    return actor(request, hat="member")


def lacks_second_factor(request: MemberRequest) -> bool:
    """Whether the reseller wants a second factor of its members and this one has none yet."""
    member = request.member
    if not member or not member.reseller.second_factor_required or member.user.has_second_factor:
        return False
    messages.warning(
        request,
        _("%(name)s wants a second factor of everybody who works there. Set it up to go on.")
        % {"name": member.reseller.name},
    )
    return True


def _guard(
    view: Callable,
    *,
    may: Callable,
    audience: str,
    refusal: Promise | str = LOOK_ONLY,
) -> Callable:
    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not request.member:
            raise Http404
        if lacks_second_factor(request):
            return redirect("mfa_index")
        if not may(request.member):
            raise PermissionDenied(refusal)
        return view(request, *args, **kwargs)

    return for_audience(guarded, audience)
