"""What people type in the signature area."""

import re

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import NameField, PictureField
from signatures.gallery import FONTS, TEMPLATES
from signatures.placeholders import PLACEHOLDERS, unknown_placeholders


def _helper(*fields) -> FormHelper:
    helper = FormHelper()
    helper.form_tag = False
    helper.disable_csrf = True
    helper.layout = Layout(*fields)
    return helper


class NewDesignForm(forms.Form):
    template = forms.ChoiceField(
        choices=[(template.key, template.label) for template in TEMPLATES.values()]
    )


class ColourField(forms.RegexField):
    def __init__(self, **kwargs):
        super().__init__(
            regex=r"^#[0-9a-fA-F]{6}$",
            error_messages={"invalid": _("Write the colour like #0b6b6b.")},
            widget=forms.TextInput(attrs={"type": "color"}),
            **kwargs,
        )

    def clean(self, value):
        return super().clean(value).lower()


class DesignForm(forms.Form):
    name = NameField(label=_("Name of the design"), max_length=120)
    template = forms.ChoiceField(
        label=_("Layout"),
        choices=[(template.key, template.label) for template in TEMPLATES.values()],
    )
    accent = ColourField(label=_("Accent colour"))
    text_colour = ColourField(label=_("Text colour"))
    font = forms.ChoiceField(label=_("Font"), choices=[(name, name) for name in FONTS])
    lines = forms.CharField(
        label=_("Lines"),
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 7, "spellcheck": "false"}),
    )
    website = forms.URLField(label=_("Website"), required=False, assume_scheme="https")
    disclaimer = forms.CharField(
        label=_("Small print"),
        max_length=1_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    logo = PictureField(label=_("Logo"), required=False, help_text=_("PNG or JPEG, up to 2 MB."))
    remove_logo = forms.BooleanField(label=_("Remove the logo"), required=False)

    def __init__(self, *args, has_logo: bool, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["lines"].help_text = _(
            "One line each; the first is set in bold. A line stays away where a person has nothing"
            " to fill in. Placeholders: %(names)s"
        ) % {"names": " ".join(f"{{{{ {name} }}}}" for name in PLACEHOLDERS)}
        self.fields["logo"].widget.attrs["accept"] = "image/png,image/jpeg,image/gif,image/webp"
        if not has_logo:
            del self.fields["remove_logo"]
        self.helper = _helper(*self.fields)

    def clean_lines(self):
        lines = re.sub(r"\r\n?", "\n", self.cleaned_data["lines"]).strip("\n")
        unknown = unknown_placeholders(lines)
        if unknown:
            raise forms.ValidationError(
                _("There is no placeholder %(name)s. Choose from the list below the field.")
                % {"name": f"{{{{ {unknown[0]} }}}}"}
            )
        return lines

    def clean_website(self):
        website = self.cleaned_data["website"]
        if website and not website.startswith(("https://", "http://")):
            raise forms.ValidationError(_("The address begins with https://."))
        return website

    @property
    def draft(self) -> dict[str, str]:
        """The fields of the design, without the logo."""
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if name not in {"logo", "remove_logo"}
        }
