"""What a mail service's report says, as far as the portal listens. Pure."""

from typing import NamedTuple

from anymail.signals import AnymailTrackingEvent, EventType

CAME_BACK = {EventType.BOUNCED, EventType.REJECTED, EventType.FAILED}


class BounceReport(NamedTuple):
    """The mail a report is about, `bounced` or `complained`, and the words it gives."""

    message_id: str
    bounce: str
    words: str


def bounce_in(event: AnymailTrackingEvent) -> BounceReport | None:
    """Return what an event says, or None when it is no news: delivered, or tried again.

    Raises ValueError when it names no mail.
    """
    if event.event_type not in CAME_BACK | {EventType.COMPLAINED}:
        return None
    if not isinstance(event.message_id, str) or not 3 <= len(event.message_id) <= 200:
        raise ValueError("no Message-ID")
    complained = event.event_type == EventType.COMPLAINED
    return BounceReport(
        event.message_id.replace("\0", ""),
        "complained" if complained else "bounced",
        "" if complained else _words(event),
    )


def _words(event: AnymailTrackingEvent) -> str:
    words = " ".join(str(event.mta_response or event.description or "").replace("\0", "").split())
    data = event.esp_event.get("event-data", {}) if isinstance(event.esp_event, dict) else {}
    status = data.get("delivery-status") or {}
    code = str(status.get("code", "")) if isinstance(status, dict) else ""
    named = words[:3].isdigit() or not (len(code) == 3 and code.isdigit())
    return (words if named else f"{code} {words}")[:500]
