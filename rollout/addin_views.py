"""The Outlook add-in: setting it up, and what Outlook fetches with its key."""

import json
from pathlib import Path
from typing import Any

from csp.decorators import csp_replace
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from accounts.access import everybody
from customers.models import Area
from reseller_portal import clock
from reseller_portal.names import email_key
from rollout.addin import make_manifest
from rollout.models import AddIn, Arrival, Way
from rollout.operations import note_arrivals, renew_addin
from rollout.views import form_page
from signatures.access import area_required
from signatures.budgets import ADDIN
from signatures.models import signature_of
from signatures.rule_lists import local_today, version_for

CODE = Path(__file__).with_name("addin.js")
PATIENCE = 20_000  # milliseconds
LONGEST_ADDRESS = 254
OFFICE = "https://appsforoffice.microsoft.com"
OUTLOOK = [
    "https://outlook.office.com",
    "https://outlook.office365.com",
    "https://*.cloud.microsoft",
]
POLICY = {
    "default-src": ["'none'"],
    "script-src": ["'self'", OFFICE],
    "connect-src": ["'self'"],
    "frame-ancestors": OUTLOOK,
}


def framed_by_outlook(view: Any) -> Any:
    """Let Outlook show the page in a frame of its own, with the script that Outlook brings."""
    return xframe_options_exempt(csp_replace(POLICY)(view))


@area_required
@form_page
def addin(request, area):
    found = AddIn.objects.filter(customer=area.customer).first()
    if request.method == "POST":
        renew_addin(customer=area.customer, by=area.by)
        messages.success(request, _("The manifest is ready to be downloaded."))
        return redirect("addin", area.customer.code)
    return render(request, "rollout/addin.html", {"area": area, "addin": found})


@area_required
@require_GET
@never_cache
def addin_manifest(request, area):
    found = AddIn.objects.filter(customer=area.customer).first()
    if found is None or not area.may_edit:
        raise Http404
    manifest = make_manifest(
        base_url=settings.BASE_URL,
        token=found.token(),
        customer_code=area.customer.code,
        company=area.customer.name,
        icon=settings.BASE_URL + static("img/addin.png"),
    )
    answer = HttpResponse(manifest, content_type="application/xml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="manifest-{area.customer.code}.xml"'
    return answer


@everybody
@require_GET
@framed_by_outlook
def addin_page(request, token):
    addin_of(token)
    return render(request, "rollout/addin_page.html")


@everybody
@require_GET
def addin_code(request, token):
    addin_of(token)
    source = settings.BASE_URL + reverse("addin_signature", args=[token])
    values = json.dumps({"source": source, "most": ADDIN, "patience": PATIENCE})
    answer = HttpResponse(
        f"const settings = {values};\n{CODE.read_text()}",
        content_type="text/javascript; charset=utf-8",
    )
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


# Outlook has no page of ours and so no token; the key in the address decides, and no cookie.
@csrf_exempt
@everybody
@never_cache
@require_POST
def addin_signature(request, token):
    """Answer with the signature of the address in the body; 404 when it has none."""
    found = addin_of(token)
    try:
        key = email_key(request.body[: LONGEST_ADDRESS + 1].decode()[:LONGEST_ADDRESS])
    except ValueError:
        raise Http404 from None
    if "\0" in key:
        raise Http404
    people = found.customer.people.with_company()
    person = get_object_or_404(people, email_key=key)
    version = version_for(person, local_today(found.customer))
    html = signature_of(version.content, person.values()).html if version else ""
    if version is None or not html or len(html) > ADDIN:
        raise Http404
    if not Arrival.objects.filter(person=person, way=Way.ADDIN, version=version).exists():
        note_arrivals(way=Way.ADDIN, versions=[(person, version)])
    answer = HttpResponse(html, content_type="text/plain; charset=utf-8")
    answer["Access-Control-Allow-Origin"] = "*"
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


def addin_of(token: str) -> AddIn:
    """Return the add-in whose key this is; Http404 when it is none or its area is closed."""
    found = AddIn.objects.by_token(token)
    if found is None or found.customer.area(clock.today()) is Area.CLOSED:
        raise Http404
    return found
