"""How blocks and example people are shown to those who design signatures."""

from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Customer
from signatures.differences import Difference
from signatures.document import AnyBlock, Columns, Document, kind_of
from signatures.icons import EXAMPLE_PHOTO
from signatures.models import PERSON_FIELDS, brand_of, picture_address


class KindWords(NamedTuple):
    """What a kind of block is called, what it is for, and its icon."""

    key: str
    label: str | Promise
    about: str | Promise
    icon: str


KIND_WORDS = {
    words.key: words
    for words in (
        KindWords("text", gettext_lazy("Text"), gettext_lazy("Lines with placeholders."), "type"),
        KindWords(
            "contact",
            gettext_lazy("Contact"),
            gettext_lazy("Phone, e-mail and more, each with its label."),
            "telephone",
        ),
        KindWords("logo", gettext_lazy("Logo"), gettext_lazy("The brand's logo."), "building"),
        KindWords("image", gettext_lazy("Picture"), gettext_lazy("Any picture."), "image"),
        KindWords(
            "photo",
            gettext_lazy("Photo"),
            gettext_lazy("The person's photo, round or square."),
            "person-bounding-box",
        ),
        KindWords(
            "social",
            gettext_lazy("Networks"),
            gettext_lazy("Icons that lead to LinkedIn and others."),
            "share",
        ),
        KindWords(
            "button",
            gettext_lazy("Button"),
            gettext_lazy("Leads somewhere, such as a calendar."),
            "hand-index",
        ),
        KindWords(
            "banner",
            gettext_lazy("Banner"),
            gettext_lazy("A wide picture for what is on."),
            "card-image",
        ),
        KindWords("divider", gettext_lazy("Divider"), gettext_lazy("A line across."), "hr"),
        KindWords(
            "company",
            gettext_lazy("Company details"),
            gettext_lazy("What the law wants to be named, from the brand."),
            "shield-check",
        ),
        KindWords(
            "disclaimer",
            gettext_lazy("Small print"),
            gettext_lazy("A notice in small letters."),
            "file-text",
        ),
        KindWords(
            "columns",
            gettext_lazy("Columns"),
            gettext_lazy("Blocks side by side."),
            "layout-three-columns",
        ),
        KindWords("html", "HTML", gettext_lazy("For experts: your own HTML."), "code-slash"),
    )
}


SAYING = ("lines", "words", "alt")  # what a block says, by which people know it


class OutlineRow(NamedTuple):
    """A block in the editor's list. `place` and `depth` say where it stands; `columns` its own."""

    block: AnyBlock
    words: KindWords
    excerpt: str
    columns: list["OutlineColumn"]


class OutlineColumn(NamedTuple):
    place: str
    rows: list[OutlineRow]


def outline_rows(document: Document) -> list[OutlineRow]:
    """Return the document's blocks as the editor lists them."""
    return [_row(block) for block in document.blocks]


def _row(block: AnyBlock) -> OutlineRow:
    columns = []
    if isinstance(block, Columns):
        columns = [
            OutlineColumn(f"{block.id}.{number}", [_row(each) for each in column])
            for number, column in enumerate(block.columns)
        ]
    said = next(filter(None, (getattr(block, name, "") for name in SAYING)), "")
    excerpt = Truncator(" ".join(said.split())).chars(34)
    return OutlineRow(block, KIND_WORDS[kind_of(block)], excerpt, columns)


def example_values(customer: Customer) -> dict[str, str]:
    """Return placeholder → value of somebody made up, at this customer."""
    company = brand_of(customer).company_values()
    return {
        **dict.fromkeys(PERSON_FIELDS, ""),
        "name": _("Alex Example"),
        "title": _("Head of Sales"),
        "department": _("Sales"),
        "phone": "+49 40 1234567",
        "email": "alex@firma.example",
        "mobile": "+49 170 1234567",
        "street": _("1 Harbour Street"),
        "postcode": "20457",
        "city": "Hamburg",
        "linkedin": "https://www.linkedin.com/in/alex-example",
        "booking_link": "https://calendar.example/alex",
        "photo": picture_address(EXAMPLE_PHOTO),
        **company,
    }


class DifferenceWords(NamedTuple):
    """A difference as people read it; `before` and `after` are texts, "" where nothing was."""

    label: str
    before: str = ""
    after: str = ""


FIELD_WORDS = {
    "accent": gettext_lazy("Accent colour"),
    "text": gettext_lazy("Text colour"),
    "font": gettext_lazy("Font"),
    "language": gettext_lazy("Language of the labels"),
    "lines": gettext_lazy("Lines"),
    "size": gettext_lazy("Size (px)"),
    "bold": gettext_lazy("Bold"),
    "tone": gettext_lazy("Colour"),
    "align": gettext_lazy("Aligned"),
    "link": gettext_lazy("Link"),
    "links": gettext_lazy("Links"),
    "above": gettext_lazy("Room above (px)"),
    "when": gettext_lazy("Only for those who have"),
    "fields": gettext_lazy("What is shown"),
    "labels": gettext_lazy("Labels"),
    "layout": gettext_lazy("Layout"),
    "width": gettext_lazy("Width (px)"),
    "picture": gettext_lazy("Picture"),
    "alt": gettext_lazy("Words for those who do not see it"),
    "shape": gettext_lazy("Shape"),
    "look": gettext_lazy("Colour"),
    "words": gettext_lazy("Words on it"),
    "thickness": gettext_lazy("Thickness (px)"),
    "parts": gettext_lazy("What is named"),
    "html": "HTML",
    "columns": gettext_lazy("Columns"),
    "gap": gettext_lazy("Room between (px)"),
    "rule": gettext_lazy("A line between them"),
    "valign": gettext_lazy("Aligned"),
}


def difference_words(found: list[Difference]) -> list[DifferenceWords]:
    """Return the differences in the reader's language."""
    return [_difference_words(each) for each in found]


def _difference_words(found: Difference) -> DifferenceWords:
    kind = KIND_WORDS[found.kind].label if found.kind else _("Design")
    if found.what == "added":
        return DifferenceWords(_("%(kind)s: added") % {"kind": kind}, after=_gist(found.after))
    if found.what == "removed":
        return DifferenceWords(_("%(kind)s: removed") % {"kind": kind}, before=_gist(found.before))
    if found.what == "moved":
        return DifferenceWords(_("%(kind)s: moved") % {"kind": kind})
    return DifferenceWords(
        f"{kind}: {FIELD_WORDS[found.field]}", _value(found.before), _value(found.after)
    )


def _gist(block: dict[str, Any]) -> str:
    return next((str(block[name]) for name in SAYING if block.get(name)), "")


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dict):
        if "key" in value:
            return f"{value['width']} × {value['height']}"
        return "\n".join(f"{name}: {link}" for name, link in value.items())
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value or "–")
