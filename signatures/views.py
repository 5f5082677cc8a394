"""A customer's signature area: its overview, and what is seen of signatures and pictures."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import everybody
from reseller_portal.framing import framed
from signatures.access import area_required, note_visit
from signatures.icons import example_picture, network_icon
from signatures.models import Person, Picture, signature_of
from signatures.rule_lists import local_today, version_for
from subscriptions.lists import too_few_users

PEOPLE_A_PAGE = 50
form_page = require_http_methods(["GET", "POST"])


@area_required
@require_GET
def signatures(request, area):
    note_visit(request, area)
    person = area.customer.people.with_company().first()
    version = version_for(person, local_today(area.customer)) if person else None
    return render(
        request,
        "signatures/signatures.html",
        {
            "area": area,
            "in_use": version.design
            if version
            else area.customer.designs.filter(in_use=True).first(),
            "version": version,
            "people_count": area.customer.people_count,
            "design_count": area.customer.designs.count(),
            "too_few_users": too_few_users(area.customer),
            "person": person,
        },
    )


@area_required
@require_GET
@framed
def signature_frame(request, area, person_code):
    """Answer with a person's published signature alone, as mail programs get it."""
    person = find_person(area, person_code)
    version = version_for(person, local_today(area.customer))
    return bare_page(signature_of(version.content, person.values()).html if version else "")


@everybody
@require_GET
@cache_control(public=True, max_age=365 * 24 * 60 * 60, immutable=True)
def signature_picture(request, key):
    """Answer with a logo; mail programs of strangers must be able to load it."""
    example = example_picture(key)
    return picture_response(example or get_object_or_404(Picture, key=key).content)


@everybody
@require_GET
@cache_control(public=True, max_age=365 * 24 * 60 * 60, immutable=True)
def network_picture(request, network, colour):
    """Answer with the icon of a network on a round in that colour."""
    try:
        return picture_response(network_icon(network, f"#{colour}"))
    except KeyError as unknown:
        raise Http404 from unknown


@everybody
@require_GET
@cache_control(public=True, max_age=365 * 24 * 60 * 60, immutable=True)
def round_picture(request, key):
    """Answer with a photo cut round."""
    if example := example_picture(key, is_round=True):
        return picture_response(example)
    pictures = Picture.objects.exclude(round_content=None)
    content = get_object_or_404(pictures, key=key).round_content
    assert content is not None  # the database was asked for such only
    return picture_response(content)


def picture_response(content: bytes | memoryview) -> HttpResponse:
    response = HttpResponse(bytes(content), content_type="image/png")
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def bare_page(html: str) -> HttpResponse:
    return HttpResponse(
        "<!doctype html><html lang=''><head><meta charset='utf-8'><title>Signature</title>"
        "<base target='_blank'></head>"
        f"<body style='margin:16px;background:#ffffff'>{html}</body></html>"
    )


def find_person(area, code) -> Person:
    return get_object_or_404(area.customer.people.with_company(), code=code)
