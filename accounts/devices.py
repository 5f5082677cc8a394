"""Which browser somebody uses, in words, and whether it is one they signed in with before. Pure."""

from functools import lru_cache

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

A_YEAR = 365 * 24 * 60 * 60
MOST_USERS = 5
_SALT = "accounts.devices"


def device_name(user_agent: str) -> str:
    """Return what a person would call the browser: "Firefox on Windows"."""
    browser, system = _parsed(user_agent)
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("unknown device")


def knows_device(request: HttpRequest, user_id: int) -> bool:
    """Say whether this browser holds the mark of an earlier sign-in of the user."""
    return user_id in _users(request)


def remember_device(request: HttpRequest, response: HttpResponse, user_id: int) -> None:
    """Leave a mark in the browser, which the next sign-in here shows."""
    users = [user_id, *(each for each in _users(request) if each != user_id)][:MOST_USERS]
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        signing.dumps(users, salt=_SALT),
        max_age=A_YEAR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _users(request: HttpRequest) -> list[int]:
    try:
        return signing.loads(
            request.COOKIES.get(settings.DEVICE_COOKIE_NAME, ""), salt=_SALT, max_age=A_YEAR
        )
    except signing.BadSignature:
        return []


@lru_cache(maxsize=1_000)
def _parsed(user_agent: str) -> tuple[str, str]:
    from ua_parser import parse

    found = parse(user_agent)
    browser = found.user_agent.family if found.user_agent else ""
    system = found.os.family if found.os else ""
    return ("" if browser == "Other" else browser, "" if system == "Other" else system)
