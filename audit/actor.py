"""Who acts: what every operation is told, and what the history keeps."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """Somebody who changes something. `hat` is member, contact, staff, visitor or system."""

    name: str
    hat: str
    user_id: int | None = None
    ip: str = ""
    request_id: str = ""


SYSTEM = Actor(name="", hat="system")
