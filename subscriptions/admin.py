"""Prices as staff set them, subscriptions and charges as they see them."""

from functools import partial

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.access import actor
from accounts.admin import RecordedAdmin
from customers.models import Customer
from reseller_portal import clock
from reseller_portal.admin_links import link_to
from reseller_portal.admin_rows import LookOnlyAdmin, one_of
from subscriptions.changing import end_subscription, extend_trial
from subscriptions.errors import MoveRefused, Refused
from subscriptions.forms import MoveForm
from subscriptions.models import Change, Charge, Price, State, Subscription
from subscriptions.moving import plan_move, preview_move, take_back_move
from subscriptions.run_models import DailyRun, Move
from subscriptions.wordings import move_refusal, refusal


@admin.register(Price)
class PriceAdmin(RecordedAdmin):
    """A price that has come into force is history; a coming one can still be changed."""

    list_display = ["product", "term", "currency", "unit_price", "valid_from", "reseller"]
    list_filter = ["product", "term", "currency"]
    search_fields = ["reseller__name"]
    list_select_related = ["reseller"]
    autocomplete_fields = ["reseller"]

    def has_change_permission(self, request, obj=None):
        coming = obj is None or obj.valid_from > clock.today()
        return coming and super().has_change_permission(request, obj)

    def has_delete_permission(self, request, obj=None):
        return self.has_change_permission(request, obj)

    def get_actions(self, request):
        return {}  # no deleting of many at once: some of them may be in force


@admin.register(Subscription)
class SubscriptionAdmin(LookOnlyAdmin):
    list_display = ["code", "at", "of", "product", "seats", "state", "next_payment_on", "ended_on"]
    list_filter = [one_of("state", _("status"), State.choices), "product", "term"]
    search_fields = ["code", "customer_name", "sort_key", "reseller__name"]
    list_select_related = ["reseller", "customer"]
    actions = ["extend", "end_with_credit"]
    exclude = ["sort_key", "form_key", "payment_key"]
    ordering = ["-id"]

    @admin.action(description=_("Extend the trial by seven days"), permissions=["act"])
    def extend(self, request, rows):
        self._do(request, rows, extend_trial)

    @admin.action(
        description=_("End today, giving back the rest of the paid period"), permissions=["act"]
    )
    def end_with_credit(self, request, rows):
        self._do(request, rows, partial(end_subscription, with_credit=True))

    def _do(self, request, rows, operation):
        by, done = actor(request, hat="staff"), 0
        for row in rows:
            try:
                operation(subscription=row, today=clock.today(), by=by)
                done += 1
            except Refused as reason:
                self.message_user(request, f"{row}: {refusal(reason)}", messages.WARNING)
        text = ngettext("%d subscription changed.", "%d subscriptions changed.", done) % done
        self.message_user(request, text, messages.SUCCESS)

    @admin.display(description=_("customer"), ordering="sort_key")
    def at(self, subscription: Subscription):
        return link_to(subscription.customer)

    @admin.display(description=_("reseller"))
    def of(self, subscription: Subscription):
        return link_to(subscription.reseller)


@admin.register(Move)
class MoveAdmin(LookOnlyAdmin):
    """Moves are planned from the customer's row, and taken back here before their day."""

    list_display = ["on", "customer", "reseller", "to_reseller", "how_far", "by_name", "asked_at"]
    list_filter = ["on"]
    search_fields = ["customer__name", "reseller__name", "to_reseller__name"]
    list_select_related = ["customer", "reseller", "to_reseller"]
    actions = ["take_back"]
    list_per_page = 50
    show_full_result_count = False

    def get_urls(self):
        view = self.admin_site.admin_view(self.plan)
        return [
            path("plan/<int:customer_id>/", view, name="subscriptions_move_plan"),
            *super().get_urls(),
        ]

    def plan(self, request, customer_id):
        """Ask where and when, show what would happen to everything, and only then plan it."""
        if not self.has_act_permission(request):
            raise PermissionDenied
        customer = get_object_or_404(Customer.objects.select_related("reseller"), pk=customer_id)
        form = MoveForm(request.POST or None, customer=customer)
        partings = None
        if form.is_valid():
            asked = {"customer": customer, "today": clock.today(), **form.cleaned_data}
            try:
                if "confirmed" in request.POST:
                    plan_move(**asked, by=actor(request, hat="staff"))
                    self.message_user(request, _("The move is planned."), messages.SUCCESS)
                    return redirect("admin:subscriptions_move_changelist")
                partings = preview_move(**asked)
            except MoveRefused as reason:
                form.add_error(None, move_refusal(reason))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "customer": customer,
            "form": form,
            "partings": partings,
            "asked": form.cleaned_data if partings else None,
            "people": customer.contacts.with_access().count(),
        }
        return TemplateResponse(request, "admin/subscriptions/move_plan.html", context)

    @admin.action(description=_("Take the move back"), permissions=["act"])
    def take_back(self, request, rows):
        for row in rows:
            try:
                take_back_move(move=row, by=actor(request, hat="staff"))
            except MoveRefused as reason:
                self.message_user(request, f"{row}: {move_refusal(reason)}", messages.WARNING)
            else:
                self.message_user(request, _("%s is taken back.") % row, messages.SUCCESS)

    @admin.display(description=_("how far"))
    def how_far(self, move: Move) -> str:
        if move.taken_back_at:
            words = _("taken back")
        elif move.done_on:
            words = _("done") if move.copied_at else _("done, people and designs being copied")
        else:
            words = _("could not be done yet") if move.blocked_on else _("planned")
        return str(words)


@admin.register(Charge)
class ChargeAdmin(LookOnlyAdmin):
    list_display = ["due_on", "kind", "of", "seats", "unit_price", "amount", "currency"]
    list_filter = ["kind", "currency", "due_on"]
    search_fields = ["subscription__code", "subscription__customer_name"]
    list_select_related = ["subscription"]

    @admin.display(description=_("subscription"))
    def of(self, charge: Charge):
        return link_to(charge.subscription)


@admin.register(DailyRun)
class DailyRunAdmin(LookOnlyAdmin):
    list_display = ["business_date", "finished_at", "charged", "ended", "blocked"]
    list_filter = ["is_complete", "business_date"]


@admin.register(Change)
class ChangeAdmin(LookOnlyAdmin):
    list_display = ["asked_at", "of", "what", "before", "after", "effective_on", "cost", "by_name"]
    list_filter = ["what", "effective_on"]
    search_fields = ["subscription__code", "subscription__customer_name"]
    list_select_related = ["subscription"]

    @admin.display(description=_("subscription"))
    def of(self, change: Change):
        return link_to(change.subscription)
