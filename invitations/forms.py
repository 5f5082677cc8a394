"""What people type to invite, to correct an invitation, and to accept one."""

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Field, Layout
from django import forms
from django.conf import settings
from django.core import signing
from django.utils.translation import gettext_lazy as _

from accounts import passwords
from accounts.forms import AddressField, NameField, check_password_pair, with_meter
from accounts.models import User
from invitations.models import Invitation
from invitations.operations import Acceptance, Invitee
from resellers.models import Member, Role

RESELLER_SALT = "invitations.member"


class AcceptanceForm(forms.Form):
    """Contact information and a password; the user name is the invited address and stays so.

    A member is asked no phone and job title; who has an account already is asked no password.
    """

    email = forms.EmailField(label=_("User name (your e-mail address)"), disabled=True)
    name = NameField(label=_("Your name"), max_length=120)
    company = forms.CharField(label=_("Company"), disabled=True, required=False)
    phone = NameField(
        label=_("Phone"), max_length=40, required=False, help_text=_("May stay empty.")
    )
    job_title = NameField(
        label=_("Job title"), max_length=120, required=False, help_text=_("May stay empty.")
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    password1 = forms.CharField(
        label=_("Password"),
        widget=forms.PasswordInput,
        strip=False,
        max_length=passwords.MOST,
    )
    password2 = forms.CharField(
        label=_("Password again"),
        widget=forms.PasswordInput,
        strip=False,
        max_length=passwords.MOST,
    )

    def __init__(self, data=None, *, invitation: Invitation, has_account: bool, language: str):
        super().__init__(data)
        self.invitation = invitation
        company = invitation.customer or invitation.reseller
        self.initial = {
            "email": invitation.email,
            "name": invitation.name,
            "company": company.name,
            "language": language,
        }
        if not invitation.customer_id:
            del self.fields["phone"], self.fields["job_title"]
        if has_account:
            del self.fields["password1"], self.fields["password2"], self.fields["language"]
        else:
            with_meter(self.fields["password1"])
        autocomplete = {
            "email": "username",
            "name": "name",
            "phone": "tel",
            "job_title": "organization-title",
            "password1": "new-password",
            "password2": "new-password",
        }
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        self.helper.layout = Layout(
            *(
                Field(name, autocomplete=autocomplete[name]) if name in autocomplete else name
                for name in self.fields
            )
        )

    def clean(self):
        data = super().clean() or {}
        if "password1" in self.fields:
            user = User(email=self.invitation.email, name=data.get("name", ""))
            check_password_pair(self, user, [self.initial["company"]])
        return data

    @property
    def acceptance(self) -> Acceptance:
        data = self.cleaned_data
        return Acceptance(
            name=data["name"],
            language=data.get("language", ""),
            phone=data.get("phone", ""),
            job_title=data.get("job_title", ""),
            password=data.get("password1"),
        )


class InviteeForm(forms.Form):
    """Whom to invite: name, address, and the language of the mail."""

    name = NameField(
        label=_("Name"), max_length=120, error_messages={"required": _("Enter whom to invite.")}
    )
    email = AddressField(
        label=_("E-mail address"),
        max_length=254,
        error_messages={"required": _("Enter the address that the invitation goes to.")},
    )
    language = forms.ChoiceField(label=_("Language of the invitation"), choices=settings.LANGUAGES)

    def __init__(self, data=None, **kwargs):
        super().__init__(data, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        self.helper.layout = Layout(
            *(
                Field(name, autocomplete="off") if name in {"name", "email"} else name
                for name in self.fields
            )
        )

    @property
    def invitee(self) -> Invitee:
        data = self.cleaned_data
        return Invitee(data["name"], data["email"], data["language"])


class CorrectionForm(InviteeForm):
    """Name and address of somebody who is invited but has not accepted."""

    language = None  # type: ignore[assignment] # stays as it was


class NewMemberForm(InviteeForm):
    """Whom to invite to work for the reseller, in which role; only for the one it shows."""

    role = forms.ChoiceField(
        label=_("Role"),
        choices=Role.choices,
        initial=Role.MEMBER,
        help_text=_(
            "Owners look after members and prices, too. Members add and change subscriptions."
            " Read only sees no prices."
        ),
    )
    reseller_key = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, data=None, *, member: Member, **kwargs):
        self.member = member
        key = signing.dumps(member.reseller_id, salt=RESELLER_SALT)
        initial = {"reseller_key": key, "language": member.reseller.language}
        super().__init__(data, initial=initial, **kwargs)

    def clean_reseller_key(self):
        """Refuse a form opened for one reseller and sent while working for another."""
        try:
            meant = signing.loads(self.cleaned_data["reseller_key"], salt=RESELLER_SALT)
        except signing.BadSignature:
            meant = None
        if meant != self.member.reseller_id:
            raise forms.ValidationError(
                _("You work for another reseller by now. Open the form again to invite there.")
            )
        return meant
