"""A customer's signature area: designs, publishing, rolling out."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import everybody
from reseller_portal.framing import framed
from signatures.access import area_required, note_visit
from signatures.errors import DesignInUse
from signatures.forms import DesignForm, NewDesignForm
from signatures.gallery import TEMPLATES
from signatures.models import Design, Person, Picture, signature_of
from signatures.operations import (
    change_design,
    remove_design,
    start_design,
)
from signatures.presentation import example_values, template_content
from signatures.rule_lists import local_today, version_for

PEOPLE_A_PAGE = 50
form_page = require_http_methods(["GET", "POST"])


@area_required
@require_GET
def signatures(request, area):
    note_visit(request, area)
    person = area.customer.people.select_related("customer").first()
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
            "people_count": area.customer.people.count(),
            "design_count": area.customer.designs.count(),
            "person": person,
        },
    )


@area_required
@require_GET
def designs(request, area):
    rows = area.customer.designs.select_related("logo")
    return render(request, "signatures/designs.html", {"area": area, "designs": rows})


@area_required
@form_page
def new_design(request, area):
    form = NewDesignForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        template = TEMPLATES[form.cleaned_data["template"]]
        design = start_design(
            customer=area.customer, template=template.key, name=str(template.label), by=area.by
        )
        return redirect("design", area.customer.code, design.code)
    return render(
        request,
        "signatures/new_design.html",
        {"area": area, "form": form, "templates": TEMPLATES.values()},
    )


@area_required
@form_page
def design(request, area, design_code):
    found = find_design(area, design_code)
    initial = {
        name: getattr(found, name) for name in DesignForm.base_fields if hasattr(found, name)
    }
    initial.pop("logo")
    form = DesignForm(
        request.POST if request.method == "POST" else None,
        request.FILES or None,
        initial=initial,
        has_logo=found.logo is not None,
    )
    if form.is_valid():
        found = change_design(
            design=found,
            fields=form.draft,
            logo=form.cleaned_data["logo"],
            remove_logo=form.cleaned_data.get("remove_logo", False),
            by=area.by,
        )
        if not request.htmx:
            messages.success(request, _("The draft is saved. Nothing is published yet."))
            return redirect("design", area.customer.code, found.code)
    context = {
        "area": area,
        "design": found,
        "form": form,
        "people": area.customer.people.all()[:200],
        "shown_code": request.POST.get("person") or request.GET.get("person", ""),
    }
    page = "design_preview.html" if request.htmx else "design.html"
    return render(request, f"signatures/{page}", context)


@area_required
@form_page
def design_removal(request, area, design_code):
    found = find_design(area, design_code)
    if request.method == "POST":
        try:
            remove_design(design=found, by=area.by)
        except DesignInUse:
            messages.error(request, _("This design is in use. Publish another one first."))
        else:
            messages.success(request, _("“%(name)s” is removed.") % {"name": found.name})
        return redirect("designs", area.customer.code)
    return render(request, "signatures/design_removal.html", {"area": area, "design": found})


@area_required
@require_GET
@framed
def signature_frame(request, area, person_code):
    """Answer with a person's published signature alone, as mail programs get it."""
    person = find_person(area, person_code)
    version = version_for(person, local_today(area.customer))
    return bare_page(signature_of(version.content, person.values()).html if version else "")


@area_required
@require_GET
@framed
def design_frame(request, area, design_code):
    """Answer with the draft's signature alone, for the person asked for or an example."""
    found = find_design(area, design_code)
    person = area.customer.people.filter(code=request.GET.get("person", "")).first()
    values = person.values() if person else example_values(area.customer)
    return bare_page(signature_of(found.draft(), values).html)


@area_required
@require_GET
@framed
def template_frame(request, area, template):
    """Answer with a template of the gallery, filled with an example."""
    if template not in TEMPLATES:
        raise Http404
    content = template_content(TEMPLATES[template])
    return bare_page(signature_of(content, example_values(area.customer)).html)


@everybody
@require_GET
@cache_control(public=True, max_age=365 * 24 * 60 * 60, immutable=True)
def signature_picture(request, key):
    """Answer with a logo; mail programs of strangers must be able to load it."""
    return picture_response(get_object_or_404(Picture, key=key).content)


@everybody
@require_GET
@cache_control(public=True, max_age=365 * 24 * 60 * 60, immutable=True)
def round_picture(request, key):
    """Answer with a photo cut round."""
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
    return get_object_or_404(area.customer.people.select_related("customer"), code=code)


def find_design(area, code) -> Design:
    return get_object_or_404(area.customer.designs.select_related("logo", "customer"), code=code)
