"""Importing people: what each row would do is said first, and it is done whole or not at all."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DataError

from audit.models import Entry
from reseller_portal import clock
from reseller_portal.files import workbook
from signatures.import_forms import RowReader
from signatures.import_models import ImportLine, PeopleImport
from signatures.import_operations import go_on
from signatures.jobs import go_on_with_import
from signatures.models import OwnField, Person
from signatures.people_columns import guessed_fields
from signatures.schedule import forget_old_imports
from tests.test_signature_area import at, clara

__all__ = ["clara"]
TABLE = """Vorname;Nachname;E-Mail-Adresse;Funktion;Telefon (dienstlich);Schuhgröße
Jonas;Petersen;JONAS@hafenbaeckerei.example;Meister;;
Neu;Neumann;neu@hafenbaeckerei.example;Azubi;+49 40 1;
"""


def upload(clara, cast, content, name="people.csv") -> PeopleImport:
    data = content.encode() if isinstance(content, str) else content
    response = clara.post(at("new_import", cast), {"table": SimpleUploadedFile(name, data)})
    assert response.status_code == 302, response.context["form"].errors
    found = cast.bakery.people_imports.get()
    go_on_with_import(found.pk)
    found.refresh_from_db()
    return found


def checked(clara, cast, content, **more) -> PeopleImport:
    found = upload(clara, cast, content)
    fields = {f"column_{place}": field for place, field in enumerate(found.mapping)}
    clara.post(at("people_import", cast, found.code), fields | more)
    go_on_with_import(found.pk)
    found.refresh_from_db()
    return found


def applied(clara, cast, found, **told) -> PeopleImport:
    clara.post(at("people_import_application", cast, found.code), told)
    go_on_with_import(found.pk)
    found.refresh_from_db()
    return found


def test_a_table_adds_and_changes_people_and_the_second_time_nothing(clara, cast):
    jonas = cast.bakery.people.get(name="Jonas Petersen")
    found = checked(clara, cast, TABLE)
    assert found.mapping == ["first_name", "last_name", "email", "title", "phone", ""]
    assert found.counts == {"changed": 1, "new": 1}
    page = clara.get(at("people_import", cast, found.code), {"rows": "changed"}).content.decode()
    assert "Bäckermeister → Meister" in page
    assert cast.bakery.people.count() == 3, "nothing is changed yet"
    applied(clara, cast, found)
    jonas.refresh_from_db()
    assert (jonas.title, jonas.phone) == ("Meister", "+49 40 5550124"), "empty cells leave it"
    assert cast.bakery.people.get(name="Neu Neumann").phone == "+49 40 1"
    assert cast.bakery.people.count() == 4
    assert Entry.objects.filter(action="people_imported").count() == 1
    assert not ImportLine.objects.exists()
    PeopleImport.objects.all().delete()
    again = checked(clara, cast, TABLE)
    assert again.counts == {"same": 2}
    assert "changes nothing" not in page


def test_an_excel_table_and_own_fields(clara, cast):
    OwnField.objects.create(
        reseller=cast.nordlicht, customer=cast.bakery, key="size", label="Schuhgröße"
    )
    table = workbook(
        ["Name", "Mail", "Schuhgröße", "Sprache"],
        [["Ada", "ada@hafenbaeckerei.example", 39, "Deutsch"]],
    )
    applied(clara, cast, checked(clara, cast, table))
    ada = Person.objects.get(name="Ada")
    assert (ada.own, ada.language) == ({"size": "39"}, "de")


def test_empty_cells_delete_only_when_that_is_ticked(clara, cast):
    applied(clara, cast, checked(clara, cast, TABLE, clears="on"))
    assert cast.bakery.people.get(email_key="jonas@hafenbaeckerei.example").phone == ""


def test_wrong_rows_are_named_and_keep_the_whole_table_out(clara, cast):
    table = (
        "Name,E-Mail,LinkedIn\nA,a@x.example,\nB,a@X.example,\nC,,\nD,d@x.example,javascript:1\n"
    )
    found = checked(clara, cast, table)
    assert found.counts == {"new": 1, "wrong": 3}
    wrong = dict(found.lines.filter(verdict="wrong").values_list("number", "words"))
    assert set(wrong) == {3, 4, 5}
    assert "row 2" in wrong[3]
    found = applied(clara, cast, found)
    assert found.applied_at is None
    assert cast.bakery.people.count() == 3


def test_who_is_not_in_the_table_goes_only_when_ticked_and_as_many_as_were_told(clara, cast):
    found = checked(clara, cast, TABLE)
    page = clara.get(at("people_import", cast, found.code))
    assert page.context["missing_count"] == 2
    applied(clara, cast, found, remove="on", missing="1")
    assert cast.bakery.people.count() == 3, "another number than was told"
    applied(clara, cast, found, remove="on", missing="2")
    assert set(cast.bakery.people.values_list("first_name", flat=True)) == {"Jonas", "Neu"}


def test_others_who_came_meanwhile_are_not_removed(clara, cast):
    found = checked(clara, cast, TABLE)
    clara.post(at("people_import_application", cast, found.code), {"remove": "on", "missing": "2"})
    clara.post(at("new_person", cast), {"name": "Spät", "email": "spaet@x.example"})
    go_on_with_import(found.pk)
    found.refresh_from_db()
    assert "changed meanwhile" in found.problem
    assert cast.bakery.people.count() == 4


def test_a_step_that_keeps_breaking_is_given_up_and_changes_nobody(clara, cast):
    found = checked(clara, cast, TABLE)
    clara.post(at("people_import_application", cast, found.code))
    ImportLine.objects.filter(verdict="new").update(values={"name": "x" * 500, "email": "x@x.de"})
    for _each in range(3):
        with pytest.raises(DataError):
            go_on(import_id=found.pk, reader_for=RowReader)
    assert go_on(import_id=found.pk, reader_for=RowReader) is False
    found.refresh_from_db()
    assert found.problem == "failed"
    assert cast.bakery.people.count() == 3
    assert clara.get(at("people_import", cast, found.code)).status_code == 200


@pytest.mark.parametrize(
    "content", [b"\x00\x01", b"PK\x03\x04 broken", b"Name;E-Mail\n", b'Name;"E-Mail\nx;y\n']
)
def test_what_is_no_table_is_refused_in_words(clara, cast, content):
    found = upload(clara, cast, content)
    assert found.problem
    assert found.problem in clara.get(at("people_import", cast, found.code)).content.decode()


def test_a_mapping_without_address_or_twice_the_same_is_refused(clara, cast):
    found = upload(clara, cast, TABLE)
    fields = {"column_0": "title", "column_1": "title", "column_2": "made_up"}
    form = clara.post(at("people_import", cast, found.code), fields).context["form"]
    assert set(form.errors) == {"column_1", "column_2", "__all__"}


def test_a_table_can_be_thrown_away_and_old_ones_are_forgotten(clara, cast):
    found = upload(clara, cast, TABLE)
    clara.post(at("people_import_removal", cast, found.code))
    assert not PeopleImport.objects.exists()
    upload(clara, cast, TABLE)
    with clock.travel(clock.now() + timedelta(days=8)):
        forget_old_imports()
    assert not PeopleImport.objects.exists()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_template_is_understood_when_it_comes_back(clara, cast, kind):
    response = clara.get(at("people_import_template", cast, kind))
    found = upload(clara, cast, response.content, f"people.{kind}")
    assert "heading" in found.problem
    labels = response.content.decode("utf-8-sig").strip().split(",") if kind == "csv" else []
    assert all(guessed_fields(labels, {}))
