"""What the web server calls."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.utils.http import parse_header_parameters

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reseller_portal.settings")


def only_utf8(answer: Callable) -> Callable[[dict[str, Any], Callable], Iterable[bytes]]:
    """Refuse a body in any other charset with 415.

    Django decodes forms by the charset the sender names: `rot13` fails before any middleware runs,
    and `utf-16` in the page that should say what is wrong.
    """

    def guarded(environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
        try:
            # As Django reads it, which is what counts.
            _kind, parameters = parse_header_parameters(environ.get("CONTENT_TYPE") or "")
            charset = parameters.get("charset", "utf-8")
        except ValueError:
            charset = "unknown"
        if charset.lower() in {"utf-8", "utf8"}:
            return answer(environ, start_response)
        start_response("415 Unsupported Media Type", [("Content-Type", "text/plain")])
        return [b"Send text as UTF-8."]

    return guarded


application = only_utf8(get_wsgi_application())
