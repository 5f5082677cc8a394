"""Where owners look after the members of their reseller."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.access import confirm
from invitations.contact_views import change_invitation, correct, field_of
from invitations.forms import NewMemberForm
from invitations.models import Invitation
from invitations.operations import invite_member, revoke_invitation, send_invitation_again
from invitations.presentation import REFUSED, refusal_words, stories
from reseller_portal import clock
from resellers.access import member_actor, owner_required
from resellers.errors import LastOwner, NotOwner
from resellers.models import Member, Role
from resellers.operations import change_role, remove_member

SHOWN = 50


@owner_required
@require_GET
def members(request):
    """Who works for the reseller, and who is invited to."""
    found = Invitation.objects.to_members(request.member).pending()
    page = {
        "members": own_members(request).order_by("user__name", "pk"),
        "roles": Role.choices,
        "stories": stories(found[:SHOWN], clock.now()),
    }
    return render(request, "invitations/members.html", page)


@owner_required
def new_member(request):
    form = NewMemberForm(request.POST if request.method == "POST" else None, member=request.member)
    if form.is_valid():
        if form.cleaned_data["role"] == Role.OWNER:
            confirm(request)
        try:
            invite_member(
                reseller=request.member.reseller,
                invitee=form.invitee,
                role=form.cleaned_data["role"],
                by=member_actor(request),
            )
        except REFUSED as problem:
            form.add_error(field_of(problem), refusal_words(problem))
        else:
            words = _("An invitation is on its way to %(email)s.")
            messages.success(request, words % {"email": form.invitee.email})
            return redirect("members")
    return render(request, "invitations/new_member.html", {"form": form})


@owner_required
@require_POST
def member_role(request, member_id):
    member = get_object_or_404(own_members(request), pk=member_id)
    role = request.POST.get("role", "")
    if role not in Role.values:
        return HttpResponseBadRequest()
    if role == Role.OWNER:
        confirm(request)
    try:
        member = change_role(member=member, role=role, by=member_actor(request))
    except (LastOwner, NotOwner) as problem:
        messages.error(request, why_not(problem))
    else:
        words = _("%(name)s now has the role “%(role)s”.")
        messages.success(
            request, words % {"name": member.user.name, "role": member.get_role_display()}
        )
    return after(request, member)


@owner_required
def member_removal(request, member_id):
    member = get_object_or_404(own_members(request), pk=member_id)
    if request.method != "POST":
        return render(request, "invitations/member_removal.html", {"member": member})
    try:
        remove_member(member=member, by=member_actor(request))
    except (LastOwner, NotOwner) as problem:
        messages.error(request, why_not(problem))
    else:
        words = _("%(name)s is no member any more, from the next click on.")
        messages.success(request, words % {"name": member.user.name})
    return after(request, member)


@owner_required
@require_POST
def member_invitation_sending(request, invitation_code):
    found = find(request, invitation_code)
    words = _("A new link is on its way to %(email)s.")
    return change_invitation(request, found, send_invitation_again, words, reverse("members"))


@owner_required
@require_POST
def member_invitation_revocation(request, invitation_code):
    found = find(request, invitation_code)
    words = _("The invitation of %(email)s is revoked.")
    return change_invitation(request, found, revoke_invitation, words, reverse("members"))


@owner_required
def member_invitation_correction(request, invitation_code):
    return correct(request, find(request, invitation_code), reverse("members"))


def own_members(request):
    rows = Member.objects.filter(reseller_id=request.member.reseller_id)
    return rows.select_related("user", "reseller")


def find(request, code) -> Invitation:
    return get_object_or_404(Invitation.objects.to_members(request.member), code=code)


def after(request, member: Member) -> HttpResponse:
    """Lead back to the members; who has changed themselves may not see them any more."""
    return redirect("home" if member.user_id == request.user.pk else "members")


def why_not(problem: Exception) -> str:
    if isinstance(problem, LastOwner):
        return _("A reseller always has an owner. Make somebody else an owner first.")
    return _("You are no owner of this reseller any more.")
