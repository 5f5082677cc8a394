"""Where signatures arrived, as staff look into trouble."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from audit.admin import LookOnlyAdmin
from reseller_portal.admin_links import link_to
from rollout.models import Arrival


@admin.register(Arrival)
class ArrivalAdmin(LookOnlyAdmin):
    list_display = ["person", "at", "way", "version", "arrived_at", "problem"]
    list_filter = ["way"]
    search_fields = ["person__name", "person__email", "customer__name"]
    list_select_related = ["person", "customer", "version__design"]
    list_per_page = 50
    show_full_result_count = False

    @admin.display(description=_("customer"))
    def at(self, arrival: Arrival):
        return link_to(arrival.customer)
