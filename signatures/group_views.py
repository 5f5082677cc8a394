"""Groups, departments, the customer's own fields and what it decided for its area."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from signatures.access import area_required
from signatures.errors import FieldTwice, GroupInUse, GroupTwice
from signatures.models import Group
from signatures.people_operations import (
    add_own_field,
    change_area_settings,
    change_members,
    remove_group,
    remove_own_field,
    rename_department,
    save_group,
)
from signatures.rule_forms import AreaSettingsForm, DepartmentForm, GroupForm, OwnFieldForm
from signatures.rule_lists import settings_of
from signatures.views import PEOPLE_A_PAGE, form_page

MOST_DEPARTMENTS = 500


@area_required
@form_page
def groups(request, area):
    """List the groups, and add one."""
    form = GroupForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            group = save_group(
                customer=area.customer, group=None, name=form.cleaned_data["name"], by=area.by
            )
        except GroupTwice:
            form.add_error("name", _("There is a group of this name."))
        else:
            return redirect("group", area.customer.code, group.code)
    rows = area.customer.groups.annotate(people_count=Count("members")).order_by("sort_key", "id")
    page = Paginator(rows, PEOPLE_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "signatures/groups.html", {"area": area, "page": page, "form": form})


@area_required
@form_page
def group(request, area, group_code):
    """Show everybody with a tick at those in the group; a POST keeps the ticks of the page."""
    found = find_group(area, group_code)
    words = request.GET.get("q", "").replace("\0", "").strip()[:100]
    only = request.GET.get("only") == "members"
    name_form = GroupForm(
        request.POST if "name" in request.POST else None, initial={"name": found.name}
    )
    if name_form.is_valid():
        try:
            save_group(
                customer=area.customer,
                group=found,
                name=name_form.cleaned_data["name"],
                by=area.by,
            )
        except GroupTwice:
            name_form.add_error("name", _("There is a group of this name."))
        else:
            messages.success(request, _("The group is renamed."))
            return redirect("group", area.customer.code, found.code)
    elif request.method == "POST" and "name" not in request.POST:
        came, left = change_members(
            group=found,
            shown=numbers(request.POST.getlist("shown")),
            ticked=numbers(request.POST.getlist("member")),
            by=area.by,
        )
        messages.success(
            request,
            _("“%(name)s” is saved: %(came)s came, %(left)s left.")
            % {"name": found.name, "came": came, "left": left},
        )
        return redirect(request.get_full_path())
    people = area.customer.people.all()
    if words:
        people = people.filter(name__icontains=words) | people.filter(department__icontains=words)
    if only:
        people = people.filter(memberships__group=found)
    page = Paginator(people, PEOPLE_A_PAGE).get_page(request.GET.get("page"))
    members = set(
        found.members.filter(person__in=[person.pk for person in page.object_list]).values_list(
            "person_id", flat=True
        )
    )
    context = {
        "area": area,
        "group": found,
        "page": page,
        "members": members,
        "words": words,
        "only": only,
        "form": name_form,
    }
    return render(request, "signatures/group.html", context)


@area_required
@form_page
def group_removal(request, area, group_code):
    found = find_group(area, group_code)
    if request.method == "POST":
        try:
            remove_group(group=found, by=area.by)
        except GroupInUse:
            messages.error(request, _("A rule names this group. Change the rule first."))
        else:
            messages.success(request, _("“%(name)s” is removed.") % {"name": found.name})
        return redirect("groups", area.customer.code)
    context = {"area": area, "group": found, "people_count": found.members.count()}
    return render(request, "signatures/group_removal.html", context)


@area_required
@form_page
def departments(request, area):
    """List the departments with how many people are in each, and rename one."""
    form = DepartmentForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        renamed = rename_department(customer=area.customer, by=area.by, **form.cleaned_data)
        messages.success(
            request,
            ngettext(
                "%(count)s person is in “%(name)s” now.",
                "%(count)s people are in “%(name)s” now.",
                renamed,
            )
            % {"count": renamed, "name": form.cleaned_data["new"]},
        )
        return redirect("departments", area.customer.code)
    rows = (
        area.customer.people.exclude(department="")
        .order_by("department")
        .values("department")
        .annotate(people_count=Count("id"))[:MOST_DEPARTMENTS]
    )
    return render(
        request, "signatures/departments.html", {"area": area, "rows": rows, "form": form}
    )


@area_required
@form_page
def fields(request, area):
    """The customer's own fields and its time zone."""
    is_settings = "time_zone" in request.POST
    form = OwnFieldForm(request.POST if request.method == "POST" and not is_settings else None)
    own_fields, kept = list(area.customer.own_fields.all()), settings_of(area.customer)
    settings_form = AreaSettingsForm(
        request.POST if is_settings else None,
        own_fields=own_fields,
        initial={"time_zone": kept.time_zone, "correctable": kept.correctable},
    )
    if is_settings and settings_form.is_valid():
        change_area_settings(customer=area.customer, fields=settings_form.cleaned_data, by=area.by)
        messages.success(request, _("The settings are saved."))
        return redirect("own_fields", area.customer.code)
    if form.is_valid():
        try:
            added = add_own_field(customer=area.customer, by=area.by, **form.cleaned_data)
        except FieldTwice:
            form.add_error("key", _("There is a field of this short name."))
        else:
            messages.success(request, _("“%(name)s” is added.") % {"name": added.label})
            return redirect("own_fields", area.customer.code)
    context = {
        "area": area,
        "form": form,
        "settings_form": settings_form,
        "own_fields": own_fields,
    }
    return render(request, "signatures/own_fields.html", context)


@area_required
@form_page
def field_removal(request, area, field_key):
    own = get_object_or_404(area.customer.own_fields, key=field_key)
    if request.method == "POST":
        remove_own_field(own=own, by=area.by)
        messages.success(request, _("“%(name)s” is removed.") % {"name": own.label})
        return redirect("own_fields", area.customer.code)
    people_count = area.customer.people.filter(own__has_key=own.key).count()
    context = {"area": area, "own": own, "people_count": people_count}
    return render(request, "signatures/own_field_removal.html", context)


def find_group(area, code) -> Group:
    return get_object_or_404(area.customer.groups, code=code)


def numbers(texts: list[str]) -> list[int]:
    return [int(text) for text in texts[:PEOPLE_A_PAGE] if text.isascii() and text.isdigit()]
