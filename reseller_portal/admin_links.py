"""Links between the admin's pages."""

from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString


def link_to(row: Model | None) -> SafeString | str:
    """Return a link to the row's own page in the admin, or a dash."""
    if row is None:
        return "–"
    kind = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
    return format_html('<a href="{}">{}</a>', reverse(kind, args=[row.pk]), row)
