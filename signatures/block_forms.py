"""What people type into a block of a design; one form for each kind."""

import re
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.forms import PictureField
from signatures.document import (
    COMPANY_PARTS,
    CONTACTS,
    NETWORKS,
    AnyBlock,
    as_json,
    read_block,
)
from signatures.forms import plain_helper
from signatures.models import Picture
from signatures.placeholders import PLACEHOLDERS, unknown_placeholders
from signatures.sanitise import clean_signature

ALIGNMENTS = [("left", _("On the left")), ("center", _("Centred")), ("right", _("On the right"))]
TONES = [("text", _("Text colour")), ("accent", _("Accent colour")), ("quiet", _("Grey"))]
LAYOUTS = [("lines", _("One below the other")), ("row", _("In a row"))]
CONTACT_LABELS = {
    **{name: PLACEHOLDERS[name] for name in CONTACTS if name in PLACEHOLDERS},
    "address": _("Address"),
    "company_address": _("Company: address"),
}
PART_LABELS = {
    "name": _("Company with its legal form"),
    "address": _("Address"),
    "register": _("Register court and number"),
    "leaders": _("Managing directors or board"),
    "chair": _("Chair of the supervisory board"),
    "vat_id": _("VAT id"),
}


class LinkField(forms.CharField):
    """Where something leads: an address on the web, for mail or a phone, or a placeholder."""

    def __init__(self, **kwargs):
        kwargs.setdefault("label", _("Link"))
        kwargs.setdefault("help_text", _("Such as https://firma.example or {{ booking_link }}."))
        super().__init__(max_length=500, required=False, **kwargs)

    def clean(self, value):
        link = super().clean(value).strip()
        if not link or link.startswith("{{"):
            return link
        if link.startswith("http://"):
            link = "https://" + link.removeprefix("http://")
        if not re.match(r"[a-z][a-z+.-]*:(?!\d)", link, re.IGNORECASE):
            link = "https://" + link
        if not link.startswith(("https://", "mailto:", "tel:")) or re.search(r"\s", _bare(link)):
            raise forms.ValidationError(_("A link begins with https://, mailto: or tel:."))
        return link


def _bare(link: str) -> str:
    return re.sub(r"\{\{[^{}]*\}\}", "", link)


class LinesField(forms.CharField):
    def __init__(self, *, rows: int = 4, **kwargs):
        kwargs.setdefault("label", _("Lines"))
        super().__init__(
            max_length=2_000,
            widget=forms.Textarea(attrs={"rows": rows, "data-placeholders": ""}),
            **kwargs,
        )

    def clean(self, value):
        return re.sub(r"\r\n?", "\n", super().clean(value)).strip("\n")


class BlockForm(forms.Form):
    """What every block has; kinds add their own before it.

    `own` is the customer's own fields' placeholder → label, `block` the one that is edited.
    """

    above = forms.IntegerField(label=_("Room above (px)"), min_value=0, max_value=60)
    when = forms.ChoiceField(label=_("Only for those who have"), required=False)

    def __init__(self, *args, block: AnyBlock, own: dict[str, str], **kwargs):
        self.block, self.own = block, own
        kwargs.setdefault("initial", self.initial_of(block))
        super().__init__(*args, **kwargs)
        names = [(name, label) for name, label in (PLACEHOLDERS | own).items()]
        when = self.fields["when"]
        assert isinstance(when, forms.ChoiceField)
        when.choices = [("", _("shown to everybody")), *names]
        self.order_fields([name for name in self.fields if name not in {"above", "when"}])
        self.helper = plain_helper(*self.fields)

    def initial_of(self, block: AnyBlock) -> dict[str, Any]:
        return as_json(block)

    def clean(self):
        for name, value in list(self.cleaned_data.items()):
            if not isinstance(value, str) or name == "when":
                continue
            unknown = unknown_placeholders(value, frozenset(self.own))
            if unknown:
                self.add_error(
                    name,
                    _("There is no placeholder %(name)s. Choose from the list.")
                    % {"name": f"{{{{ {unknown[0]} }}}}"},
                )
        return self.cleaned_data

    def facts(self) -> dict[str, Any]:
        """Return what the form says of the block."""
        return dict(self.cleaned_data)

    def changed_block(self) -> AnyBlock:
        """Return the block as it is now."""
        return read_block(as_json(self.block) | self.facts())


class TextForm(BlockForm):
    lines = LinesField(
        help_text=_("A line stays away where a person has nothing to fill in."), required=False
    )
    size = forms.IntegerField(label=_("Size (px)"), min_value=10, max_value=32)
    bold = forms.BooleanField(label=_("Bold"), required=False)
    tone = forms.ChoiceField(label=_("Colour"), choices=TONES)
    align = forms.ChoiceField(label=_("Aligned"), choices=ALIGNMENTS)
    link = LinkField()


class ContactForm(BlockForm):
    fields_shown = forms.MultipleChoiceField(
        label=_("What is shown"),
        choices=list(CONTACT_LABELS.items()),
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
        error_messages={"required": _("Tick at least one.")},
    )
    labels = forms.ChoiceField(
        label=_("Labels"),
        choices=[("words", _("Words")), ("letters", _("Letters")), ("none", _("None"))],
    )
    layout = forms.ChoiceField(label=_("Layout"), choices=LAYOUTS)
    size = forms.IntegerField(label=_("Size (px)"), min_value=12, max_value=20)

    def initial_of(self, block):
        raw = as_json(block)
        return raw | {"fields_shown": raw["fields"]}

    def facts(self):
        given = super().facts()
        return given | {"fields": given.pop("fields_shown")}


class PictureForm(BlockForm):
    """A form with a picture that is uploaded; `kept` is the picture of the upload, if any."""

    upload = PictureField(
        label=_("Picture"), required=False, help_text=_("PNG or JPEG, up to 2 MB.")
    )
    width = forms.IntegerField(label=_("Width (px)"), min_value=16, max_value=600)
    alt = forms.CharField(
        label=_("Words for those who do not see it"),
        max_length=120,
        help_text=_("Say in a word or two what it shows."),
    )
    link = LinkField()
    kept: Picture | None = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["upload"].widget.attrs["accept"] = "image/png,image/jpeg,image/gif,image/webp"
        if not getattr(self.block, "picture", None):
            self.fields["alt"].required = False

    def facts(self):
        given = super().facts()
        given.pop("upload")
        if self.kept:
            given["picture"] = as_json(self.kept.facts())
        return given


class ImageForm(PictureForm):
    align = forms.ChoiceField(label=_("Aligned"), choices=ALIGNMENTS)


class LogoForm(BlockForm):
    width = forms.IntegerField(label=_("Width (px)"), min_value=16, max_value=300)
    align = forms.ChoiceField(label=_("Aligned"), choices=ALIGNMENTS)
    link = LinkField()


class PhotoForm(BlockForm):
    shape = forms.ChoiceField(
        label=_("Shape"), choices=[("round", _("Round")), ("square", _("Square"))]
    )
    width = forms.IntegerField(label=_("Width (px)"), min_value=32, max_value=160)
    align = forms.ChoiceField(label=_("Aligned"), choices=ALIGNMENTS)


class SocialForm(BlockForm):
    look = forms.ChoiceField(
        label=_("Colour"), choices=[("accent", _("Accent colour")), ("dark", _("Dark"))]
    )
    width = forms.IntegerField(label=_("Size (px)"), min_value=24, max_value=40)
    align = forms.ChoiceField(label=_("Aligned"), choices=ALIGNMENTS)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for network, label in NETWORKS.items():
            self.fields[f"to_{network}"] = LinkField(label=label, help_text="")
        self.order_fields([f"to_{network}" for network in NETWORKS])
        self.helper = plain_helper(*self.fields)

    def initial_of(self, block):
        raw = as_json(block)
        return raw | {f"to_{network}": link for network, link in raw["links"].items()}

    def facts(self):
        given = super().facts()
        links = {network: given.pop(f"to_{network}") for network in NETWORKS}
        return given | {"links": {network: link for network, link in links.items() if link}}


class ButtonForm(BlockForm):
    words = forms.CharField(label=_("Words on it"), max_length=60)
    link = LinkField(help_text=_("Without a link there is no button. Such as {{ booking_link }}."))
    align = forms.ChoiceField(label=_("Aligned"), choices=ALIGNMENTS)


class DividerForm(BlockForm):
    thickness = forms.IntegerField(label=_("Thickness (px)"), min_value=1, max_value=8)
    tone = forms.ChoiceField(label=_("Colour"), choices=TONES)


class DisclaimerForm(BlockForm):
    lines = LinesField(label=_("Small print"), rows=6)
    size = forms.IntegerField(label=_("Size (px)"), min_value=10, max_value=14)


class CompanyForm(BlockForm):
    parts = forms.MultipleChoiceField(
        label=_("What is named"),
        choices=[(part, PART_LABELS[part]) for part in COMPANY_PARTS],
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
        error_messages={"required": _("Tick at least one.")},
    )
    layout = forms.ChoiceField(label=_("Layout"), choices=LAYOUTS)
    size = forms.IntegerField(label=_("Size (px)"), min_value=10, max_value=14)


class HtmlForm(BlockForm):
    html = forms.CharField(
        label=_("HTML"),
        max_length=20_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false", "class": "code"}),
        help_text=_("Only what e-mail needs is kept: tables, links, inline styles, own pictures."),
    )

    def facts(self):
        given = super().facts()
        return given | {
            "html": clean_signature(
                given["html"], images_from=settings.BASE_URL + "/pictures/", is_draft=True
            )
        }


class ColumnsForm(BlockForm):
    count = forms.ChoiceField(label=_("Columns"), choices=[("2", "2"), ("3", "3")])
    gap = forms.IntegerField(label=_("Room between (px)"), min_value=0, max_value=40)
    rule = forms.BooleanField(label=_("A line between them"), required=False)
    valign = forms.ChoiceField(
        label=_("Aligned"), choices=[("top", _("At the top")), ("middle", _("In the middle"))]
    )

    def initial_of(self, block):
        raw = as_json(block)
        return raw | {"count": str(len(raw["columns"]))}

    def facts(self):
        given = super().facts()
        # What stands in them is kept by outline.changed; here only how many there are.
        return given | {"columns": [[] for _column in range(int(given.pop("count")))]}


FORMS: dict[str, type[BlockForm]] = {
    "text": TextForm,
    "contact": ContactForm,
    "logo": LogoForm,
    "image": ImageForm,
    "photo": PhotoForm,
    "social": SocialForm,
    "button": ButtonForm,
    "banner": PictureForm,
    "divider": DividerForm,
    "disclaimer": DisclaimerForm,
    "company": CompanyForm,
    "html": HtmlForm,
    "columns": ColumnsForm,
}
