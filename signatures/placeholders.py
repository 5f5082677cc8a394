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
_PLACEHOLDER = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_SEPARATORS = " ·|,/–-:"


def unknown_placeholders(text: str) -> list[str]:
    """Return the names between double braces that stand for nothing, in order, each once.

    >>> unknown_placeholders("{{ name }} {{ shoe size }}")
    ['shoe size']
    """
    names = _PLACEHOLDER.findall(text)
    return list(dict.fromkeys(name for name in names if name not in PLACEHOLDERS))


def filled_parts(line: str, values: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the line as (kind, text) parts, kind being a placeholder's name or "text".

    A line whose placeholders are all empty is dropped whole; next to an empty one the separator
    goes too. What a value contains is never read as a placeholder again.

    >>> filled_parts("{{ title }} · {{ department }}", {"title": "Baker"})
    [('title', 'Baker')]
    >>> filled_parts("Tel. {{ phone }}", {})
    []
    """
    pieces = _PLACEHOLDER.split(line)  # text, name, text, name, … text
    texts, names = pieces[0::2], pieces[1::2]
    values_here = [values.get(name, "").strip() for name in names]
    if names and not any(values_here):
        return []
    parts: list[tuple[str, str]] = []
    pending = texts[0]
    for name, value, after in zip(names, values_here, texts[1:], strict=True):
        if value:
            if pending and (parts or pending.strip(_SEPARATORS)):
                parts.append(("text", pending))
            parts.append((name, value))
            pending = after
        elif pending.strip(_SEPARATORS) and not after.strip(_SEPARATORS):
            pending = ""  # the words before an empty value were its label
        else:
            pending = (
                pending if not after.strip(_SEPARATORS) else pending + after.lstrip(_SEPARATORS)
            )
    if pending.strip(_SEPARATORS) or (pending and not names):
        parts.append(("text", pending))
    return parts
