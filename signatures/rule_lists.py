"""Which published version whose signature comes from: the one place that says it."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import prefetch_related_objects

from customers.models import Customer
from reseller_portal import clock
from signatures import rules
from signatures.models import AreaSettings, Design, Person, Version


class Assignment(NamedTuple):
    """What decided about a person's signature: the rule's row id, and the version it leads to."""

    rule_id: int
    version: Version


def settings_of(customer: Customer) -> AreaSettings:
    """Return what the customer decided; the defaults, unsaved, where it did not."""
    try:
        return customer.area_settings
    except ObjectDoesNotExist:
        return AreaSettings(customer=customer, reseller_id=customer.reseller_id)


def local_today(customer: Customer) -> date:
    """Return today's date where the customer is."""
    return clock.now().astimezone(ZoneInfo(settings_of(customer).time_zone)).date()


def rules_of(customer: Customer) -> tuple[list[rules.Rule], dict[int, Version]]:
    """Return the customer's rules in their order, and design → latest published version.

    Two queries, however many there are.
    """
    published = (
        Version.objects.filter(design__customer=customer)
        .order_by("design_id", "-number")
        .distinct("design_id")
        .select_related("design")
    )
    versions = {version.design_id: version for version in published}
    return [
        rules.Rule(
            key=row.pk,
            design=row.design_id,
            is_published=row.design_id in versions,
            person=row.person_id,
            group=row.group_id,
            department=row.department,
            attribute=row.attribute,
            comparison=row.comparison,
            text=row.text,
            domain=row.domain,
            language=row.language,
            starts_on=row.starts_on,
            ends_on=row.ends_on,
        )
        for row in customer.rules.order_by("position")
    ], versions


def subjects_of(people: Iterable[Person]) -> dict[int, rules.Subject]:
    """Return person's id → how rules see the person; one query for all their groups."""
    people = list(people)
    prefetch_related_objects(people, "memberships")
    return {
        person.pk: rules.Subject(
            key=person.pk,
            values=person.values(),
            groups={member.group_id for member in person.memberships.all()},
            language=person.language,
        )
        for person in people
    }


def assignments_for(people: Iterable[Person], on: date) -> dict[int, Assignment]:
    """Return person's id → what the person has on that day; whoever has nothing is missing.

    The people are of one customer; three queries, however many they are.
    """
    people = list(people)
    if not people:
        return {}
    ordered, versions = rules_of(people[0].customer)
    found = {}
    for key, subject in subjects_of(people).items():
        rule = rules.deciding_rule(ordered, subject, on)
        if rule is not None:
            found[key] = Assignment(rule.key, versions[rule.design])
    return found


def versions_for(people: Iterable[Person], on: date) -> dict[int, Version]:
    """Return person's id → the published version their signature comes from on that day."""
    return {key: each.version for key, each in assignments_for(people, on).items()}


def version_for(person: Person, on: date) -> Version | None:
    return versions_for([person], on).get(person.pk)


def design_for(person: Person, on: date) -> Design | None:
    version = version_for(person, on)
    return version.design if version else None
