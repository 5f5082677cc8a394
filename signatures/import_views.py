"""Importing people: upload, columns, what each row would do, apply."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from reseller_portal.files import csv_lines, workbook
from signatures.access import area_required
from signatures.errors import ImportChanged, ImportRunning
from signatures.fields import field_labels
from signatures.import_forms import MappingForm, UploadForm
from signatures.import_models import ImportLine, PeopleImport
from signatures.import_operations import (
    drop_import,
    give_columns,
    missing_people,
    start_import,
    wish_import,
)
from signatures.views import PEOPLE_A_PAGE, form_page


@area_required
@form_page
def new_import(request, area):
    form = UploadForm(request.POST if request.method == "POST" else None, request.FILES or None)
    if form.is_valid():
        upload = form.cleaned_data["table"]
        try:
            started = start_import(
                customer=area.customer,
                content=upload.read(),
                file_name=upload.name,
                language=get_language() or "en",
                by=area.by,
            )
        except ImportRunning:
            form.add_error(None, _("An import is being applied just now. Wait for its end."))
        else:
            return redirect("people_import", area.customer.code, started.code)
    last = area.customer.people_imports.first()
    return render(request, "signatures/new_import.html", {"area": area, "form": form, "last": last})


@area_required
@require_GET
def people_import_template(request, area, kind):
    """Answer with an empty table of all fields, as CSV or XLSX."""
    labels = [str(label) for label in field_labels(area.customer.own_fields.all()).values()]
    name = _("people")
    if kind == "csv":
        response = HttpResponse("".join(csv_lines(labels, [])), content_type="text/csv")
    elif kind == "xlsx":
        response = HttpResponse(
            workbook(labels, []),
            content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        )
    else:
        raise Http404
    response["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response


@area_required
@form_page
def people_import(request, area, import_code):
    """Show how far an import is; a POST gives its columns."""
    found = find_import(area, import_code)
    own_fields = list(area.customer.own_fields.all())
    asks_columns = found.read_at and not found.mapped_at
    asks_columns = asks_columns or (found.checked_at and request.GET.get("columns"))
    asks_columns = asks_columns and not (found.applied_at or found.wished_at)
    form = None
    if asks_columns or request.method == "POST":
        initial = {f"column_{place}": field for place, field in enumerate(found.mapping)}
        form = MappingForm(
            request.POST if request.method == "POST" else None,
            head=found.head,
            own_fields=own_fields,
            initial=initial | {"clears": found.clears},
        )
        if form.is_valid():
            try:
                give_columns(
                    people_import=found,
                    mapping=form.mapping,
                    clears=form.cleaned_data["clears"],
                    by=area.by,
                )
            except ImportRunning:
                messages.error(request, _("The import is already being worked on."))
            return redirect("people_import", area.customer.code, found.code)
    context = {"area": area, "found": found, "form": form}
    if form is not None:
        columns = []
        for place in range(len(found.head)):
            shown = [row[place] for row in found.sample if place < len(row) and row[place]]
            columns.append((form[f"column_{place}"], shown))
        context["columns"] = columns
    elif found.checked_at and not (found.applied_at or found.problem):
        context |= review(request, found)
    page = "import_progress.html" if request.htmx else "people_import.html"
    return render(request, f"signatures/{page}", context)


def review(request, found: PeopleImport) -> dict:
    """Return what the page before applying says: how many, and the rows of one kind."""
    counts = {verdict: found.counts.get(verdict, 0) for verdict in ImportLine.Verdict.values}
    default = next((each for each in ("wrong", "changed", "new") if counts[each]), "same")
    verdict = request.GET.get("rows", default)
    if verdict not in counts:
        raise Http404
    lines = found.lines.filter(verdict=verdict)
    return {
        "kinds": [(each.value, each.label, counts[each.value]) for each in ImportLine.Verdict],
        "verdict": verdict,
        "page": Paginator(lines, PEOPLE_A_PAGE).get_page(request.GET.get("page")),
        "counts": counts,
        "missing_count": missing_people(found).count(),
        "does_something": counts["new"] or counts["changed"],
    }


@area_required
@require_POST
def people_import_application(request, area, import_code):
    """Apply an import; `remove` is ticked to remove those not in the table, `missing` how many."""
    found = find_import(area, import_code)
    told = request.POST.get("missing", "")
    removes = int(told) if told.isascii() and told.isdigit() else 0
    try:
        wish_import(
            people_import=found, removes=removes if "remove" in request.POST else None, by=area.by
        )
    except ImportChanged:
        messages.error(request, _("The list of people was changed meanwhile. Look at it again."))
    except ImportRunning:
        messages.error(request, _("The import is already being worked on."))
    return redirect("people_import", area.customer.code, found.code)


@area_required
@require_POST
def people_import_removal(request, area, import_code):
    try:
        drop_import(people_import=find_import(area, import_code), by=area.by)
    except ImportRunning:
        messages.error(request, _("The import is already being worked on."))
        return redirect("people_import", area.customer.code, import_code)
    messages.success(request, _("The import is thrown away. Nobody was changed."))
    return redirect("people", area.customer.code)


def find_import(area, code) -> PeopleImport:
    return get_object_or_404(area.customer.people_imports.defer("content"), code=code)
