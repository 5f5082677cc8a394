"""The chain of seals over the history: what was sealed and is altered or missing shows. Pure."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

FIELDS = (
    "id",
    "at",
    "action",
    "actor_id",
    "actor_name",
    "actor_hat",
    "ip",
    "request_id",
    "reseller_id",
    "subject",
    "subject_id",
    "label",
    "before",
    "after",
)


def digest(before: str, entries: Iterable[dict[str, Any]]) -> str:
    """Return the hexadecimal SHA-256 of the entries in order, on top of the digest before.

    >>> digest("", []) == digest("", [])
    True
    >>> digest("", [{"id": 1}]) == digest("", [{"id": 2}])
    False
    """
    chain = hashlib.sha256(before.encode())
    for entry in entries:
        line = [_plain(entry.get(field)) for field in FIELDS]
        chain.update(json.dumps(line, sort_keys=True, ensure_ascii=False).encode() + b"\n")
    return chain.hexdigest()


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
