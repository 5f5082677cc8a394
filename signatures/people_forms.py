"""What people type about the people whose mails get a signature."""

from collections.abc import Iterable
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Field, Fieldset, Layout
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import AddressField, NameField, PictureField
from reseller_portal.images import make_photo
from reseller_portal.names import holds_control_characters, tidy
from signatures.fields import LABELS, language_choices
from signatures.models import PERSON_FIELDS, OwnField, Person

OWN_LETTERS = 200


def helper_of(*parts) -> FormHelper:
    helper = FormHelper()
    helper.form_tag = False
    helper.disable_csrf = True
    helper.layout = Layout(*parts)
    return helper


class PlainField(forms.CharField):
    """One line of text, blanks tidied; empty is allowed."""

    def __init__(self, **kwargs):
        super().__init__(required=False, **kwargs)

    def to_python(self, value):
        value = super().to_python(value)
        if value and len(value) <= 10 * (self.max_length or 0) and holds_control_characters(value):
            raise forms.ValidationError(
                _("This is one line without special signs."), code="invalid"
            )
        return tidy(value) if value and len(value) <= 10 * (self.max_length or 0) else value


class WebField(forms.URLField):
    """An https:// address; what comes without a scheme gets it."""

    def __init__(self, **kwargs):
        super().__init__(required=False, max_length=200, assume_scheme="https", **kwargs)

    def clean(self, value):
        address = super().clean(value)
        if address and not address.startswith(("https://", "http://")):
            raise forms.ValidationError(_("The address begins with https://."))
        return address


class PersonForm(forms.Form):
    """A person's fields; the customer's own ones come behind, as `own_<key>`."""

    name = NameField(label=LABELS["name"], max_length=120)
    first_name = NameField(label=LABELS["first_name"], max_length=60, required=False)
    last_name = NameField(label=LABELS["last_name"], max_length=60, required=False)
    degree = NameField(label=LABELS["degree"], max_length=60, required=False)
    pronouns = PlainField(label=LABELS["pronouns"], max_length=40)
    title = NameField(label=LABELS["title"], max_length=120, required=False)
    department = NameField(label=LABELS["department"], max_length=120, required=False)
    email = AddressField(label=LABELS["email"], max_length=254)
    phone = PlainField(label=LABELS["phone"], max_length=40)
    mobile = PlainField(label=LABELS["mobile"], max_length=40)
    fax = PlainField(label=LABELS["fax"], max_length=40)
    street = PlainField(label=LABELS["street"], max_length=120)
    postcode = PlainField(label=LABELS["postcode"], max_length=20)
    city = PlainField(label=LABELS["city"], max_length=80)
    country = PlainField(label=LABELS["country"], max_length=60)
    office = PlainField(label=LABELS["office"], max_length=80)
    website = WebField(label=LABELS["website"])
    linkedin = WebField(label=LABELS["linkedin"])
    booking_link = WebField(label=LABELS["booking_link"])
    language = forms.ChoiceField(
        label=LABELS["language"],
        choices=language_choices,
        required=False,
        help_text=_("The language of the person's signature, for rules."),
    )
    photo = PictureField(
        draws=make_photo,
        label=_("Photo"),
        required=False,
        help_text=_("PNG or JPEG, up to 2 MB. Its middle is kept, square and cut round."),
    )
    remove_photo = forms.BooleanField(label=_("Remove the photo"), required=False)

    def __init__(
        self,
        *args,
        own_fields: Iterable[OwnField],
        has_photo: bool = False,
        only: Iterable[str] | None = None,
        **kwargs,
    ):
        """Offer all fields, or those in `only`."""
        super().__init__(*args, **kwargs)
        self.fields["photo"].widget.attrs["accept"] = "image/png,image/jpeg,image/gif,image/webp"
        own_names = []
        for own in own_fields:
            own_names.append(f"own_{own.key}")
            self.fields[own_names[-1]] = PlainField(label=own.label, max_length=OWN_LETTERS)
        if not has_photo:
            del self.fields["remove_photo"]
        if only is not None:
            allowed = {*only, "remove_photo"} if "photo" in set(only) else set(only)
            for name in set(self.fields) - allowed:
                del self.fields[name]
        parts = [
            (_("Person"), ["name", "first_name", "last_name", "degree", "pronouns", "language"]),
            (_("Work"), ["title", "department", "office"]),
            (_("Reachable at"), ["email", "phone", "mobile", "fax"]),
            (_("Address"), ["street", "postcode", "city", "country"]),
            (_("On the web"), ["website", "linkedin", "booking_link"]),
            (_("Photo"), ["photo", "remove_photo"]),
            (_("Own fields"), own_names),
        ]
        self.helper = helper_of(
            *(
                Fieldset(legend, *(Field(name, autocomplete="off") for name in shown))
                for legend, names in parts
                if (shown := [name for name in names if name in self.fields])
            )
        )

    def columns(self) -> dict[str, str]:
        """Return the columns that are shown, but for the photo and the own fields."""
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if name in {*PERSON_FIELDS, "language"}
        }

    def own(self) -> dict[str, str]:
        """Return the own fields that are shown, by their short names."""
        return {
            name.removeprefix("own_"): value
            for name, value in self.cleaned_data.items()
            if name.startswith("own_")
        }

    def person_fields(self, person: Person | None) -> dict[str, Any]:
        """Return the columns to save; own fields that are not shown stay as they are."""
        own = (person.own if person else {}) | self.own()
        return self.columns() | {"own": {key: value for key, value in own.items() if value}}


def initial_of(person: Person) -> dict[str, str]:
    """Return what the form shows of a person."""
    shown = {name: getattr(person, name) for name in (*PERSON_FIELDS, "language")}
    return shown | {f"own_{key}": value for key, value in person.own.items()}
