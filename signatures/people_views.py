"""The people of a signature area: the list, their fields, their photo."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from signatures.access import area_required
from signatures.errors import PersonTwice
from signatures.operations import remove_person, save_person
from signatures.people_forms import PersonForm, initial_of
from signatures.views import PEOPLE_A_PAGE, find_person, form_page
from subscriptions.lists import too_few_users


@area_required
@require_GET
def people(request, area):
    words = request.GET.get("q", "").replace("\0", "").strip()[:100]
    rows = area.customer.people.all()
    if words:
        rows = rows.filter(
            Q(name__icontains=words) | Q(email__icontains=words) | Q(department__icontains=words)
        )
    pages = Paginator(rows, PEOPLE_A_PAGE)
    if not words:
        pages.count = area.customer.people_count  # counted already
    page = pages.get_page(request.GET.get("page"))
    return render(
        request,
        "signatures/people.html",
        {"area": area, "page": page, "words": words, "too_few_users": too_few_users(area.customer)},
    )


@area_required
@form_page
def new_person(request, area):
    return edit_person(request, area, None)


@area_required
@form_page
def person(request, area, person_code):
    return edit_person(request, area, find_person(area, person_code))


def edit_person(request, area, person):
    form = PersonForm(
        request.POST if request.method == "POST" else None,
        request.FILES or None,
        initial=initial_of(person) if person else None,
        own_fields=area.customer.own_fields.all(),
        has_photo=bool(person and person.photo_id),
    )
    if form.is_valid():
        try:
            saved = save_person(
                customer=area.customer,
                person=person,
                fields=form.person_fields(person),
                photo=form.cleaned_data["photo"],
                remove_photo=form.cleaned_data.get("remove_photo", False),
                by=area.by,
            )
        except PersonTwice:
            form.add_error("email", _("Somebody else in the list has this address."))
        else:
            messages.success(request, _("%(name)s is saved.") % {"name": saved.name})
            return redirect("people", area.customer.code)
    return render(request, "signatures/person.html", {"area": area, "form": form, "person": person})


@area_required
@form_page
def person_removal(request, area, person_code):
    person = find_person(area, person_code)
    if request.method == "POST":
        remove_person(person=person, by=area.by)
        messages.success(request, _("%(name)s is removed.") % {"name": person.name})
        return redirect("people", area.customer.code)
    return render(request, "signatures/person_removal.html", {"area": area, "person": person})
