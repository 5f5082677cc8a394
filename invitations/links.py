"""The link of an invitation: made from the row with a key of its own, and stored nowhere."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime


def make_token(
    keys: Mapping[str, bytes],
    *,
    code: str,
    generation: int,
    email_key: str,
    owner: str,
    nonce: str,
    expires_at: datetime,
    key_id: str | None = None,
) -> str:
    """Return `<key id>.<code>.<signature>`, signed with the first key unless another is named.

    Every argument is signed: a change to any of them ends the link. `owner` says whose invitation
    it is (`customer:17`, `reseller:3`). Raises KeyError for a key id that is not known.
    """
    key_id = key_id or next(iter(keys))
    parts = (
        "invitation",
        key_id,
        code,
        str(generation),
        email_key,
        owner,
        nonce,
        str(int(expires_at.timestamp())),
    )
    # The length before each part: no two lists of parts read the same when joined.
    message = "".join(f"{len(part)}:{part}" for part in parts).encode()
    return f"{key_id}.{code}.{hmac.new(keys[key_id], message, hashlib.sha256).hexdigest()}"


def read_token(token: str) -> tuple[str, str] | None:
    """Return (key id, invitation code) as the token claims them, or None when it is none."""
    parts = token.split(".")
    return (
        (parts[0], parts[1]) if len(parts) == 3 and token.isascii() and len(token) < 120 else None
    )


def same_token(one: str, other: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())
