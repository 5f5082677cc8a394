"""What would go wrong with a signature at its readers, and what to do. Pure.

Limits and duties are facts of the programs and of law; each rule says its source beside it.
"""

import re
from collections.abc import Iterator
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from signatures.budgets import ADDIN, GMAIL, OUR_TARGET, TRANSPORT_RULE
from signatures.markup import (
    contrast,
    ground,
    hexadecimal,
    inherited,
    read,
    words,
)
from signatures.programs import LOOKS, PROGRAMS, left_out, turn_colours

if TYPE_CHECKING:
    from lxml.html import HtmlElement

# Characters that a way of rolling out takes, tags included.
LIMITS = {"Gmail": GMAIL, "Outlook add-in": ADDIN, "Exchange (rule)": TRANSPORT_RULE}
WIDEST = 600  # px; phones and preview panes are no wider
READABLE = 4.5  # contrast, WCAG 2.2 AA
SMALLEST, SMALLEST_PRINT = 12, 10  # px
PX_A_POINT = 4 / 3
VAGUE = {
    "here",
    "click here",
    "hier",
    "hier klicken",
    "klicken sie hier",
    "link",
    "mehr",
    "more",
}
# § 35a GmbHG, § 80 AktG, § 37a and § 125a HGB: business mail names these.
LEGAL_FORMS = re.compile(r"\b(gmbh|ug|ag|se|kg|kgaa|ohg|e\.\s?k\.?|eg)(?![\w-])", re.IGNORECASE)
HAS_LEADERS = re.compile(r"\b(gmbh|ug|ag|se|kgaa|eg)(?![\w-])", re.IGNORECASE)
REGISTER = re.compile(r"\b(HR\s?[AB]|GnR)\s*\d+", re.IGNORECASE)
COURT = re.compile(r"(Amtsgericht|Registergericht|AG)\s+\w+", re.IGNORECASE)
LEADERS = re.compile(r"(Geschäftsführ|Vorstand|Managing director|Board)", re.IGNORECASE)


class Weight(IntEnum):
    """How much it matters; the greatest first."""

    BREAKS = 3
    WEAK = 2
    HINT = 1


class Finding(NamedTuple):
    """What is wrong, where, and the cure, in the reader's language. `rule` names the rule."""

    rule: str
    weight: Weight
    words: str
    where: str
    cure: str


def findings(html: str, text: str, *, company: str) -> list[Finding]:
    """Return what is to be mended in a finished signature of a company, the worst first."""
    root = read(html)
    found = [
        *_size(html),
        *_placeholders(html),
        *_pictures(root, text),
        *_width(root),
        *_links(root),
        *_letters(root),
        *_contrast(html),
        *_support(root),
        *_duty(text, company),
    ]
    unique = {(each.rule, each.words, each.where): each for each in found}
    return sorted(unique.values(), key=lambda each: -each.weight)


def _size(html: str) -> Iterator[Finding]:
    length = len(html)
    for way, most in LIMITS.items():
        if length > most:
            yield Finding(
                "too_long",
                Weight.BREAKS,
                _("%(way)s takes %(most)d characters; this signature has %(length)d.")
                % {"way": way, "most": most, "length": length},
                "",
                _("Shorten the small print or leave lines out, or roll out another way."),
            )
    if length > OUR_TARGET:
        yield Finding(
            "heavy",
            Weight.WEAK,
            _("With %d characters it makes long threads heavy.") % length,
            "",
            _("Aim for %d: fewer lines, shorter small print.") % OUR_TARGET,
        )


def _placeholders(html: str) -> Iterator[Finding]:
    for name in re.findall(r"\{\{[^}]*\}\}", html):
        yield Finding(
            "placeholder",
            Weight.BREAKS,
            _("A placeholder is left unfilled."),
            name,
            _("Write it as in the list beside the lines."),
        )


def _pictures(root: "HtmlElement", text: str) -> Iterator[Finding]:
    pictures = list(root.iter("img"))
    for picture in pictures:
        name = picture.get("src", "").rpartition("/")[2]
        if not picture.get("alt", "").strip():
            yield Finding(
                "no_alt",
                Weight.BREAKS,
                _("A picture has no words for those who do not see it."),
                name,
                _("Say in a word or two what it shows, such as the company's name."),
            )
        if not (picture.get("width") and picture.get("height")):
            yield Finding(
                "no_size",
                Weight.BREAKS,
                _("A picture has no width and height: Outlook for Windows shows it by its file."),
                name,
                _("Give both in pixels."),
            )
        if not picture.get("src", "").startswith("https://"):
            yield Finding(
                "not_hosted",
                Weight.WEAK,
                _("A picture has no https address; some programs do not load it."),
                name,
                _("Upload it here; the portal serves it by https where it runs with https."),
            )
    if pictures and not text.strip():
        yield Finding(
            "pictures_only",
            Weight.BREAKS,
            _("There is no text: where pictures are blocked nothing is left."),
            "",
            _("Write name and address as text."),
        )


def _width(root: "HtmlElement") -> Iterator[Finding]:
    for element in root.iter("table", "img", "td"):
        width = element.get("width", "")
        if width.isdigit() and int(width) > WIDEST:
            yield Finding(
                "too_wide",
                Weight.BREAKS,
                _("Something is %(width)s px wide; phones cut it off or shrink the whole mail.")
                % {"width": width},
                element.tag,
                _("Stay within %d px.") % WIDEST,
            )


def _links(root: "HtmlElement") -> Iterator[Finding]:
    for link in root.iter("a"):
        shown = " ".join(link.text_content().split())
        alts = [picture.get("alt", "") for picture in link.iter("img")]
        if not shown and not any(alts):
            yield Finding(
                "empty_link",
                Weight.BREAKS,
                _("A link has no words."),
                link.get("href", ""),
                _("Give it words, or its picture a description."),
            )
        elif shown.casefold() in VAGUE:
            yield Finding(
                "vague_link",
                Weight.WEAK,
                _("A link does not say where it leads."),
                shown,
                _("Name the destination, such as the website."),
            )


def _letters(root: "HtmlElement") -> Iterator[Finding]:
    for piece in words(root):
        size = _pixels(inherited(piece.element, "font-size", "16px"))
        # Small print is a long text; a name or number must not be as small.
        least = SMALLEST_PRINT if len(piece.text) > 80 else SMALLEST
        if piece.text.strip("\xa0") and size and size < least:
            yield Finding(
                "too_small",
                Weight.WEAK,
                _("Letters of %(size)d px are hard to read.") % {"size": size},
                piece.text[:60],
                _("At least %(least)d px, small print %(print)d px.")
                % {"least": SMALLEST, "print": SMALLEST_PRINT},
            )


def _contrast(html: str) -> Iterator[Finding]:
    for look in LOOKS.values():
        root = read(html)
        turn_colours(root, look)
        for piece in words(root):
            colour = hexadecimal(inherited(piece.element, "color", look.text)) or look.text
            found = contrast(colour, ground(piece.element, look.page))
            if piece.text.strip("\xa0") and found < READABLE:
                yield Finding(
                    f"pale_{look.key}",
                    Weight.BREAKS if look.key == "light" else Weight.WEAK,
                    _("Contrast %(found)s, where %(least)s is needed (%(look)s).")
                    % {
                        "found": number_format(found, 1),
                        "least": number_format(READABLE, 1),
                        "look": look.label,
                    },
                    piece.text[:60],
                    _("Take a darker colour, or leave the background away."),
                )


def _support(root: "HtmlElement") -> Iterator[Finding]:
    for program in PROGRAMS.values():
        lost = {
            (name, element.tag) for element in root.iter() for name in left_out(element, program)
        }
        for name, tag in sorted(lost):
            yield Finding(
                "left_out",
                Weight.WEAK,
                _("%(program)s leaves out “%(name)s”.") % {"program": program.label, "name": name},
                tag,
                _("Make sure that it looks well without; see the preview."),
            )


def _duty(text: str, company: str) -> Iterator[Finding]:
    form = LEGAL_FORMS.search(company)
    if form is None:
        return
    missing = [
        label
        for label, pattern in ((_("register and number"), REGISTER), (_("register court"), COURT))
        if not pattern.search(text)
    ]
    if HAS_LEADERS.search(company) and not LEADERS.search(text):
        missing.append(_("all managing directors, or the board and its chair"))
    if missing:
        yield Finding(
            "company_details",
            Weight.HINT,
            _("Business mail of a German %(form)s usually names: %(missing)s.")
            % {"form": form[0], "missing": ", ".join(missing)},
            "",
            _(
                "Add them to the small print; a link is not enough"
                " (§ 35a GmbHG, § 80 AktG, § 37a, § 125a HGB). This is no legal advice."
            ),
        )


def _pixels(size: str) -> int:
    """Return a font's size in px, 0 when it is relative."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(px|pt)", size)
    if not found:
        return 0
    return round(float(found[1]) * (PX_A_POINT if found[2] == "pt" else 1))
