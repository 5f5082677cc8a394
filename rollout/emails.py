"""What the mail with the link to a personal page says."""

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from customers.models import Area
from mail.letters import Letter
from mail.models import OutgoingMail
from reseller_portal import clock
from reseller_portal.words import format_date
from rollout.models import PersonalPage


def personal_page_email(outgoing: OutgoingMail) -> Letter | None:
    """Return the mail with the link of the present generation, made just now.

    None when it is no longer wanted: sent anew meanwhile, too old, or the area closed.
    """
    page = _page(outgoing)
    if page is None or page.generation != outgoing.generation or page.expires_at <= clock.now():
        return None
    if page.person.customer.area(clock.today()) is Area.CLOSED:
        return None
    link = settings.BASE_URL + reverse("own_signature_link", args=[page.token()])
    return _compose(page, link=link, language=outgoing.language)


def preview(outgoing: OutgoingMail) -> Letter | None:
    """Return what staff may see of the mail: without a working link."""
    page = _page(outgoing)
    if page is None:
        return None
    link = settings.BASE_URL + reverse("own_signature_link", args=["…"])
    return _compose(page, link=link, language=outgoing.language)


def _page(outgoing: OutgoingMail) -> PersonalPage | None:
    pages = PersonalPage.objects.select_related("person__customer__brand")
    return pages.filter(pk=outgoing.object_id).first()


def _compose(page: PersonalPage, *, link: str, language: str) -> Letter:
    with translation.override(language):
        until = timezone.localtime(page.expires_at).date()
        context = {
            "name": page.person.name,
            "company": page.person.customer.name,
            "until": format_date(until, language),
            "label": _("Open my signature"),
            "link": link,
        }
        return Letter(
            subject=_("Your e-mail signature at %(company)s") % context,
            text=render_to_string("rollout/email/personal_page.txt", context),
            html=render_to_string("rollout/email/personal_page.html", context),
            sender_name=page.person.customer.name,
        )
