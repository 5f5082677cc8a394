"""The chain of seals over the history: what was sealed and is altered or missing shows. Pure.

An entry is sealed in two parts: what happened, and a digest of what names a person in it. So a
person's name can be taken out and everything else still be held against the seal.
"""

import hashlib
import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID

FIELDS = (
    "id",
    "at",
    "action",
    "actor_id",
    "actor_hat",
    "request_id",
    "reseller_id",
    "subject",
    "subject_id",
)
PERSONAL = ("actor_name", "label", "before", "after", "salt")


def digest(before: str, entries: Iterable[dict[str, Any]]) -> str:
    """Return the hexadecimal SHA-256 of the entries in order, on top of the digest before.

    Each has FIELDS and `personal`, the digest of the rest.

    >>> digest("", []) == digest("", [])
    True
    >>> digest("", [{"id": 1}]) == digest("", [{"id": 2}])
    False
    """
    chain = hashlib.sha256(before.encode())
    for entry in entries:
        chain.update(_line(entry, (*FIELDS, "personal")))
    return chain.hexdigest()


def personal_digest(entry: dict[str, Any]) -> str:
    """Return the hexadecimal SHA-256 of what names a person in an entry.

    >>> personal_digest({"label": "Clara"}) == personal_digest({"label": "Clara", "salt": "x"})
    False
    """
    return hashlib.sha256(_line(entry, PERSONAL)).hexdigest()


def digest_of_redactions(redactions: Iterable[tuple[int, str, str]]) -> str:
    """Return the hexadecimal SHA-256 of redactions: each an entry's id, and what was and became."""
    lines = "".join(f"{entry_id} {was} {became}\n" for entry_id, was, became in redactions)
    return hashlib.sha256(lines.encode()).hexdigest()


def _line(entry: dict[str, Any], fields: tuple[str, ...]) -> bytes:
    line = [_plain(entry.get(field)) for field in fields]
    return json.dumps(line, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return value.hex
    return value.isoformat() if hasattr(value, "isoformat") else value
