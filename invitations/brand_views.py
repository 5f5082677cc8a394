"""Where an owner decides how the reseller's mails look, and sees them."""

from email.utils import parseaddr

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from invitations.emails import example
from mail.letters import html_to_show
from reseller_portal import clock
from reseller_portal.framing import framed_mail
from resellers.access import member_actor, owner_required
from resellers.forms import MailBrandForm
from resellers.models import MailLogo
from resellers.operations import brand_mails

KINDS = ("contact", "reminder", "member")


@owner_required
def mail_brand(request):
    reseller = request.member.reseller
    posted = request.method == "POST"
    form = MailBrandForm(
        request.POST if posted else None,
        request.FILES if posted else None,
        reseller=reseller,
        has_logo=MailLogo.objects.filter(reseller=reseller).exists(),
    )
    if form.is_valid():
        brand_mails(
            reseller=reseller,
            fields=form.brand,
            logo=form.cleaned_data["logo"],
            remove_logo=form.cleaned_data.get("remove_logo", False),
            by=member_actor(request),
        )
        messages.success(request, _("Your mails look like this from now on."))
        return redirect("mail_brand")
    labels = {
        "contact": _("Invitation of a contact"),
        "reminder": _("Reminder"),
        "member": _("Invitation of a member"),
    }
    mails = [(kind, labels[kind], shown(request, kind)) for kind in KINDS]
    page = {"form": form, "mails": mails, "portal_name": parseaddr(settings.MAIL_FROM)[0]}
    return render(request, "invitations/mail_brand.html", page)


@owner_required
@require_GET
@framed_mail
def mail_preview(request, kind):
    if kind not in KINDS:
        raise Http404
    return HttpResponse(html_to_show(shown(request, kind)))


def shown(request, kind):
    language = get_language() or "en"
    return example(kind, reseller=request.member.reseller, language=language, now=clock.now())
