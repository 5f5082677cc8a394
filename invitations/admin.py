"""Invitations as staff follow them: who, when, how far; never a link."""

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.access import actor
from accounts.forms import AddressField, NameField
from invitations.models import Invitation
from invitations.operations import (
    Invitee,
    invite_member,
    revoke_invitation,
    send_invitation_again,
)
from invitations.presentation import REFUSED, STATES, refusal_words, state_of
from reseller_portal import clock
from reseller_portal.admin_links import ask_to_erase, link_to
from reseller_portal.admin_rows import PagedAdmin
from reseller_portal.names import email_key
from resellers.models import Reseller, Role


class MemberInvitationForm(forms.ModelForm):
    """Whom to invite to a reseller; the first owner comes in this way."""

    reseller = forms.ModelChoiceField(Reseller.objects.all(), label=_("reseller"))
    role = forms.ChoiceField(label=_("role"), choices=Role.choices)
    name = NameField(label=_("name"), max_length=120)
    email = AddressField(label=_("e-mail address"), max_length=254)
    language = forms.ChoiceField(label=_("language"), choices=settings.LANGUAGES)

    class Meta:
        model = Invitation
        fields = ["reseller", "role", "name", "email", "language"]

    def clean(self):
        data = super().clean() or {}
        if data.get("reseller") and data.get("email"):
            key, reseller = email_key(data["email"]), data["reseller"]
            invited = reseller.invitations.pending().filter(customer=None, email_key=key)
            if invited.exists() or reseller.members.filter(user__email_key=key).exists():
                self.add_error("email", _("This address is invited or a member already."))
        return data

    def _post_clean(self):
        """Leave the row alone: the operation makes it."""


@admin.register(Invitation)
class InvitationAdmin(PagedAdmin):
    list_display = ["email", "name", "of", "whom_for", "progress", "created_at", "expires_at"]
    list_filter = [
        ("accepted_at", admin.EmptyFieldListFilter),
        ("revoked_at", admin.EmptyFieldListFilter),
        "created_at",
        "role",
    ]
    search_fields = ["code", "email", "name", "customer__name", "reseller__name"]
    list_select_related = ["reseller", "customer"]
    actions = ["send_again", "revoke", ask_to_erase]
    form = MemberInvitationForm
    shown = [
        "code",
        "reseller",
        "customer",
        "role",
        "name",
        "email",
        "language",
        "product",
        "invited_by",
        "generation",
        "progress",
        "created_at",
        "sent_again_at",
        "expires_at",
        "opened_at",
        "accepted_at",
        "accepted_by",
        "revoked_at",
    ]

    def get_fields(self, request, obj=None):
        return self.shown if obj else self.form.Meta.fields

    def get_readonly_fields(self, request, obj=None):
        return self.shown if obj else []

    def get_queryset(self, request):
        return Invitation.objects.with_delivery_state()

    @admin.display(description=_("reseller"), ordering="reseller__name")
    def of(self, invitation: Invitation):
        return link_to(invitation.reseller)

    @admin.display(description=_("for"))
    def whom_for(self, invitation: Invitation):
        return (
            link_to(invitation.customer) if invitation.customer else invitation.get_role_display()
        )

    @admin.display(description=_("how far"))
    def progress(self, invitation: Invitation) -> str:
        mail_state = getattr(invitation, "delivery_state", None)
        return str(STATES[state_of(invitation, mail_state, clock.now())])

    def save_model(self, request, obj, form, change):
        """Invite. The page that follows is the row's, which the operation has made."""
        data = form.cleaned_data
        obj.pk = invite_member(
            reseller=data["reseller"],
            role=data["role"],
            invitee=Invitee(data["name"], data["email"], data["language"]),
            by=actor(request, hat="staff"),
        ).pk

    @admin.action(description=_("Send again with a new link"), permissions=["change"])
    def send_again(self, request, rows):
        self._each(request, rows, send_invitation_again)

    @admin.action(description=_("Revoke"), permissions=["change"])
    def revoke(self, request, rows):
        self._each(request, rows, revoke_invitation)

    def _each(self, request, rows, operation):
        done = 0
        for invitation in rows:
            try:
                operation(invitation=invitation, by=actor(request, hat="staff"))
                done += 1
            except REFUSED as problem:
                text = f"{invitation.email}: {refusal_words(problem)}"
                self.message_user(request, text, messages.WARNING)
        text = ngettext("%d invitation done.", "%d invitations done.", done) % done
        self.message_user(request, text, messages.SUCCESS)

    def has_change_permission(self, request, obj=None):
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request, obj=None):
        return False
