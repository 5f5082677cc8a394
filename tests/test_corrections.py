"""People correct on their personal page what their company lets them, and nothing else."""

import pytest
from django.urls import reverse

from audit.actor import SYSTEM, Actor
from audit.models import Entry
from reseller_portal import clock
from signatures.errors import NotCorrectable
from signatures.models import Person
from signatures.people_operations import (
    add_own_field,
    change_area_settings,
    correct_person,
    remove_own_field,
)
from tests.designs import a_picture
from tests.test_personal_pages import mailed, open_page

DETAILS = "/my-signature/details/"


@pytest.fixture
def jonas(cast) -> Person:
    return cast.bakery.people.get(name="Jonas Petersen")


def let(cast, *fields: str) -> None:
    settings = {"time_zone": "Europe/Berlin", "correctable": list(fields)}
    change_area_settings(customer=cast.bakery, fields=settings, by=SYSTEM)


def test_the_contact_chooses_what_people_correct(client, cast):
    client.force_login(cast.clara)
    add_own_field(customer=cast.bakery, key="extension", label="Durchwahl", by=SYSTEM)
    page = reverse("own_fields", args=[cast.bakery.code])
    chosen = {"time_zone": "Europe/Berlin", "correctable": ["mobile", "own_extension"]}
    client.post(page, chosen)
    assert cast.bakery.area_settings.correctable == ["mobile", "own_extension"]
    assert 'value="own_extension"' in client.get(page).content.decode()
    for never in ("email", "reseller", "own_nothing"):
        client.post(page, {"time_zone": "Europe/Berlin", "correctable": [never]})
    cast.bakery.area_settings.refresh_from_db()
    assert cast.bakery.area_settings.correctable == ["mobile", "own_extension"]


def test_somebody_corrects_only_what_they_may_and_the_history_says_who(client, cast, jonas):
    add_own_field(customer=cast.bakery, key="extension", label="Durchwahl", by=SYSTEM)
    add_own_field(customer=cast.bakery, key="plate", label="Kennzeichen", by=SYSTEM)
    Person.objects.filter(pk=jonas.pk).update(own={"plate": "HH-A 1"})
    let(cast, "mobile", "own_extension", "photo")
    shown = open_page(client, mailed(cast)).content.decode()
    assert DETAILS in shown
    form = client.get(DETAILS).context["form"]
    assert set(form.fields) == {"mobile", "own_extension", "photo"}
    answer = client.post(
        DETAILS,
        {
            "mobile": "+49 170 5550123",
            "own_extension": "17",
            "own_plate": "HH-X 9",
            "title": "Chef",
            "email": "someone@else.example",
            "photo": a_picture(),
        },
    )
    assert answer["Location"] == reverse("own_signature")
    before, after = jonas, Person.objects.get(pk=jonas.pk)
    assert (after.mobile, after.own) == ("+49 170 5550123", {"plate": "HH-A 1", "extension": "17"})
    assert after.photo_id is not None
    assert (after.title, after.email) == (before.title, before.email)
    entry = Entry.objects.get(action="person_changed", subject_id=jonas.pk)
    assert (entry.actor_name, entry.actor_hat) == ("Jonas Petersen", "person")


def test_a_field_that_is_removed_is_nobodys_to_correct_even_if_it_comes_again(client, cast):
    def add():
        return add_own_field(customer=cast.bakery, key="plate", label="Kennzeichen", by=SYSTEM)

    first = add()
    let(cast, "own_plate")
    page = mailed(cast)
    assert DETAILS in open_page(client, page).content.decode()
    remove_own_field(own=first, by=SYSTEM)
    assert DETAILS not in client.get(reverse("own_signature")).content.decode()
    add()
    assert client.get(DETAILS).status_code == 404


def test_a_wrong_number_is_told_and_nothing_is_lost(client, cast, jonas):
    let(cast, "mobile", "website")
    open_page(client, mailed(cast))
    answer = client.post(DETAILS, {"mobile": "0170 5550123", "website": "javascript:alert(1)"})
    assert answer.status_code == 200
    assert answer.context["form"]["mobile"].value() == "0170 5550123"
    assert Person.objects.get(pk=jonas.pk).mobile == jonas.mobile


def test_without_a_wish_of_the_customer_or_a_link_there_is_no_such_page(client, cast):
    page = mailed(cast)
    assert client.get(DETAILS).status_code == 404
    assert DETAILS not in open_page(client, page).content.decode()
    assert client.get(DETAILS).status_code == client.post(DETAILS).status_code == 404
    let(cast, "mobile")
    assert client.get(DETAILS).status_code == 200
    cast.bakery.signatures_held_since = clock.today()
    cast.bakery.save(update_fields=["signatures_held_since"])
    assert client.get(DETAILS).status_code == client.post(DETAILS).status_code == 404
    assert DETAILS not in open_page(client, page).content.decode()


def test_what_was_withdrawn_meanwhile_is_refused_and_what_others_changed_stays(cast, jonas):
    let(cast, "mobile")
    by = Actor(name=jonas.name, hat="person")
    Person.objects.filter(pk=jonas.pk).update(phone="+49 40 1")  # after the page was opened
    correct_person(person=jonas, columns={"mobile": "+49 170 1"}, own={}, by=by)
    fresh = Person.objects.get(pk=jonas.pk)
    assert (fresh.phone, fresh.mobile) == ("+49 40 1", "+49 170 1")
    let(cast)
    for columns, own, photo in (
        ({"mobile": "+49 170 2"}, {}, None),
        ({}, {"extension": "1"}, None),
        ({}, {}, a_picture().read()),
    ):
        with pytest.raises(NotCorrectable):
            correct_person(person=jonas, columns=columns, own=own, photo=photo, by=by)
    let(cast, "email")
    with pytest.raises(NotCorrectable):
        correct_person(person=jonas, columns={"email": "x@y.example"}, own={}, by=by)
