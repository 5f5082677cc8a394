"""Rules and groups on their pages: written, moved, explained, looked ahead."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.actor import SYSTEM
from reseller_portal import clock
from signatures.models import Group, Person, Rule
from signatures.operations import save_person
from signatures.people_operations import add_own_field, change_members, save_group
from signatures.rule_lists import design_for
from signatures.rule_operations import save_rule
from tests.test_people import second_design
from tests.test_signature_area import at, clara

__all__ = ["clara"]
RULE = {"starts_on": "2026-12-01", "ends_on": "2026-12-26"}


@pytest.fixture
def christmas(cast):
    return second_design(cast)


def many_people(cast, number):
    for each in range(number):
        save_person(
            customer=cast.bakery,
            person=None,
            fields={"name": f"Person {each}", "email": f"p{number}x{each}@hafenbaeckerei.example"},
            by=SYSTEM,
        )


def test_a_rule_for_december_comes_first_and_is_seen_ahead(clara, cast, christmas):
    with clock.travel("2026-11-24T10:00:00+01:00"):
        clara.post(at("new_rule", cast), RULE | {"design": christmas.pk})
        rule = cast.bakery.rules.first()
        assert (rule.design, rule.position) == (christmas, 1)
        page = clara.get(at("rule_calendar", cast), {"on": "2026-12-27"})
    words = [(turn.day, turn.moves) for turn in page.context["turns"]]
    assert words == [
        (date(2026, 12, 1), [("Hausstil", "Weihnachten", 3)]),
        (date(2026, 12, 27), [("Weihnachten", "Hausstil", 3)]),
    ]
    assert [ticks for _person, ticks in page.context["table"]] == [[False, True]] * 3


def test_a_page_says_why_somebody_gets_a_design(clara, cast, christmas):
    jonas = cast.bakery.people.get(name="Jonas Petersen")
    for fields in ({"department": "Laden"}, {"person_email": jonas.email}):
        assert (
            clara.post(at("new_rule", cast), fields | {"design": christmas.pk}).status_code == 302
        )
    page = clara.get(at("person_rules", cast, jonas.code))
    assert [decides for _line, decides, _why in page.context["reasons"]] == [False, True, False]
    assert page.context["decided"].place == 2
    text = page.content.decode()
    assert "In another department" in text
    assert "only Jonas Petersen" in text


def test_buttons_move_a_rule_and_a_rule_without_effect_is_named(clara, cast, christmas):
    clara.post(at("new_rule", cast), {"design": christmas.pk, "language": "de"})
    first, default = cast.bakery.rules.order_by("position")
    assert not any(line.note for line in clara.get(at("rules", cast)).context["lines"])
    clara.post(at("rule_place", cast, first.code), {"direction": "down"})
    assert list(cast.bakery.rules.order_by("position")) == [default, first]
    assert "rule 1 before it" in clara.get(at("rules", cast)).content.decode()
    clara.post(at("rule_place", cast, first.code), {"direction": "down"})
    assert list(cast.bakery.rules.order_by("position")) == [default, first], "already the last"


def test_removing_the_last_rule_for_everybody_leaves_no_signature(clara, cast):
    rule, jonas = cast.bakery.rules.get(), cast.bakery.people.get(name="Jonas Petersen")
    clara.post(at("rule_removal", cast, rule.code))
    assert design_for(jonas, clock.today()) is None
    assert not cast.bakery.designs.get().in_use


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"design": "999999"}, "design"),
        ({"starts_on": "2026-12-02", "ends_on": "2026-12-01"}, "ends_on"),
        ({"starts_on": "9999-99-99"}, "starts_on"),
        ({"person_email": "nobody@x.example"}, "person_email"),
        ({"attribute": "city"}, "text"),
        ({"text": "Hamburg"}, "attribute"),
        ({"attribute": "email_key", "text": "x"}, "attribute"),
        ({"domain": "a b"}, "domain"),
        ({"language": "xx"}, "language"),
        ({"group": "999999"}, "group"),
    ],
)
def test_a_rule_that_is_not_right_is_refused_at_its_field(clara, cast, christmas, typed, field):
    response = clara.post(at("new_rule", cast), {"design": christmas.pk} | typed)
    assert field in response.context["form"].errors
    assert cast.bakery.rules.count() == 1


def test_ticks_put_people_into_a_group_and_leave_those_on_other_pages(clara, cast):
    clara.post(at("groups", cast), {"name": "Messe"})
    group = Group.objects.get()
    everybody = list(cast.bakery.people.all())
    ids = [person.pk for person in everybody]
    change_members(group=group, shown=ids, ticked=ids, by=SYSTEM)
    clara.post(at("group", cast, group.code), {"shown": ids[:2], "member": ids[:1]})
    assert set(group.people.all()) == {everybody[0], everybody[2]}
    twice = clara.post(at("groups", cast), {"name": "MESSE"})
    assert "name" in twice.context["form"].errors


def test_a_group_that_a_rule_names_stays(clara, cast, christmas):
    group = save_group(customer=cast.bakery, group=None, name="Messe", by=SYSTEM)
    fields = {"design": christmas, "group": group}
    save_rule(customer=cast.bakery, rule=None, fields=fields, by=SYSTEM)
    assert "There is nobody in this group" in clara.get(at("rules", cast)).content.decode()
    clara.post(at("group_removal", cast, group.code))
    assert Group.objects.exists()


def test_renaming_a_department_renames_it_in_rules(clara, cast, christmas):
    fields = {"design": christmas, "department": "Laden"}
    save_rule(customer=cast.bakery, rule=None, fields=fields, by=SYSTEM)
    clara.post(at("departments", cast), {"old": "Laden", "new": "Verkauf"})
    assert Rule.objects.exclude(department="").get().department == "Verkauf"
    assert Person.objects.get(name="Aylin Yıldız").department == "Verkauf"


def test_removing_an_own_field_removes_what_people_have_in_it(clara, cast):
    own = add_own_field(customer=cast.bakery, key="size", label="Größe", by=SYSTEM)
    cast.bakery.people.update(own={"size": "1", "other": "2"})
    clara.post(at("own_field_removal", cast, own.key))
    assert {tuple(person.own) for person in cast.bakery.people.all()} == {("other",)}


def test_the_customers_midnight_counts(clara, cast, christmas):
    clara.post(at("own_fields", cast), {"time_zone": "Pacific/Auckland"})
    clara.post(at("new_rule", cast), {"design": christmas.pk, "starts_on": "2026-12-01"})
    jonas = cast.bakery.people.get(name="Jonas Petersen")
    with clock.travel("2026-11-30T12:00:00+01:00"):
        page = clara.get(at("person_signature", cast, jonas.code))
    assert page.context["version"].design == christmas


@pytest.mark.parametrize("name", ["people", "rules", "rule_calendar", "groups", "departments"])
def test_lists_ask_as_much_for_many_rows_as_for_one(clara, cast, christmas, name):
    counts = []
    for more in (2, 50):
        many_people(cast, more)
        for each in range(more // 2):
            name_of_it = f"G{more} {each}"
            group = save_group(customer=cast.bakery, group=None, name=name_of_it, by=SYSTEM)
            fields = {"design": christmas, "group": group}
            save_rule(customer=cast.bakery, rule=None, fields=fields, by=SYSTEM)
        clara.get(at(name, cast))
        with CaptureQueriesContext(connection) as asked:
            assert clara.get(at(name, cast)).status_code == 200
        counts.append(sum(query["sql"].startswith("SELECT") for query in asked))
    assert counts[0] == counts[1] <= 7, "\n".join(query["sql"][-300:] for query in asked)
