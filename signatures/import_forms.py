"""What people say of a table of people they upload, and reading its rows as the form would."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.conf.locale import LANG_INFO
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reseller_portal.names import email_key
from signatures.fields import LABELS, LANGUAGES, field_labels
from signatures.import_operations import MOST_BYTES
from signatures.models import OwnField
from signatures.people_columns import Reading, heading_key
from signatures.people_forms import OWN_LETTERS, PersonForm, PlainField

_LANGUAGES = {
    heading_key(word): code
    for code in LANGUAGES
    for word in (code, LANG_INFO[code]["name_local"], LANG_INFO[code]["name"])
}


class UploadForm(forms.Form):
    table = forms.FileField(
        label=gettext_lazy("Table of people"),
        help_text=gettext_lazy("CSV or Excel (.xlsx), up to 20 MB and 100,000 rows."),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.xlsx"}),
        error_messages={"empty": gettext_lazy("There is nothing in the file.")},
    )

    def clean_table(self):
        upload = self.cleaned_data["table"]
        if upload.size > MOST_BYTES:
            raise forms.ValidationError(_("The file is larger than 20 MB. Split it into several."))
        return upload


class MappingForm(forms.Form):
    """For each column of the table, the field it is."""

    clears = forms.BooleanField(
        label=gettext_lazy("An empty cell deletes what the person has there"), required=False
    )

    def __init__(self, *args, head: Sequence[str], own_fields: Iterable[OwnField], **kwargs):
        super().__init__(*args, **kwargs)
        self.head = head
        choices = [("", gettext_lazy("Leave out")), *field_labels(own_fields).items()]
        for place, heading in enumerate(head):
            self.fields[f"column_{place}"] = forms.ChoiceField(
                label=heading or _("Column %(number)s") % {"number": place + 1},
                choices=choices,
                required=False,
            )
        self.order_fields([*(f"column_{place}" for place in range(len(head))), "clears"])

    def clean(self):
        data = super().clean() or {}
        seen: set[str] = set()
        for place in range(len(self.head)):
            field = data.get(f"column_{place}", "")
            if field and field in seen:
                self.add_error(f"column_{place}", _("Another column is this field already."))
            seen.add(field)
        if "email" not in seen:
            self.add_error(None, _("Choose the column with the e-mail address."))
        if not seen & {"name", "first_name", "last_name"}:
            self.add_error(None, _("Choose the column with the name, or first and last name."))
        return data

    @property
    def mapping(self) -> list[str]:
        return [self.cleaned_data[f"column_{place}"] for place in range(len(self.head))]


class RowReader:
    """Reads rows by a mapping; one form's fields are used for all of them."""

    def __init__(self, mapping: Sequence[str], own_fields: Iterable[OwnField]):
        self.mapping = mapping
        own_fields = list(own_fields)
        self.labels = field_labels(own_fields)
        self.fields: dict[str, Any] = {
            name: PersonForm.base_fields[name] for name in LABELS if name != "language"
        }
        for own in own_fields:
            self.fields[f"field.{own.key}"] = PlainField(max_length=OWN_LETTERS)

    def read(self, cells: Sequence[str]) -> Reading:
        typed = {
            field: cells[place] if place < len(cells) else ""
            for place, field in enumerate(self.mapping)
            if field
        }
        if not typed.get("name"):
            both = (typed.get("first_name", ""), typed.get("last_name", ""))
            typed["name"] = " ".join(part for part in both if part)
        values: dict[str, str] = {}
        problems: list[str] = []
        for field, text in typed.items():
            if not text and field not in {"name", "email"}:
                values[field] = ""
                continue
            try:
                values[field] = self._clean(field, text)
            except forms.ValidationError as refusal:
                problems.append(f"{self.labels[field]}: {' '.join(refusal.messages)}")
        return Reading(values, email_key(values["email"]) if "email" in values else "", problems)

    def _clean(self, field: str, text: str) -> str:
        if field != "language":
            return self.fields[field].clean(text)
        code = _LANGUAGES.get(heading_key(text))
        if code is None:
            raise forms.ValidationError(_("Write the language like de or German."))
        return code
