"""What people type about designs as a whole, and about the brand."""

from collections.abc import Iterable

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Fieldset, Layout
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import NameField, PictureField
from signatures.document import FONTS, Document
from signatures.gallery import TEMPLATES
from signatures.models import BRAND_DETAILS, Brand, Person
from signatures.pasted import LONGEST


def plain_helper(*fields) -> FormHelper:
    """Return a helper that draws the fields alone, within a form of the page's own."""
    helper = FormHelper()
    helper.form_tag = False
    helper.disable_csrf = True
    helper.layout = Layout(*fields)
    return helper


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


class NewDesignForm(forms.Form):
    template = forms.ChoiceField(
        choices=[(template.key, template.label) for template in TEMPLATES.values()]
    )


class PastedForm(forms.Form):
    """An existing signature, and whose it is."""

    html = forms.CharField(
        label=_("The signature"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 6, "data-paste-html": "", "spellcheck": "false"}),
        help_text=_(
            "Copy it in the mail program and paste it here; or paste the HTML of its file."
        ),
    )
    person = forms.ChoiceField(
        label=_("Whose it is"),
        required=False,
        help_text=_("Name, number and the like of this person become placeholders."),
    )

    def __init__(self, *args, people: Iterable[Person], **kwargs):
        super().__init__(*args, **kwargs)
        person = self.fields["person"]
        assert isinstance(person, forms.ChoiceField)
        person.choices = [
            ("", _("nobody in the list")),
            *((each.code, each.name) for each in people),
        ]
        self.helper = plain_helper(*self.fields)


class StyleForm(forms.Form):
    """A design's name and what holds for all of it. A colour not chosen is the brand's."""

    name = NameField(label=_("Name of the design"), max_length=120)
    own_colours = forms.BooleanField(label=_("Own colours instead of the brand's"), required=False)
    accent = ColourField(label=_("Accent colour"))
    text = ColourField(label=_("Text colour"))
    font = forms.ChoiceField(
        label=_("Font"),
        required=False,
        choices=[("", _("The brand's")), *((name, name) for name in FONTS)],
    )
    language = forms.ChoiceField(
        label=_("Language of the labels"), choices=[("de", "Deutsch"), ("en", "English")]
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper = plain_helper(*self.fields)

    @classmethod
    def initial_of(cls, document: Document, brand: Brand, name: str) -> dict[str, object]:
        return {
            "name": name,
            "own_colours": bool(document.accent or document.text),
            "accent": document.accent or brand.accent,
            "text": document.text or brand.text,
            "font": document.font,
            "language": document.language,
        }

    def style(self) -> dict[str, str]:
        """Return the fields of the document."""
        given = {name: self.cleaned_data[name] for name in ("font", "language", "accent", "text")}
        if not self.cleaned_data["own_colours"]:
            given |= {"accent": "", "text": ""}
        return given


class BrandForm(forms.ModelForm):
    accent = ColourField(label=_("Accent colour"))
    text = ColourField(label=_("Text colour"))
    website = forms.URLField(
        label=_("Website"), max_length=200, required=False, assume_scheme="https"
    )
    new_logo = PictureField(
        label=_("Logo"), required=False, help_text=_("PNG or JPEG, up to 2 MB.")
    )
    remove_logo = forms.BooleanField(label=_("Remove the logo"), required=False)

    class Meta:
        model = Brand
        fields = ["accent", "text", "font", "company", *BRAND_DETAILS]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["company"].label = _("Company with its legal form")
        self.fields["company"].help_text = _("Such as Hafenbäckerei Hansen GmbH.")
        self.fields["register"].help_text = _("Such as Amtsgericht Hamburg, HRB 12345.")
        self.fields["leaders"].help_text = _("All of them; the law in Germany asks for it.")
        self.fields["new_logo"].widget.attrs["accept"] = "image/png,image/jpeg,image/gif,image/webp"
        if not self.instance.logo_id:
            del self.fields["remove_logo"]
        logo = [name for name in ("new_logo", "remove_logo") if name in self.fields]
        self.helper = plain_helper(
            Fieldset(_("Look"), Div("accent", "text", css_class="side-by-side"), "font", *logo),
            Fieldset(_("Company details"), "company", *BRAND_DETAILS),
        )

    def brand_fields(self) -> dict[str, object]:
        """Return what changes besides a new logo."""
        given = {name: self.cleaned_data[name] for name in self.Meta.fields}
        return given | ({"logo": None} if self.cleaned_data.get("remove_logo") else {})
