"""How the admin lists rows, and shows those that only operations change."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin

from reseller_portal.counting import EstimatedPaginator


def one_of(field: str, title: Any, values: Iterable[tuple[str, Any]]) -> type:
    """Return a filter by a column's known values; Django would read every row to find them."""

    class KnownValues(admin.SimpleListFilter):
        parameter_name = field

        def lookups(self, request, model_admin):
            return list(values)

        def queryset(self, request, queryset):
            return queryset.filter(**{field: self.value()}) if self.value() else queryset

    KnownValues.title = title
    return KnownValues


class PagedAdmin(admin.ModelAdmin):
    """Rows in short pages, whose number is estimated where there are many."""

    list_per_page = 50
    paginator = EstimatedPaginator
    show_full_result_count = False

    def has_erase_permission(self, request):
        """Whether somebody may forget a person who asks for it."""
        return request.user.has_perm("privacy.add_erasure")


class LookOnlyAdmin(PagedAdmin):
    """Staff look; what changes goes through operations."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def has_act_permission(self, request):
        """Whether somebody may start operations from the list; looking is not enough."""
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")
