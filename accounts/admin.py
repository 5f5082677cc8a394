"""People who sign in, as staff see them."""

from django.contrib import admin

from accounts.models import User


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
    show_full_result_count = False

    def get_readonly_fields(self, request, obj=None):
        return [*self.readonly_fields, *([] if request.user.is_superuser else ["is_staff"])]

    def has_add_permission(self, request):
        return False  # people come by invitation

    def has_delete_permission(self, request, obj=None):
        return False  # closing the account keeps the history readable
