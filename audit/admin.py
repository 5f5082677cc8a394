"""The history as staff read it."""

from django.contrib import admin

from audit.models import Entry, Seal
from reseller_portal.admin_rows import LookOnlyAdmin


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
