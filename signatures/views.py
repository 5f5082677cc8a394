"""A customer's signature area: people, designs, publishing, rolling out."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import everybody
from reseller_portal.framing import framed
from signatures.access import area_required, note_visit
from signatures.errors import DesignInUse, PersonTwice
from signatures.forms import DesignForm, NewDesignForm, PersonForm
from signatures.gallery import TEMPLATES
from signatures.models import Design, Person, Picture, signature_of
from signatures.operations import (
    change_design,
    publish_design,
    remove_design,
    remove_person,
    save_person,
    start_design,
)
from signatures.presentation import example_values, template_content

PEOPLE_A_PAGE = 50
form_page = require_http_methods(["GET", "POST"])


@area_required
@require_GET
def signatures(request, area):
    note_visit(request, area)
    in_use = area.customer.designs.filter(in_use=True).first()
    return render(
        request,
        "signatures/signatures.html",
        {
            "area": area,
            "in_use": in_use,
            "version": in_use.versions.first() if in_use else None,
            "people_count": area.customer.people.count(),
            "design_count": area.customer.designs.count(),
            "person": area.customer.people.first(),
        },
    )


@area_required
@require_GET
def people(request, area):
    words = request.GET.get("q", "").replace("\0", "").strip()[:100]
    rows = area.customer.people.all()
    if words:
        rows = rows.filter(name__icontains=words) | rows.filter(email__icontains=words)
    page = Paginator(rows, PEOPLE_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "signatures/people.html", {"area": area, "page": page, "words": words})


@area_required
@form_page
def new_person(request, area):
    return edit_person(request, area, None)


@area_required
@form_page
def person(request, area, person_code):
    return edit_person(request, area, find_person(area, person_code))


def edit_person(request, area, person):
    initial = {name: getattr(person, name) for name in PersonForm.base_fields} if person else None
    form = PersonForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        try:
            saved = save_person(
                customer=area.customer, person=person, fields=form.cleaned_data, by=area.by
            )
        except PersonTwice:
            form.add_error("email", _("Somebody else in the list has this address."))
        else:
            messages.success(request, _("%(name)s is saved.") % {"name": saved.name})
            return redirect("people", area.customer.code)
    return render(request, "signatures/person.html", {"area": area, "form": form, "person": person})


@area_required
@form_page
def person_removal(request, area, person_code):
    person = find_person(area, person_code)
    if request.method == "POST":
        remove_person(person=person, by=area.by)
        messages.success(request, _("%(name)s is removed.") % {"name": person.name})
        return redirect("people", area.customer.code)
    return render(request, "signatures/person_removal.html", {"area": area, "person": person})


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
def design_publication(request, area, design_code):
    found = find_design(area, design_code)
    if request.method == "POST":
        version = publish_design(design=found, by=area.by)
        messages.success(
            request,
            _("“%(name)s” is published as version %(number)s and in use for everybody.")
            % {"name": found.name, "number": version.number},
        )
        return redirect("rollout", area.customer.code)
    context = {
        "area": area,
        "design": found,
        "people_count": area.customer.people.count(),
        "in_use": area.customer.designs.filter(in_use=True).first(),
    }
    return render(request, "signatures/design_publication.html", context)


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
def rollout(request, area):
    in_use = area.customer.designs.filter(in_use=True).first()
    page = Paginator(area.customer.people.all(), PEOPLE_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "area": area,
        "in_use": in_use,
        "version": in_use.versions.first() if in_use else None,
        "page": page,
    }
    return render(request, "signatures/rollout.html", context)


@area_required
@require_GET
def person_signature(request, area, person_code):
    person = find_person(area, person_code)
    version = published(area)
    signature = signature_of(version.content, person.values()) if version else None
    return render(
        request,
        "signatures/person_signature.html",
        {"area": area, "person": person, "version": version, "signature": signature},
    )


@area_required
@require_GET
@framed
def signature_frame(request, area, person_code):
    """Answer with a person's published signature alone, as mail programs get it."""
    version = published(area)
    if version is None:
        return bare_page("")
    return bare_page(signature_of(version.content, find_person(area, person_code).values()).html)


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
    picture = get_object_or_404(Picture, key=key)
    response = HttpResponse(bytes(picture.content), content_type="image/png")
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


def published(area):
    in_use = area.customer.designs.filter(in_use=True).first()
    return in_use.versions.first() if in_use else None
