"""Where members of a reseller look after its customers' contacts and invitations."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.access import came_from
from customers.models import Contact, Customer
from customers.operations import give_access_back, withdraw_access
from invitations.errors import AlreadyInvited, UnknownInvitation
from invitations.forms import CorrectionForm, InviteeForm
from invitations.jobs import send_several
from invitations.models import BulkSending, Invitation
from invitations.operations import (
    cancel_sendings,
    correct_invitation,
    invite_contact,
    revoke_invitation,
    send_invitation_again,
    wish_sendings,
)
from invitations.presentation import REFUSED, refusal_words, stories
from reseller_portal import clock
from reseller_portal.queue import queue_on_commit
from resellers.access import changer_required, member_actor, member_required

SHOWN = 50


@member_required
@require_GET
def contacts(request, code):
    """Who of a customer may sign in, who is invited, and how far each invitation got."""
    customer = find_customer(request, code)
    found = Invitation.objects.for_member(request.member).filter(customer=customer)
    page = {
        "customer": customer,
        "contacts": customer.contacts.select_related("user").order_by("pk"),
        "stories": stories(found.select_related("customer")[:SHOWN], clock.now()),
        "may_change": request.member.may_change,
    }
    return render(request, "invitations/contacts.html", page)


@changer_required
def new_contact(request, code):
    customer = find_customer(request, code)
    form = InviteeForm(
        request.POST if request.method == "POST" else None,
        initial={"language": customer.reseller.language},
    )
    if form.is_valid():
        try:
            invite_contact(
                customer=customer, invitee=form.invitee, product="", by=member_actor(request)
            )
        except REFUSED as problem:
            form.add_error(field_of(problem), refusal_words(problem))
        else:
            words = _("An invitation is on its way to %(email)s.")
            messages.success(request, words % {"email": form.invitee.email})
            return redirect(came_from(request, reverse("contacts", args=[customer.code])))
    page = {"form": form, "customer": customer, "back": came_from(request, "")}
    return render(request, "invitations/new_contact.html", page)


@changer_required
@require_POST
def contact_withdrawal(request, code, contact_id):
    contact = find_contact(request, code, contact_id)
    withdraw_access(contact=contact, by=member_actor(request))
    words = _("%(name)s has no access any more, from the next click on.")
    messages.success(request, words % {"name": contact.name})
    return redirect(came_from(request, reverse("contacts", args=[code])))


@changer_required
@require_POST
def contact_return(request, code, contact_id):
    contact = find_contact(request, code, contact_id)
    give_access_back(contact=contact, by=member_actor(request))
    messages.success(request, _("%(name)s has access again.") % {"name": contact.name})
    return redirect(came_from(request, reverse("contacts", args=[code])))


@changer_required
@require_POST
def invitation_sending(request, invitation_code):
    found = find_invitation(request, invitation_code)
    words = _("A new link is on its way to %(email)s.")
    return change_invitation(request, found, send_invitation_again, words, home_of(found))


@changer_required
@require_POST
def invitation_revocation(request, invitation_code):
    found = find_invitation(request, invitation_code)
    words = _("The invitation of %(email)s is revoked.")
    return change_invitation(request, found, revoke_invitation, words, home_of(found))


@changer_required
def invitation_correction(request, invitation_code):
    found = find_invitation(request, invitation_code)
    home = came_from(request, home_of(found))
    return correct(request, found, home)


@member_required
def invitations(request):
    """The invitations that need attention; several ticked ones are sent again at once."""
    if request.method == "POST":
        return wish_several(request)
    now, own = clock.now(), Invitation.objects.for_member(request.member)
    kinds = {"undelivered": own.undelivered(now), "expired": own.expired(now)}
    found = kinds.get(request.GET.get("kind", ""), own.undelivered(now) | own.expired(now))
    page = Paginator(found.select_related("customer").order_by("-id"), SHOWN).get_page(
        request.GET.get("page")
    )
    context = {
        "page": page,
        "stories": stories(page.object_list, now),
        "kind": request.GET.get("kind", ""),
        "may_change": request.member.may_change,
    }
    return render(request, "invitations/invitations.html", context)


@member_required
@require_GET
def bulk_sending(request, code):
    return render(request, "invitations/bulk_sending.html", bulk_context(request, code))


@member_required
@require_GET
def bulk_sending_progress(request, code):
    context = bulk_context(request, code)
    response = render(request, "invitations/bulk_progress.html", context)
    if not context["running"]:
        response["HX-Refresh"] = "true"  # the whole page, which asks no more
    return response


@changer_required
@require_POST
def bulk_sending_cancellation(request, code):
    bulk = get_object_or_404(BulkSending.objects.for_member(request.member), code=code)
    cancel_sendings(bulk=bulk, by=member_actor(request))
    return redirect("bulk_sending", code)


def wish_several(request) -> HttpResponse:
    """Start sending the ticked invitations; one that is not ours, and nothing happens at all."""
    if not request.member.may_change:
        raise PermissionDenied(_("Your role at this reseller may look but not change."))
    codes = request.POST.getlist("invitation")
    if len(codes) > SHOWN:  # more than a page has boxes
        return HttpResponseBadRequest()
    if not codes:
        messages.error(request, _("Tick the invitations that you want to send again."))
        return redirect("invitations")
    try:
        bulk = wish_sendings(member=request.member, codes=codes, by=member_actor(request))
    except UnknownInvitation:
        raise Http404 from None
    queue_on_commit(send_several, bulk.pk)
    return redirect("bulk_sending", bulk.code)


def change_invitation(request, found: Invitation, operation, done: str, home: str) -> HttpResponse:
    """Do something to one invitation, say what came of it, and lead back."""
    try:
        operation(invitation=found, by=member_actor(request))
    except REFUSED as problem:
        messages.error(request, refusal_words(problem))
    else:
        messages.success(request, done % {"email": found.email})
    return redirect(came_from(request, home))


def correct(request, found: Invitation, home: str) -> HttpResponse:
    """Ask for the right name and address, and send the invitation there."""
    form = CorrectionForm(
        request.POST if request.method == "POST" else None,
        initial={"name": found.name, "email": found.email},
    )
    if form.is_valid():
        data = form.cleaned_data
        try:
            correct_invitation(
                invitation=found, name=data["name"], email=data["email"], by=member_actor(request)
            )
        except REFUSED as problem:
            form.add_error(field_of(problem), refusal_words(problem))
        else:
            words = _("Corrected; a new link is on its way to %(email)s.")
            messages.success(request, words % {"email": data["email"]})
            return redirect(home)
    page = {"form": form, "invitation": found, "home": home, "back": came_from(request, "")}
    return render(request, "invitations/invitation_correction.html", page)


def bulk_context(request, code) -> dict:
    bulk = get_object_or_404(BulkSending.objects.for_member(request.member), code=code)
    lines = list(bulk.lines.select_related("invitation__customer"))
    done = sum(line.done_at is not None for line in lines)
    return {
        "bulk": bulk,
        "lines": lines,
        "done": done,
        "left_alone": sum(bool(line.problem) for line in lines),
        "running": done < len(lines) and bulk.cancelled_at is None,
        "may_change": request.member.may_change,
    }


def field_of(problem: Exception) -> str | None:
    """Return the field a refusal belongs to; None when it is about the form as a whole."""
    return "email" if isinstance(problem, AlreadyInvited) else None


def home_of(found: Invitation) -> str:
    assert found.customer is not None
    return reverse("contacts", args=[found.customer.code])


def find_customer(request, code) -> Customer:
    rows = Customer.objects.for_member(request.member).select_related("reseller")
    return get_object_or_404(rows, code=code)


def find_contact(request, code, contact_id) -> Contact:
    rows = Contact.objects.for_member(request.member)
    return get_object_or_404(rows, customer__code=code, pk=contact_id)


def find_invitation(request, code) -> Invitation:
    rows = Invitation.objects.for_member(request.member).select_related("customer")
    return get_object_or_404(rows, code=code)
