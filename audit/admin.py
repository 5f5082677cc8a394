"""The history as staff read it."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from audit.models import Entry, Seal
from audit.words import HATS, SENTENCES, VALUES
from reseller_portal.admin_rows import LookOnlyAdmin, one_of


@admin.register(Entry)
class EntryAdmin(LookOnlyAdmin):
    list_display = ["at", "action", "label", "actor_name", "actor_hat"]
    list_filter = [
        one_of("action", _("action"), SENTENCES.items()),
        one_of(
            "actor_hat",
            _("acting as"),
            {"member": VALUES["member"], "contact": _("contact"), **HATS}.items(),
        ),
        "at",
    ]
    search_fields = ["label", "actor_name", "request_id"]


@admin.register(Seal)
class SealAdmin(LookOnlyAdmin):
    list_display = ["sealed_at", "after_id", "through_id", "entries", "checked", "holds", "digest"]
    list_filter = ["checking__holds"]
    list_select_related = ["checking"]

    @admin.display(description=_("checked"), empty_value="–")
    def checked(self, seal: Seal):
        return seal.checking.checked_at if hasattr(seal, "checking") else None

    @admin.display(description=_("holds"), boolean=True)
    def holds(self, seal: Seal):
        return seal.checking.holds if hasattr(seal, "checking") else None
