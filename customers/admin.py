"""Customers and their contacts, as staff see them."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from customers.models import Contact, Customer
from reseller_portal.admin_links import ask_to_erase, link_to
from reseller_portal.admin_rows import LookOnlyAdmin


@admin.register(Customer)
class CustomerAdmin(LookOnlyAdmin):
    list_display = ["name", "code", "of", "customer_edits", "created_at", "move"]
    list_filter = ["customer_edits"]
    search_fields = ["code", "name", "sort_key", "reseller__name"]
    list_select_related = ["reseller"]
    exclude = ["name_key", "sort_key"]

    @admin.display(description=_("reseller"), ordering="reseller__name")
    def of(self, customer: Customer):
        return link_to(customer.reseller)

    @admin.display(description=_("move"))
    def move(self, customer: Customer):
        address = reverse("admin:subscriptions_move_plan", args=[customer.pk])
        return format_html('<a href="{}">{}</a>', address, _("Move to another reseller"))


@admin.register(Contact)
class ContactAdmin(LookOnlyAdmin):
    list_display = ["name", "user", "at", "job_title", "phone", "created_at"]
    search_fields = ["name", "user__email", "customer__name"]
    list_select_related = ["user", "customer"]
    actions = [ask_to_erase]

    @admin.display(description=_("customer"), ordering="customer__sort_key")
    def at(self, contact: Contact):
        return link_to(contact.customer)
