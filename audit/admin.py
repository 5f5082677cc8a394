"""The history as staff read it."""

from django.contrib import admin

from audit.models import Entry, Seal


class LookOnlyAdmin(admin.ModelAdmin):
    """Staff look; what changes goes through operations."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Entry)
class EntryAdmin(LookOnlyAdmin):
    list_display = ["at", "action", "label", "actor_name", "actor_hat"]
    list_filter = ["action", "actor_hat", "at"]
    search_fields = ["label", "actor_name", "request_id"]
    show_full_result_count = False


@admin.register(Seal)
class SealAdmin(LookOnlyAdmin):
    list_display = ["sealed_at", "after_id", "through_id", "entries", "digest"]
    show_full_result_count = False
