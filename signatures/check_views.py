"""How a draft looks in mail programs, and what is to be mended in it."""

from typing import NamedTuple

from django.db.models import F, Value
from django.db.models.functions import Length
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.html import escape
from django.views.decorators.http import require_GET

from reseller_portal.framing import framed
from signatures.access import area_required
from signatures.checker import findings
from signatures.design_views import find_design
from signatures.models import PERSON_FIELDS, Design, Person, Signature, signature_of
from signatures.presentation import example_values
from signatures.programs import LOOKS, PROGRAMS, Look, Program, as_shown

MOST_PEOPLE = 200  # in the list to choose from


class Asked(NamedTuple):
    """For whom and where the preview shows the draft; what is unknown falls back."""

    person: Person | None
    program: Program
    look: Look
    pictures: bool


@area_required
@require_GET
def design_check(request, area, design_code):
    """Show a draft in a mail program, and what is to be mended for the person asked for.

    Without a choice for the person with the longest lines: what fits there fits everybody.
    """
    design = find_design(area, design_code)
    asked = _asked(request, area)
    signature = _signature(design, asked.person)
    page = {
        "area": area,
        "design": design,
        "asked": asked,
        "programs": PROGRAMS.values(),
        "looks": LOOKS.values(),
        "people": area.customer.people.all()[:MOST_PEOPLE],
        "findings": findings(signature.html, signature.text, company=area.customer.name),
        "length": len(signature.html),
    }
    return render(request, "signatures/design_check.html", page)


@area_required
@require_GET
@framed
def check_frame(request, area, design_code):
    """Answer with the draft alone, as the mail program would show it."""
    asked = _asked(request, area)
    signature = _signature(find_design(area, design_code), asked.person)
    if asked.program.key == "text":
        html = f"<pre style='white-space:pre-wrap'>{escape(signature.text)}</pre>"
    else:
        html = as_shown(signature.html, asked.program, asked.look, pictures=asked.pictures)
    return HttpResponse(
        "<!doctype html><html lang=''><head><meta charset='utf-8'><title>Signature</title>"
        "<base target='_blank'></head>"
        f"<body style='margin:16px;max-width:{asked.program.width}px;background:{asked.look.page};"
        f"color:{asked.look.text}'>{html}</body></html>"
    )


def _asked(request, area) -> Asked:
    people = area.customer.people.with_company()
    code = request.GET.get("person", "")
    person = people.filter(code=code).first() if code else None
    return Asked(
        person or people.order_by(_letters().desc(), "id").first(),
        PROGRAMS.get(request.GET.get("program", ""), PROGRAMS["outlook"]),
        LOOKS.get(request.GET.get("look", ""), LOOKS["light"]),
        request.GET.get("pictures") != "no",
    )


def _letters():
    """Return an expression: how many characters a person's fields hold."""
    return sum((Length(F(name)) for name in PERSON_FIELDS), Value(0))


def _signature(design: Design, person: Person | None) -> Signature:
    values = person.values() if person else example_values(design.customer)
    return signature_of(design.draft(), values)
