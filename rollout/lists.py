"""What publishing would change, and where signatures have arrived."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from customers.models import Customer
from signatures import rules
from signatures.budgets import Budget, exceeded
from signatures.document import asked_for, read_document
from signatures.models import Design, Person, Version, signature_of
from signatures.rule_lists import local_today, rules_of, subjects_of

MOST_LOOKED_AT = 5_000  # people; more are not looked at one by one before publishing
LONGEST_TRIED = 5


class Forecast(NamedTuple):
    """What publishing a design changes.

    `gaps` is placeholder → how many of those people have nothing to fill in; `longest` the
    characters of the longest signature; `looked_at` how many people were looked at, of `total`.
    """

    affected: list[Person]
    gaps: dict[str, int]
    longest: int
    longest_person: Person | None
    too_long_for: list[Budget]
    is_same: bool
    looked_at: int
    total: int


def forecast(design: Design, *, for_everybody: bool) -> Forecast:
    """Return whose signature changes once the draft is published, and what they will lack."""
    customer = design.customer
    people = list(customer.people.with_company()[:MOST_LOOKED_AT])
    coming, on = rules_after(design, for_everybody=for_everybody), local_today(customer)
    subjects = subjects_of(people)
    affected = []
    for person in people:
        rule = rules.deciding_rule(coming, subjects[person.pk], on)
        if rule is not None and rule.design == design.pk:
            affected.append(person)
    draft = design.draft()
    last = design.versions.first()
    length, whose = longest_signature(draft, affected, subjects)
    return Forecast(
        affected=affected,
        gaps=gaps(draft, [subjects[person.pk].values for person in affected]),
        longest=length,
        longest_person=whose,
        too_long_for=exceeded(length),
        is_same=bool(last and last.content == draft),
        looked_at=len(people),
        total=len(people) if len(people) < MOST_LOOKED_AT else customer.people.count(),
    )


def leads_everybody(design: Design) -> bool:
    """Whether publishing makes this the design for everybody, as publish_design decides it."""
    return not design.in_use and not design.customer.rules.for_some().exists()


def rules_after(design: Design, *, for_everybody: bool) -> list[rules.Rule]:
    """Return the customer's rules as they stand once the design is published."""
    ordered, _versions = rules_of(design.customer)
    coming = [
        rule._replace(is_published=True) if rule.design == design.pk else rule for rule in ordered
    ]
    if not for_everybody:
        return coming
    everybody = design.customer.rules.for_everybody().order_by("-position").first()
    if everybody is None:
        return [*coming, rules.Rule(key=None, design=design.pk)]
    return [
        rule._replace(design=design.pk, is_published=True) if rule.key == everybody.pk else rule
        for rule in coming
    ]


def gaps(content: Any, filled: list[Mapping[str, str]]) -> dict[str, int]:
    """Return placeholder → how many people have nothing there; those nobody lacks are left out.

    A placeholder that nobody at all has a value for counts too: its line then stays away.
    """
    used = asked_for(read_document(content))
    counts = Counter(
        name for values in filled for name in used if name in values and not values[name].strip()
    )
    return {name: counts[name] for name in used if counts[name]}


def longest_signature(
    content: Any, people: list[Person], subjects: Mapping[int, rules.Subject]
) -> tuple[int, Person | None]:
    """Return the characters of the longest signature among those with the longest values."""
    by_length = sorted(
        people,
        key=lambda person: sum(map(len, subjects[person.pk].values.values())),
        reverse=True,
    )[:LONGEST_TRIED]
    lengths = [
        (len(signature_of(content, subjects[person.pk].values).html), person)
        for person in by_length
    ]
    return max(lengths, key=lambda found: found[0], default=(0, None))


class Published(NamedTuple):
    """A design's version in use, and the one that taking it back leads to."""

    version: Version
    back_to: Version | None


def published_versions(customer: Customer) -> list[Published]:
    """Return the version in use of every published design, those in use first. One query."""
    rows = (
        Version.objects.filter(design__customer=customer)
        .select_related("design", "published_by", "publication")
        .defer("content")
        .order_by("-design__in_use", "-design__changed_at", "design_id", "-number")
    )
    histories: dict[int, list[Version]] = {}
    for version in rows:
        histories.setdefault(version.design_id, []).append(version)
    return [
        Published(history[0], way_back(histories, history[0])) for history in histories.values()
    ]


def way_back(histories: Mapping[int, list[Version]], version: Version) -> Version | None:
    """Return what taking this version back leads to; `histories` are by design, the newest first.

    One that repeats an earlier one counts as that one, so taking back twice goes back two. Before
    a design's first came the design it took the place of.
    """
    if not version.design.in_use:
        return None
    said = version
    publication = getattr(version, "publication", None)
    if publication and publication.repeats_id:
        said = next(
            each for each in histories[version.design_id] if each.pk == publication.repeats_id
        )
        publication = getattr(said, "publication", None)
    if publication and publication.replaced_id:
        return next(iter(histories.get(publication.replaced_id, [])), None)
    earlier = (each for each in histories[version.design_id] if each.number < said.number)
    return next(earlier, None)
