"""The outbox as staff see it: how far each mail got, never what it says."""

from django.contrib import admin, messages
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from mail.models import OutgoingMail
from mail.operations import retry_mail


@admin.register(OutgoingMail)
class OutgoingMailAdmin(admin.ModelAdmin):
    list_display = ["recipient", "kind", "state", "tries", "queued_at", "next_try_at", "answer"]
    list_filter = ["state", "kind", "queued_at"]
    search_fields = ["recipient", "message_id"]
    actions = ["try_now"]
    show_full_result_count = False
    list_per_page = 50

    @admin.display(description=_("answer"))
    def answer(self, mail: OutgoingMail) -> str:
        return mail.server_reply or mail.failure

    @admin.action(description=_("Try again now"))
    def try_now(self, request, rows):
        tried = sum(retry_mail(outgoing=outgoing) for outgoing in rows)
        text = ngettext("%d mail is tried now.", "%d mails are tried now.", tried) % tried
        self.message_user(request, text, messages.SUCCESS)

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
