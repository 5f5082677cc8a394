"""The signature area: people, designs, publishing; for its own company only, and never a price."""

import pytest
from django.urls import reverse

from audit.models import Entry
from reseller_portal.words import format_date
from signatures.models import Design
from subscriptions.models import Subscription
from subscriptions.operations import keep_area_facts
from tests.designs import say, text


@pytest.fixture
def clara(client, cast):
    client.force_login(cast.clara)
    return client


def at(name, cast, *codes):
    return reverse(name, args=[cast.bakery.code, *codes])


def test_people_are_added_changed_and_removed(clara, cast):
    person = {"name": "Neu Neumann", "title": "Azubi", "email": "neu@hafenbaeckerei.example"}
    assert clara.post(at("new_person", cast), person)["Location"] == at("people", cast)
    added = cast.bakery.people.get(name="Neu Neumann")
    clara.post(at("person", cast, added.code), person | {"title": "Geselle"})
    added.refresh_from_db()
    assert added.title == "Geselle"
    twice = clara.post(at("new_person", cast), person | {"email": "NEU@hafenbaeckerei.example"})
    assert list(twice.context["form"].errors) == ["email"]
    clara.post(at("person_removal", cast, added.code))
    assert not cast.bakery.people.filter(name="Neu Neumann").exists()


def test_a_draft_changes_nothing_published_until_it_is(clara, cast):
    design, person = cast.bakery.designs.get(), cast.bakery.people.get(name="Jonas Petersen")
    frame = at("signature_frame", cast, person.code)
    before = clara.get(frame).content
    say(design, text("{{ name }}"), {"type": "disclaimer", "lines": "Ein <b>Satz</b>"})
    assert clara.get(frame).content == before
    draft = clara.get(at("design_frame", cast, design.code), {"person": person.code})
    assert "Ein &lt;b&gt;Satz&lt;/b&gt;" in draft.content.decode()
    clara.post(at("design_publication", cast, design.code))
    after = clara.get(frame).content.decode()
    assert "Ein &lt;b&gt;Satz&lt;/b&gt;" in after
    assert [version.number for version in design.versions.all()] == [2, 1]


def test_publishing_another_design_takes_the_place_of_the_first(clara, cast):
    clara.post(at("new_design", cast), {"template": "compact"})
    new = cast.bakery.designs.get(in_use=False)
    clara.post(at("design_publication", cast, new.code))
    assert [design.code for design in Design.objects.filter(in_use=True)] == [new.code]
    clara.post(at("design_removal", cast, new.code))
    assert Design.objects.filter(pk=new.pk).exists(), "the one in use stays"


def test_a_persons_page_has_the_signature_to_copy(clara, cast):
    person = cast.bakery.people.get(name="Jonas Petersen")
    page = clara.get(at("person_signature", cast, person.code)).content.decode()
    assert page.count("data-copy-html") == 1
    assert "&lt;table" in page


def test_signatures_are_shown_where_nothing_can_run(clara, cast):
    person = cast.bakery.people.first()
    response = clara.get(at("signature_frame", cast, person.code))
    policy = response["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'self'" in policy


def test_on_hold_the_area_can_be_looked_at_and_after_the_end_not_found(clara, cast):
    row = Subscription.objects.filter(pk=cast.bakery_subscription.pk)
    row.update(hold_since="2026-11-01", hold_reason="asked", charged_through="2027-01-01")
    keep_area_facts(customer=cast.bakery)
    assert clara.get(at("people", cast)).status_code == 200
    assert clara.post(at("new_person", cast), {}).status_code == 403
    row.update(ended_on="2026-11-02")
    keep_area_facts(customer=cast.bakery)
    assert clara.get(at("people", cast)).status_code == 404


def test_no_page_of_a_contact_speaks_of_prices_or_payments(clara, cast):
    person, design = cast.bakery.people.first().code, cast.bakery.designs.first().code
    due = format_date(cast.bakery_subscription.next_payment_on, "en")
    for address in (
        at("signatures", cast),
        at("people", cast),
        at("person", cast, person),
        at("designs", cast),
        at("design", cast, design),
        at("rollout", cast),
        at("person_signature", cast, person),
    ):
        page = clara.get(address).content.decode()
        for word in (
            "€",
            "17.40",
            "price",
            "payment",
            "Nordlicht",
            due,
            reverse("dashboard"),
        ):
            assert word not in page, (address, word)


def test_the_resellers_visit_is_written_down_once_a_session(client, cast):
    client.force_login(cast.anna)
    for _ in range(3):
        page = client.get(at("signatures", cast))
    assert "You are working in the signature area of Hafenbäckerei" in page.content.decode()
    assert [entry.actor_name for entry in Entry.objects.filter(action="area_opened")] == [
        "Anna Nissen"
    ]
