"""Choosing how the portal looks and which language it speaks."""

from django.conf import settings
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from accounts.access import everybody
from accounts.operations import choose_language

THEMES = {"light", "dark", "auto"}
A_YEAR = 365 * 24 * 60 * 60


@everybody
@require_POST
def set_preferences(request):
    language, theme = request.POST.get("language"), request.POST.get("theme")
    if language not in {None, *dict(settings.LANGUAGES)} or theme not in {None, *THEMES}:
        return HttpResponseBadRequest()
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):
        back = "/"
    response = redirect(back)
    if language and request.user.is_authenticated:
        choose_language(user=request.user, language=language)
    if language:
        keep(response, settings.LANGUAGE_COOKIE_NAME, language)
    if theme:
        keep(response, settings.THEME_COOKIE_NAME, "" if theme == "auto" else theme)
    return response


def keep(response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(
        name,
        value,
        max_age=A_YEAR if value else 0,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
