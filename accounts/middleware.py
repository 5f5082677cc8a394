"""How long a session lasts, and which language a request is answered in."""

from collections.abc import Callable

from allauth.core.internal.httpkit import get_client_ip
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import translation


def session_life(get_response: Callable[[HttpRequest], HttpResponse]):
    """End a session that has lasted its full time; note now and then that it is used."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            staff = request.user.is_staff
            if "began" not in request.session:  # not by the sign-in page
                user_agent = request.headers.get("User-Agent", "")
                ip = get_client_ip(request) or ""
                request.session.begin(ip=ip, user_agent=user_agent, staff=staff)
            elif request.session.has_run_out(staff=staff):
                logout(request)
            elif not request.session.was_noted_lately:
                request.session.note_use(staff=staff)
        return get_response(request)

    return middleware


def language(get_response: Callable[[HttpRequest], HttpResponse]):
    """Answer in the person's own language, else the one chosen here, else the browser's."""

    def middleware(request: HttpRequest) -> HttpResponse:
        chosen = request.user.language if request.user.is_authenticated else ""
        with translation.override(chosen or translation.get_language_from_request(request)):
            request.LANGUAGE_CODE = translation.get_language()
            response = get_response(request)
            response.headers.setdefault("Content-Language", request.LANGUAGE_CODE)
        return response

    return middleware
