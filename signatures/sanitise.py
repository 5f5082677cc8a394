"""What a signature's HTML may hold: what e-mail needs, nothing else."""

import re
from collections import Counter
from functools import lru_cache

import nh3

TAGS = {"table", "tbody", "tr", "td", "a", "img", "br", "b", "strong", "i", "em", "span"}
ATTRIBUTES = {
    "*": {"lang"},
    "table": {"cellpadding", "cellspacing", "border", "role", "style", "width", "bgcolor", "align"},
    "td": {"colspan", "rowspan", "valign", "align", "height", "width", "bgcolor", "style"},
    "tr": {"style", "bgcolor"},
    "a": {"href", "style"},
    "img": {"src", "width", "height", "alt", "style"},
    "span": {"style"},
}
STYLES = {
    "background-color",
    "border",
    "border-collapse",
    "border-bottom",
    "border-left",
    "border-right",
    "border-top",
    "color",
    "display",
    "font-family",
    "font-size",
    "font-style",
    "font-weight",
    "line-height",
    "mso-line-height-rule",
    "padding",
    "padding-bottom",
    "padding-left",
    "padding-right",
    "padding-top",
    "text-align",
    "text-decoration",
    "vertical-align",
}
SCHEMES = {"http", "https", "mailto", "tel"}


MOST_LETTERS = 100_000
MOST_DEPTH = 100
MOST_PASSES = 3

_TAG = re.compile(r"<(/?)(?!br\b|img\b)([a-z][a-z0-9]*)", re.IGNORECASE)  # br, img hold nothing
_LINK = re.compile(r"https://|mailto:|tel:")
_DRAFT_LINK = re.compile(r"https://|mailto:|tel:|\{\{ ?[a-z_.]+ ?\}\}$")
_FILE = re.compile(r"[\w-]+(\.[\w-]+)*", re.ASCII)
_SIZES = {"cellpadding", "cellspacing", "border", "width", "height", "colspan", "rowspan"}
_SIZE = re.compile(r"\d{1,3}%?", re.ASCII)
# No brackets: neither url() nor expression(); no minus and no more than three digits.
_COLOUR, _NUMBER = r"\#[0-9a-f]{3,8}", r"\d{1,3}(?:\.\d{1,4})?(?:px|pt|em|%)?"
_WORD = rf"""(?:{_COLOUR}|{_NUMBER}|[a-z][a-z-]*|'[\w -]*'|"[\w -]*")"""
_VALUE = re.compile(rf"\s*{_WORD}(?:[\s,]+{_WORD})*\s*", re.ASCII | re.IGNORECASE)


def clean_signature(html: str, *, images_from: str, is_draft: bool = False) -> str:
    """Return the HTML reduced to what is allowed; images only from below the address given.

    In a draft a link may be a placeholder, which is judged again once it is filled in.

    Nothing is left of what is too long, nested too deep, or reads otherwise each time: its
    cleaning would take long, or not hold. What is returned is not changed by cleaning it again.
    """
    html = re.sub(r"\r\n?", "\n", html)
    if len(html) > MOST_LETTERS or _depth(html) > MOST_DEPTH:
        return ""
    for _pass in range(MOST_PASSES):
        before, html = html, re.sub(r"\r\n?", "\n", _once(html, images_from, is_draft))
        if html == before:
            return html
    return html if html == _once(html, images_from, is_draft) else ""


def _once(html: str, images_from: str, is_draft: bool) -> str:
    link = _DRAFT_LINK if is_draft else _LINK

    def judge(tag: str, attribute: str, value: str) -> str | None:
        if attribute == "src":
            ours = value.startswith(images_from)
            return value if ours and _FILE.fullmatch(value[len(images_from) :]) else None
        if attribute == "href":
            return value if link.match(value) else None
        if attribute in _SIZES:
            return value if _SIZE.fullmatch(value) else None
        return _style(value) if attribute == "style" else value

    return nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        attribute_filter=judge,
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer",
        strip_comments=True,
    )


def _depth(html: str) -> int:
    """Return how deep tags are nested at most, those that are never closed included."""
    opened: Counter[str] = Counter()
    depth = most = 0
    for tag in _TAG.finditer(html):
        name = tag[2].lower()
        step = (-1 if opened[name] else 0) if tag[1] else 1
        opened[name] += step
        depth += step
        most = max(most, depth)
    return most


@lru_cache(maxsize=1_000)
def _style(text: str) -> str | None:
    """Return the declarations that are allowed, None when none is."""
    pairs = (declaration.partition(":") for declaration in text.split(";"))
    kept = [
        f"{name.strip().lower()}:{value.strip()}"
        for name, _colon, value in pairs
        if name.strip().lower() in STYLES and _VALUE.fullmatch(value)
    ]
    return ";".join(kept) or None
