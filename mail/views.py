"""The demo's mailbox, and what the mail service reports about mails it took."""

import logging
from pathlib import Path
from typing import Any

from anymail.exceptions import AnymailWebhookValidationFailure
from anymail.webhooks.mailgun import MailgunTrackingWebhookView
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from mail.bounces import bounce_in
from mail.mailbox import Shown, read_all, read_one
from mail.models import DeliveryReport
from mail.operations import keep_report, note_bounce
from reseller_portal.framing import framed_mail

logger = logging.getLogger(__name__)


@require_GET
def demo_mailbox(request):
    # What deploy/mailbox.py does with them.
    wishes = [
        ("refused@… full@…", _("the mail server refuses for good")),
        ("later@…", _("it takes the mail at the third try")),
        ("unsure@…", _("the connection breaks off before the answer")),
        (
            "bounce@… complaint@…",
            _("the mail comes back, or is reported as unwanted, after some seconds"),
        ),
    ]
    page = {"mails": read_all(folder()), "wishes": wishes}
    return render(request, "mail/demo_mailbox.html", page)


@require_GET
def demo_mail(request, name):
    return render(request, "mail/demo_mail.html", {"mail": find(name)})


@require_GET
@framed_mail
def demo_mail_html(request, name):
    return HttpResponse(f'<base target="_blank">{find(name).html}')


class MailReports(MailgunTrackingWebhookView):
    """What the mail service reports about a mail it took, signed with MAIL_WEBHOOK_KEY.

    Without that setting there is no such address. anymail checks the signature and reads the
    report; what it cannot read is kept, and answered as received, or it would come for ever.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs | {"webhook_signing_key": settings.MAIL_WEBHOOK_KEY or "off"})

    def setup(self, request, *args, **kwargs):
        if not settings.MAIL_WEBHOOK_KEY:
            raise Http404
        super().setup(request, *args, **kwargs)

    def post(self, request, *args, **kwargs):
        try:
            self.run_validators(request)
        except AnymailWebhookValidationFailure:
            raise
        except Exception as strange:  # its signature cannot even be looked for
            raise SuspiciousOperation("a report without a signature") from strange
        try:
            events = self.parse_events(request)
            reports = [report for event in events if (report := bounce_in(event))]
        except Exception:  # anymail's parsers raise many kinds
            body = request.body.decode("utf-8", "replace").replace("\0", "")
            logger.warning("a delivery report cannot be read")
            keep_report(problem=DeliveryReport.Problem.MALFORMED, body=body)
            return HttpResponse()
        for report in reports:
            if note_bounce(**report._asdict()) is None:
                unknown = DeliveryReport.Problem.UNKNOWN
                keep_report(problem=unknown, message_id=report.message_id, body=report.words)
        return HttpResponse()


mail_reports = MailReports.as_view()
mail_reports.audience = "the mail service"
views: tuple[Any, ...] = (demo_mailbox, demo_mail, demo_mail_html)
for view in views:
    view.audience = "everybody"  # in the demo only


def folder() -> Path:
    """Return where the demo keeps its mails; without a demo there is no such page."""
    if not settings.DEMO_MAILBOX:
        raise Http404
    return Path(settings.DEMO_MAILBOX)


def find(name: str) -> Shown:
    mail = read_one(folder(), name)
    if mail is None:
        raise Http404
    return mail
