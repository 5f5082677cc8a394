"""What an owner types about the reseller's own data, and looks for in its history."""

import re

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms
from django.core import signing
from django.utils.translation import gettext_lazy as _

from accounts.forms import AddressField, NameField, PictureField
from audit.words import SENTENCES
from resellers.models import Reseller
from resellers.operations import BRAND, INVOICE_ADDRESS
from resellers.vat_ids import BadVatId, checked_vat_id, vat_id_words

SALT = "resellers.brand"


class PlainLineField(NameField):
    """One line of plain words without anything that a mail program would make a link of."""

    # Also bare domains: mail programs turn "evil.example" into a link by themselves.
    DOMAIN = re.compile(r"[^\W_][\w-]*\.[^\W\d_]{2,}|@", re.UNICODE)

    def to_python(self, value):
        value = super().to_python(value)
        if value and self.DOMAIN.search(value):
            raise forms.ValidationError(
                _("Write words only: no address, and a blank after each full stop."),
                code="invalid",
            )
        return value


class MailBrandForm(forms.Form):
    """How the reseller's mails look: name, address for answers, a first line, a logo."""

    mail_name = NameField(
        label=_("Name shown as the sender"),
        max_length=60,
        required=False,
        help_text=_("The portal's name follows it, so that nobody takes it for somebody else."),
    )
    mail_reply_to = AddressField(
        label=_("Address for answers"),
        max_length=254,
        required=False,
        help_text=_("Who answers a mail writes to this address."),
    )
    mail_intro_de = PlainLineField(
        label=_("First line of German mails"), max_length=300, required=False
    )
    mail_intro_en = PlainLineField(
        label=_("First line of English mails"), max_length=300, required=False
    )
    logo = PictureField(
        label=_("Logo"),
        required=False,
        help_text=_("PNG or JPEG, up to 2 MB. It travels inside the mail; nothing is loaded."),
    )
    remove_logo = forms.BooleanField(label=_("Remove the logo"), required=False)
    reseller_key = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, data=None, files=None, *, reseller: Reseller, has_logo: bool):
        self.reseller = reseller
        initial = {name: getattr(reseller, name) for name in BRAND}
        initial["reseller_key"] = signing.dumps(reseller.pk, salt=SALT)
        super().__init__(data, files, initial=initial)
        self.fields["logo"].widget.attrs["accept"] = "image/png,image/jpeg,image/gif,image/webp"
        if not has_logo:
            del self.fields["remove_logo"]
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        self.helper.layout = Layout(*self.fields)

    def clean_mail_name(self):
        name = self.cleaned_data["mail_name"]
        if "@" in name:
            raise forms.ValidationError(_("A name holds no e-mail address."))
        return name

    def clean_reseller_key(self):
        """Refuse a form opened for one reseller and sent while working for another."""
        try:
            meant = signing.loads(self.cleaned_data["reseller_key"], salt=SALT)
        except signing.BadSignature:
            meant = None
        if meant != self.reseller.pk:
            raise forms.ValidationError(
                _("You work for another reseller by now. Open the form again to change it there.")
            )
        return meant

    @property
    def brand(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in BRAND}


class InvoiceAddressForm(forms.Form):
    """Whom invoices are addressed to, and where they are mailed."""

    invoice_name = NameField(
        label=_("Name on invoices"),
        max_length=200,
        required=False,
        help_text=_("Empty: the reseller's own name."),
    )
    invoice_street = NameField(label=_("Street and number"), max_length=200)
    invoice_postcode = NameField(label=_("Postcode"), max_length=20)
    invoice_city = NameField(label=_("Town"), max_length=100)
    invoice_email = AddressField(
        label=_("E-mail address for invoices"),
        max_length=254,
        required=False,
        help_text=_("Invoices and reminders go there. Empty: they go to every owner."),
    )
    vat_id = forms.CharField(
        label=_("VAT id"),
        max_length=24,
        required=False,
        help_text=_("After a change it counts once we have confirmed it."),
    )
    reseller_key = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, data=None, *, reseller: Reseller):
        self.reseller = reseller
        initial = {name: getattr(reseller, name) for name in INVOICE_ADDRESS}
        initial["reseller_key"] = signing.dumps(reseller.pk, salt=SALT)
        super().__init__(data, initial=initial)
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        self.helper.layout = Layout(*self.fields)

    clean_reseller_key = MailBrandForm.clean_reseller_key

    def clean_vat_id(self):
        text = self.cleaned_data["vat_id"].strip()
        try:
            return checked_vat_id(text, self.reseller.country) if text else ""
        except BadVatId as problem:
            raise forms.ValidationError(vat_id_words(problem.reason)) from problem

    @property
    def address(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in INVOICE_ADDRESS}


class SecurityForm(forms.Form):
    second_factor_required = forms.BooleanField(
        label=_("Everybody who works here needs a second factor"),
        required=False,
        help_text=_("Who has none yet is asked to set one up with the next click."),
    )


class HistoryForm(forms.Form):
    """What to show of the history; what cannot be read is left out."""

    action = forms.ChoiceField(required=False)  # filled in the reader's language below
    who = forms.CharField(label=_("Who"), required=False, max_length=120)
    since = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=_("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        sentences = sorted(((key, str(words)) for key, words in SENTENCES.items()), key=_by_words)
        self.fields["action"] = forms.ChoiceField(
            label=_("What"), required=False, choices=[("", _("Everything")), *sentences]
        )
        for field in self.fields.values():
            is_choice = isinstance(field, forms.ChoiceField)
            field.widget.attrs["class"] = "form-select" if is_choice else "form-control"


def _by_words(pair: tuple[str, str]) -> str:
    return pair[1].casefold()
