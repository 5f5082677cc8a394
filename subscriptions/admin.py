"""Prices as staff set them, subscriptions and charges as they see them."""

from functools import partial

from django.contrib import admin, messages
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.access import actor
from accounts.admin import RecordedAdmin
from reseller_portal import clock
from reseller_portal.admin_links import link_to
from reseller_portal.admin_rows import LookOnlyAdmin, one_of
from subscriptions.changing import end_subscription, extend_trial
from subscriptions.errors import Refused
from subscriptions.models import Change, Charge, DailyRun, Price, State, Subscription
from subscriptions.wordings import refusal


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
