"""What a person's fields are called, and the languages a person may have. Pure."""

from collections.abc import Iterable
from typing import Any

from django.conf.locale import LANG_INFO
from django.utils.translation import gettext_lazy as _

LANGUAGES = ("de", "en", "fr", "it", "es", "nl", "pl", "cs", "da", "sv", "pt", "tr")
LABELS = {
    "name": _("Name"),
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "degree": _("Academic degree"),
    "pronouns": _("Pronouns"),
    "title": _("Job title"),
    "department": _("Department"),
    "email": _("E-mail address"),
    "phone": _("Phone"),
    "mobile": _("Mobile"),
    "fax": _("Fax"),
    "street": _("Street and number"),
    "postcode": _("Postcode"),
    "city": _("City"),
    "country": _("Country"),
    "office": _("Office"),
    "website": _("Website"),
    "linkedin": _("LinkedIn"),
    "booking_link": _("Booking link"),
    "language": _("Language"),
}


def field_labels(own_fields: Iterable[Any]) -> dict[str, Any]:
    """Return what may be compared, corrected or imported: a field's name → its label.

    The customer's own fields are named as their placeholders are, `field.<key>`.
    """
    return LABELS | {f"field.{own.key}": own.label for own in own_fields}


def language_choices() -> list[tuple[str, str]]:
    """Return the languages, each in its own words."""
    return [("", "–"), *((code, LANG_INFO[code]["name_local"].capitalize()) for code in LANGUAGES)]
