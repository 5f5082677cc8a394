"""Personal pages: mailing them, and the pages themselves, open to whoever has the link."""

from allauth.core.internal import ratelimit
from allauth.core.internal.httpkit import get_client_ip
from django.conf import settings
from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
    require_safe,
)

from accounts.access import everybody, into_cookie
from audit.actor import Actor
from customers.models import Area
from reseller_portal import clock
from reseller_portal.framing import framed
from reseller_portal.queue import queue_on_commit
from rollout.errors import NobodyChosen
from rollout.exports import files_of, named_files
from rollout.files import streamed_zip
from rollout.jobs import mail_pages
from rollout.models import PageSending, PersonalPage
from rollout.page_operations import cancel_pages, note_copied, wish_pages
from rollout.views import A_PAGE
from signatures.access import area_required
from signatures.errors import NotCorrectable
from signatures.models import signature_of
from signatures.people_forms import PersonForm, initial_of
from signatures.people_operations import correct_person
from signatures.rule_lists import local_today, settings_of, version_for
from signatures.views import bare_page

KINDS = {"htm": "text/html; charset=utf-8", "txt": "text/plain; charset=utf-8", "rtf": "text/rtf"}


@area_required
@require_POST
def page_sendings(request, area):
    """Mail their pages to the people ticked, or, asked once more, to everybody."""
    everyone = "everybody" in request.POST
    if everyone and "confirmed" not in request.POST:
        count = area.customer.people.count()
        return render(request, "rollout/page_question.html", {"area": area, "count": count})
    codes = request.POST.getlist("person")
    if len(codes) > A_PAGE:
        return HttpResponseBadRequest()
    try:
        sending = wish_pages(customer=area.customer, codes=None if everyone else codes, by=area.by)
    except NobodyChosen:
        messages.error(request, _("Tick the people who shall get the mail."))
        return redirect("rollout_status", area.customer.code)
    queue_on_commit(mail_pages, sending.pk)
    return redirect("page_sending", area.customer.code, sending.code)


@area_required
@require_GET
def page_sending(request, area, sending_code):
    context = sending_context(area, sending_code)
    return render(request, "rollout/page_sending.html", context)


@area_required
@require_GET
def page_sending_progress(request, area, sending_code):
    context = sending_context(area, sending_code)
    response = render(request, "rollout/page_progress.html", context)
    if not context["running"]:
        response["HX-Refresh"] = "true"  # the whole page, which asks no more
    return response


@area_required
@require_POST
def page_sending_cancellation(request, area, sending_code):
    cancel_pages(sending=find_sending(area, sending_code), by=area.by)
    return redirect("page_sending", area.customer.code, sending_code)


def sending_context(area, sending_code) -> dict:
    sending = find_sending(area, sending_code)
    counts = sending.lines.aggregate(
        total=Count("pk"), done=Count("pk", filter=Q(done_at__isnull=False))
    )
    problems = sending.lines.exclude(problem="").select_related("person")
    running = sending.cancelled_at is None and counts["done"] < counts["total"]
    return {
        "area": area,
        "sending": sending,
        "running": running,
        "problems": problems[:200],
        **counts,
    }


def find_sending(area, sending_code) -> PageSending:
    return get_object_or_404(area.customer.page_sendings, code=sending_code)


@everybody
@never_cache
@require_safe
def own_signature_link(request, token):
    """Move the token out of the address into a cookie; nothing changes."""
    if page_of(token) is None:
        return closed(request)
    return into_cookie(token, page="own_signature", cookie=settings.SIGNATURE_COOKIE_NAME)


@everybody
@never_cache
@require_safe
def own_signature(request):
    page = page_of(request.COOKIES.get(settings.SIGNATURE_COOKIE_NAME, ""))
    if page is None:
        return closed(request)
    version = current(page)
    signature = signature_of(version.content, page.person.values()) if version else None
    context = {
        "page": page,
        "person": page.person,
        "signature": signature,
        "correctable": correctable(page),
    }
    return unlisted(render(request, "rollout/own_signature.html", context))


@everybody
@never_cache
@ratelimit.decorator(app="allauth.account", action="own_details")
@require_http_methods(["GET", "HEAD", "POST"])
def own_details(request):
    """Let somebody correct what their company lets them, by the link of their personal page."""
    page = page_of(request.COOKIES.get(settings.SIGNATURE_COOKIE_NAME, ""))
    if page is None:
        return closed(request)
    person, allowed = page.person, correctable(page)
    if not allowed:
        raise Http404
    form = PersonForm(
        *((request.POST, request.FILES) if request.method == "POST" else ()),
        own_fields=person.customer.own_fields.all(),
        has_photo=person.photo_id is not None,
        only=allowed,
        initial=initial_of(person),
    )
    if form.is_valid():
        try:
            correct_person(
                person=person,
                columns=form.columns(),
                own=form.own(),
                photo=form.cleaned_data.get("photo"),
                remove_photo=form.cleaned_data.get("remove_photo", False),
                by=Actor(name=person.name, hat="person", ip=get_client_ip(request) or ""),
            )
        except NotCorrectable:
            messages.error(request, _("Your company lets nobody change that any more."))
        else:
            messages.success(request, _("Your details are saved. Copy the signature anew below."))
        return redirect("own_signature")
    return unlisted(render(request, "rollout/own_details.html", {"person": person, "form": form}))


@everybody
@never_cache
@require_safe
@framed
def own_signature_frame(request):
    page, version = page_and_version(request)
    return bare_page(signature_of(version.content, page.person.values()).html)


@everybody
@never_cache
@require_safe
def own_signature_file(request, kind):
    """Answer with the signature as one file, or as the three that Outlook has, in a ZIP."""
    page, version = page_and_version(request)
    name, files = files_of(page.person, version)
    if kind == "zip":
        content = b"".join(streamed_zip(named_files(name, files)))
        response = HttpResponse(content, content_type="application/zip")
    elif kind in KINDS:
        response = HttpResponse(getattr(files, kind), content_type=KINDS[kind])
    else:
        raise Http404
    # The portal's own name: a company's could not be written in every header.
    response["Content-Disposition"] = f'attachment; filename="signature.{kind}"'
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


@everybody
@require_POST
def own_signature_copied(request):
    """Note that the signature was copied: the page's script posts it."""
    page = page_of(request.COOKIES.get(settings.SIGNATURE_COOKIE_NAME, ""))
    if page is not None:
        note_copied(page=page)
    return HttpResponse(status=204)


def page_and_version(request):
    page = page_of(request.COOKIES.get(settings.SIGNATURE_COOKIE_NAME, ""))
    version = current(page) if page else None
    if version is None:
        raise Http404
    return page, version


def page_of(token: str) -> PersonalPage | None:
    """Return the page that this token opens now, or None for any reason not to."""
    page = PersonalPage.objects.by_token(token, clock.now())
    closed_area = page is not None and page.person.customer.area(clock.today()) is Area.CLOSED
    return None if closed_area else page


def unlisted(response: HttpResponse) -> HttpResponse:
    """Keep somebody's own page out of search engines, and its address inside the portal."""
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "same-origin"
    return response


def correctable(page: PersonalPage) -> list[str]:
    """Return the fields that the person may correct now; none while the area is read-only."""
    customer = page.person.customer
    is_open = customer.area(clock.today()) is Area.OPEN
    return settings_of(customer).correctable if is_open else []


def current(page: PersonalPage):
    return version_for(page.person, local_today(page.person.customer))


def closed(request) -> HttpResponse:
    """Answer every link that does not work alike."""
    response = render(request, "rollout/own_signature_closed.html", status=404)
    response.delete_cookie(settings.SIGNATURE_COOKIE_NAME, samesite="Lax")
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
