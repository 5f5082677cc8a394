"""What a reseller owes and paid: its invoices, one of them, and their files."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from audit.operations import record
from billing import exports
from billing.lists import money_owed, next_payments, settled_days, years_of
from billing.models import Document, Invoice
from billing.presentation import bars_of, customers_of, invoice_row, level_words, mails_of
from reseller_portal import clock
from resellers.access import member_actor, payer_required

A_PAGE = 50


@payer_required
@require_GET
def invoices(request):
    today, reseller = clock.today(), request.member.reseller
    years = years_of(reseller.pk)
    rows = Invoice.objects.for_member(request.member)
    year = request.GET.get("year", "")
    if year in {str(each) for each in years}:
        rows = rows.filter(issued_on__year=int(year))
    else:
        year = ""
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    paid_on = settled_days(list(page))
    return render(
        request,
        "billing/invoices.html",
        {
            "page": page,
            "rows": [invoice_row(each, today, paid_on.get(each.pk)) for each in page],
            "years": years,
            "year": year,
            "owed": money_owed(reseller.pk, today),
            "next": next_payments(reseller, today),
            "reseller": reseller,
            "no_address": not reseller.has_invoice_address,
        },
    )


@payer_required
@require_GET
def invoice(request, code):
    invoice = find(request, code)
    customers, more = customers_of(invoice)
    return render(
        request,
        "billing/invoice.html",
        {
            "invoice": invoice,
            "row": invoice_row(invoice, clock.today(), settled_days([invoice]).get(invoice.pk)),
            "customers": customers,
            "more": more,
            "bars": bars_of(invoice),
            "payments": invoice.payments.all(),
            "mails": mails_of(invoice),
            "reminders": [(level_words(each.level), each) for each in invoice.reminders.all()],
            "holds": invoice.holds.filter(lifted_on=None).count(),
            "credit_notes": invoice.credit_notes.all(),
            "is_made": Document.objects.filter(pk=invoice.pk, stored_at__isnull=False).exists(),
        },
    )


@payer_required
@require_GET
def invoice_pdf(request, code):
    return download(request, code, "pdf", "application/pdf")


@payer_required
@require_GET
def invoice_xml(request, code):
    return download(request, code, "xml", "application/xml")


@payer_required
@require_GET
def invoice_lines(request, code):
    invoice = find(request, code)
    answer = StreamingHttpResponse(
        exports.lines_csv(invoice), content_type="text/csv; charset=utf-8"
    )
    answer["Content-Disposition"] = f'attachment; filename="{invoice.number}.csv"'
    return answer


@payer_required
@require_GET
def invoices_archive(request, year):
    if year not in years_of(request.member.reseller_id):
        raise Http404
    record(
        "invoices_exported",
        request.member.reseller,
        by=member_actor(request),
        reseller_id=request.member.reseller_id,
        after={"year": year},
    )
    file = exports.archive(request.member.reseller_id, year)
    return FileResponse(file, as_attachment=True, filename=f"{_('Invoices')}-{year}.zip")


def download(request, code, kind: str, content_type: str) -> HttpResponse:
    invoice = find(request, code)
    document = Document.objects.filter(pk=invoice.pk, stored_at__isnull=False).first()
    if document is None:
        messages.info(request, _("This document is being made. Try again in a minute."))
        return redirect(invoice)
    answer = HttpResponse(bytes(getattr(document, kind)), content_type=content_type)
    answer["Content-Disposition"] = f'attachment; filename="{invoice.number}.{kind}"'
    return answer


def find(request, code) -> Invoice:
    return get_object_or_404(Invoice.objects.for_member(request.member), code=code)
