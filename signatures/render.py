"""A document and a person become e-mail-safe HTML and plain text. Pure: same input, same bytes.

Only what mail programs agree on: tables, cells with padding, inline hex colours and px, `width` and
`height` attributes, system fonts, links that are https, mailto or tel. Word's engine in Outlook
ignores padding and sizes on anything but cells and images.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from html import escape, unescape
from typing import Any, NamedTuple
from urllib.parse import quote

from signatures.document import (
    ACCENT,
    FONTS,
    NETWORKS,
    TEXT,
    Align,
    AnyBlock,
    Banner,
    Button,
    Columns,
    Company,
    Contact,
    Disclaimer,
    Divider,
    Document,
    Html,
    Image,
    Logo,
    Photo,
    Picture,
    Social,
    Text,
    Tone,
)
from signatures.markup import contrast
from signatures.placeholders import filled, filled_parts

QUIET = "#5d6870"
TABLE = (
    '<table cellpadding="0" cellspacing="0" border="0" role="presentation"'
    ' style="border-collapse:collapse;"><tbody>'
)
END = "</tbody></table>"
# What a contact or the company is called, by language: in words, and in a letter.
LABELS: dict[str, dict[str, tuple[str, str]]] = {
    "de": {
        "phone": ("Telefon", "T"),
        "mobile": ("Mobil", "M"),
        "fax": ("Fax", "F"),
        "email": ("E-Mail", "E"),
        "website": ("Web", "W"),
        "linkedin": ("LinkedIn", "in"),
        "booking_link": ("Termin", "B"),
        "office": ("Standort", "S"),
        "address": ("Adresse", "A"),
        "company_phone": ("Zentrale", "Z"),
        "company_email": ("E-Mail", "E"),
        "company_website": ("Web", "W"),
        "company_address": ("Adresse", "A"),
        "register": ("Registergericht", ""),
        "leaders": ("Geschäftsführung", ""),
        "chair": ("Vorsitz des Aufsichtsrats", ""),
        "vat_id": ("USt-IdNr.", ""),
    },
    "en": {
        "phone": ("Phone", "T"),
        "mobile": ("Mobile", "M"),
        "fax": ("Fax", "F"),
        "email": ("E-mail", "E"),
        "website": ("Web", "W"),
        "linkedin": ("LinkedIn", "in"),
        "booking_link": ("Book a meeting", "B"),
        "office": ("Office", "O"),
        "address": ("Address", "A"),
        "company_phone": ("Switchboard", "S"),
        "company_email": ("E-mail", "E"),
        "company_website": ("Web", "W"),
        "company_address": ("Address", "A"),
        "register": ("Registered", ""),
        "leaders": ("Managing directors", ""),
        "chair": ("Chair of the supervisory board", ""),
        "vat_id": ("VAT id", ""),
    },
}
ADDRESSES = {
    "address": "{{ street }}, {{ postcode }} {{ city }}, {{ country }}",
    "company_address": "{{ company_street }}, {{ company_postcode }} {{ company_city }},"
    " {{ company_country }}",
}
PARTS = {
    "name": "{{ company }}",
    "address": ADDRESSES["company_address"],
    "register": "{{ company_register }}",
    "leaders": "{{ company_leaders }}",
    "chair": "{{ company_chair }}",
    "vat_id": "{{ company_vat_id }}",
}
LABELLED = {"register", "leaders", "chair", "vat_id"}
MAILS = {"email", "company_email"}
NUMBERS = {"phone", "mobile", "fax", "company_phone"}
SITES = {"website", "linkedin", "booking_link", "company_website"}
_LEADS = re.compile(r'(https://|mailto:|tel:)[^\s<>"\\]+')


class Signature(NamedTuple):
    html: str
    text: str


class _Cell(NamedTuple):
    """A block as one cell: its attributes, what is in it, and the same as plain text."""

    inside: str
    text: str
    align: Align = "left"
    style: str = ""
    attributes: str = ""


class _Scene(NamedTuple):
    """What every block needs to be drawn."""

    values: Mapping[str, str]
    pictures_at: str
    accent: str
    text: str
    font: str
    language: str

    def tone(self, tone: Tone) -> str:
        return {"accent": self.accent, "text": self.text, "quiet": QUIET}[tone]

    def type(self, size: int, colour: str) -> str:
        # mso-line-height-rule comes first, or Word's engine rounds the line height up.
        return (
            f"font-family:{self.font};font-size:{size}px;mso-line-height-rule:exactly;"
            f"line-height:{round(size * 1.4)}px;color:{colour};"
        )


def render_signature(
    document: Document, values: Mapping[str, str], *, pictures_at: str
) -> Signature:
    """Return the signature of a person whose placeholders have these values.

    `pictures_at` is the address below which pictures are found, with its slash.
    """
    scene = _Scene(
        values,
        pictures_at,
        document.accent or ACCENT,
        document.text or TEXT,
        escape(FONTS[document.font or "Arial"]),
        document.language,
    )
    drawn = [(block, cell) for block in document.blocks if (cell := _cell(block, scene))]
    rows = "".join(f"<tr>{_td(cell, above=block.above)}</tr>" for block, cell in drawn)
    text = "\n".join(cell.text for _block, cell in drawn if cell.text)
    return Signature(f"{TABLE}{rows}{END}" if rows else "", text.strip())


def _cell(block: AnyBlock, scene: _Scene) -> _Cell | None:
    """Return the block as a cell, None when it has nothing for this person."""
    if block.when and not filled(f"{{{{ {block.when} }}}}", scene.values):
        return None
    return DRAWN[type(block)](block, scene)


def _td(cell: _Cell, *, above: int = 0, left: int = 0, right: int = 0, more: str = "") -> str:
    align = "" if cell.align == "left" else f' align="{cell.align}"'
    return (
        f'<td{align}{cell.attributes}{more} style="padding:{_px(above)} {_px(right)} 0 {_px(left)};'
        f'{cell.style}">{cell.inside}</td>'
    )


def _px(length: int) -> str:
    return f"{length}px" if length else "0"


def _text(block: Text, scene: _Scene) -> _Cell | None:
    target = _target(block.link, scene.values)
    lines = _lines(block.lines, scene)
    if not lines:
        return None
    colour = scene.tone(block.tone)
    weight = "font-weight:bold;" if block.bold else ""
    drawn = [
        _words("".join(text for _kind, text in line))
        if target
        else "".join(_linked(kind, text, colour) for kind, text in line)
        for line in lines
    ]
    inside = "<br>".join(drawn)
    if target:
        inside = _a(target, inside, colour)
    text = "\n".join("".join(text for _kind, text in line) for line in lines)
    return _Cell(
        inside,
        _with_target(text, target),
        block.align,
        scene.type(block.size, colour) + weight,
    )


def _lines(lines: str, scene: _Scene) -> list[list[tuple[str, str]]]:
    read = (filled_parts(line, scene.values) for line in lines.splitlines())
    return [line for line in read if line]


def _contact(block: Contact, scene: _Scene) -> _Cell | None:
    htmls, texts = [], []
    for name in block.fields:
        parts = filled_parts(ADDRESSES.get(name, f"{{{{ {name} }}}}"), scene.values)
        if not parts:
            continue
        words, letter = LABELS[scene.language][name]
        label = {"words": f"{words}: ", "letters": f"{letter} ", "none": ""}[block.labels]
        value = "".join(_linked(kind, text, scene.text) for kind, text in parts)
        mark = f'<span style="color:{scene.accent};">{_words(label)}</span>' if label else ""
        htmls.append(mark + value)
        texts.append(label + "".join(text for _kind, text in parts))
    if not htmls:
        return None
    is_row = block.layout == "row"
    return _Cell(
        (" &nbsp;·&nbsp; " if is_row else "<br>").join(htmls),
        (" · " if is_row else "\n").join(texts),
        style=scene.type(block.size, scene.text),
    )


def _company(block: Company, scene: _Scene) -> _Cell | None:
    found = []
    for part in block.parts:
        words = filled_line(PARTS[part], scene.values)
        label = LABELS[scene.language][part][0] if part in LABELLED else ""
        if words:
            found.append(f"{label}: {words}" if label else words)
    if not found:
        return None
    text = (" · " if block.layout == "row" else "\n").join(found)
    return _small_print(text, block.size, scene)


def _disclaimer(block: Disclaimer, scene: _Scene) -> _Cell | None:
    lines = [
        filled_line(line, scene.values) if line.strip() else "" for line in block.lines.splitlines()
    ]
    text = "\n".join(lines).strip()
    return _small_print(text, block.size, scene) if text else None


def filled_line(line: str, values: Mapping[str, str]) -> str:
    """Return a line as `filled_parts` fills it in, as one text."""
    return "".join(text for _kind, text in filled_parts(line, values))


def _small_print(text: str, size: int, scene: _Scene) -> _Cell:
    return _Cell(_words(text).replace("\n", "<br>"), "\n" + text, style=scene.type(size, QUIET))


def _logo(block: Logo, scene: _Scene) -> _Cell | None:
    if block.picture is None:
        return None
    alt = scene.values.get("company", "")
    return _picture_cell(block.picture, block.width, alt, block.link, block.align, scene)


def _image(block: Image | Banner, scene: _Scene) -> _Cell | None:
    if block.picture is None:
        return None
    alt = filled(block.alt, scene.values)
    align: Align = "left" if isinstance(block, Banner) else block.align
    cell = _picture_cell(block.picture, block.width, alt, block.link, align, scene)
    target = _target(block.link, scene.values)
    return cell._replace(text=_with_target(alt, target) if target else "")


def _picture_cell(
    picture: Picture, width: int, alt: str, link: str, align: Align, scene: _Scene
) -> _Cell:
    height = max(1, round(picture.height * width / picture.width))
    inside = _img(f"{scene.pictures_at}{picture.key}.png", width, height, alt)
    target = _target(link, scene.values)
    return _Cell(_a(target, inside, scene.accent) if target else inside, "", align)


def _photo(block: Photo, scene: _Scene) -> _Cell | None:
    address = scene.values.get("photo", "")
    if not address:
        return None
    if block.shape == "round":
        address = address.removesuffix(".png") + "-round.png"
    alt = scene.values.get("name", "")
    return _Cell(_img(address, block.width, block.width, alt), "", block.align)


def _social(block: Social, scene: _Scene) -> _Cell | None:
    colour = scene.accent if block.look == "accent" else TEXT
    cells: list[str] = []
    texts: list[str] = []
    for network, link in block.links.items():
        target = _target(link, scene.values)
        if not target:
            continue
        label = NETWORKS[network]
        source = f"{scene.pictures_at}icon-{network}-{colour[1:]}.png"
        room = _px(8 if cells else 0)
        cells.append(
            f'<td style="padding:0 0 0 {room};">'
            f"{_a(target, _img(source, block.width, block.width, label), scene.accent)}</td>"
        )
        texts.append(f"{label}: {target}")
    if not cells:
        return None
    return _Cell(f"{TABLE}<tr>{''.join(cells)}</tr>{END}", "\n".join(texts), block.align)


def _button(block: Button, scene: _Scene) -> _Cell | None:
    target, words = _target(block.link, scene.values), filled_line(block.words, scene.values)
    if not (target and words):
        return None
    paper = readable_on(scene.accent)
    look = scene.type(13, paper) + "font-weight:bold;"
    ground = f'bgcolor="{scene.accent}" style="padding:8px 16px 8px 16px;'
    return _Cell(
        f'{TABLE}<tr><td {ground}background-color:{scene.accent};{look}">'
        f"{_a(target, _words(words), paper)}</td></tr>{END}",
        f"{words}: {target}",
        block.align,
    )


def _divider(block: Divider, scene: _Scene) -> _Cell:
    # Below the cell's padding, so that the room above stays above the line.
    colour = scene.tone(block.tone)
    return _Cell(
        "&nbsp;",
        "",
        style=f"border-bottom:{block.thickness}px solid {colour};font-size:1px;line-height:1px;",
    )


def _html(block: Html, scene: _Scene) -> _Cell | None:
    escaped = {name: escape(value) for name, value in scene.values.items()}
    inside = filled(block.html, escaped)
    text = unescape(re.sub(r"<[^>]*>", "", re.sub(r"<br>|</tr>|</p>", "\n", inside)))
    lines = [" ".join(line.split()) for line in text.splitlines()]
    if not inside.strip():
        return None
    return _Cell(inside, "\n".join(filter(None, lines)), style=scene.type(13, scene.text))


def _columns(block: Columns, scene: _Scene) -> _Cell | None:
    filled_columns = []
    for column in block.columns:
        some = [(each, cell) for each in column if (cell := _cell(each, scene))]
        if some:
            filled_columns.append(some)
    if not filled_columns:
        return None
    cells = []
    for number, drawn in enumerate(filled_columns):
        is_last = number == len(filled_columns) - 1
        rule = f"border-left:2px solid {scene.accent};" if block.rule and number else ""
        left = block.gap if block.rule and number else 0
        right = 0 if is_last else block.gap
        more = f' valign="{block.valign}"'
        if len(drawn) == 1:
            ((each, cell),) = drawn
            cell = cell._replace(style=cell.style + rule)
            cells.append(_td(cell, above=each.above, left=left, right=right, more=more))
            continue
        rows = "".join(f"<tr>{_td(cell, above=each.above)}</tr>" for each, cell in drawn)
        cells.append(
            f'<td{more} style="padding:0 {_px(right)} 0 {_px(left)};{rule}">{TABLE}{rows}{END}</td>'
        )
    text = "\n".join(cell.text for column in filled_columns for _each, cell in column if cell.text)
    return _Cell(f"{TABLE}<tr>{''.join(cells)}</tr>{END}", text)


DRAWN: dict[type, Callable[[Any, _Scene], _Cell | None]] = {
    Text: _text,
    Contact: _contact,
    Logo: _logo,
    Image: _image,
    Photo: _photo,
    Social: _social,
    Button: _button,
    Banner: _image,
    Divider: _divider,
    Disclaimer: _disclaimer,
    Company: _company,
    Html: _html,
    Columns: _columns,
}


@cache
def readable_on(colour: str) -> str:
    """Return white or near-black, whichever is read better on the colour.

    >>> readable_on("#0b6b6b"), readable_on("#ffd54a")
    ('#ffffff', '#1f2a30')
    """
    return max("#ffffff", TEXT, key=lambda paper: contrast(paper, colour))


def _target(link: str, values: Mapping[str, str]) -> str:
    """Return where a link leads for this person, "" when nowhere or nowhere good.

    A link that needs a value which is not there leads nowhere.
    """
    if not link:
        return ""
    parts = filled_parts(link, values)
    kinds = {kind for kind, _text in parts}
    if parts and parts[0][0] == "text":  # the link is written out; values are parts of it
        parts = [(kind, text if kind == "text" else _address(text)) for kind, text in parts]
    target = "".join(text for _kind, text in parts).strip()
    if kinds & MAILS and "@" in target and not target.startswith("mailto:"):
        return "mailto:" + _address(target)
    if kinds & NUMBERS and not target.startswith(("https://", "tel:")):
        return "tel:" + _number(target)
    target = _site(target)
    return target if _LEADS.fullmatch(target) else ""


def _linked(kind: str, text: str, colour: str) -> str:
    if kind in MAILS:
        return _a("mailto:" + _address(text), _words(text), colour)
    if kind in NUMBERS and any(letter in "0123456789" for letter in text):
        return _a("tel:" + _number(text), _words(text), colour)
    if kind in SITES:
        target = _site(text)
        if _LEADS.fullmatch(target):
            return _a(target, _words(bare(text)), colour)
    return _words(text)


def _site(text: str) -> str:
    """Return an address on the web with its scheme: signatures link to https alone."""
    text = re.sub(r"^http://", "https://", text)
    return text if ":" in text or not text else f"https://{text}"


def _address(text: str) -> str:
    # Quoted, or `a?bcc=x@y` would be an address and more.
    return quote(text, safe="@+!$'*^_`{|}~")


def _number(text: str) -> str:
    return re.sub(r"[^0-9+]", "", text.replace("(0)", ""))


def _a(target: str, inside: str, colour: str) -> str:
    return f'<a href="{escape(target)}" style="color:{colour};text-decoration:none;">{inside}</a>'


def _img(source: str, width: int, height: int, alt: str) -> str:
    return (
        f'<img src="{escape(source)}" width="{width}" height="{height}" alt="{escape(alt)}"'
        ' style="display:block;border:0;">'
    )


def _words(text: str) -> str:
    return escape(text)


def _with_target(words: str, target: str) -> str:
    if not target:
        return words
    shown = target.removeprefix("mailto:").removeprefix("tel:")
    return words if bare(shown) in words else f"{words}: {shown}"


def bare(website: str) -> str:
    """Return an address on the web as people read it.

    >>> bare("https://firma.example/")
    'firma.example'
    """
    return re.sub(r"^https?://", "", website).rstrip("/")
