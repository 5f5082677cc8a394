"""Placeholders such as `{{ name }}`: which there are, and filling them in. Pure."""

import re
from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

PLACEHOLDERS = {
    "name": _("Name"),
    "title": _("Job title"),
    "department": _("Department"),
    "phone": _("Phone"),
    "email": _("E-mail address"),
    "company": _("Company"),
    "website": _("Website"),
}
_BRACES = re.compile(r"\{\{([^{}]*)\}\}")
_PLACEHOLDER = re.compile(r"\{\{\s*(" + "|".join(PLACEHOLDERS) + r")\s*\}\}")
_SEPARATOR = re.compile(r"(\s*[·|,]\s*|\s+[/–-]\s+)")
_MARKS = " ·|,/–-:"


def unknown_placeholders(text: str) -> list[str]:
    """Return the names between double braces that stand for nothing, in order, each once.

    >>> unknown_placeholders("{{ name }} {{ shoe size }}")
    ['shoe size']
    """
    names = [name.strip() for name in _BRACES.findall(text)]
    return list(dict.fromkeys(name for name in names if name not in PLACEHOLDERS))


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


def _sections(line: str, values: Mapping[str, str]) -> list[list[tuple[str, str]]]:
    """Return what stands between separators; each section but the first begins with its own."""
    sections: list[list[tuple[str, str]]] = [[]]
    for number, piece in enumerate(_PLACEHOLDER.split(line)):
        if number % 2:
            sections[-1].append((piece, values.get(piece, "").strip()))
            continue
        for place, text in enumerate(_SEPARATOR.split(piece)):
            if place % 2:
                sections.append([])
            sections[-1].append(("text", text))
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
