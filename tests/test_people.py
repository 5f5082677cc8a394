"""People: their fields, what designs may name, their photo, and who has which published version."""

import io
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image

from audit.actor import SYSTEM
from customers.models import Customer
from signatures.design_operations import publish_design, start_design
from signatures.gallery import TEMPLATES
from signatures.models import Group, GroupMember, OwnField, Person, Picture, Rule
from signatures.rule_lists import design_for, versions_for
from signatures.rule_operations import save_rule
from tests.designs import a_picture
from tests.test_signature_area import at, clara

__all__ = ["clara"]
TODAY = date(2026, 11, 24)
NAMES = (
    "name first_name last_name degree pronouns title department email phone mobile fax street"
    " postcode city country office website linkedin booking_link photo company company_street"
    " company_postcode company_city company_country company_phone company_email company_website"
    " company_register company_leaders company_chair company_vat_id"
)


@pytest.fixture
def jonas(cast) -> Person:
    return cast.bakery.people.get(name="Jonas Petersen")


def second_design(cast, name="Weihnachten"):
    document = TEMPLATES["compact"].document()
    design = start_design(customer=cast.bakery, document=document, name=name, by=SYSTEM)
    publish_design(design=design, by=SYSTEM, for_everybody=False)
    return design


def test_a_person_has_a_value_for_every_placeholder(jonas):
    assert set(jonas.values()) == set(NAMES.split())


def test_all_fields_and_own_ones_are_kept(clara, cast, jonas):
    OwnField.objects.create(
        reseller=cast.nordlicht, customer=cast.bakery, key="durchwahl", label="Durchwahl"
    )
    fields = {name: f"x {name}" for name in NAMES.split()[:16]} | {
        "email": "jonas@hafenbaeckerei.example",
        "website": "jonas.example",
        "language": "de",
        "own_durchwahl": "-17",
    }
    assert clara.post(at("person", cast, jonas.code), fields).status_code == 302
    jonas = Person.objects.get(pk=jonas.pk)
    assert jonas.values()["city"] == "x city"
    assert jonas.values()["website"] == "https://jonas.example"
    assert jonas.values()["field.durchwahl"] == "-17"
    shown = clara.get(at("person", cast, jonas.code)).content.decode()
    assert 'value="-17"' in shown


@pytest.mark.parametrize(
    ("field", "value"),
    [("linkedin", "javascript:alert(1)"), ("phone", "1\u202e2"), ("language", "xx"),
     ("city", "x" * 81)],
)  # fmt: skip
def test_a_field_that_is_not_right_is_refused_at_its_place(clara, cast, jonas, field, value):
    fields = {"name": "Jonas", "email": jonas.email, field: value}
    response = clara.post(at("person", cast, jonas.code), fields)
    assert list(response.context["form"].errors) == [field]


def test_a_photo_is_square_and_cut_round_and_goes_with_its_person(clara, client, cast, jonas):
    fields = {"name": jonas.name, "email": jonas.email, "photo": a_picture("JPEG", (400, 200))}
    clara.post(at("person", cast, jonas.code), fields)
    jonas.refresh_from_db()
    assert jonas.values()["photo"].endswith(f"/pictures/{jonas.photo_id}.png")
    assert (
        f"{jonas.photo_id}-round.png" in clara.get(at("person", cast, jonas.code)).content.decode()
    )
    client.logout()
    square = client.get(reverse("signature_picture", args=[jonas.photo_id])).content
    cut = client.get(reverse("round_picture", args=[jonas.photo_id])).content
    assert Image.open(io.BytesIO(square)).size == Image.open(io.BytesIO(cut)).size == (200, 200)
    assert Image.open(io.BytesIO(cut)).getpixel((1, 1))[3] == 0
    assert Image.open(io.BytesIO(cut)).getpixel((100, 100))[3] == 255
    client.force_login(cast.clara)
    client.post(at("person_removal", cast, jonas.code))
    assert not Picture.objects.exists()


def test_a_photo_that_is_none_is_refused_and_the_rest_stays(clara, cast, jonas):
    upload = SimpleUploadedFile("x.png", b"<svg onload=alert(1)>", "image/png")
    fields = {"name": "Jonas P.", "email": jonas.email, "photo": upload}
    response = clara.post(at("person", cast, jonas.code), fields)
    assert list(response.context["form"].errors) == ["photo"]
    assert 'value="Jonas P."' in response.content.decode()


def test_publishing_leads_everybody_to_the_first_design_only(cast, jonas):
    house = cast.bakery.designs.get()
    assert design_for(jonas, TODAY) == house
    christmas = second_design(cast)
    assert design_for(jonas, TODAY) == house
    fields = {"design": christmas, "starts_on": date(2026, 12, 1), "ends_on": date(2026, 12, 26)}
    save_rule(customer=cast.bakery, rule=None, fields=fields, by=SYSTEM)
    publish_design(design=christmas, by=SYSTEM)
    assert design_for(jonas, TODAY) == house
    assert design_for(jonas, date(2026, 12, 24)) == christmas
    assert design_for(jonas, date(2026, 12, 27)) == house


def test_many_people_cost_as_many_queries_as_one(cast, jonas):
    group = Group.objects.create(
        reseller=cast.nordlicht, customer=cast.bakery, name="Backstube", name_key="b", sort_key="b"
    )
    GroupMember.objects.create(
        reseller=cast.nordlicht, customer=cast.bakery, group=group, person=jonas
    )
    christmas = second_design(cast)
    save_rule(
        customer=cast.bakery, rule=None, fields={"design": christmas, "group": group}, by=SYSTEM
    )
    counts = []
    for people in (cast.bakery.people.all()[:1], cast.bakery.people.all()):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            found = versions_for(people.with_company(), TODAY)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 4
    assert {
        Person.objects.get(pk=key).name: version.design.name for key, version in found.items()
    } == {
        "Jonas Petersen": "Weihnachten",
        "Clara Hansen": "Hausstil",
        "Aylin Yıldız": "Hausstil",
    }


def test_a_rule_cannot_name_another_customers_group(cast):
    other = Customer.objects.start(reseller=cast.nordlicht, name="Andere")
    other.save()
    group = Group.objects.create(
        reseller=cast.nordlicht, customer=other, name="x", name_key="x", sort_key="x"
    )
    with transaction.atomic():
        Rule.objects.update(group=group)
        with pytest.raises(IntegrityError):
            connection.check_constraints()
        transaction.set_rollback(True)
