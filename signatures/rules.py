"""Who gets which design, and when: the first rule that holds for a person on a day. Pure.

Comparisons fold case and spacing. A rule whose design was never published is passed over.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from enum import Enum
from typing import Any, NamedTuple

from reseller_portal.names import name_key

_ONE_DAY = timedelta(days=1)


class Rule(NamedTuple):
    """A rule as plain values; a condition that is empty is none.

    `person`, `group` and `design` are whatever the caller tells them apart by.
    """

    key: Any
    design: Any
    is_published: bool = True
    person: Any = None
    group: Any = None
    department: str = ""
    attribute: str = ""
    comparison: str = ""
    text: str = ""
    domain: str = ""
    language: str = ""
    starts_on: date | None = None
    ends_on: date | None = None


class Subject(NamedTuple):
    """A person as rules see one; `values` are those of the placeholders."""

    key: Any
    values: Mapping[str, str]
    groups: Collection[Any] = ()
    language: str = ""


class Obstacle(Enum):
    """Why a rule does not hold for somebody on a day."""

    PERSON = "person"
    GROUP = "group"
    DEPARTMENT = "department"
    ATTRIBUTE = "attribute"
    DOMAIN = "domain"
    LANGUAGE = "language"
    TOO_EARLY = "too early"
    OVER = "over"
    UNPUBLISHED = "unpublished"


class Idle(Enum):
    """Why a rule holds for nobody, today or later, as things are."""

    OVER = "over"
    UNPUBLISHED = "unpublished"
    CONTRADICTORY = "contradictory"
    EMPTY_GROUP = "empty group"
    COVERED = "covered"


class IdleRule(NamedTuple):
    reason: Idle
    covered_by: list[Any] = []  # the keys of the rules before it that leave nothing for it


def obstacle(rule: Rule, subject: Subject, on: date) -> Obstacle | None:
    """Return the first thing that keeps the rule from holding; None when it holds.

    >>> obstacle(Rule(1, "x", language="de"), Subject(1, {}, language="en"), date(2026, 12, 24))
    <Obstacle.LANGUAGE: 'language'>
    """
    if not rule.is_published:
        return Obstacle.UNPUBLISHED
    if rule.starts_on and on < rule.starts_on:
        return Obstacle.TOO_EARLY
    if rule.ends_on and on > rule.ends_on:
        return Obstacle.OVER
    return _who_is_in_the_way(rule, subject)


def deciding_rule(rules: Iterable[Rule], subject: Subject, on: date) -> Rule | None:
    """Return the first rule that holds for the person on that day."""
    return next((rule for rule in rules if obstacle(rule, subject, on) is None), None)


def turning_days(rules: Iterable[Rule], since: date, until: date) -> list[date]:
    """Return the days after `since`, up to `until`, on which a rule begins or no longer holds.

    >>> christmas = Rule(1, "x", starts_on=date(2026, 12, 1), ends_on=date(2026, 12, 26))
    >>> [str(day) for day in turning_days([christmas], date(2026, 11, 24), date(2027, 1, 1))]
    ['2026-12-01', '2026-12-27']
    """
    days = {rule.starts_on for rule in rules if rule.starts_on}
    days |= {rule.ends_on + _ONE_DAY for rule in rules if rule.ends_on and rule.ends_on < date.max}
    return sorted(day for day in days if since < day <= until)


def idle_rules(
    rules: Sequence[Rule],
    on: date,
    *,
    named: Mapping[Any, Subject] | None = None,
    empty_groups: Collection[Any] = (),
) -> dict[Any, IdleRule]:
    """Return key → why, of the rules that can hold for nobody on `on` or later.

    `named` are the people that rules name, by their keys; without them such a rule counts as able.
    What only follows from the values that other people happen to have now is not looked at.
    """
    idle: dict[Any, IdleRule] = {}
    for place, rule in enumerate(rules):
        subject = (named or {}).get(rule.person) if rule.person is not None else None
        if rule.ends_on and rule.ends_on < on:
            idle[rule.key] = IdleRule(Idle.OVER)
        elif not rule.is_published:
            idle[rule.key] = IdleRule(Idle.UNPUBLISHED)
        elif _contradicts_itself(rule) or (subject and _who_is_in_the_way(rule, subject)):
            idle[rule.key] = IdleRule(Idle.CONTRADICTORY)
        elif rule.group is not None and rule.group in empty_groups:
            idle[rule.key] = IdleRule(Idle.EMPTY_GROUP)
        else:
            wider = [
                each for each in rules[:place] if each.is_published and _takes(each, rule, subject)
            ]
            covering = _covering(wider, rule, on)
            if covering:
                idle[rule.key] = IdleRule(Idle.COVERED, [each.key for each in covering])
    return idle


def _who_is_in_the_way(rule: Rule, subject: Subject) -> Obstacle | None:
    if rule.person is not None and rule.person != subject.key:
        return Obstacle.PERSON
    if rule.group is not None and rule.group not in subject.groups:
        return Obstacle.GROUP
    if rule.department and not _is(subject.values.get("department", ""), rule.department):
        return Obstacle.DEPARTMENT
    if rule.attribute:
        value = subject.values.get(rule.attribute, "")
        holds = _is if rule.comparison == "equals" else _contains
        if not holds(value, rule.text):
            return Obstacle.ATTRIBUTE
    if rule.domain and subject.values.get("email", "").rpartition("@")[2].lower() != rule.domain:
        return Obstacle.DOMAIN
    if rule.language and subject.language != rule.language:
        return Obstacle.LANGUAGE
    return None


def _is(value: str, text: str) -> bool:
    return name_key(value) == name_key(text)


def _contains(value: str, text: str) -> bool:
    return name_key(text) in name_key(value)


def _comparisons(rule: Rule) -> Iterator[tuple[str, str, str]]:
    """Yield what the rule asks of values, as (field, comparison, text)."""
    if rule.department:
        yield "department", "equals", rule.department
    if rule.attribute:
        yield rule.attribute, rule.comparison, rule.text


def _contradicts_itself(rule: Rule) -> bool:
    if rule.starts_on and rule.ends_on and rule.starts_on > rule.ends_on:
        return True
    asked = list(_comparisons(rule))
    for field, comparison, text in asked:
        for other_field, other_comparison, other in asked:
            if field == other_field and comparison == "equals":
                fits = _is if other_comparison == "equals" else _contains
                if not fits(text, other):
                    return True
    return False


def _takes(earlier: Rule, later: Rule, subject: Subject | None) -> bool:
    """Say whether everybody the later rule is for is somebody the earlier one is for, too."""
    if subject is not None:
        return _who_is_in_the_way(earlier, subject) is None
    for name in ("person", "group"):
        if getattr(earlier, name) is not None and getattr(earlier, name) != getattr(later, name):
            return False
    for name in ("domain", "language"):
        if getattr(earlier, name) and getattr(earlier, name) != getattr(later, name):
            return False
    return all(_follows(asked, later) for asked in _comparisons(earlier))


def _follows(asked: tuple[str, str, str], later: Rule) -> bool:
    field, comparison, text = asked
    for given_field, given_comparison, given in _comparisons(later):
        if given_field != field:
            continue
        if comparison == "contains" and _contains(given, text):
            return True
        if comparison == given_comparison == "equals" and _is(given, text):
            return True
    return False


def _covering(wider: list[Rule], rule: Rule, on: date) -> list[Rule]:
    """Return the rules that together hold on all the days the rule has left; [] when they do not.

    `wider` are rules before it that are for everybody it is for.
    """
    day = max(on, rule.starts_on or on)
    last = rule.ends_on or date.max
    covering = []
    while True:
        running = [
            each
            for each in wider
            if (each.starts_on or date.min) <= day <= (each.ends_on or date.max)
        ]
        if not running:
            return []
        longest = max(running, key=lambda each: each.ends_on or date.max)
        covering.append(longest)
        end = longest.ends_on or date.max
        if end >= last:
            return covering
        day = end + _ONE_DAY
