"""VAT ids: their form and check digits, by country. Pure."""

from typing import Any

from django.forms import BaseForm
from django.utils.translation import gettext_lazy as _
from stdnum.ch import uid
from stdnum.eu import vat
from stdnum.exceptions import ValidationError
from stdnum.gb import vat as british

EU_PREFIXES = {"GR": "EL"}
WORDS = {
    "country": _("This VAT id is of another country."),
    "digits": _("This is no VAT id: a letter or digit is wrong, missing or too many."),
}


class BadVatId(ValueError):
    """`reason` is a key of WORDS."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


def vat_id_words(reason: str) -> str:
    return str(WORDS[reason])


def check_vat_id(form: BaseForm, data: dict[str, Any]) -> None:
    """Put the id of the form's data into its one spelling, or say on its field what is wrong."""
    if data.get("vat_id"):
        try:
            data["vat_id"] = checked_vat_id(data["vat_id"], data.get("country", ""))
        except BadVatId as problem:
            form.add_error("vat_id", vat_id_words(problem.reason))


def checked_vat_id(text: str, country: str) -> str:
    """Return the id without blanks and in capitals; raises BadVatId when it cannot be one.

    Check digits are checked in the EU, the United Kingdom and Switzerland; elsewhere any is taken.

    >>> checked_vat_id("atu 1358 5627", "AT")
    'ATU13585627'
    """
    compact = "".join(
        sign for sign in text.upper() if sign.isascii() and (sign.isalnum() or sign in "+*")
    )
    try:
        if country == "GB":
            return f"GB{british.validate(compact)}"
        if country == "CH":
            uid.validate(compact.removesuffix("MWST").removesuffix("TVA").removesuffix("IVA"))
            return compact
        prefix = EU_PREFIXES.get(country, country)
        if prefix.lower() not in vat.MEMBER_STATES and country != "GR":
            return compact
        if not compact.startswith(prefix):
            raise BadVatId("country" if compact[:2].isalpha() else "digits")
        return prefix + str(vat.validate(compact)).removeprefix(prefix)
    except ValidationError as problem:
        raise BadVatId("digits") from problem
