"""Where sessions are kept: in the database, each with whose it is and from which device.

Sessions are found by these columns only to be listed and ended; what they hold stays inside.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions

from reseller_portal import clock

STAFF_IDLE, STAFF_LIFE = 30 * 60, 12 * 60 * 60
IDLE, LIFE = 12 * 60 * 60, 7 * 24 * 60 * 60
# How exactly the last use is known, in seconds: each note costs a write.
NOTED_EVERY = 60


class SessionStore(DatabaseSessions):
    @classmethod
    def get_model_class(cls):
        from accounts.models import Session

        return Session

    def create_model_instance(self, data: dict[str, Any]):
        row: Any = super().create_model_instance(data)
        user = data.get("_auth_user_id")
        row.user_id = int(user) if user else None
        row.number = data.get("number")
        row.ip = data.get("ip")
        row.user_agent = data.get("user_agent", "")
        row.began_at = _moment(data.get("began"))
        row.used_at = _moment(data.get("used"))
        return row

    def begin(self, *, ip: str, user_agent: str, staff: bool) -> None:
        """Note where somebody has just signed in; from now on the session's life is counted."""
        self.update(
            {
                "number": str(uuid4()),
                "ip": ip or None,
                "user_agent": user_agent[:300],
                "began": _seconds(),
            }
        )
        self.note_use(staff=staff)

    def note_use(self, *, staff: bool) -> None:
        """Keep the session alive for as long as it may lie idle from now."""
        self["used"] = _seconds()
        self.set_expiry(STAFF_IDLE if staff else IDLE)

    def has_run_out(self, *, staff: bool) -> bool:
        """Whether it has lasted as long as any session may; the idle time ends it by itself."""
        return _seconds() - self.get("began", 0) >= (STAFF_LIFE if staff else LIFE)

    @property
    def was_noted_lately(self) -> bool:
        return _seconds() - self.get("used", 0) < NOTED_EVERY


def _seconds() -> float:
    return clock.real_now().timestamp()


def _moment(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
