"""Which hat a signed-in person wears in this request."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from resellers.models import Member


def hat(get_response: Callable[[HttpRequest], HttpResponse]):
    """Set `request.member`: the membership chosen in this session, else the first, else None.

    Read from the database with each request that asks, so that a role taken away is gone at once.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        request.member = SimpleLazyObject(lambda: current_member(request))
        return get_response(request)

    return middleware


def current_member(request: HttpRequest) -> Member | None:
    if not request.user.is_authenticated:
        return None
    members = list(Member.objects.of_user(request.user))
    chosen = [member for member in members if member.pk == request.session.get("member_id")]
    request.all_members = members
    return (chosen or members or [None])[0]
