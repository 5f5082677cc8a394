"""What the web server calls."""

import os
from collections.abc import Callable, Iterable
from email.message import Message
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reseller_portal.settings")


def only_utf8(answer: Callable) -> Callable[[dict[str, Any], Callable], Iterable[bytes]]:
    """Refuse a body in any other charset with 415.

    Django decodes forms by the charset the sender names: `rot13` fails before any middleware runs,
    and `utf-16` in the page that should say what is wrong.
    """

    def guarded(environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
        head = Message()
        head["Content-Type"] = environ.get("CONTENT_TYPE") or "text/plain"
        charset = head.get_param("charset")
        if charset is None or str(charset).lower() in {"utf-8", "utf8"}:
            return answer(environ, start_response)
        start_response("415 Unsupported Media Type", [("Content-Type", "text/plain")])
        return [b"Send text as UTF-8."]

    return guarded


application = only_utf8(get_wsgi_application())
