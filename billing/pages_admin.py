"""What staff's pages about money share."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from billing.presentation import refusal_words
from reseller_portal.admin_rows import LookOnlyAdmin


class PagesAdmin(LookOnlyAdmin):
    """Rows to look at, with pages of their own for what staff do."""

    view_on_site = False  # those pages are the reseller's

    list_per_page = 50
    show_full_result_count = False

    def page(self, request, template: str, **context: Any) -> TemplateResponse:
        return TemplateResponse(
            request,
            f"admin/billing/{template}",
            {**self.admin_site.each_context(request), "opts": self.opts, **context},
        )

    def need(self, request, permission: str) -> None:
        if not request.user.has_perm(f"billing.{permission}"):
            raise PermissionDenied(_("Your account lacks the right to do that."))

    def refused(self, request, reason: Exception) -> None:
        self.message_user(request, refusal_words(reason), messages.ERROR)
