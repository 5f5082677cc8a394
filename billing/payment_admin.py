"""Payments as staff note and take them back, and what the bank says came in."""

from django.contrib import admin, messages
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.access import actor
from billing.errors import Refused
from billing.forms import AssignForm, BankFileForm, NoteForm
from billing.lists import invoices_perhaps_meant
from billing.models import BankReceipt, Payment
from billing.pages_admin import PagesAdmin
from billing.payment_operations import (
    assign_receipt,
    keep_receipts,
    set_receipt_aside,
    take_back_payment,
)
from billing.presentation import refusal_words
from reseller_portal import clock
from reseller_portal.admin_links import link_to
from reseller_portal.templatetags.portal import amount


class PaymentColumns:
    """What payments show alike in their own list and below their invoice."""

    @admin.display(description=_("amount"), ordering="amount")
    def shown_amount(self, payment: Payment):
        return amount(payment.amount, payment.invoice.currency)

    @admin.display(description=_("Take back"))
    def act(self, payment: Payment):
        return _take_back_link(payment)


class PaymentInline(PaymentColumns, admin.TabularInline):
    model = Payment
    fields = readonly_fields = (
        "received_on",
        "kind",
        "shown_amount",
        "source",
        "note",
        "by_name",
        "act",
    )
    extra = 0
    can_delete = False

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("reversed_by", "receipt", "invoice")


@admin.register(Payment)
class PaymentAdmin(PaymentColumns, PagesAdmin):
    list_display = [
        "received_on",
        "paper",
        "kind",
        "shown_amount",
        "source",
        "note",
        "by_name",
        "act",
    ]
    list_filter = ["kind", "source", "received_on"]
    search_fields = ["invoice__number", "reference", "note", "receipt__purpose", "receipt__payer"]
    list_select_related = ["invoice", "reversed_by"]
    ordering = ["-id"]

    def get_urls(self):
        view = self.admin_site.admin_view(self.take_back)
        return [
            path("<int:payment_id>/take-back/", view, name="billing_payment_take_back"),
            *super().get_urls(),
        ]

    def take_back(self, request, payment_id):
        self.need(request, "note_payments")
        payment = get_object_or_404(Payment.objects.select_related("invoice"), pk=payment_id)
        invoice = payment.invoice
        form = NoteForm(request.POST or None)
        if form.is_valid():
            try:
                take_back_payment(
                    payment=payment,
                    note=form.cleaned_data["note"],
                    today=clock.today(),
                    by=actor(request, hat="staff"),
                )
            except Refused as reason:
                self.refused(request, reason)
            else:
                self.message_user(request, _("Taken back."), messages.SUCCESS)
            return redirect("admin:billing_invoice_change", invoice.pk)
        return self.page(
            request,
            "money.html",
            invoice=invoice,
            form=form,
            payment=payment,
            title=_("Take this payment back"),
        )

    @admin.display(description=_("invoice"))
    def paper(self, payment: Payment):
        return link_to(payment.invoice)


class ToAssignFilter(admin.SimpleListFilter):
    title = _("what became of it")
    parameter_name = "rest"

    def lookups(self, request, model_admin):
        return [("all", _("All")), ("aside", _("Set aside"))]

    def choices(self, changelist):
        _all, *named = super().choices(changelist)
        rest = changelist.get_query_string(remove=[self.parameter_name])
        first = {"selected": self.value() is None, "query_string": rest}
        return [{**first, "display": _("To be assigned")}, *named]

    def queryset(self, request, queryset):
        if self.value() == "aside":
            return queryset.filter(set_aside_on__isnull=False)
        return queryset if self.value() == "all" or request.GET.get("q") else queryset.to_assign()


@admin.register(BankReceipt)
class BankReceiptAdmin(PagesAdmin):
    list_display = ["received_on", "shown_amount", "shown_left", "payer", "purpose", "act"]
    list_filter = [ToAssignFilter, "received_on"]
    search_fields = ["payer", "purpose", "reference"]

    @admin.display(description=_("amount"), ordering="amount")
    def shown_amount(self, receipt: BankReceipt):
        return amount(receipt.amount, receipt.currency)

    @admin.display(description=_("left"), ordering="left")
    def shown_left(self, receipt: BankReceipt):
        return amount(receipt.left, receipt.currency)

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("read/", view(self.read), name="billing_bankreceipt_read"),
            path("<int:receipt_id>/assign/", view(self.assign), name="billing_bankreceipt_assign"),
            *super().get_urls(),
        ]

    def read(self, request):
        """Read a bank file: what is new is kept, and goes to its invoices by itself."""
        self.need(request, "note_payments")
        posted = (request.POST, request.FILES) if request.method == "POST" else (None, None)
        form = BankFileForm(*posted)
        if form.is_valid():
            found, file = form.found, form.cleaned_data["file"]
            read = keep_receipts(
                lines=found.lines, file_name=file.name, by=actor(request, hat="staff")
            )
            words = _(
                "%(new)d receipts are new, %(known)d had been read before. Left out: %(outgoing)d"
                " that went out, %(pending)d that are not booked yet."
            )
            counts = {**read._asdict(), "outgoing": found.outgoing, "pending": found.pending}
            self.message_user(request, words % counts, messages.SUCCESS)
            return redirect("admin:billing_bankreceipt_changelist")
        return self.page(request, "bank_file.html", form=form)

    def assign(self, request, receipt_id):
        """Put a receipt to an invoice by hand, or say that it pays for none."""
        self.need(request, "note_payments")
        receipt = get_object_or_404(BankReceipt, pk=receipt_id)
        by = actor(request, hat="staff")
        aside = NoteForm(request.POST if "aside" in request.POST else None, prefix="aside")
        form = AssignForm(
            request.POST if "assign" in request.POST else None, initial={"amount": receipt.left}
        )
        if "take_up" in request.POST or aside.is_valid():
            reason = aside.cleaned_data["note"] if aside.is_bound else ""
            set_receipt_aside(receipt=receipt, reason=reason, today=clock.today(), by=by)
            return redirect("admin:billing_bankreceipt_changelist")
        if form.is_valid():
            try:
                assign_receipt(
                    receipt=receipt,
                    invoice=form.invoice,
                    amount=form.cleaned_data["amount"],
                    by=by,
                )
            except Refused as reason:
                form.add_error(None, refusal_words(reason))
            else:
                self.message_user(request, _("Noted."), messages.SUCCESS)
                return redirect("admin:billing_bankreceipt_changelist")
        return self.page(
            request,
            "assign.html",
            receipt=receipt,
            form=form,
            aside=aside,
            candidates=invoices_perhaps_meant(receipt),
        )

    @admin.display(description=_("assign"))
    def act(self, receipt: BankReceipt):
        address = reverse("admin:billing_bankreceipt_assign", args=[receipt.pk])
        return format_html('<a href="{}">{}</a>', address, _("Assign")) if receipt.left else "–"


def _take_back_link(payment: Payment):
    if payment.kind == Payment.Kind.REVERSAL:
        return "–"
    if getattr(payment, "reversed_by", None):
        return _("taken back")
    address = reverse("admin:billing_payment_take_back", args=[payment.pk])
    return format_html('<a href="{}">{}</a>', address, _("Take back"))
