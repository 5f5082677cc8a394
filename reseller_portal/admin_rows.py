"""Rows that staff look at in the admin and change by operations alone."""

from django.contrib import admin


class LookOnlyAdmin(admin.ModelAdmin):
    """Staff look; what changes goes through operations."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def has_act_permission(self, request):
        """Whether somebody may start operations from the list; looking is not enough."""
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")
