"""Links between the admin's pages."""

from urllib.parse import urlencode

from django.contrib import admin, messages
from django.db.models import Model
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _


def link_to(row: Model | None) -> SafeString | str:
    """Return a link to the row's own page in the admin, or a dash."""
    if row is None:
        return "–"
    kind = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
    return format_html('<a href="{}">{}</a>', reverse(kind, args=[row.pk]), row)


@admin.action(description=_("Erase this person, who asks for it"), permissions=["erase"])
def ask_to_erase(shown: admin.ModelAdmin, request, rows):
    """Lead from one ticked row to the page that says what erasing its person means."""
    if len(rows) != 1:
        shown.message_user(request, _("Tick one person."), messages.WARNING)
        return None
    (row,) = rows
    address = row.email if hasattr(row, "email") else row.user.email
    asked = urlencode({"email": address})
    return HttpResponseRedirect(f"{reverse('admin:privacy_erasure_add')}?{asked}")
