"""An uploaded table as people type it: its headings and words in both languages, row by row."""

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from customers.products import Product
from reseller_portal.names import name_key, tidy
from reseller_portal.tables import MOST_BYTES, REASONS, Row, Unreadable, read_table
from resellers.models import Member
from subscriptions.forms import SubscriptionFields
from subscriptions.importing import Wish
from subscriptions.models import Term

MOST_ROWS = 10_000
COLUMNS = (
    "company_name",
    "product",
    "seats",
    "customer_edits",
    "contact_name",
    "contact_email",
    "contact_language",
    "term",
    "start",
)
REQUIRED = ("company_name", "product", "seats")
# What a column is called besides its label in the form; the portal's own export says "Customer".
ALSO = {"company_name": ("Kunde", "Customer", "Firma", "Company"), "seats": ("Benutzer", "Users")}
YES = {"yes", "ja", "y", "j", "true", "wahr", "x", "1", "on"}
NO = {"", "no", "nein", "n", "false", "falsch", "0", "off", "-"}
WORDS: dict[str, dict[str, str]] = {
    "product": {
        **dict.fromkeys(["microsoft 365", "microsoft365", "m365", "office 365"], Product.M365),
        **dict.fromkeys(["google workspace", "google", "gws"], Product.GWS),
    },
    "term": {
        **dict.fromkeys(["month", "monat", "1", "je monat", "a month"], Term.MONTHLY),
        **dict.fromkeys(["year", "jahr", "12", "yearly", "je jahr", "a year"], Term.ANNUAL),
    },
    "start": {
        **dict.fromkeys(["trial", "testphase", "test"], "trial"),
        **dict.fromkeys(["now", "sofort", "at once", "jetzt"], "now"),
    },
    "contact_language": {
        **dict.fromkeys(["de", "deutsch", "german"], "de"),
        **dict.fromkeys(["en", "englisch", "english"], "en"),
    },
}


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("CSV or Excel file"),
        help_text=gettext_lazy("Up to 10,000 rows and 5 MB. Nothing is changed yet."),
        error_messages={
            "required": gettext_lazy("Choose the file."),
            "empty": REASONS["empty"],
            "max_length": gettext_lazy("The file's name is too long. Rename it."),
        },
        max_length=200,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.xlsx", "class": "form-control"}),
    )

    def clean_file(self):
        upload = self.cleaned_data["file"]
        try:
            if upload.size > MOST_BYTES:
                raise Unreadable("size")
            rows = read_table(upload.read(), most_rows=MOST_ROWS)
        except Unreadable as refusal:
            raise forms.ValidationError(refusal.words) from refusal
        _check_heads(columns_of(rows[0].cells))
        if len(rows) == 1:
            raise forms.ValidationError(_("There is a heading, but no row below it."))
        return rows

    @property
    def file_name(self) -> str:
        return tidy(str(getattr(self.files["file"], "name", "")))

    @property
    def head(self) -> list[str]:
        return self.cleaned_data["file"][0].cells

    @property
    def rows(self) -> list[Row]:
        return self.cleaned_data["file"][1:]


class RowForm(SubscriptionFields):
    """One row, by the rules of the form "New customer subscription"."""

    @classmethod
    def read(cls, cells: Sequence[str], columns: Sequence[str], member: Member) -> "RowForm":
        """Return the form for a row whose cells stand in these columns ("" for one we ignore)."""
        typed = {name: cell for name, cell in zip(columns, cells, strict=False) if name}
        data: dict[str, Any] = {name: _meant(name, cell) for name, cell in typed.items()}
        data["seats"] = _whole(typed.get("seats", ""))
        data["contact_language"] = data.get("contact_language") or member.reseller.language
        if data.get("start") == "trial" and not member.reseller.trial_days:
            data["start"] = ""
        form = cls(data, member=member)
        form.typed = typed
        return form

    typed: dict[str, str]

    def clean_customer_edits(self):
        word = name_key(self.typed.get("customer_edits", ""))
        if word not in YES | NO:
            raise forms.ValidationError(_("Write yes or no."))
        return word in YES

    @property
    def wish(self) -> Wish:
        order, invitee = self.order, self.invitee
        return Wish(
            company_name=order.company_name,
            product=order.product,
            seats=order.seats,
            term=self.cleaned_data["term"],
            trial=order.trial,
            contact=[invitee.name, invitee.email, invitee.language] if invitee else [],
        )

    @property
    def problems(self) -> list[list[str]]:
        """The column, what stands there, and what to do, for each thing that is wrong."""
        return [
            [name, self.typed.get(name, ""), _sentence(name, self.typed.get(name, ""), str(words))]
            for name, errors in self.errors.items()
            for words in errors
        ]


def labels(language: str) -> dict[str, str]:
    """Return what each column is called in a language: as its field in the form."""
    with translation.override(language):
        return {name: str(RowForm.base_fields[name].label) for name in COLUMNS}


def columns_of(head: Sequence[str]) -> list[str]:
    """Return each heading's column, "" for what we do not know; either language, any case."""
    known = {_bare(name): column for column, names in ALSO.items() for name in names}
    for code, _name in settings.LANGUAGES:
        known |= {_bare(label): column for column, label in labels(code).items()}
    known |= {_bare(column): column for column in COLUMNS}
    return [known.get(_bare(cell), "") for cell in head]


def _check_heads(columns: list[str]) -> None:
    here = labels(translation.get_language() or "en")
    missing = [here[name] for name in REQUIRED if name not in columns]
    if missing:
        raise forms.ValidationError(
            ngettext(
                "This column is missing, or its heading is another: %(names)s.",
                "These columns are missing, or their headings are others: %(names)s.",
                len(missing),
            )
            % {"names": ", ".join(missing)}
        )
    twice = {here[name] for name in columns if name and columns.count(name) > 1}
    if twice:
        raise forms.ValidationError(
            _("This column is there twice: %(names)s.") % {"names": ", ".join(sorted(twice))}
        )


def _meant(name: str, cell: str) -> str:
    """Return the value a word stands for; what is unknown stays, for the field to refuse."""
    word = name_key(cell)
    if name not in WORDS:
        return cell
    if word in WORDS[name]:
        return str(WORDS[name][word])
    for code, _language in settings.LANGUAGES:
        with translation.override(code):
            for value, label in {"product": Product, "term": Term}.get(name, Term).choices:
                if word in {name_key(str(label)), value}:
                    return str(value)
    return cell


def _whole(cell: str) -> str:
    """Return 12 for what a spreadsheet writes as 12,00 or 12.0; anything else as it is."""
    return re.sub(r"^(\d+)[.,]0{1,2}$", r"\1", cell)


def _bare(heading: str) -> str:
    return name_key(heading).strip(" ?*:")


def _sentence(name: str, cell: str, words: str) -> str:
    """Say what to do where the form's own words speak of choosing from a list."""
    if name == "product":
        return _("Write Microsoft 365 or Google Workspace.")
    if name == "term" and cell:
        return _("Write monthly or annual.")
    if name == "start" and cell:
        return _("Write trial or at once.")
    if name == "contact_language" and cell:
        return _("Write de or en.")
    return words
