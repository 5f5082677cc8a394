"""A design's published versions: what changed from one to the next, and going back to one."""

from typing import NamedTuple

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from reseller_portal.framing import framed
from signatures.access import area_required
from signatures.design_operations import restore_version
from signatures.design_views import find_design, form_page, seen_revision
from signatures.differences import differences
from signatures.document import read_document
from signatures.errors import StaleDraft
from signatures.models import Version, signature_of
from signatures.presentation import DifferenceWords, difference_words, example_values
from signatures.views import bare_page

VERSIONS_A_PAGE = 10


class VersionRow(NamedTuple):
    """A version, and how it differs from the one before; None for the first."""

    version: Version
    differences: list[DifferenceWords] | None


@area_required
@require_GET
def design_versions(request, area, design_code):
    """List the versions, the newest first, each with what it changed; above them the draft."""
    design = find_design(area, design_code)
    versions = design.versions.select_related("published_by")
    page = Paginator(versions, VERSIONS_A_PAGE).get_page(request.GET.get("page"))
    shown = list(page)
    older = versions.filter(number__lt=shown[-1].number).first() if shown else None
    rows = [
        VersionRow(version, _words(before.document, version.document) if before else None)
        for version, before in zip(shown, [*shown[1:], older], strict=True)
    ]
    newest = design.versions.first()
    return render(
        request,
        "signatures/design_versions.html",
        {
            "area": area,
            "design": design,
            "page": page,
            "rows": rows,
            "newest": newest,
            "draft": _words(newest.document, design.document) if newest else None,
        },
    )


@area_required
@form_page
def version_restoration(request, area, design_code, number):
    """Show what going back would change in the draft; POST does it."""
    design = find_design(area, design_code)
    version = get_object_or_404(design.versions, number=number)
    if request.method == "POST":
        try:
            restore_version(
                design=design,
                version=version,
                revision=seen_revision(request),
                by=area.by,
            )
        except StaleDraft:
            messages.error(
                request, _("Somebody changed the draft meanwhile. Look at it, then decide again.")
            )
            return redirect("design_versions", area.customer.code, design.code)
        messages.success(
            request,
            _("The draft is as in version %(number)d. Undo brings back what it was.")
            % {"number": version.number},
        )
        return redirect("design", area.customer.code, design.code)
    return render(
        request,
        "signatures/version_restoration.html",
        {
            "area": area,
            "design": design,
            "version": version,
            "differences": _words(design.document, version.document),
        },
    )


@area_required
@require_GET
@framed
def version_frame(request, area, design_code, number):
    """Answer with a version's signature alone, for an example."""
    version = get_object_or_404(find_design(area, design_code).versions, number=number)
    return bare_page(signature_of(version.content, example_values(area.customer)).html)


def _words(old: dict, new: dict) -> list[DifferenceWords]:
    return difference_words(differences(read_document(old), read_document(new)))
