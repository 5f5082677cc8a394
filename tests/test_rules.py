"""Rules: which design for whom and when, against a reading of them that is slow and plain."""

from datetime import date, timedelta
from itertools import pairwise, product

from hypothesis import given, settings
from hypothesis import strategies as st

from signatures.rules import (
    Idle,
    Obstacle,
    Rule,
    Subject,
    deciding_rule,
    idle_rules,
    obstacle,
    turning_days,
)

START = date(2026, 11, 24)
DAYS = [START + timedelta(days=each) for each in range(6)]
PEOPLE = [
    Subject(
        number,
        {"department": department, "email": f"a@{domain}", "city": city},
        groups=groups,
        language=language,
    )
    for number, (department, domain, city, groups, language) in enumerate(
        product(
            ["Verkauf", ""], ["a.example", "b.example"], ["Hamburg", "Ham"],
            [(), ("g",), ("g", "h")], ["de", ""],
        )
    )
]  # fmt: skip
some_rules = st.lists(
    st.builds(
        Rule,
        key=st.just(0),
        design=st.sampled_from("xyz"),
        is_published=st.sampled_from([True, True, True, False]),
        person=st.sampled_from([None, None, None, 0, 5]),
        group=st.sampled_from([None, None, "g", "h"]),
        department=st.sampled_from(["", "", "verkauf", "Küche"]),
        domain=st.sampled_from(["", "", "a.example"]),
        language=st.sampled_from(["", "", "de"]),
        starts_on=st.none() | st.sampled_from(DAYS),
        ends_on=st.none() | st.sampled_from(DAYS),
    ),
    max_size=6,
).map(lambda rules: [rule._replace(key=place) for place, rule in enumerate(rules)])
comparisons = st.sampled_from(
    [("", "", ""), ("city", "equals", "hamburg"), ("city", "contains", "HAM"),
     ("department", "contains", "kauf"), ("city", "contains", "x")]
)  # fmt: skip


@st.composite
def rule_lists(draw):
    return [
        rule._replace(
            **dict(zip(("attribute", "comparison", "text"), draw(comparisons), strict=True))
        )
        for rule in draw(some_rules)
    ]


def holds(rule: Rule, person: Subject, day: date) -> bool:
    """Read a rule as its page says it, word for word."""
    value = person.values.get(rule.attribute, "").casefold()
    said = [
        rule.is_published,
        rule.starts_on is None or rule.starts_on <= day,
        rule.ends_on is None or day <= rule.ends_on,
        rule.person is None or rule.person == person.key,
        rule.group is None or rule.group in person.groups,
        not rule.department or person.values["department"].casefold() == rule.department.casefold(),
        not rule.domain or person.values["email"].endswith("@" + rule.domain),
        not rule.language or person.language == rule.language,
        rule.comparison != "equals" or value == rule.text.casefold(),
        rule.comparison != "contains" or rule.text.casefold() in value,
    ]
    return all(said)


@settings(max_examples=60, deadline=None)
@given(rule_lists())
def test_the_first_rule_that_holds_decides(rules):
    for person, day in product(PEOPLE, DAYS):
        holding = [rule for rule in rules if holds(rule, person, day)]
        assert deciding_rule(rules, person, day) == (holding[0] if holding else None)


@settings(max_examples=100, deadline=None)
@given(rule_lists(), st.sampled_from(DAYS))
def test_a_rule_that_is_called_idle_never_decides(rules, today):
    named = {person.key: person for person in PEOPLE}
    idle = idle_rules(rules, today, named=named)
    later = [day for day in DAYS if day >= today] + [date(2027, 5, 1)]
    for person, day in product(PEOPLE, later):
        rule = deciding_rule(rules, person, day)
        assert rule is None or rule.key not in idle


@settings(max_examples=100, deadline=None)
@given(some_rules, st.sampled_from(DAYS))
def test_among_rules_for_everybody_each_that_never_decides_is_named(rules, today):
    rules = [
        Rule(rule.key, rule.design, starts_on=rule.starts_on, ends_on=rule.ends_on)
        for rule in rules
    ]
    days = [today + timedelta(days=each) for each in range(9)]
    deciding = {deciding_rule(rules, PEOPLE[0], day) for day in days}
    assert set(idle_rules(rules, today)) == {rule.key for rule in rules if rule not in deciding}


@settings(max_examples=60, deadline=None)
@given(rule_lists())
def test_between_turning_days_nothing_changes(rules):
    turns = turning_days(rules, DAYS[0], DAYS[-1])
    for before, day in pairwise(DAYS):
        for person in PEOPLE if day not in turns else []:
            assert deciding_rule(rules, person, before) == deciding_rule(rules, person, day)


def test_two_rules_that_follow_each_other_leave_nothing_for_a_third():
    rules = [
        Rule(1, "x", ends_on=DAYS[2]),
        Rule(2, "y", language="de"),
        Rule(3, "z", starts_on=DAYS[3]),
        Rule(4, "x", language="de", group="g"),
    ]
    idle = idle_rules(rules, START)
    assert idle[4].reason is Idle.COVERED
    assert idle[4].covered_by == [2]
    assert 3 not in idle
    assert idle_rules([rules[0], rules[2], Rule(5, "x")], START)[5].covered_by == [1, 3]


def test_a_rule_that_asks_for_two_things_at_once_is_named():
    rule = Rule(
        1, "x", department="Verkauf", attribute="department", comparison="equals", text="IT"
    )
    assert idle_rules([rule], START)[1].reason is Idle.CONTRADICTORY


def test_why_not_says_the_first_thing_in_the_way():
    rule = Rule(1, "x", group="g", starts_on=DAYS[1], ends_on=DAYS[2])
    assert obstacle(rule, PEOPLE[0], DAYS[0]) is Obstacle.TOO_EARLY
    assert obstacle(rule, PEOPLE[0], DAYS[1]) is Obstacle.GROUP
    assert obstacle(rule, PEOPLE[0], DAYS[3]) is Obstacle.OVER
