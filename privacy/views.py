"""Where a reseller's members, and a customer's contacts, forget a person who asks for it."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit.actor import Actor
from customers.models import Contact
from privacy.errors import NotErased
from privacy.jobs import go_through_history
from privacy.lists import Found, about_contact, about_person
from privacy.operations import erase
from privacy.presentation import kept, refusal, removed
from reseller_portal.queue import queue_on_commit
from resellers.access import changer_required, member_actor
from signatures.access import area_required

form_page = require_http_methods(["GET", "POST"])


@changer_required
@form_page
def contact_erasure(request, code, contact_id):
    rows = Contact.objects.for_member(request.member).select_related("user", "customer", "reseller")
    contact = get_object_or_404(rows, customer__code=code, pk=contact_id)
    home = reverse("contacts", args=[code])
    found = about_contact(contact)
    if request.method == "POST" and forget(request, found, contact.name, member_actor(request)):
        return redirect(home)
    page = {"contact": contact, "home": home, "removed": removed(found), "kept": kept(found)}
    return render(request, "privacy/contact_erasure.html", page)


@area_required
@form_page
def person_erasure(request, area, person_code):
    rows = area.customer.people.select_related("reseller")
    person = get_object_or_404(rows, code=person_code)
    found = about_person(person)
    if request.method == "POST" and forget(request, found, person.name, area.by):
        return redirect("people", area.customer.code)
    page = {"area": area, "person": person, "removed": removed(found), "kept": kept(found)}
    return render(request, "privacy/person_erasure.html", page)


def forget(request, found: Found, name: str, by: Actor) -> bool:
    """Forget a person and say so, or say why not; return whether it is done."""
    try:
        erasure = erase(found=found, by=by)
    except NotErased as problem:
        messages.error(request, refusal(problem))
        return False
    queue_on_commit(go_through_history, erasure.pk)
    words = _("%(name)s is forgotten; %(code)s stands in the history instead.")
    messages.success(request, words % {"name": name, "code": erasure.code})
    return True
