"""A design and a person become e-mail-safe HTML and plain text. Pure: same input, same bytes.

Only what mail programs agree on: tables, cells with padding, inline hex colours, px and points,
`width` and `height` attributes, system fonts, links that are https, mailto or tel. Word's engine in
Outlook ignores padding and sizes on anything but cells and images.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote

from django.utils.html import escape

from signatures.gallery import FONTS
from signatures.placeholders import filled_parts

LOGO_WIDTH = 120  # px as shown; the file has up to twice as many


class Logo(NamedTuple):
    url: str
    width: int
    height: int
    alt: str


class Content(NamedTuple):
    """What a design says: layout, colours as #rrggbb, lines with placeholders, small print."""

    template: str
    accent: str
    text_colour: str
    font: str
    lines: str
    website: str = ""
    disclaimer: str = ""
    logo: Logo | None = None


class Signature(NamedTuple):
    html: str
    text: str


def render_signature(content: Content, values: Mapping[str, str]) -> Signature:
    """Return the signature of a person whose placeholders have these values."""
    # Signatures link to https alone.
    website = re.sub(r"^http://", "https://", content.website)
    small_print = "\n".join(content.disclaimer.splitlines())
    content = content._replace(website=website, disclaimer=small_print)
    values = {**values, "website": _bare(content.website)}
    lines = [filled_parts(line, values) for line in content.lines.splitlines()]
    lines = [line for line in lines if line]
    return Signature(_html(content, lines), _text(content, lines))


def _text(content: Content, lines: list[list[tuple[str, str]]]) -> str:
    out = ["".join(text for _kind, text in line).strip() for line in lines]
    out += [content.website] if content.website else []
    out += ["", content.disclaimer] if content.disclaimer else []
    return "\n".join(out)


def _html(content: Content, lines: list[list[tuple[str, str]]]) -> str:
    layouts = {"classic": _classic, "banner": _banner, "compact": _compact}
    body = layouts.get(content.template, _letterhead)(content, _cells(content, lines))
    if content.disclaimer:
        body += _row(
            f'<td colspan="2" style="padding:12px 0 0 0;{_type(content, 8)}color:#666666;">'
            f"{escape(content.disclaimer).replace(chr(10), '<br>')}</td>"
        )
    return (
        '<table cellpadding="0" cellspacing="0" border="0" role="presentation"'
        f' style="border-collapse:collapse;{_type(content, 10)}color:{content.text_colour};">'
        f"<tbody>{body}</tbody></table>"
    )


def _cells(content: Content, lines: list[list[tuple[str, str]]]) -> str:
    """Return the lines, and the website, as one table."""
    rows = []
    for number, line in enumerate(lines):
        style = (
            f"{_type(content, 13)}font-weight:bold;color:{content.accent};"
            if number == 0
            else f"{_type(content, 10)}color:{content.text_colour};"
        )
        words = "".join(_linked(content, kind, text) for kind, text in line)
        rows.append(_row(f'<td style="padding:0 0 2px 0;{style}">{words}</td>'))
    if content.website:
        link = _link(content, content.website, _bare(content.website))
        rows.append(_row(f'<td style="padding:4px 0 0 0;{_type(content, 10)}">{link}</td>'))
    return (
        '<table cellpadding="0" cellspacing="0" border="0" role="presentation"'
        f' style="border-collapse:collapse;"><tbody>{"".join(rows)}</tbody></table>'
    )


def _classic(content: Content, cells: str) -> str:
    logo = ""
    if content.logo:
        logo = f'<td valign="top" style="padding:0 16px 0 0;">{_image(content.logo)}</td>'
    rule = f"border-left:2px solid {content.accent};"
    return _row(f'{logo}<td valign="top" style="padding:0 0 0 16px;{rule}">{cells}</td>')


def _banner(content: Content, cells: str) -> str:
    band = (
        f'<td height="6" bgcolor="{content.accent}" style="background-color:{content.accent};'
        'font-size:6px;line-height:6px;">&nbsp;</td>'
    )
    logo = (
        _row(f'<td style="padding:10px 0 0 0;">{_image(content.logo)}</td>') if content.logo else ""
    )
    return _row(band) + _row(f'<td style="padding:10px 0 0 0;">{cells}</td>') + logo


def _compact(content: Content, cells: str) -> str:
    logo = ""
    if content.logo:
        logo = f'<td valign="middle" style="padding:0 0 0 16px;">{_image(content.logo)}</td>'
    return _row(f'<td valign="middle" style="padding:0;">{cells}</td>{logo}')


def _letterhead(content: Content, cells: str) -> str:
    logo = (
        _row(f'<td style="padding:0 0 14px 0;">{_image(content.logo)}</td>') if content.logo else ""
    )
    rule = f"border-top:1px solid {content.accent};"
    return logo + _row(f'<td style="padding:12px 0 0 0;{rule}">{cells}</td>')


def _row(cells: str) -> str:
    return f"<tr>{cells}</tr>"


def _type(content: Content, points: int) -> str:
    family = FONTS.get(content.font, FONTS["Arial"])
    # mso-line-height-rule comes first, or Word's engine rounds the line height up.
    return (
        f"font-family:{escape(family)};font-size:{points}pt;"
        f"mso-line-height-rule:exactly;line-height:{points + 4}pt;"
    )


def _linked(content: Content, kind: str, text: str) -> str:
    if kind == "email":
        # Quoted, or `a?bcc=x@y` would be an address and more.
        return _link(content, "mailto:" + quote(text, safe="@+!$'*^_`{|}~"), text)
    if kind == "phone" and any(letter in "0123456789" for letter in text):
        return _link(content, "tel:" + re.sub(r"[^0-9+]", "", text.replace("(0)", "")), text)
    if kind == "website":
        return _link(content, content.website, text)
    return escape(text)


def _link(content: Content, target: str, words: str) -> str:
    return (
        f'<a href="{escape(target)}" style="color:{content.accent};text-decoration:none;">'
        f"{escape(words)}</a>"
    )


def _image(logo: Logo) -> str:
    width = min(LOGO_WIDTH, logo.width)
    height = max(1, round(logo.height * width / logo.width))
    return (
        f'<img src="{escape(logo.url)}" width="{width}" height="{height}" alt="{escape(logo.alt)}"'
        ' style="display:block;border:0;">'
    )


def _bare(website: str) -> str:
    return re.sub(r"^https?://", "", website).rstrip("/")
