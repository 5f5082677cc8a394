"""Which published version whose signature comes from: the one place that says it."""

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, NamedTuple, TypedDict
from zoneinfo import ZoneInfo

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Exists, OuterRef, QuerySet, prefetch_related_objects

from customers.models import Customer
from reseller_portal import clock
from signatures import rules
from signatures.models import AreaSettings, Design, GroupMember, Person, Rule, Version


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


class RuleFacts(TypedDict):
    """What `rows_of` finds out about each rule."""

    is_published: bool
    has_members: bool


if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

    RuleRow = WithAnnotations[Rule, RuleFacts]
else:
    RuleRow = Rule


def rows_of(customer: Customer) -> QuerySet[RuleRow]:
    """Return the customer's rules in their order, each with what `as_rule` and pages need."""
    return (
        customer.rules.order_by("position")
        .select_related("design", "group", "person")
        .annotate(
            is_published=Exists(Version.objects.filter(design=OuterRef("design"))),
            has_members=Exists(GroupMember.objects.filter(group=OuterRef("group"))),
        )
    )


def as_rule(row: RuleRow) -> rules.Rule:
    """Return a row of `rows_of` as plain values."""
    return rules.Rule(
        key=row.pk,
        design=row.design_id,
        is_published=row.is_published,
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


def idle_among(rows: Iterable[RuleRow], on: date) -> dict[int, rules.IdleRule]:
    """Return rule's id → why it can hold for nobody on `on` or later; one query."""
    rows = list(rows)
    named = [row.person for row in rows if row.person]
    for person in named:
        person.customer = rows[0].customer
    return rules.idle_rules(
        [as_rule(row) for row in rows],
        on,
        named=subjects_of(named),
        empty_groups={row.group_id for row in rows if row.group_id and not row.has_members},
    )


def newest_versions(design_ids: Iterable[int]) -> dict[int, Version]:
    """Return design → its latest published version."""
    versions = Version.objects.filter(design__in=set(design_ids)).select_related("design")
    newest = versions.order_by("design_id", "-number").distinct("design_id")
    return {version.design_id: version for version in newest}


def with_groups(people: QuerySet[Person]) -> QuerySet[Person]:
    """Return the people with their groups' ids, for `subjects_of`, without another query."""
    groups = GroupMember.objects.filter(person=OuterRef("pk")).values("group_id")
    return people.annotate(group_ids=ArraySubquery(groups))


def rules_of(customer: Customer) -> tuple[list[rules.Rule], dict[int, Version]]:
    """Return the customer's rules in their order, and design → latest published version."""
    ordered = [as_rule(row) for row in rows_of(customer)]
    return ordered, newest_versions(rule.design for rule in ordered)


def subjects_of(people: Iterable[Person]) -> dict[int, rules.Subject]:
    """Return person's id → how rules see the person; one query for all their groups."""
    people = list(people)
    groups = {person.pk: getattr(person, "group_ids", None) for person in people}
    unknown = [person for person in people if groups[person.pk] is None]
    prefetch_related_objects(unknown, "memberships")
    for person in unknown:
        groups[person.pk] = [member.group_id for member in person.memberships.all()]
    return {
        person.pk: rules.Subject(
            key=person.pk,
            values=person.values(),
            groups=frozenset(groups[person.pk] or ()),
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
    ordered = [as_rule(row) for row in rows_of(people[0].customer)]
    deciding = {
        key: rule
        for key, subject in subjects_of(people).items()
        if (rule := rules.deciding_rule(ordered, subject, on))
    }
    versions = newest_versions(rule.design for rule in deciding.values())
    return {key: Assignment(rule.key, versions[rule.design]) for key, rule in deciding.items()}


def versions_for(people: Iterable[Person], on: date) -> dict[int, Version]:
    """Return person's id → the published version their signature comes from on that day."""
    return {key: each.version for key, each in assignments_for(people, on).items()}


def version_for(person: Person, on: date) -> Version | None:
    return versions_for([person], on).get(person.pk)


def design_for(person: Person, on: date) -> Design | None:
    version = version_for(person, on)
    return version.design if version else None
