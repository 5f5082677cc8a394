"""People who sign in, as staff see them."""

from typing import Any

from django.contrib import admin, messages
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from accounts.access import actor
from accounts.models import User
from accounts.operations import change_account, take_second_factor
from audit.operations import record
from reseller_portal.admin_links import ask_to_erase
from reseller_portal.admin_rows import PagedAdmin


class RecordedAdmin(PagedAdmin):
    """Staff change rows that no operation looks after; the history says what they were."""

    def save_model(self, request, obj, form, change):
        fields = form.changed_data
        before = self.model._default_manager.get(pk=obj.pk) if change else None
        super().save_model(request, obj, form, change)
        self._record(
            request,
            "changed" if change else "added",
            obj,
            before={name: _kept(getattr(before, name)) for name in fields} if before else {},
            after={name: _kept(getattr(obj, name)) for name in fields},
        )

    def delete_model(self, request, obj):
        self._record(request, "removed", obj)
        super().delete_model(request, obj)

    def _record(self, request, what, obj, **values):
        reseller_id = obj.pk if obj._meta.model_name == "reseller" else obj.reseller_id
        record(
            f"{obj._meta.model_name}_{what}",
            obj,
            by=actor(request, hat="staff"),
            reseller_id=reseller_id,
            **values,
        )


def _kept(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int) else str(value)


@admin.register(User)
class UserAdmin(PagedAdmin):
    """Staff correct a name and close an account; nobody sees or sets a password here."""

    list_display = ["email", "name", "language", "is_active", "is_staff", "last_login"]
    list_filter = ["is_active", "is_staff"]
    search_fields = ["email", "email_key", "name"]
    fields = ["email", "name", "language", "is_active", "is_staff", "last_login", "created_at"]
    readonly_fields = ["email", "last_login", "created_at"]
    ordering = ["email_key"]
    actions = ["remove_second_factor", ask_to_erase]

    def get_readonly_fields(self, request, obj=None):
        fixed = [] if request.user.is_superuser else ["is_staff"]
        if obj == request.user:
            fixed = ["is_staff", "is_active"]  # nobody locks themselves out
        return [*self.readonly_fields, *fixed]

    def has_change_permission(self, request, obj=None):
        above = obj is not None and obj.is_superuser and not request.user.is_superuser
        return not above and super().has_change_permission(request, obj)

    def save_model(self, request, obj, form, change):
        fields = {name: form.cleaned_data[name] for name in form.changed_data}
        change_account(user=obj, fields=fields, by=actor(request, hat="staff"))

    @admin.action(description=_("Remove the second factor (phone lost)"), permissions=["change"])
    def remove_second_factor(self, request, users):
        if not request.user.is_superuser:
            users = users.filter(is_superuser=False)
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
