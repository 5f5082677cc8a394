"""Who may enter a customer's signature area, in which hat, and may they change it."""

from collections.abc import Callable
from functools import wraps
from typing import NamedTuple

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.access import actor, for_audience
from audit.actor import Actor
from audit.operations import record
from customers.models import Area, Customer
from reseller_portal import clock
from resellers.access import MemberRequest, lacks_second_factor


class Tab(NamedTuple):
    label: str
    url: str
    is_current: bool


class SignatureArea(NamedTuple):
    """A customer's signature area as this person sees it. `hat` is reseller or contact."""

    customer: Customer
    hat: str
    may_edit: bool
    on_hold: bool
    by: Actor
    navigation: list[Tab]


def area_required(view: Callable) -> Callable:
    """Let the customer's contacts and the reseller's members in; only who may edit may POST.

    The view gets the SignatureArea instead of the customer's code.
    """

    @wraps(view)
    def guarded(request, code, *args, **kwargs):
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        area = find_area(request, code)
        if area.hat == "reseller" and lacks_second_factor(request):
            return redirect("mfa_index")
        if request.method not in {"GET", "HEAD"} and not area.may_edit:
            raise PermissionDenied(
                _("The subscription is on hold: signatures can be looked at, not changed.")
                if area.on_hold
                else _("Your role may look at signatures but not change them.")
            )
        request.area = area
        return view(request, area, *args, **kwargs)

    return for_audience(guarded, "the customer's contacts and its reseller's members")


def find_area(request: MemberRequest, code: str) -> SignatureArea:
    """Return the area, or raise Http404 when it is not this person's or closed."""
    customers = Customer.objects.select_related("reseller", "area_settings", "brand")
    hat, may_edit = "reseller", bool(request.member and request.member.may_change)
    customer = None
    if request.member:
        customer = customers.for_member(request.member).filter(code=code).first()
    if customer is None:
        customer = customers.for_contact(request.user.pk).filter(code=code).first()
        hat, may_edit = "contact", True
    if customer is None or customer.area(clock.today()) is Area.CLOSED:
        raise Http404
    if hat == "contact" and not customer.customer_edits:
        raise PermissionDenied(
            _("Your signatures are looked after for you at the moment. Nothing here needs doing.")
        )
    on_hold = customer.area(clock.today()) is Area.READ_ONLY
    by = actor(request, hat="member" if hat == "reseller" else "contact")
    return SignatureArea(
        customer, hat, may_edit and not on_hold, on_hold, by, _tabs(customer, request.path)
    )


def note_visit(request: HttpRequest, area: SignatureArea) -> None:
    """Write to the history that the reseller looked into a customer's area, once a session."""
    seen = request.session.get("areas_seen", [])
    if area.hat == "reseller" and area.customer.code not in seen:
        request.session["areas_seen"] = [*seen, area.customer.code][-200:]
        record("area_opened", area.customer, by=area.by, reseller_id=area.customer.reseller_id)


def _tabs(customer: Customer, path: str) -> list[Tab]:
    start = reverse("signatures", args=[customer.code])
    pages = [
        (_("Overview"), "signatures"),
        (_("People"), "people"),
        (_("Designs"), "designs"),
        (_("Rules"), "rules"),
        (_("Roll-out"), "rollout"),
    ]
    tabs = [(label, reverse(name, args=[customer.code])) for label, name in pages]
    return [
        Tab(label, url, path == url or (url != start and path.startswith(url)))
        for label, url in tabs
    ]
