"""What an owner looks after for the reseller: who gets in how, and what happened."""

from typing import Any

from django.contrib import messages
from django.http import StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from audit.models import Entry
from audit.operations import record
from reseller_portal.files import csv_lines
from resellers.access import member_actor, owner_required
from resellers.forms import HistoryForm, InvoiceAddressForm, SecurityForm
from resellers.operations import change_invoice_address, require_second_factor

PAGE = 50


@owner_required
@require_http_methods(["GET", "HEAD", "POST"])
def reseller_security(request):
    reseller = request.member.reseller
    form = SecurityForm(
        request.POST if request.method == "POST" else None,
        initial={"second_factor_required": reseller.second_factor_required},
    )
    if form.is_valid():
        require_second_factor(
            reseller=reseller,
            required=form.cleaned_data["second_factor_required"],
            by=member_actor(request),
        )
        messages.success(request, _("Saved."))
        return redirect("reseller_security")
    members = reseller.members.filter(user__authenticator=None)
    without = [each.user for each in members.select_related("user").order_by("user__name", "pk")]
    return render(request, "resellers/reseller_security.html", {"form": form, "without": without})


@owner_required
@require_http_methods(["GET", "HEAD", "POST"])
def invoice_address(request):
    """Let an owner say whom invoices are addressed to and where they are mailed."""
    reseller = request.member.reseller
    form = InvoiceAddressForm(request.POST if request.method == "POST" else None, reseller=reseller)
    if form.is_valid():
        change_invoice_address(reseller=reseller, fields=form.address, by=member_actor(request))
        messages.success(request, _("Saved. The next invoice goes there."))
        return redirect("invoices")
    return render(request, "resellers/invoice_address.html", {"form": form, "reseller": reseller})


@owner_required
@require_GET
def history(request):
    """Show what happened at the reseller, newest first."""
    form = HistoryForm(request.GET)
    rows = _asked_for(request, form)
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    rows = list(rows[: PAGE + 1])
    query = request.GET.copy()
    query.pop("before", None)
    page = {
        "form": form,
        "entries": rows[:PAGE],
        "filtered": any(query.values()),
        "query": query.urlencode(),
        "older": rows[PAGE - 1].pk if len(rows) > PAGE else None,
        "is_first": not before,
    }
    return render(request, "resellers/history.html", page)


@owner_required
@require_GET
def history_export(request):
    rows = _asked_for(request, HistoryForm(request.GET))
    record(
        "history_exported",
        request.member.reseller,
        by=member_actor(request),
        reseller_id=request.member.reseller_id,
    )
    heads = (_("When"), _("What"), _("About"), _("Who"), _("Changed"))
    cells = (
        (
            entry.at.isoformat(timespec="seconds"),
            entry.sentence,
            entry.label,
            entry.who,
            "; ".join(entry.changes),
        )
        for entry in rows.iterator(chunk_size=2_000)
    )
    answer = StreamingHttpResponse(csv_lines(heads, cells), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="history.csv"'
    return answer


def _asked_for(request, form: HistoryForm) -> Any:
    form.is_valid()  # what is not valid is not in cleaned_data
    asked = form.cleaned_data
    rows = Entry.objects.filter(reseller_id=request.member.reseller_id).order_by("-id")
    if asked.get("action"):
        rows = rows.filter(action=asked["action"])
    if asked.get("who"):
        rows = rows.filter(actor_name__icontains=asked["who"])
    if asked.get("since"):
        rows = rows.filter(at__date__gte=asked["since"])
    if asked.get("until"):
        rows = rows.filter(at__date__lte=asked["until"])
    return rows
