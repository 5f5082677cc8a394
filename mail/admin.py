"""The outbox as staff see it: how far each mail got, never what it says."""

from datetime import timedelta

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.db.models.functions import Now
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.module_loading import import_string
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from mail.letters import html_to_show
from mail.models import OPEN, DeliveryReport, OutgoingMail, State
from mail.operations import retry_mails
from reseller_portal.admin_rows import LookOnlyAdmin
from reseller_portal.framing import framed_mail


class StateFilter(admin.SimpleListFilter):
    """By state; without a choice what waits, unless somebody searches.

    In the columns that the states are made of, as the indexes are.
    """

    title = _("state")
    parameter_name = "state"
    conditions = {
        State.QUEUED: OPEN & Q(lease_until=None, uncertain_at=None),
        State.SENDING: OPEN & Q(lease_until__isnull=False, uncertain_at=None),
        State.UNCERTAIN: Q(
            uncertain_at__isnull=False, handed_over_at=None, failed_at=None, withdrawn_at=None
        )
        & Q(bounced_at=None),
        State.FAILED: Q(failed_at__isnull=False, bounced_at=None),
        State.WITHDRAWN: Q(
            withdrawn_at__isnull=False, failed_at=None, handed_over_at=None, bounced_at=None
        ),
        State.BOUNCED: Q(bounced_at__isnull=False),
        State.HANDED_OVER: Q(handed_over_at__isnull=False, bounced_at=None),
    }

    def lookups(self, request, model_admin):
        return [("all", _("All")), *((state.value, state.label) for state in self.conditions)]

    def choices(self, changelist):
        _all, *named = super().choices(changelist)
        waiting = {
            "selected": self.value() is None,
            "query_string": changelist.get_query_string(remove=[self.parameter_name]),
            "display": _("Waiting"),
        }
        return [waiting, *named]

    def queryset(self, request, queryset):
        state = self.value()
        if state in State.values:
            return queryset.filter(self.conditions[State(state)])
        if state == "all" or request.GET.get("q"):
            return queryset
        return queryset.filter(OPEN)


class AgeFilter(admin.SimpleListFilter):
    """By how long ago it was queued."""

    title = _("age")
    parameter_name = "age"
    spans = {
        "1h": (_("less than an hour"), timedelta(), timedelta(hours=1)),
        "1d": (_("an hour to a day"), timedelta(hours=1), timedelta(days=1)),
        "3d": (_("one to three days"), timedelta(days=1), timedelta(days=3)),
        "old": (_("more than three days"), timedelta(days=3), None),
    }

    def lookups(self, request, model_admin):
        return [(name, words) for name, (words, _least, _most) in self.spans.items()]

    def queryset(self, request, queryset):
        span = self.spans.get(self.value() or "")
        if span is None:
            return queryset
        _words, least, most = span
        queryset = queryset.filter(queued_at__lte=Now() - least)
        return queryset if most is None else queryset.filter(queued_at__gt=Now() - most)


class KindFilter(admin.SimpleListFilter):
    """By kind, as there are builders: the table is not asked."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request, model_admin):
        return [(kind, kind.replace("_", " ")) for kind in settings.MAIL_BUILDERS]

    def queryset(self, request, queryset):
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(OutgoingMail)
class OutgoingMailAdmin(LookOnlyAdmin):
    list_display = ["recipient", "kind", "state", "age", "tries", "next_try_at", "answer", "look"]
    list_filter = [StateFilter, AgeFilter, KindFilter]
    search_fields = ["recipient"]
    search_help_text = _("The beginning of an address, or a whole Message-ID")
    ordering = ["id"]
    actions = ["try_now"]

    def get_search_results(self, request, queryset, search_term):
        """Find by the beginning of the address or by Message-ID, which there are indexes for."""
        words = search_term.strip()
        if words.startswith("<"):
            return queryset.filter(message_id=words), False
        return queryset.filter(recipient__istartswith=words) if words else queryset, False

    @admin.display(description=_("age"), ordering="queued_at")
    def age(self, mail: OutgoingMail) -> str:
        return timesince(mail.queued_at, depth=1)

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
        return mail.bounce_words or mail.server_reply or mail.failure

    @admin.action(description=_("Try again now"), permissions=["act"])
    def try_now(self, request, rows):
        chosen, tried = rows.count(), retry_mails(rows=rows)
        text = ngettext("%d mail is tried now.", "%d mails are tried now.", tried) % tried
        self.message_user(request, text, messages.SUCCESS)
        if ended := chosen - tried:
            text = ngettext(
                "%d mail has ended already and stays as it is.",
                "%d mails have ended already and stay as they are.",
                ended,
            )
            self.message_user(request, text % ended, messages.WARNING)


@admin.register(DeliveryReport)
class DeliveryReportAdmin(LookOnlyAdmin):
    list_display = ["received_at", "problem", "message_id"]
    list_filter = ["problem", "received_at"]
    search_fields = ["message_id"]
