"""Prices as staff set them, subscriptions and charges as they see them."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from audit.admin import LookOnlyAdmin
from reseller_portal import clock
from reseller_portal.admin_links import link_to
from subscriptions.models import Charge, Price, Subscription


@admin.register(Price)
class PriceAdmin(admin.ModelAdmin):
    """A price that has come into force is history; a coming one can still be changed."""

    list_display = ["product", "term", "currency", "unit_price", "valid_from", "reseller"]
    list_filter = ["product", "term", "currency"]
    search_fields = ["reseller__name"]
    list_select_related = ["reseller"]
    autocomplete_fields = ["reseller"]
    list_per_page = 50
    show_full_result_count = False

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
    list_filter = ["state", "product", "term"]
    search_fields = ["code", "customer_name", "sort_key", "reseller__name"]
    list_select_related = ["reseller", "customer"]
    exclude = ["sort_key", "form_key", "payment_key"]
    ordering = ["-id"]
    list_per_page = 50
    show_full_result_count = False

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
    list_per_page = 50
    show_full_result_count = False

    @admin.display(description=_("subscription"))
    def of(self, charge: Charge):
        return link_to(charge.subscription)
