"""What people type to sign in, and the fields that other forms share: names and addresses."""

import re
from collections.abc import Callable
from typing import Any

from allauth.account.forms import (
    ChangePasswordForm,
    LoginForm,
    ReauthenticateForm,
    ResetPasswordForm,
    ResetPasswordKeyForm,
)
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as ReauthenticateCodeForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from accounts import passwords
from accounts.models import User
from accounts.operations import ask_for_new_password
from reseller_portal.images import MOST_BYTES, REASONS, Refused, make_picture
from reseller_portal.names import email_key, holds_control_characters, tidy


def reword(form: forms.Form, **labels) -> None:
    """Give allauth's fields our words: a label above the field, and nothing inside it."""
    for name, label in labels.items():
        form.fields[name].label = label
        form.fields[name].help_text = ""
        form.fields[name].widget.attrs.pop("placeholder", None)


class SignInForm(LoginForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        reword(self, login=_("E-mail address"), password=_("Password"))


class PasswordForgottenForm(ResetPasswordForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        reword(self, email=_("E-mail address"))

    def clean_email(self):
        email = self.cleaned_data["email"]
        user = User.objects.by_email(email)
        self.users = [user] if user is not None and user.is_active else []
        return email

    def save(self, request, **kwargs):
        # Not allauth's way, which makes a link for known addresses only: it takes its time.
        ask_for_new_password(user=self.users[0] if self.users else None)
        return self.cleaned_data["email"]


class NewPasswordForm(ResetPasswordKeyForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        reword(self, password1=_("New password"), password2=_("New password again"))
        with_meter(self.fields["password1"])


class PasswordChangeForm(ChangePasswordForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        reword(
            self,
            oldpassword=_("Present password"),
            password1=_("New password"),
            password2=_("New password again"),
        )
        with_meter(self.fields["password1"])


class ConfirmPasswordForm(ReauthenticateForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        reword(self, password=_("Password"))


CODE = _("Six digits from the app, or a recovery code")


class CodeForm(AuthenticateForm):
    """The code that signing in asks for after the password."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        reword(self, code=CODE)


class ConfirmCodeForm(ReauthenticateCodeForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        reword(self, code=CODE)


class AuthenticatorForm(ActivateTOTPForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        reword(self, code=_("Six digits from the app"))


# What a browser never sends, and its reader does not expect either.
MALFORMED = (AttributeError, KeyError, TypeError, ValueError)
NOT_READ = _("This passkey could not be read. Try again, or use another way.")


class PasskeyForm(AddWebAuthnForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        reword(self, name=_("Name"), passwordless=_("Sign in by it without a password"))
        self.fields["name"].help_text = _("How you tell it from others, such as “Laptop”.")
        self.fields["name"].max_length = 120
        self.fields["passwordless"].initial = True

    def clean(self):
        try:
            return super().clean()
        except MALFORMED as problem:
            raise forms.ValidationError(NOT_READ) from problem


class PasskeySignInForm(LoginWebAuthnForm):
    def clean_credential(self):
        try:
            return super().clean_credential()
        except MALFORMED as problem:
            raise forms.ValidationError(NOT_READ) from problem


class PasskeyAnswerForm(AuthenticateWebAuthnForm):
    """A passkey's answer after the password."""

    def clean_credential(self):
        try:
            return super().clean_credential()
        except MALFORMED as problem:
            raise forms.ValidationError(NOT_READ) from problem


class ConfirmPasskeyForm(ReauthenticateWebAuthnForm):
    def clean_credential(self):
        try:
            return super().clean_credential()
        except MALFORMED as problem:
            raise forms.ValidationError(NOT_READ) from problem


class PasskeyNameForm(EditWebAuthnForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        reword(self, name=_("Name"))


def with_meter(field: Any) -> None:
    """Say how strong a new password is while it is typed; without scripts the errors say it."""
    field.help_text = passwords.HINT
    field.has_meter = True
    field.widget.attrs |= {
        "maxlength": passwords.MOST,
        "hx-post": reverse_lazy("password_strength"),
        "hx-trigger": "input changed delay:300ms",
        "hx-target": "#password-strength",
        "aria-describedby": "password-strength",
    }


def check_password_pair(form: forms.Form, user: User, companies: list[str]) -> None:
    """Add an error at the field when the two passwords differ or the password may not be used."""
    first, second = (form.cleaned_data.get(name) for name in ("password1", "password2"))
    if first and second and first != second:
        form.add_error("password2", _("The two passwords differ. Type the same one twice."))
    elif first:
        try:
            passwords.check(first, user, companies=companies)
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
        if len(value) > 10 * (self.max_length or 120):
            return value  # far too long, as the next check says; tidying it would take its time
        # "=?" begins an encoded word, by which a name in a mail's head says something else.
        if holds_control_characters(value) or "=?" in value:
            raise forms.ValidationError(
                _("A name is one line without special signs."), code="invalid"
            )
        if self.LINK.search(value):
            raise forms.ValidationError(_("A name holds no web address."), code="invalid")
        return tidy(value)


class PictureField(forms.FileField):
    """An upload that can be drawn anew; cleaned it is the bytes as sent, or None without one."""

    def __init__(self, *, draws: Callable[[bytes], object] = make_picture, **kwargs):
        super().__init__(**kwargs)
        self.draws = draws

    def clean(self, data, initial=None):
        upload = super().clean(data, initial)
        if not upload:
            return None
        try:
            if upload.size > MOST_BYTES:
                raise Refused("size")
            content = upload.read()
            self.draws(content)
        except Refused as refusal:
            raise forms.ValidationError(REASONS[refusal.reason], code="picture") from refusal
        return content


class AccountForm(forms.Form):
    """What a person says of themselves."""

    name = NameField(
        label=_("Your name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )


class EmailChangeForm(forms.Form):
    email = AddressField(
        label=_("New e-mail address"),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=_("We send a link there. Until you open it, nothing changes."),
    )

    def __init__(self, *args, user: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_email(self):
        if email_key(self.cleaned_data["email"]) == self.user.email_key:
            raise forms.ValidationError(_("This is your address already."), code="same")
        return self.cleaned_data["email"]
