"""What people type to sign in, and the fields that other forms share: names and addresses."""

import re

from allauth.account.forms import LoginForm, ResetPasswordForm, ResetPasswordKeyForm
from django import forms
from django.contrib.auth import password_validation
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from reseller_portal.names import email_key, holds_control_characters, tidy


class SignInForm(LoginForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, label in (("login", _("E-mail address")), ("password", _("Password"))):
            self.fields[name].label = label
            self.fields[name].help_text = ""
            self.fields[name].widget.attrs.pop("placeholder", None)


class PasswordForgottenForm(ResetPasswordForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail address")
        self.fields["email"].widget.attrs.pop("placeholder", None)

    def clean_email(self):
        email = self.cleaned_data["email"]
        user = User.objects.by_email(email)
        self.users = [user] if user is not None and user.is_active else []
        return email


class NewPasswordForm(ResetPasswordKeyForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, label in (
            ("password1", _("New password")),
            ("password2", _("New password again")),
        ):
            self.fields[name].label = label
            self.fields[name].widget.attrs.pop("placeholder", None)
        self.fields["password1"].help_text = PASSWORD_HINT


PASSWORD_HINT = _(
    "At least 15 characters. A few words you do not forget are better than signs you do."
)


def check_password_pair(form: forms.Form, user: User) -> None:
    """Add an error at the field when the two passwords differ or the password is too easy."""
    first, second = (form.cleaned_data.get(name) for name in ("password1", "password2"))
    if first and second and first != second:
        form.add_error("password2", _("The two passwords differ. Type the same one twice."))
    elif first:
        try:
            password_validation.validate_password(first, user)
        except forms.ValidationError as refusal:
            form.add_error("password1", refusal)


class AddressField(forms.EmailField):
    """An e-mail address that mail can be sent to: ASCII before the @, any domain after it."""

    def clean(self, value):
        address = super().clean(value)
        if not address:
            return address
        if "@" not in address:
            raise forms.ValidationError(_("This address has no @."), code="invalid")
        try:
            email_key(address)
        except ValueError:
            raise forms.ValidationError(
                _("Write the part before the @ with plain letters, without accents."),
                code="invalid",
            ) from None
        return address


class NameField(forms.CharField):
    """A name that stands in mails: one line, no web address, nothing encoded, blanks tidied."""

    LINK = re.compile(r"https?:|www\.|://", re.IGNORECASE)

    def to_python(self, value):
        value = super().to_python(value)
        if not value:
            return value
        # "=?" begins an encoded word, by which a name in a mail's head says something else.
        if holds_control_characters(value) or "=?" in value:
            raise forms.ValidationError(
                _("A name is one line without special signs."), code="invalid"
            )
        if self.LINK.search(value):
            raise forms.ValidationError(_("A name holds no web address."), code="invalid")
        return tidy(value)
