"""What every request passes through: headers, and one line in the log."""

import logging
import time
import uuid
from collections.abc import Callable

import structlog
from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse

logger = logging.getLogger("portal.request")
Answer = Callable[[HttpRequest], HttpResponse]

PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


def headers(get_response: Answer) -> Answer:
    """Give every answer its request id and the headers that Django does not set itself.

    Pages of signed-in people are never stored, so that *Back* after signing out shows nothing.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        request.id = uuid.uuid4().hex[:12]
        structlog.contextvars.bind_contextvars(request=request.id)
        try:
            response = get_response(request)
        finally:
            structlog.contextvars.unbind_contextvars("request")
        response["X-Request-ID"] = request.id
        response["Permissions-Policy"] = PERMISSIONS_POLICY
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        user = getattr(request, "user", None)
        if user is not None and user.is_authenticated:
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    return middleware


def request_log(get_response: Answer) -> Answer:
    """Write one line per request: route, status, milliseconds, user id; never a name."""

    def middleware(request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = get_response(request)
        match = request.resolver_match
        logger.info(
            "request",
            extra={
                "method": request.method,
                "route": match.view_name if match else "",
                "status": response.status_code,
                "ms": round((time.perf_counter() - started) * 1000, 1),
                "user": getattr(getattr(request, "user", None), "pk", None),
            },
        )
        return response

    return middleware


def no_nul(get_response: Answer) -> Answer:
    """Refuse the NUL sign, which PostgreSQL's texts do not know, wherever it reaches the database.

    The portal's forms refuse it with words; codes in paths and of ticked rows, and the admin's
    filters, are asked for as sent.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        if "\0" in request.path_info:
            raise Http404
        in_admin = request.path_info.startswith(f"/{settings.ADMIN_PATH}/")
        if in_admin and "%00" in request.META.get("QUERY_STRING", ""):
            raise BadRequest
        return get_response(request)

    def refused(request: HttpRequest, exception: Exception) -> None:
        if isinstance(exception, ValueError) and "cannot contain NUL" in str(exception):
            raise BadRequest from exception  # the driver's words; nothing was written

    middleware.process_exception = refused
    return middleware
