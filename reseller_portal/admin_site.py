"""Django's admin behind the portal's own sign-in: for everybody but staff it does not exist."""

from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _


class PortalAdminSite(AdminSite):
    site_header = site_title = _("Reseller Portal · Staff")
    index_title = _("What staff look after")
    site_url = "/"
    index_template = "admin/portal_index.html"

    def index(self, request: HttpRequest, extra_context: dict | None = None) -> Any:
        """Begin with what needs somebody today."""
        from reseller_portal.attention import matters  # which asks models; they load after this

        return super().index(request, {**(extra_context or {}), "matters": matters()})

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Ask a stranger to sign in, and answer 404 to anybody who is not staff.

        Staff without a second factor are led to set one up.
        """
        inner = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponse:
            if request.user.is_authenticated and not self.has_permission(request):
                raise Http404
            if request.user.is_authenticated and not request.user.has_second_factor:
                messages.warning(request, _("Staff need a second factor. Set it up to go on."))
                return redirect("mfa_index")
            return inner(request, *args, **kwargs)

        return guarded

    def password_change(self, request: HttpRequest, extra_context: dict | None = None) -> Any:
        """Lead to the portal's own page, which asks for more and tells the owner by mail."""
        return redirect("account_change_password")

    def login(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        """Lead to the portal's sign-in, the only place where a password is asked for."""
        if request.user.is_authenticated:
            raise Http404
        return redirect_to_login(request.GET.get("next") or request.get_full_path())
