"""Where staff forget a person who asks for it: the address, then what goes and stays, then done."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.access import actor
from audit.admin import LookOnlyAdmin
from privacy.errors import NotErased
from privacy.forms import AddressForm
from privacy.jobs import go_through_history
from privacy.lists import about_address
from privacy.models import Erasure
from privacy.operations import erase
from privacy.presentation import kept, refusal, removed
from reseller_portal.queue import queue_on_commit


@admin.register(Erasure)
class ErasureAdmin(LookOnlyAdmin):
    list_display = ["code", "reseller", "asked_at", "redacted", "done_at"]
    list_filter = [("done_at", admin.EmptyFieldListFilter)]
    search_fields = ["code"]
    list_select_related = ["reseller"]

    def has_add_permission(self, request):
        return request.user.has_perm("privacy.add_erasure")

    def add_view(self, request, form_url="", extra_context=None):
        """Ask for the address, show what would happen, and do it when that is confirmed."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        asked = request.POST if request.method == "POST" else request.GET
        form = AddressForm(asked if "email" in asked else None)
        found = about_address(form.cleaned_data["email"]) if form.is_valid() else None
        if found and request.POST.get("confirmed") == "yes":
            try:
                erasure = erase(found=found, by=actor(request, hat="staff"))
            except NotErased as problem:
                form.add_error("email", refusal(problem))
                found = None
            else:
                queue_on_commit(go_through_history, erasure.pk)
                words = _("Erased; %(code)s stands where the name stood.") % {"code": erasure}
                self.message_user(request, words, messages.SUCCESS)
                return HttpResponseRedirect(reverse("admin:privacy_erasure_changelist"))
        page = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Forget a person"),
            "form": form,
            "found": found,
            "nothing": found is not None and not found,
            "removed": removed(found) if found else [],
            "kept": kept(found) if found else [],
        }
        return TemplateResponse(request, "admin/privacy/erasure/add.html", page)
