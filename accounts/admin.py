"""People who sign in, as staff see them."""

from django.contrib import admin, messages
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from accounts.access import actor
from accounts.models import User
from accounts.operations import take_second_factor


@admin.register(User)
class UserAdmin(admin.ModelAdmin):
    """Staff correct a name and close an account; nobody sees or sets a password here."""

    list_display = ["email", "name", "language", "is_active", "is_staff", "last_login"]
    list_filter = ["is_active", "is_staff"]
    search_fields = ["email", "email_key", "name"]
    fields = ["email", "name", "language", "is_active", "is_staff", "last_login", "created_at"]
    readonly_fields = ["email", "last_login", "created_at"]
    ordering = ["email_key"]
    list_per_page = 50
    actions = ["remove_second_factor"]
    show_full_result_count = False

    def get_readonly_fields(self, request, obj=None):
        return [*self.readonly_fields, *([] if request.user.is_superuser else ["is_staff"])]

    @admin.action(description=_("Remove the second factor (phone lost)"), permissions=["change"])
    def remove_second_factor(self, request, users):
        if request.POST.get("confirmed") != "yes":
            return TemplateResponse(
                request,
                "admin/accounts/remove_second_factor.html",
                {**self.admin_site.each_context(request), "users": users, "opts": self.opts},
            )
        for user in users:
            take_second_factor(user=user, by=actor(request, hat="staff"))
        self.message_user(request, _("The second factor is removed."), messages.SUCCESS)
        return None

    def has_add_permission(self, request):
        return False  # people come by invitation

    def has_delete_permission(self, request, obj=None):
        return False  # closing the account keeps the history readable
