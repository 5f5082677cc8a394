"""Invoices as staff see them: previewed, issued and credited here, and never changed."""

from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.access import actor
from billing import exports
from billing.drafts import Draft, reason_words
from billing.errors import AlreadyNoted, Blocked, Refused
from billing.forms import (
    CreditForm,
    ExportForm,
    IssuerForm,
    MoveCreditForm,
    NoteForm,
    PayBackForm,
    PaymentForm,
)
from billing.lists import invoice_month, resellers_with_open_charges
from billing.mail_operations import send_invoice_again
from billing.models import (
    Document,
    ExchangeRate,
    Invoice,
    InvoiceLine,
    InvoiceRun,
    Issuer,
    NumberSeries,
)
from billing.operations import (
    ask_for_run,
    credit_invoice,
    preview_credit,
    preview_invoice,
    record_export,
)
from billing.pages_admin import PagesAdmin
from billing.payment_admin import PaymentInline
from billing.payment_operations import move_credit, note_payment, pay_back
from billing.presentation import invoice_row, level_words, mails_of, refusal_words
from billing.reminder_operations import go_on_with_reminders, stop_reminders
from reseller_portal import clock
from reseller_portal.admin_links import link_to
from reseller_portal.admin_rows import LookOnlyAdmin, PagedAdmin
from reseller_portal.files import csv_lines, workbook_of
from reseller_portal.templatetags.portal import amount, moment
from reseller_portal.words import format_date
from resellers.models import Reseller

A_PAGE = 25
MOST_LINES = 300
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@admin.register(Issuer)
class IssuerAdmin(PagedAdmin):
    list_display = ["name", "city", "vat_id", "is_current"]
    form = IssuerForm
    fields: ClassVar[Any] = [
        "name",
        "street",
        ("postcode", "city"),
        "country",
        "vat_id",
        "tax_number",
        ("registration", "register_court"),
        "directors",
        "email",
        "phone",
        ("iban", "bic", "bank"),
        "vat_rate",
        "is_current",
    ]

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(ExchangeRate)
class ExchangeRateAdmin(PagedAdmin):
    list_display = ["month", "currency", "per_euro"]
    list_filter = ["currency"]

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(NumberSeries)
class NumberSeriesAdmin(LookOnlyAdmin):
    list_display = ["prefix", "year", "last", "last_issued_on", "issuer"]
    list_select_related = ["issuer"]


@admin.register(InvoiceLine)
class InvoiceLineAdmin(LookOnlyAdmin):
    list_display = ["position", "paper", "customer_name", "title", "details", "quantity", "net"]
    list_select_related = ["invoice"]
    search_fields = ["invoice__number", "customer_name"]
    list_per_page = 100
    show_full_result_count = False

    @admin.display(description=_("invoice"))
    def paper(self, line: InvoiceLine):
        return link_to(line.invoice)

    def get_queryset(self, request):
        return super().get_queryset(request).order_by("invoice_id", "position")


@admin.register(Invoice)
class InvoiceAdmin(PagesAdmin):
    # Without the kind: the number and the total's sign say it.
    list_display = ["number", "of", "issued_on", "due_on", "total", "still_open", "stands"]
    list_filter = ["kind", "issued_on", "due_on", "currency"]
    search_fields = ["number", "code", "reseller__name"]
    list_select_related = ["reseller"]
    fields = [
        "number",
        "of",
        "kind",
        "credited_invoice",
        "reason",
        "issued_on",
        "due_on",
        "stands",
        "sums",
        "still_open",
        "lines_of",
        "document_state",
        "reminded",
        "mailed",
    ]

    inlines = [PaymentInline]

    def get_urls(self):
        view = self.admin_site.admin_view
        own = [
            ("<path:object_id>/credit/", self.credit, "billing_invoice_credit"),
            ("<path:object_id>/payment/", self.payment, "billing_invoice_payment"),
            ("<path:object_id>/move-credit/", self.move_credit, "billing_invoice_move_credit"),
            ("<path:object_id>/pay-back/", self.pay_back, "billing_invoice_pay_back"),
            ("<path:object_id>/reminders/", self.reminders, "billing_invoice_reminders"),
            ("<path:object_id>/send-again/", self.send_again, "billing_invoice_send_again"),
            ("<path:object_id>/pdf/", self.pdf, "billing_invoice_pdf"),
            ("<path:object_id>/xml/", self.xml, "billing_invoice_xml"),
        ]
        export = path("export/", view(self.export), name="billing_invoice_export")
        return [
            export,
            *(path(route, view(page), name=name) for route, page, name in own),
            *super().get_urls(),
        ]

    def find(self, request, object_id: str) -> Invoice:
        if not self.has_view_permission(request):
            raise PermissionDenied
        with suppress(ValueError):
            return get_object_or_404(Invoice.objects.select_related("reseller"), pk=int(object_id))
        raise Http404

    def change_view(self, request, object_id, form_url="", extra_context=None):
        paper = Invoice.objects.filter(pk=unquote(object_id)).first()
        return super().change_view(
            request, object_id, form_url, {**(extra_context or {}), "paper": paper}
        )

    def export(self, request):
        """Give the papers of some days to the accounts, by VAT rate, with totals that add up."""
        self.need(request, "export_invoices")
        before = clock.today().replace(day=1) - timedelta(days=1)
        form = ExportForm(
            request.POST or None, initial={"first": before.replace(day=1), "last": before}
        )
        if not form.is_valid():
            return self.page(request, "export.html", form=form)
        first, last, kind = (form.cleaned_data[name] for name in ("first", "last", "kind"))
        by = actor(request, hat="staff")
        record_export(first=first, last=last, kind=kind, by=by)
        papers = (exports.accounts_heads(), exports.accounts_rows(first, last))
        totals = (exports.totals_heads(), exports.totals_rows(first, last))
        answer: HttpResponseBase
        if kind == "xlsx":
            sheets = [(str(_("Invoices")), *papers), (str(_("Totals")), *totals)]
            answer = HttpResponse(workbook_of(sheets), content_type=XLSX)
        else:
            lines = csv_lines(*(papers if kind == "csv" else totals))
            answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
        name = f"{kind}-{first}-{last}.{'xlsx' if kind == 'xlsx' else 'csv'}"
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer

    def credit(self, request, object_id):
        """Ask how much is given back and why, show the sums, then issue the credit note."""
        self.need(request, "credit_invoices")
        invoice = self.find(request, object_id)
        form = CreditForm(request.POST if request.method == "POST" else None, invoice=invoice)
        sums = None
        if form.is_valid():
            try:
                sums = preview_credit(invoice=invoice, amounts=form.amounts)
                if request.POST.get("confirmed"):
                    note = credit_invoice(
                        invoice=invoice,
                        amounts=form.amounts,
                        reason=form.cleaned_data["reason"],
                        free_charges=form.cleaned_data["free_charges"],
                        stood=form.cleaned_data["stood"],
                        today=clock.today(),
                        by=actor(request, hat="staff"),
                    )
                    text = _("Credit note %(number)s is issued.") % {"number": note.number}
                    self.message_user(request, text, messages.SUCCESS)
                    return redirect("admin:billing_invoice_change", note.pk)
            except Refused as reason:
                self.refused(request, reason)
        return self.page(request, "credit.html", invoice=invoice, form=form, sums=sums)

    def payment(self, request, object_id):
        invoice = self.find(request, object_id)
        start = {"amount": max(invoice.open_amount, 0) or None, "received_on": clock.today()}
        form = PaymentForm(request.POST or None, today=clock.today(), initial=start)
        return self._money(request, invoice, form, note_payment, _("Note a payment"))

    def pay_back(self, request, object_id):
        invoice = self.find(request, object_id)
        start = {"amount": invoice.credit_left, "paid_on": clock.today()}
        form = PayBackForm(request.POST or None, today=clock.today(), initial=start)
        return self._money(request, invoice, form, pay_back, _("Note that credit was paid back"))

    def move_credit(self, request, object_id):
        invoice = self.find(request, object_id)
        start = {"amount": invoice.credit_left}
        form = MoveCreditForm(
            request.POST or None, source=invoice, today=clock.today(), initial=start
        )
        move = partial(move_credit, today=clock.today())
        return self._money(request, invoice, form, move, _("Use the credit for another invoice"))

    def _money(self, request, invoice, form, operation, title):
        """Show a form about an invoice's money, and do what it says."""
        self.need(request, "note_payments")
        if form.is_valid():
            of = {"source" if "target" in form.fields else "invoice": invoice}
            try:
                operation(**of, **form.cleaned_data, by=actor(request, hat="staff"))
            except AlreadyNoted as reason:  # the second click
                self.refused(request, reason)
                return redirect("admin:billing_invoice_change", invoice.pk)
            except Refused as reason:
                form.add_error(None, refusal_words(reason))
            else:
                self.message_user(request, _("Noted."), messages.SUCCESS)
                return redirect("admin:billing_invoice_change", invoice.pk)
        return self.page(request, "money.html", invoice=invoice, form=form, title=title)

    def reminders(self, request, object_id):
        """Stop the reminders of an invoice, saying why, or let them go on."""
        self.need(request, "remind_of_invoices")
        invoice = self.find(request, object_id)
        by = actor(request, hat="staff")
        form = NoteForm(request.POST or None)
        title = _("Stop reminders")
        if invoice.reminders_stopped_on:
            if request.method == "POST":
                go_on_with_reminders(invoice=invoice, by=by)
            return redirect("admin:billing_invoice_change", invoice.pk)
        if form.is_valid():
            why = form.cleaned_data["note"]
            stop_reminders(invoice=invoice, reason=why, today=clock.today(), by=by)
            return redirect("admin:billing_invoice_change", invoice.pk)
        return self.page(request, "money.html", invoice=invoice, form=form, title=title)

    def send_again(self, request, object_id):
        self.need(request, "remind_of_invoices")
        invoice = self.find(request, object_id)
        if request.method == "POST":
            try:
                mails = send_invoice_again(invoice=invoice, by=actor(request, hat="staff"))
            except Refused as reason:
                self.refused(request, reason)
            else:
                text = _("The invoice is mailed to %(recipients)s.") % {
                    "recipients": ", ".join(mail.recipient for mail in mails)
                }
                self.message_user(request, text, messages.SUCCESS)
        return redirect("admin:billing_invoice_change", invoice.pk)

    def pdf(self, request, object_id):
        return self._document(request, object_id, "pdf")

    def xml(self, request, object_id):
        return self._document(request, object_id, "xml")

    def _document(self, request, object_id, kind: str) -> HttpResponse:
        invoice = self.find(request, object_id)
        document = get_object_or_404(Document, pk=invoice.pk, stored_at__isnull=False)
        answer = HttpResponse(bytes(getattr(document, kind)), content_type=f"application/{kind}")
        answer["Content-Disposition"] = f'attachment; filename="{invoice.number}.{kind}"'
        return answer

    @admin.display(description=_("reseller"), ordering="reseller__name")
    def of(self, invoice: Invoice):
        return link_to(invoice.reseller)

    @admin.display(description=_("total"), ordering="gross")
    def total(self, invoice: Invoice) -> str:
        sign = "−" if invoice.is_credit_note else ""
        return sign + amount(invoice.gross, invoice.currency)

    @admin.display(description=_("open"), ordering="open_amount")
    def still_open(self, invoice: Invoice) -> str:
        return amount(invoice.open_amount, invoice.currency)

    @admin.display(description=_("status"))
    def stands(self, invoice: Invoice) -> str:
        return invoice_row(invoice, clock.today()).label

    @admin.display(description=_("sums"))
    def sums(self, invoice: Invoice) -> str:
        currency = invoice.currency
        return _("%(net)s net + %(tax)s VAT = %(gross)s") % {
            "net": amount(invoice.net, currency),
            "tax": amount(invoice.tax, currency),
            "gross": amount(invoice.gross, currency),
        }

    @admin.display(description=_("credits"))
    def credited_invoice(self, invoice: Invoice):
        return link_to(invoice.credits)

    @admin.display(description=_("lines"))
    def lines_of(self, invoice: Invoice):
        address = reverse("admin:billing_invoiceline_changelist")
        return format_html(
            '<a href="{}?invoice__id__exact={}">{}</a>', address, invoice.pk, invoice.lines.count()
        )

    @admin.display(description=_("reminders"))
    def reminded(self, invoice: Invoice) -> str:
        said = [
            f"{level_words(each.level)}: {format_date(each.sent_on, get_language())}"
            for each in invoice.reminders.all()
        ]
        if invoice.reminders_stopped_on:
            day = format_date(invoice.reminders_stopped_on, get_language())
            said.append(f"{_('stopped')}: {day}, {invoice.reminders_stopped_because}")
        if holds := invoice.holds.filter(lifted_on=None).count():
            said.append(ngettext("%d on hold", "%d on hold", holds) % holds)
        return " · ".join(said) or "–"

    @admin.display(description=_("mails"))
    def mailed(self, invoice: Invoice):
        rows = (
            (f"{mail.kind} · {mail.recipient}", moment(mail.at), mail.state)
            for mail in mails_of(invoice)
        )
        return format_html_join("", "<div>{} · {} · {}</div>", rows) or "–"

    @admin.display(description=_("documents"))
    def document_state(self, invoice: Invoice):
        document = Document.objects.filter(pk=invoice.pk).defer("pdf", "xml").first()
        if document is None or document.stored_at is None:
            return document.failure if document and document.failure else _("being made")
        return format_html(
            '<a href="{}">PDF</a> · <a href="{}">XML</a>',
            reverse("admin:billing_invoice_pdf", args=[invoice.pk]),
            reverse("admin:billing_invoice_xml", args=[invoice.pk]),
        )


@admin.register(InvoiceRun)
class InvoiceRunAdmin(PagesAdmin):
    list_display = ["business_date", "month", "issued", "blocked_count", "finished_at", "by_name"]
    fields = [
        "business_date",
        "month",
        "by_name",
        "started_at",
        "finished_at",
        "issued",
        "warned",
        "stopped",
    ]

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("preview/", view(self.preview), name="billing_invoicerun_preview"),
            path(
                "preview/<int:reseller_id>/",
                view(self.preview_one),
                name="billing_invoicerun_preview_one",
            ),
            *super().get_urls(),
        ]

    def preview(self, request):
        """Show what the month's run would issue and what it could not; issue it when asked to."""
        self.need(request, "issue_invoices")
        today = clock.today()
        month = invoice_month(today)
        if request.method == "POST":
            try:
                run = ask_for_run(today=today, by=actor(request, hat="staff"))
            except Refused as reason:
                self.refused(request, reason)
                return redirect("admin:billing_invoicerun_preview")
            self.message_user(request, _("The invoices are being issued."), messages.SUCCESS)
            return redirect("admin:billing_invoicerun_change", run.pk)
        done = Invoice.objects.filter(month=month).values("reseller_id")
        rows = resellers_with_open_charges(month).exclude(pk__in=done).order_by("name", "pk")
        page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
        return self.page(
            request,
            "run_preview.html",
            month=month,
            today=today,
            page_of=page,
            rows=[(reseller, *self._drafted(reseller)) for reseller in page],
        )

    def preview_one(self, request, reseller_id):
        self.need(request, "issue_invoices")
        reseller = get_object_or_404(Reseller, pk=reseller_id)
        draft, why_not = self._drafted(reseller)
        lines = draft.lines if draft else []
        return self.page(
            request,
            "run_preview_one.html",
            reseller=reseller,
            draft=draft,
            why_not=why_not,
            lines=lines[:MOST_LINES],
            more=max(0, len(lines) - MOST_LINES),
            warnings=[reason_words(each) for each in draft.warnings] if draft else [],
        )

    def _drafted(self, reseller: Reseller) -> tuple[Draft | None, str]:
        """Return what would be issued, or why nothing can be."""
        today = clock.today()
        try:
            return preview_invoice(reseller=reseller, month=invoice_month(today), today=today), ""
        except Blocked as reason:
            return None, reason_words(reason.reason)

    @admin.display(description=_("blocked"))
    def blocked_count(self, run: InvoiceRun) -> int:
        return len(run.blocked)

    @admin.display(description=_("warnings"))
    def warned(self, run: InvoiceRun):
        return _reasons(run.warnings)

    @admin.display(description=_("blocked"))
    def stopped(self, run: InvoiceRun):
        return _reasons(run.blocked)


def _reasons(rows: list) -> str:
    return " ".join(f"{name}: {reason_words(reason)}" for _pk, name, reason in rows) or "–"
