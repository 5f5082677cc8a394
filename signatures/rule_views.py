"""Rules: which people get which design, why, and on which day."""

from collections import Counter
from datetime import timedelta
from typing import Any, NamedTuple

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from signatures import rules as pure
from signatures.access import area_required
from signatures.errors import TooManyRules
from signatures.fields import field_labels
from signatures.models import Rule
from signatures.pages import Page
from signatures.rule_forms import DayForm, RuleForm
from signatures.rule_lists import (
    RuleRow,
    as_rule,
    idle_among,
    local_today,
    rows_of,
    subjects_of,
    with_groups,
)
from signatures.rule_operations import MOST_RULES, move_rule, remove_rule, save_rule
from signatures.rule_presentation import idle_words, obstacle_words, when_words, who_words
from signatures.views import PEOPLE_A_PAGE, find_person, form_page

MOST_COUNTED = 5_000  # people for whom a page works out what changes
MOST_TURNS = 12


class Line(NamedTuple):
    """A rule as pages show it."""

    place: int
    rule: RuleRow
    who: list[str]
    when: str
    note: str = ""  # why it can hold for nobody
    is_first: bool = False
    is_last: bool = False


class Turn(NamedTuple):
    """A day on which people get another design: (from, to, how many)."""

    day: Any
    moves: list[tuple[str, str, int]]


@area_required
@require_GET
def rules(request, area):
    rows = list(rows_of(area.customer))
    return render(
        request,
        "signatures/rules.html",
        {"area": area, "lines": lines_of(area, rows), "today": local_today(area.customer)},
    )


def lines_of(area, rows: list[RuleRow]) -> list[Line]:
    labels = field_labels(area.customer.own_fields.all())
    idle = idle_among(rows, local_today(area.customer))
    places = {row.pk: place for place, row in enumerate(rows, start=1)}
    lines = []
    for place, row in enumerate(rows, start=1):
        found = idle.get(row.pk)
        before = sorted(places[key] for key in found.covered_by) if found else []
        note = idle_words(found.reason, ", ".join(map(str, before))) if found else ""
        lines.append(
            Line(
                place,
                row,
                who_words(row, labels),
                when_words(row),
                note,
                place == 1,
                place == len(rows),
            )
        )
    return lines


@area_required
@form_page
def new_rule(request, area):
    return edit_rule(request, area, None)


@area_required
@form_page
def rule(request, area, rule_code):
    return edit_rule(request, area, find_rule(area, rule_code))


def edit_rule(request, area, rule):
    form = RuleForm(
        request.POST if request.method == "POST" else None,
        initial=RuleForm.initial_of(rule) if rule else None,
        customer=area.customer,
        rule=rule,
    )
    if form.is_valid():
        try:
            save_rule(customer=area.customer, rule=rule, fields=form.rule_fields, by=area.by)
        except TooManyRules:
            form.add_error(
                None,
                _("There are %(most)s rules already. Remove one that is no longer needed.")
                % {"most": MOST_RULES},
            )
        else:
            messages.success(request, _("The rule is saved."))
            return redirect("rules", area.customer.code)
    context = {
        "area": area,
        "form": form,
        "rule": rule,
        "has_designs": area.customer.designs.exists(),
    }
    return render(request, "signatures/rule.html", context)


@area_required
@require_POST
def rule_place(request, area, rule_code):
    """Move a rule by one place: `direction` is up or down."""
    found = find_rule(area, rule_code)
    move_rule(rule=found, up=request.POST.get("direction") == "up", by=area.by)
    return redirect("rules", area.customer.code)


@area_required
@form_page
def rule_removal(request, area, rule_code):
    found = find_rule(area, rule_code)
    if request.method == "POST":
        remove_rule(rule=found, by=area.by)
        messages.success(request, _("The rule is removed."))
        return redirect("rules", area.customer.code)
    labels = field_labels(area.customer.own_fields.all())
    context = {
        "area": area,
        "rule": found,
        "who": who_words(found, labels),
        "when": when_words(found),
    }
    return render(request, "signatures/rule_removal.html", context)


@area_required
@require_GET
def rule_calendar(request, area):
    """Show people × designs on a day, and what changes until then."""
    today = local_today(area.customer)
    form = DayForm(request.GET or None)
    on = (form.cleaned_data["on"] if form.is_valid() else None) or today
    rows = list(rows_of(area.customer))
    designs = list({row.design_id: row.design for row in rows}.values())
    words = request.GET.get("q", "").replace("\0", "").strip()[:100]
    people = area.customer.people.all()
    found = people.filter(name__icontains=words) if words else people
    page = Page(with_groups(found), request.GET.get("page"), size=PEOPLE_A_PAGE)
    subjects = subjects_with(area, page.object_list)
    ordered = [as_rule(row) for row in rows]
    table = []
    for person in page.object_list:
        decided = pure.deciding_rule(ordered, subjects[person.pk], on)
        table.append(
            (person, [decided is not None and decided.design == each.pk for each in designs])
        )
    context = {
        "area": area,
        "form": form if form.is_bound else DayForm(initial={"on": today}),
        "on": on,
        "today": today,
        "is_later": on > today,
        "designs": designs,
        "page": page,
        "table": table,
        "words": words,
        "turns": None,
    }
    if on > today and not page.has_other_pages:
        context["turns"] = turns(ordered, designs, subjects, today, on)[:MOST_TURNS]
    elif on > today and found.count() <= MOST_COUNTED:
        everybody = subjects_with(area, with_groups(found))
        context["turns"] = turns(ordered, designs, everybody, today, on)[:MOST_TURNS]
    return render(request, "signatures/rule_calendar.html", context)


def subjects_with(area, people) -> dict[int, pure.Subject]:
    people = list(people)
    for person in people:
        person.customer = area.customer
    return subjects_of(people)


def turns(ordered, designs, subjects, today, on) -> list[Turn]:
    """Return the days until `on` on which somebody gets another design, and how many."""
    names = {design.pk: design.name for design in designs} | {None: _("no signature")}
    found = []
    for day in pure.turning_days(ordered, today, on):
        moves: Counter = Counter()
        for subject in subjects.values():
            before = pure.deciding_rule(ordered, subject, day - timedelta(days=1))
            after = pure.deciding_rule(ordered, subject, day)
            pair = (before.design if before else None, after.design if after else None)
            if pair[0] != pair[1]:
                moves[pair] += 1
        if moves:
            found.append(
                Turn(day, [(names[old], names[new], n) for (old, new), n in moves.most_common()])
            )
    return found


@area_required
@require_GET
def person_rules(request, area, person_code):
    """Say why a person gets the design they get: every rule, and what was in its way."""
    person = find_person(area, person_code)
    today = local_today(area.customer)
    form = DayForm(request.GET or None)
    on = (form.cleaned_data["on"] if form.is_valid() else None) or today
    rows = list(rows_of(area.customer))
    subject = subjects_with(area, [person])[person.pk]
    decided, reasons = None, []
    for line in lines_of(area, rows):
        obstacle = pure.obstacle(as_rule(line.rule), subject, on)
        if obstacle is not None:
            reasons.append((line, False, obstacle_words(obstacle)))
        elif decided is None:
            decided = line
            reasons.append((line, True, _("It holds, and is the first that does.")))
        else:
            reasons.append((line, False, _("It would hold, but an earlier rule decides.")))
    context = {
        "area": area,
        "person": person,
        "form": form if form.is_bound else DayForm(initial={"on": today}),
        "on": on,
        "decided": decided,
        "reasons": reasons,
    }
    return render(request, "signatures/person_rules.html", context)


def find_rule(area, code) -> Rule:
    rows = area.customer.rules.select_related("design", "group", "person")
    return get_object_or_404(rows, code=code)
