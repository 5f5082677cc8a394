"""The pages of an import: choosing a file, seeing what would happen, doing it, following it."""

from decimal import Decimal

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from customers.products import Product
from reseller_portal.files import csv_lines, workbook
from reseller_portal.queue import queue_on_commit
from resellers.access import changer_required, member_actor
from subscriptions import import_wordings, wordings
from subscriptions.errors import Refused
from subscriptions.import_forms import COLUMNS, REQUIRED, UploadForm, columns_of, labels
from subscriptions.import_models import Import, ImportLine
from subscriptions.importing import cancel_import, upload_import, wish_application
from subscriptions.jobs import apply_wished, check_uploaded
from subscriptions.models import Term

PAGE = 50
LATEST = 10
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@changer_required
def imports(request):
    form = UploadForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
    if form.is_valid():
        found = upload_import(
            member=request.member,
            file_name=form.file_name,
            language=get_language() or "en",
            head=form.head,
            rows=form.rows,
            by=member_actor(request),
        )
        queue_on_commit(check_uploaded, found.pk)
        return redirect(found)
    page = {
        "form": form,
        "columns": documented(),
        "latest": Import.objects.for_member(request.member).select_related("wished_by")[:LATEST],
    }
    return render(request, "subscriptions/imports.html", page)


@changer_required
@require_GET
def import_template(request, kind):
    """The headings alone, in the reader's language."""
    head = labels(get_language() or "en").values()
    if kind == "xlsx":
        answer = HttpResponse(workbook(head, []), content_type=SHEET)
    else:
        # Excel in German expects semicolons, and puts all into one column otherwise.
        delimiter = ";" if get_language() == "de" else ","
        lines = csv_lines(head, [], delimiter=delimiter)
        answer = HttpResponse(list(lines), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="import.{kind}"'
    return answer


@changer_required
@require_GET
def import_page(request, code):
    found = find(request, code)
    return render(request, "subscriptions/import.html", context(request, found))


@changer_required
@require_GET
def import_progress(request, code):
    found = find(request, code)
    page = context(request, found)
    response = render(request, "subscriptions/import_progress.html", page)
    if not page["is_working"]:
        response["HX-Refresh"] = "true"  # the whole page, which asks no more
    return response


@changer_required
@require_GET
def import_problems(request, code):
    """The wrong rows as they were, with what is wrong: mended, they can be uploaded again."""
    found = find(request, code)
    names = labels(get_language() or "en")
    rows = (
        [
            line.number,
            " ".join(
                f"{names.get(column, column)}: {words}" for column, _c, words in line.problems
            ),
            *line.cells,
        ]
        for line in found.lines.exclude(problems=[]).iterator()
    )
    delimiter = ";" if get_language() == "de" else ","
    lines = csv_lines([_("Row"), _("What is wrong"), *found.head], rows, delimiter=delimiter)
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{found.code}.csv"'
    return answer


@changer_required
@require_POST
def import_application(request, code):
    found = find(request, code)
    try:
        wish_application(found=found, by=member_actor(request))
    except Refused as reason:
        messages.error(request, wordings.refusal(reason))
    else:
        queue_on_commit(apply_wished, found.pk)
    return redirect(found)


@changer_required
@require_POST
def import_cancellation(request, code):
    try:
        cancel_import(found=find(request, code), by=member_actor(request))
    except Refused as reason:
        messages.error(request, wordings.refusal(reason))
    else:
        messages.success(request, _("The import is cancelled; its rows are deleted."))
    return redirect("imports")


def find(request, code) -> Import:
    rows = Import.objects.for_member(request.member).select_related("reseller", "wished_by")
    return get_object_or_404(rows, code=code)


def context(request, found: Import) -> dict:
    """Return what an import's page shows: how far it is, and a page of its lines."""
    checking = found.is_open and found.checked_at is None
    applying = found.is_open and found.wished_at is not None and found.applied_at is None
    inviting = found.is_open and found.applied_at is not None
    page = {
        "found": found,
        "is_checking": checking,
        "is_applying": applying,
        "is_inviting": inviting,
        "is_working": checking or applying,
        "is_ready": found.is_open and found.checked_at is not None and found.wished_at is None,
        "wrong": found.outcome_counts.get("wrong", 0),
        "to_invite": found.outcome_counts.get("invites", 0),
        "changes": sum(
            found.outcome_counts.get(name, 0) for name in ("new", "added", "seats", "invited")
        ),
        "cost": Decimal(found.outcome_counts.get("cost", "0")),
        "currency": found.reseller.currency,
    }
    if checking:
        return page | {"done": found.lines.exclude(outcome="").count()}
    return page | listed(request, found)


def listed(request, found: Import) -> dict:
    shown = request.GET.get("outcome", "")
    shown = shown if shown in ImportLine.Outcome.values else ""
    number = request.GET.get("page", "1")
    number = max(1, int(number[:4])) if number.isdecimal() else 1
    wanted = found.lines.filter(outcome=shown) if shown else found.lines.all()
    rows = list(wanted[(number - 1) * PAGE : number * PAGE + 1])
    columns = columns_of(found.head)
    at = columns.index("company_name") if "company_name" in columns else -1
    return {
        "lines": import_wordings.lines(
            rows[:PAGE],
            columns=labels(get_language() or "en"),
            currency=found.reseller.currency,
            at=at,
        ),
        "tabs": import_wordings.tabs(found, shown),
        "outcome": shown,
        "previous": number - 1,
        "following": number + 1 if len(rows) > PAGE else 0,
    }


def documented() -> list[dict]:
    """Return each column with its headings, whether it must be there, and what may stand in it."""
    meanings = {
        "company_name": _("A customer you have already is recognised by the name."),
        "product": " · ".join(str(label) for label in Product.labels) + " · m365 · gws",
        "seats": _("A whole number in plain digits. Differs from now: the number is changed."),
        "customer_edits": _("yes or no; no or empty changes nothing for a customer you have."),
        "contact_name": _("Who is invited, where the column before says yes."),
        "contact_email": _("Where the invitation goes."),
        "contact_language": _("de or en; empty: your company's language"),
        "term": " · ".join(str(label) for label in Term.labels) + " · " + _("empty: monthly"),
        "start": _("trial or at once; empty: with a trial, if you have one"),
    }
    german, english = labels("de"), labels("en")
    return [
        {
            "name": english[name] if get_language() == "en" else german[name],
            "other": german[name] if get_language() == "en" else english[name],
            "other_language": "de" if get_language() == "en" else "en",
            "required": name in REQUIRED,
            "meaning": meanings[name],
        }
        for name in COLUMNS
    ]
