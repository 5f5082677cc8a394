"""The templates a design starts from. Pure data.

Each is a document; colours, font and logo are the brand's, unless a template lives by its own.
"""

from itertools import count
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from signatures.document import SCHEMA, Document, read_document


class Template(NamedTuple):
    """A start for a design; `blocks` are as in a document, without their names."""

    key: str
    label: str | Promise
    about: str | Promise
    blocks: tuple[dict[str, Any], ...]
    font: str = ""

    def document(self) -> Document:
        """Return the document to start from, its words in the language of the moment."""
        numbers = count(1)
        language = (get_language() or "de")[:2]
        raw = {
            "schema": SCHEMA,
            "language": language if language in {"de", "en"} else "en",
            "font": self.font,
            "blocks": [_named(block, numbers) for block in self.blocks],
        }
        return read_document(raw)


def _named(block: dict[str, Any], numbers: "count[int]") -> dict[str, Any]:
    """Return a block with names for it and all in it, its lazy words said."""
    named = {"id": f"b{next(numbers)}"} | {
        name: str(value) if isinstance(value, Promise) else value for name, value in block.items()
    }
    if "columns" in block:
        named["columns"] = [
            [_named(each, numbers) for each in column] for column in block["columns"]
        ]
    return named


def _text(lines: str, **facts: Any) -> dict[str, Any]:
    return {"type": "text", "lines": lines, **facts}


def _name(size: int = 18, **facts: Any) -> dict[str, Any]:
    facts = {"size": size, "bold": True, "tone": "accent"} | facts
    return _text("{{ degree }} {{ name }}", **facts)


def _contact(*fields: str, **facts: Any) -> dict[str, Any]:
    return {"type": "contact", "fields": list(fields), "above": 8, **facts}


def _columns(*columns: list[dict[str, Any]], **facts: Any) -> dict[str, Any]:
    return {"type": "columns", "columns": list(columns), **facts}


def _block(kind: str, **facts: Any) -> dict[str, Any]:
    return {"type": kind, **facts}


ROLE = "{{ title }}\n{{ department }}"
ROLE_IN_A_ROW = "{{ title }} · {{ department }}"
COMPANY_DETAILS = _block("company", above=14)

TEMPLATES = {
    template.key: template
    for template in (
        Template(
            "classic",
            _("Classic"),
            _("Logo on the left, a fine rule, name and contact on the right."),
            (
                _columns(
                    [_block("logo")],
                    [
                        _name(),
                        _text(ROLE, above=2),
                        _contact("phone", "mobile", "email", "website"),
                    ],
                    rule=True,
                ),
                COMPANY_DETAILS,
            ),
        ),
        Template(
            "band",
            _("Colour band"),
            _("A band in your colour above the name, the logo below."),
            (
                _block("divider", thickness=6),
                _name(20, above=12),
                _text(ROLE_IN_A_ROW, above=2),
                _contact("phone", "mobile", "email", layout="row"),
                _block("logo", above=14),
                COMPANY_DETAILS,
            ),
        ),
        Template(
            "compact",
            _("Compact"),
            _("Everything in few lines, for replies and short mails."),
            (
                _text("{{ name }} · {{ title }}", bold=True),
                _text("{{ company }} · {{ phone }} · {{ email }}", above=2, tone="quiet"),
                _block("company", above=6, parts=["register", "leaders", "chair"]),
            ),
        ),
        Template(
            "letterhead",
            _("Letterhead"),
            _("Logo on top, generous space, the company's details below."),
            (
                _block("logo", width=160),
                _block("divider", above=14),
                _name(20, tone="text", above=14),
                _text(ROLE_IN_A_ROW, above=2, tone="quiet"),
                _contact("address", "phone", "email", "company_website", labels="none", above=12),
                COMPANY_DETAILS,
            ),
            "Georgia",
        ),
        Template(
            "portrait",
            _("Portrait"),
            _("A round photo beside name, contact and networks."),
            (
                _columns(
                    [_block("photo")],
                    [
                        _name(),
                        _text("{{ title }}\n{{ company }}", above=2),
                        _contact("phone", "mobile", "email", labels="letters"),
                        _block("social", links={"linkedin": "{{ linkedin }}"}, above=10),
                    ],
                    valign="middle",
                ),
                COMPANY_DETAILS,
            ),
        ),
        Template(
            "business-card",
            _("Business card"),
            _("Two columns like a card: who you are, and how you are reached."),
            (
                _columns(
                    [
                        _block("logo", width=140),
                        _name(16, above=12),
                        _text(ROLE, above=2),
                    ],
                    [
                        _text("{{ company }}", bold=True),
                        _contact("address", labels="none", above=2),
                        _contact("phone", "mobile", "fax", "email", "website", labels="letters"),
                    ],
                    rule=True,
                    gap=20,
                ),
                COMPANY_DETAILS,
            ),
        ),
        Template(
            "meeting",
            _("Book a meeting"),
            _("A button that leads to your calendar; without a link it stays away."),
            (
                _name(),
                _text("{{ title }} · {{ company }}", above=2),
                _contact("phone", "email", layout="row"),
                _block("button", words=_("Book a meeting"), link="{{ booking_link }}", above=12),
                _block("logo", above=14),
                COMPANY_DETAILS,
            ),
        ),
        Template(
            "campaign",
            _("With a banner"),
            _("Name, contact and a wide picture for what is on."),
            (
                _columns(
                    [_block("logo", width=100)],
                    [
                        _name(16),
                        _text(ROLE_IN_A_ROW, above=2),
                        _contact("phone", "email", layout="row", labels="letters", above=6),
                    ],
                ),
                _block("banner", above=14),
                COMPANY_DETAILS,
            ),
        ),
        Template(
            "service",
            _("Service team"),
            _("The department first, with the company's number for whoever has no own."),
            (
                _text("{{ department | company }}", size=18, bold=True, tone="accent"),
                _text("{{ name }} · {{ title }}", above=2),
                _text("Tel. {{ phone | company_phone }}", above=8),
                _text("{{ company_email | email }}"),
                _block("divider", above=12),
                _block("logo", above=12, width=100),
                COMPANY_DETAILS,
            ),
            "Verdana",
        ),
        Template(
            "academic",
            _("University and practice"),
            _("Degree and office count, calm and without colour bands."),
            (
                _text("{{ degree }} {{ name }}", size=17, bold=True),
                _text(ROLE, above=2),
                _text("{{ company }}\n{{ office }}", above=8),
                _contact("address", "phone", "fax", "email", "website", above=8),
                COMPANY_DETAILS,
            ),
            "Times New Roman",
        ),
        Template(
            "social",
            _("Well connected"),
            _("Networks as icons below the contact: one to begin with, yours to add."),
            (
                _name(20),
                _text("{{ title }} · {{ company }}", above=2),
                _contact("phone", "mobile", "email", "company_website"),
                _block("social", links={"linkedin": "{{ linkedin }}"}, above=12),
                _block("logo", above=14),
                COMPANY_DETAILS,
            ),
            "Trebuchet MS",
        ),
        Template(
            "chambers",
            _("With small print"),
            _("Details of the company and a notice of confidentiality below a rule."),
            (
                _text("{{ degree }} {{ name }}", size=16, bold=True),
                _text("{{ title }}", above=2, tone="accent"),
                _contact("phone", "mobile", "email", labels="letters", layout="row"),
                _block("logo", above=14, width=150),
                _block("divider", above=14, tone="quiet"),
                _block("company", above=8, layout="lines"),
                _block(
                    "disclaimer",
                    above=4,
                    lines=_(
                        "This e-mail is meant for its recipient alone. If it reached you by"
                        " mistake, please tell us and delete it."
                    ),
                ),
            ),
            "Georgia",
        ),
        Template(
            "centred",
            _("Centred"),
            _("Logo, name and contact one below the other, in the middle."),
            (
                _block("logo", align="center", width=140),
                _name(20, align="center", above=12),
                _text(ROLE_IN_A_ROW, align="center", above=2),
                _text("{{ phone }} · {{ email }}", align="center", above=8),
                _text("{{ company_website }}", align="center", tone="accent"),
                COMPANY_DETAILS,
            ),
        ),
        Template(
            "empty",
            _("Empty"),
            _("Begin with nothing but the name."),
            (_name(),),
        ),
    )
}

# What a new block of a kind begins with, where its own defaults would show nothing.
STARTS: dict[str, dict[str, Any]] = {
    "text": {"lines": "{{ name }}"},
    "contact": {"above": 8},
    "social": {"links": {"linkedin": "{{ linkedin }}"}, "above": 8},
    "button": {"link": "{{ booking_link }}", "above": 12},
    "divider": {"above": 12},
    "disclaimer": {"above": 12},
    "company": {"above": 12},
    "logo": {"above": 12},
    "banner": {"above": 14},
}
