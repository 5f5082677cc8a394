"""The outbox as staff see it: how far each mail got, never what it says."""

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from mail.letters import html_to_show
from mail.models import OutgoingMail
from mail.operations import retry_mail
from reseller_portal.framing import framed_mail


@admin.register(OutgoingMail)
class OutgoingMailAdmin(admin.ModelAdmin):
    list_display = [
        "recipient",
        "kind",
        "state",
        "tries",
        "queued_at",
        "next_try_at",
        "answer",
        "look",
    ]
    list_filter = ["state", "kind", "queued_at"]
    search_fields = ["recipient", "message_id"]
    actions = ["try_now"]
    show_full_result_count = False
    list_per_page = 50

    def get_urls(self):
        page = self.admin_site.admin_view(self.preview)
        return [
            path("<int:pk>/preview/", page, name="mail_outgoingmail_preview"),
            *super().get_urls(),
        ]

    @method_decorator(framed_mail)
    def preview(self, request, pk):
        """Show a mail as it would be written now, without a working link."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        outgoing = get_object_or_404(OutgoingMail, pk=pk)
        builder = settings.MAIL_PREVIEWS.get(outgoing.kind)
        letter = import_string(builder)(outgoing) if builder else None
        if letter is None:
            raise Http404
        return HttpResponse(html_to_show(letter))

    @admin.display(description=_("preview"))
    def look(self, mail: OutgoingMail):
        if mail.kind not in settings.MAIL_PREVIEWS:
            return "–"
        address = reverse("admin:mail_outgoingmail_preview", args=[mail.pk])
        return format_html('<a href="{}">{}</a>', address, _("Look at the mail"))

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
