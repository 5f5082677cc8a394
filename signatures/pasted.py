"""An existing signature, as Word, Outlook or Gmail copy it, becomes a design. Pure.

What e-mail does not need goes; what a person's own facts are becomes placeholders.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from signatures.document import Document, read_document
from signatures.sanitise import clean_signature

if TYPE_CHECKING:
    from lxml.html import HtmlElement

LONGEST = 200_000  # characters: Word's HTML is mostly head
GONE = ("head", "style", "script", "title", "meta", "link", "xml", "svg", "object", "iframe")
LINES = {"p", "div", "li", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "address", "section"}
SHORTEST = 3  # letters of a value that is looked for; fewer are found anywhere
_PHONE = r"\+?[0-9][0-9 ()/.\u00a0-]{4,}[0-9]"
# Where no value is known, a label or a shape says what stands there.
GUESSES = (
    ("mobile", re.compile(rf"(?i)(\b(?:mobil\w*|handy|cell|m)\b[.:\s\u00a0]*)({_PHONE})")),
    ("fax", re.compile(rf"(?i)(\b(?:tele)?fax\b[.:\s\u00a0]*|\bf\b[.:\s\u00a0]+)({_PHONE})")),
    ("phone", re.compile(rf"(?i)(\b(?:tel\w*|fon|phone|t)\b[.:\s\u00a0]*)({_PHONE})")),
    ("email", re.compile(r"()([\w.+-]+@[\w-]+(?:\.[\w-]+)+)")),
)
# What of a person may stand in a signature, the longest and most certain first.
NAMED = (
    "email",
    "linkedin",
    "booking_link",
    "website",
    "name",
    "title",
    "department",
    "street",
    "office",
    "mobile",
    "phone",
    "fax",
    "company",
)


class Pasted(NamedTuple):
    """The design, the placeholders that were put in, and how many pictures were left out."""

    document: Document
    placeholders: list[str]
    pictures: int


class NothingInIt(ValueError):
    """What was pasted has no text that would be a signature."""


def design_of(html: str, values: Mapping[str, str], *, images_from: str, language: str) -> Pasted:
    """Return the pasted signature as a design; `values` are those of the person whose it is.

    Raises NothingInIt.
    """
    root = _read(html)
    if root is None or not root.text_content().strip():
        raise NothingInIt
    pictures = sum(
        1 for each in root.iter("img") if not (each.get("src") or "").startswith(images_from)
    )
    for picture in list(root.iter("img")):
        if not (picture.get("src") or "").startswith(images_from):
            picture.drop_tree()
    used = _put_placeholders(root, values)
    cleaned = clean_signature(_written(root), images_from=images_from, is_draft=True)
    cleaned = re.sub(r"(\s*<br>\s*){3,}", "<br><br>", cleaned)
    cleaned = re.sub(r"^(\s|<br>|\u00a0)+|(\s|<br>|\u00a0)+$", "", cleaned)
    if not re.sub(r"<[^>]*>|\s|&nbsp;", "", cleaned) or len(cleaned) > 20_000:
        raise NothingInIt
    raw = {
        "schema": 1,
        "language": language,
        "blocks": [{"type": "html", "id": "b1", "html": cleaned}],
    }
    return Pasted(read_document(raw), used, pictures)


def _read(html: str) -> "HtmlElement | None":
    """Return the body with lines as breaks, without what mails do not need."""
    from lxml.etree import ParserError, strip_elements
    from lxml.html import document_fromstring

    html = re.sub(r"<!--.*?-->|<!\[.*?\]>|<\?.*?>", "", html[:LONGEST], flags=re.DOTALL)
    try:
        root = document_fromstring(html.replace("\0", "") or "<p></p>").find("body")
    except ParserError:
        return None
    if root is None:
        return None
    strip_elements(root, *GONE, with_tail=False)
    for element in list(root.iter()):
        tag = element.tag if isinstance(element.tag, str) else ""
        if tag == "font":
            _as_span(element)
        elif tag in LINES:
            _as_lines(element)
        elif ":" in tag:
            element.drop_tag()  # Word's own, such as <o:p>
    return root


def _as_span(element: "HtmlElement") -> None:
    colour, family = element.get("color"), element.get("face")
    element.tag = "span"
    style = element.get("style", "")
    style += f";color:{colour}" if colour else ""
    style += f";font-family:{family}" if family else ""
    element.set("style", style)


def _as_lines(element: "HtmlElement") -> None:
    """Make an element that begins a line of its own a stretch of text that ends with a break."""
    from lxml.html import Element

    ends = Element("br")
    ends.tail, element.tail = element.tail, None
    parent = element.getparent()
    if parent is None:
        return
    parent.insert(parent.index(element) + 1, ends)
    element.tag = "span"
    if not element.get("style"):
        element.drop_tag()


def _put_placeholders(root: "HtmlElement", values: Mapping[str, str]) -> list[str]:
    """Put placeholders for the person's values, then for what labels and shapes say."""
    used: list[str] = []
    known = [
        (name, _pattern(name, values[name]))
        for name in NAMED
        if len(values.get(name, "").strip()) >= SHORTEST
    ]
    for name, pattern in known:
        if _replace(root, pattern, f"{{{{ {name} }}}}"):
            used.append(name)
    for name, pattern in GUESSES:
        if name not in used and _replace(root, pattern, rf"\g<1>{{{{ {name} }}}}", most=1):
            used.append(name)
    for link in root.iter("a"):
        _link_to(link)
    return used


def _pattern(name: str, value: str) -> re.Pattern[str]:
    """Return what finds a value; a number's blanks, brackets and strokes may be others."""
    value = value.strip()
    if name in {"phone", "mobile", "fax"}:
        digits = re.sub(r"[^0-9+]", "", value.replace("(0)", ""))
        between = r"[ ()/.\u00a0-]*(?:\(0\))?[ ()/.\u00a0-]*"
        return re.compile(between.join(map(re.escape, digits)))
    if name in {"website", "linkedin", "booking_link"}:
        bare = re.escape(re.sub(r"^https?://(www\.)?", "", value).rstrip("/"))
        return re.compile(rf"(?:https?://)?(?:www\.)?{bare}/?", re.IGNORECASE)
    blanks = r"[\s\u00a0]+".join(map(re.escape, value.split()))
    return re.compile(rf"(?<!\w){blanks}(?!\w)", re.IGNORECASE)


def _replace(root: "HtmlElement", pattern: re.Pattern[str], by: str, *, most: int = 0) -> bool:
    """Replace in every text that people see; say whether anything was found."""
    found = False
    for element in root.iter():
        for place in ("text", "tail"):
            text = getattr(element, place)
            if not text or "{{" in text and most:
                continue
            changed, count = pattern.subn(by, text, count=most)
            if count:
                setattr(element, place, changed)
                found = True
                if most:
                    return True
    return found


def _link_to(link: "HtmlElement") -> None:
    """Make a link lead to what its words became."""
    shown = (link.text_content() or "").strip()
    match = re.fullmatch(r"\{\{ ([a-z_]+) \}\}", shown)
    if not match:
        return
    name = match[1]
    if name == "email":
        link.set("href", "mailto:{{ email }}")
    elif name in {"phone", "mobile", "fax"}:
        link.set("href", f"tel:{{{{ {name} }}}}")
    elif name in {"website", "linkedin", "booking_link"}:
        link.set("href", f"{{{{ {name} }}}}")


def _written(root: "HtmlElement") -> str:
    from lxml.html import tostring

    html = tostring(root, encoding="unicode").strip()
    # Blanks in addresses are quoted when they are written; those in placeholders are none.
    html = re.sub(r"\{\{%20([a-z_]+)%20\}\}", r"{{ \1 }}", html)
    return re.sub(r"^<body[^>]*>|</body>$|<span>\s*</span>", "", html)
