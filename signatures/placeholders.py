"""Placeholders such as `{{ name }}`: which there are, and filling them in. Pure.

Between the braces stand names or words in quotation marks, the first that has something counts:
`{{ mobile | phone | "040 123" }}`.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

PLACEHOLDERS = {
    "name": _("Name"),
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "degree": _("Academic degree"),
    "pronouns": _("Pronouns"),
    "title": _("Job title"),
    "department": _("Department"),
    "phone": _("Phone"),
    "mobile": _("Mobile"),
    "fax": _("Fax"),
    "email": _("E-mail address"),
    "website": _("Website"),
    "linkedin": _("LinkedIn"),
    "booking_link": _("Booking link"),
    "street": _("Street and number"),
    "postcode": _("Postcode"),
    "city": _("City"),
    "country": _("Country"),
    "office": _("Office"),
    "photo": _("Photo"),
    "company": _("Company"),
    "company_street": _("Company: street and number"),
    "company_postcode": _("Company: postcode"),
    "company_city": _("Company: city"),
    "company_country": _("Company: country"),
    "company_phone": _("Company: phone"),
    "company_email": _("Company: e-mail address"),
    "company_website": _("Company: website"),
    "company_register": _("Company: register court and number"),
    "company_leaders": _("Company: managing directors or board"),
    "company_chair": _("Company: chair of the supervisory board"),
    "company_vat_id": _("Company: VAT id"),
}
_BRACES = re.compile(r"\{\{([^{}]*)\}\}")
_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?")
_SEPARATOR = re.compile(r"(\s*[·|,]\s*|\s+[/–-]\s+)")
_MARKS = " ·|,/–-:"


class Choice(NamedTuple):
    """What stands between braces: the names in order, and the words for whoever has none."""

    names: tuple[str, ...]
    otherwise: str = ""


def unknown_placeholders(text: str, own: frozenset[str] = frozenset()) -> list[str]:
    """Return what stands between double braces for nothing, in order, each once.

    `own` are the customer's own fields, named as in `field.shoe_size`.

    >>> unknown_placeholders("{{ name }} {{ shoe size }} {{ mobile | 'none' }}")
    ['shoe size']
    """
    unknown: dict[str, None] = {}
    for inside in _BRACES.findall(text):
        choice = _choice(inside)
        if choice is None:
            unknown[inside.strip()] = None
            continue
        for name in choice.names:
            if name not in PLACEHOLDERS and name not in own:
                unknown[name] = None
    return list(unknown)


def placeholders_in(text: str) -> list[str]:
    """Return the names that a text asks for, in order, each once.

    >>> placeholders_in("{{ mobile | phone }} {{ phone }}")
    ['mobile', 'phone']
    """
    choices = (_choice(inside) for inside in _BRACES.findall(text))
    return list(dict.fromkeys(name for choice in choices if choice for name in choice.names))


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return the text with every placeholder filled in, with nothing where there is nothing.

    >>> filled("https://x.example/{{ first_name }}", {"first_name": "Ada"})
    'https://x.example/Ada'
    """
    return "".join(value for _kind, value in _pieces(text, values))


def filled_parts(line: str, values: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the line as (kind, text) parts, kind being a placeholder's name or "text".

    A line whose placeholders are all empty is dropped whole; between separators, a section whose
    placeholders are all empty goes with its words and its separator. What a value contains is
    never read as a placeholder again, and a name that stands for nothing stays as it was typed.

    >>> filled_parts("{{ title }} · {{ department }}", {"title": "Baker"})
    [('title', 'Baker')]
    >>> filled_parts("Tel. {{ phone }}", {})
    []
    """
    if len(_read(line)) < 2:  # words alone or a placeholder alone: nothing around can dangle
        return [(kind, text.strip()) for kind, text in _pieces(line, values) if text.strip()]
    sections = _sections(line, values)
    if any(map(_has_placeholder, sections)) and not any(map(_has_value, sections)):
        return []
    kept = [each for each in sections if _has_value(each) or not _has_placeholder(each)]
    if kept[0] is not sections[0]:
        del kept[0][0]  # a separator with nothing before it
    parts: list[tuple[str, str]] = []
    for section in kept:
        _add(parts, section)
    return _stripped(parts)


@lru_cache(maxsize=4_096)
def _read(text: str) -> tuple[str | Choice, ...]:
    """Return the text as words and choices; braces that hold nothing known stay words."""
    read: list[str | Choice] = []
    for number, piece in enumerate(_BRACES.split(text)):
        choice = _choice(piece) if number % 2 else None
        if choice and all(name in PLACEHOLDERS or "." in name for name in choice.names):
            read.append(choice)
            continue
        words = f"{{{{{piece}}}}}" if number % 2 else piece
        if read and isinstance(read[-1], str):
            words = str(read.pop()) + words
        read.append(words)
    return tuple(read)


def _choice(inside: str) -> Choice | None:
    names: list[str] = []
    otherwise = ""
    for piece in inside.split("|"):
        word = piece.strip()
        if otherwise:
            return None  # words are the last choice
        if len(word) > 2 and word[0] == word[-1] and word[0] in "\"'":
            otherwise = word[1:-1].strip()
        elif _NAME.fullmatch(word) and ("." not in word or word.startswith("field.")):
            names.append(word)
        else:
            return None
    return Choice(tuple(names), otherwise) if names else None


def _pieces(text: str, values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for piece in _read(text):
        if isinstance(piece, str):
            yield "text", piece
            continue
        for name in piece.names:
            if value := values.get(name, "").strip():
                yield name, value
                break
        else:
            yield piece.names[0] if not piece.otherwise else "words", piece.otherwise


def _sections(line: str, values: Mapping[str, str]) -> list[list[tuple[str, str]]]:
    """Return what stands between separators; each section but the first begins with its own."""
    sections: list[list[tuple[str, str]]] = [[]]
    for kind, text in _pieces(line, values):
        if kind != "text":
            sections[-1].append((kind, text))
            continue
        for place, piece in enumerate(_SEPARATOR.split(text)):
            if place % 2:
                sections.append([])
            sections[-1].append(("text", piece))
    return sections


def _has_placeholder(section: list[tuple[str, str]]) -> bool:
    return any(kind != "text" for kind, _text in section)


def _has_value(section: list[tuple[str, str]]) -> bool:
    return any(kind != "text" and text for kind, text in section)


def _add(parts: list[tuple[str, str]], section: list[tuple[str, str]]) -> None:
    """Add a section, closing the gaps that its empty placeholders leave."""
    gap = False
    for kind, text in section:
        if not text:
            gap = gap or kind != "text"
            continue
        if kind != "text" or not parts or parts[-1][0] != "text":
            parts.append((kind, text.lstrip(_MARKS) if gap and not parts else text))
        else:
            before = parts.pop()[1]
            if gap and before.endswith("(") and text.startswith(")"):
                before, text = before[:-1].rstrip(), text[1:]
            elif gap:
                text = text.lstrip(_MARKS)
            parts.append(("text", before + text))
        gap = False
    if gap and parts and parts[-1][0] == "text":
        parts.pop()  # the words before an empty value were its label


def _stripped(parts: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the parts without blanks at either end of the line, and without empty ones."""
    if parts and parts[0][0] == "text":
        parts[0] = ("text", parts[0][1].lstrip())
    if parts and parts[-1][0] == "text":
        parts[-1] = ("text", parts[-1][1].rstrip())
    return [part for part in parts if part[1]]
