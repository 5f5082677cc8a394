"""The templates a design starts from, and the values each begins with. Pure data."""

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Template(NamedTuple):
    """A layout and what it starts with. `lines` may hold placeholders; the first is set in bold."""

    key: str
    label: str | Promise
    about: str | Promise
    accent: str
    text_colour: str
    font: str
    lines: str


STANDARD_LINES = """{{ name }}
{{ title }}
{{ department }}
{{ company }}
{{ phone }}
{{ email }}"""

TEMPLATES = {
    template.key: template
    for template in (
        Template(
            "classic",
            _("Classic"),
            _("Logo on the left, a fine rule, the lines on the right."),
            "#0b6b6b",
            "#1f2a30",
            "Arial",
            STANDARD_LINES,
        ),
        Template(
            "banner",
            _("Colour band"),
            _("A band in your colour above the name, the logo below."),
            "#7a2e4d",
            "#242424",
            "Verdana",
            "{{ name }}\n{{ title }} · {{ department }}\n{{ phone }} · {{ email }}\n{{ company }}",
        ),
        Template(
            "compact",
            _("Compact"),
            _("Everything in few lines, for replies and short mails."),
            "#2f4b8f",
            "#1d1d1f",
            "Tahoma",
            "{{ name }} · {{ title }}\n{{ company }} · {{ phone }}\n{{ email }}",
        ),
        Template(
            "letterhead",
            _("Letterhead"),
            _("Logo on top, generous space, the company's details below."),
            "#8a4b08",
            "#2b2622",
            "Georgia",
            STANDARD_LINES,
        ),
    )
}

FONTS = {
    "Arial": "Arial, Helvetica, sans-serif",
    "Verdana": "Verdana, Geneva, sans-serif",
    "Tahoma": "Tahoma, Geneva, sans-serif",
    "Georgia": "Georgia, 'Times New Roman', serif",
    "Times New Roman": "'Times New Roman', Times, serif",
}
