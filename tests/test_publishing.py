"""Publishing says beforehand what it changes, and can be taken back with one click."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.actor import SYSTEM
from audit.models import Entry
from rollout.lists import forecast, published_versions
from rollout.models import Arrival, Way
from rollout.operations import note_arrivals, publish, take_back
from signatures.design_operations import start_design
from signatures.gallery import TEMPLATES
from signatures.models import signature_of
from signatures.operations import save_person
from signatures.rule_lists import local_today, version_for
from tests.designs import say, text


@pytest.fixture
def clara(client, cast):
    client.force_login(cast.clara)
    return client


def at(name, cast, *codes):
    return reverse(name, args=[cast.bakery.code, *codes])


def has(person):
    version = version_for(person, local_today(person.customer))
    return version.design.name, version.content["accent"]


def test_the_page_before_publishing_counts_people_gaps_and_length(clara, cast):
    design = cast.bakery.designs.get()
    say(design, text("{{ name }}\nTel. {{ phone }}"))
    page = clara.get(at("design_publication", cast, design.code)).content.decode()
    assert "3 people get this signature." in page
    assert "Phone: 1 person has none." in page
    assert "The longest signature has" in page
    assert "says the same" not in page


def test_a_draft_as_published_is_said_to_change_nothing(cast):
    design = cast.bakery.designs.select_related("customer").get()
    assert forecast(design, for_everybody=False).is_same


def test_a_signature_too_long_is_told_before(cast):
    design = cast.bakery.designs.get()
    say(design, *(text("x" * 2_000) for _ in range(5)))
    coming = forecast(type(design).objects.select_related("customer").get(), for_everybody=False)
    assert coming.longest > 8_000
    assert [budget.most for budget in coming.too_long_for][-1] == 8_000


def test_what_was_published_is_taken_back_version_by_version(cast):
    design, person = cast.bakery.designs.get(), cast.bakery.people.first()
    for accent in ("#222222", "#333333"):
        say(design, text("{{ name }}"), accent=accent)
        version = publish(design=design, by=SYSTEM)
    first = design.versions.get(number=1).content["accent"]
    version = take_back(version=version, by=SYSTEM)
    assert (version.number, has(person)) == (4, ("Hausstil", "#222222"))
    version = take_back(version=version, by=SYSTEM)
    assert (version.number, has(person)) == (5, ("Hausstil", first))
    assert [each.number for each in design.versions.all()] == [5, 4, 3, 2, 1]
    assert Entry.objects.filter(action="design_taken_back").count() == 2
    assert published_versions(cast.bakery)[0].back_to is None


def test_a_design_that_took_anothers_place_gives_it_back(clara, cast):
    person = cast.bakery.people.first()
    new = start_design(
        customer=cast.bakery, document=TEMPLATES["compact"].document(), name="Neu", by=SYSTEM
    )
    clara.post(at("design_publication", cast, new.code))
    assert has(person)[0] == "Neu"
    assert "Back to “Hausstil”" in clara.get(at("rollout", cast)).content.decode()
    clara.post(at("version_return", cast, new.code, 1))
    assert has(person)[0] == "Hausstil"


def test_an_old_button_takes_nothing_newer_back(clara, cast):
    design = cast.bakery.designs.get()
    for _ in range(2):
        publish(design=design, by=SYSTEM)
    clara.post(at("version_return", cast, design.code, 2))
    assert design.versions.count() == 3


def test_the_status_page_says_who_has_what_and_asks_no_more_for_many(clara, cast):
    design, person = cast.bakery.designs.get(), cast.bakery.people.first()
    old = design.versions.get()
    note_arrivals(way=Way.PAGE, versions=[(person, old)])
    page = clara.get(at("rollout_status", cast)).content.decode()
    assert "Copied from the personal page" in page
    assert "older:" not in page
    publish(design=design, by=SYSTEM)
    with CaptureQueriesContext(
        connection,
    ) as few:
        assert "older:" in clara.get(at("rollout_status", cast)).content.decode()
    for number in range(30):
        fields = {"name": f"N {number}", "email": f"n{number}@hafenbaeckerei.example"}
        save_person(customer=cast.bakery, person=None, fields=fields, by=SYSTEM)
    everybody = list(cast.bakery.people.all())
    note_arrivals(way=Way.FILES, versions=[(each, old) for each in everybody])
    with CaptureQueriesContext(connection) as many:
        clara.get(at("rollout_status", cast))
    assert len(many) == len(few)


def test_a_second_arrival_by_the_same_way_takes_the_place_of_the_first(cast):
    design, person = cast.bakery.designs.get(), cast.bakery.people.first()
    note_arrivals(way=Way.PAGE, versions=[(person, design.versions.get())])
    newer = publish(design=design, by=SYSTEM)
    note_arrivals(way=Way.PAGE, versions=[(person, newer)])
    assert list(Arrival.objects.values_list("version__number", flat=True)) == [2]


def test_the_draft_is_rendered_as_it_is_published(cast):
    design, person = cast.bakery.designs.get(), cast.bakery.people.first()
    draft = signature_of(design.draft(), person.values())
    version = publish(design=design, by=SYSTEM)
    assert signature_of(version.content, person.values()) == draft
