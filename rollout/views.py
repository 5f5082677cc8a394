"""Publishing, and the overview of how signatures get into mail programs."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from rollout.errors import Moved, NothingBefore
from rollout.lists import forecast, leads_everybody, published_versions
from rollout.operations import publish, take_back
from signatures.access import area_required
from signatures.design_views import find_design
from signatures.models import Version, signature_of
from signatures.placeholders import PLACEHOLDERS
from signatures.rule_lists import local_today, version_for, versions_for
from signatures.views import find_person

A_PAGE = 50
form_page = require_http_methods(["GET", "POST"])


@area_required
@form_page
def design_publication(request, area, design_code):
    found = find_design(area, design_code)
    if request.method == "POST":
        version = publish(design=found, by=area.by)
        messages.success(
            request,
            _("“%(name)s” is published as version %(number)s.")
            % {"name": found.name, "number": version.number},
        )
        return redirect("rollout", area.customer.code)
    for_everybody = leads_everybody(found)
    coming = forecast(found, for_everybody=for_everybody)
    shown = [person for person in coming.affected if person.code == request.GET.get("person")]
    context = {
        "area": area,
        "design": found,
        "forecast": coming,
        "for_everybody": for_everybody,
        "gaps": [(PLACEHOLDERS.get(name, name), count) for name, count in coming.gaps.items()],
        "in_use": area.customer.designs.filter(in_use=True).first() if for_everybody else None,
        "choices": coming.affected[:200],
        "shown": next(iter(shown or coming.affected), None),
    }
    return render(request, "rollout/design_publication.html", context)


@area_required
@require_POST
def version_return(request, area, design_code, number):
    """Take a version back to the one before; the button says which."""
    version = get_object_or_404(
        Version.objects.select_related("design"),
        design=find_design(area, design_code),
        number=number,
    )
    try:
        restored = take_back(version=version, by=area.by)
    except NothingBefore:
        messages.error(request, _("There is no earlier version to go back to."))
    except Moved:
        messages.error(request, _("A newer version was published meanwhile. Look again first."))
    else:
        messages.success(
            request,
            _("“%(name)s” is in use again, as version %(number)s.")
            % {"name": restored.design.name, "number": restored.number},
        )
    return redirect("rollout", area.customer.code)


@area_required
@require_GET
def rollout(request, area):
    people = Paginator(area.customer.people.all(), A_PAGE)
    context = {
        "area": area,
        "published": published_versions(area.customer),
        "page": people.get_page(request.GET.get("page")),
    }
    return render(request, "rollout/rollout.html", context)


@area_required
@require_GET
def rollout_status(request, area):
    people = area.customer.people.with_company().prefetch_related("arrivals__version__design")
    page = Paginator(people, A_PAGE).get_page(request.GET.get("page"))
    current = versions_for(page.object_list, local_today(area.customer))
    rows = [
        {"person": person, "version": current.get(person.pk), "arrivals": person.arrivals.all()}
        for person in page
    ]
    return render(
        request, "rollout/rollout_status.html", {"area": area, "page": page, "rows": rows}
    )


@area_required
@require_GET
def person_signature(request, area, person_code):
    person = find_person(area, person_code)
    version = version_for(person, local_today(area.customer))
    signature = signature_of(version.content, person.values()) if version else None
    return render(
        request,
        "rollout/person_signature.html",
        {"area": area, "person": person, "version": version, "signature": signature},
    )
