"""The demo's mailbox, where a newcomer reads the mails that the portal has sent."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from mail.mailbox import Shown, read_all, read_one
from reseller_portal.framing import framed_mail


@require_GET
def demo_mailbox(request):
    return render(request, "mail/demo_mailbox.html", {"mails": read_all(folder())})


@require_GET
def demo_mail(request, name):
    return render(request, "mail/demo_mail.html", {"mail": find(name)})


@require_GET
@framed_mail
def demo_mail_html(request, name):
    return HttpResponse(f'<base target="_blank">{find(name).html}')


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
