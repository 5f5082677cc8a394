"""Everybody's own page to copy a signature from, and the files for classic Outlook."""

import io
import re
import zipfile
from datetime import timedelta

import pytest
from django.urls import reverse

from audit.actor import SYSTEM
from mail.models import OutgoingMail
from reseller_portal import clock
from rollout.emails import personal_page_email, preview
from rollout.files import safe_name, signature_files, streamed_zip
from rollout.jobs import mail_pages
from rollout.models import Arrival, PageLine, PageSending, PersonalPage
from rollout.page_operations import cancel_pages, send_next_page, wish_pages
from signatures.operations import save_person
from subscriptions.models import Subscription
from subscriptions.operations import keep_area_facts


@pytest.fixture
def clara(client, cast):
    client.force_login(cast.clara)
    return client


def at(name, cast, *codes):
    return reverse(name, args=[cast.bakery.code, *codes])


def mailed(cast, name="Jonas Petersen") -> PersonalPage:
    """Mail one person their page."""
    code = cast.bakery.people.get(name=name).code
    mail_pages(wish_pages(customer=cast.bakery, codes=[code], by=SYSTEM).pk)
    return PersonalPage.objects.select_related("person__customer__brand").get(person__code=code)


def open_page(client, page):
    return client.get(reverse("own_signature_link", args=[page.token()]), follow=True)


def test_everybody_is_mailed_a_link_that_is_stored_nowhere(
    clara, cast, django_capture_on_commit_callbacks
):
    asked = clara.post(at("page_sendings", cast), {"everybody": "1"})
    assert "Mail 3 people a personal page?" in asked.content.decode()
    assert not PersonalPage.objects.exists()
    with django_capture_on_commit_callbacks(execute=True):
        sure = {"everybody": "1", "confirmed": "yes"}
        answer = clara.post(at("page_sendings", cast), sure)
    answer = clara.get(answer["Location"])
    assert "3 of 3 looked at." in answer.content.decode()
    mails = OutgoingMail.objects.filter(kind="personal_page")
    assert mails.count() == 3
    letter = personal_page_email(mails.get(recipient="jonas@hafenbaeckerei.example"))
    page = PersonalPage.objects.get(person__name="Jonas Petersen")
    assert page.token() in letter.text
    assert page.token() in letter.html
    assert page.token() not in preview(mails.get(object_id=page.pk)).text
    kept = list(PersonalPage.objects.values_list()) + list(OutgoingMail.objects.values_list())
    assert page.token().rpartition(".")[2] not in str(kept)


def test_the_page_needs_no_sign_in_and_is_found_by_no_search_engine(client, cast):
    answer = open_page(client, mailed(cast))
    assert answer.request["PATH_INFO"] == reverse("own_signature")
    assert "Jonas Petersen" in answer.content.decode()
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-cache" in answer["Cache-Control"]
    assert "Nordlicht" not in answer.content.decode()
    frame = client.get(reverse("own_signature_frame"))
    assert "Bäckermeister" in frame.content.decode()
    assert "sandbox" in frame["Content-Security-Policy"]


def test_a_link_replaced_made_up_too_old_or_of_a_closed_area_opens_nothing(
    client, cast, monkeypatch
):
    page = mailed(cast)
    old = page.token()
    newer = mailed(cast)
    tampered = newer.token()[:-1] + ("0" if newer.token()[-1] != "0" else "1")
    for token in (old, tampered, "a.b.c", "x"):
        answer = client.get(reverse("own_signature_link", args=[token]))
        assert answer.status_code == 404
        assert "This link does not work" in answer.content.decode()
    assert open_page(client, newer).status_code == 200
    PersonalPage.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    newer.refresh_from_db()
    assert open_page(client, newer).status_code == 404
    page = mailed(cast)
    Subscription.objects.filter(pk=cast.bakery_subscription.pk).update(ended_on="2026-11-02")
    keep_area_facts(customer=cast.bakery)
    assert open_page(client, page).status_code == 404


def test_another_address_of_the_person_ends_the_link(client, cast):
    page = mailed(cast)
    token = page.token()
    fields = {"name": "Jonas", "email": "neu@hafenbaeckerei.example"}
    save_person(customer=cast.bakery, person=page.person, fields=fields, by=SYSTEM)
    assert client.get(reverse("own_signature_link", args=[token])).status_code == 404


def test_nobody_gets_more_than_three_mails_a_day(cast):
    for _ in range(4):
        mailed(cast)
    assert OutgoingMail.objects.filter(kind="personal_page").count() == 3
    assert PageLine.objects.last().problem == PageLine.Problem.LIMITED


def test_a_stopped_mailing_mails_nobody_else(cast):
    sending = wish_pages(customer=cast.bakery, codes=None, by=SYSTEM)
    assert send_next_page(sending=sending)
    cancel_pages(sending=sending, by=SYSTEM)
    assert not send_next_page(sending=sending)
    assert OutgoingMail.objects.count() == 1
    assert not PageSending.objects.unfinished().exists()


def test_people_of_another_company_are_never_mailed(clara, cast):
    answer = clara.post(at("page_sendings", cast), {"person": ["P-23456789"]}, follow=True)
    assert "Tick the people" in answer.content.decode()
    assert not PageSending.objects.exists()


def test_copying_is_noted_for_the_status_page(client, cast):
    open_page(client, mailed(cast))
    client.post(reverse("own_signature_copied"))
    arrival = Arrival.objects.get()
    assert (arrival.person.name, arrival.version.number) == ("Jonas Petersen", 1)


def test_own_files_come_with_their_encodings(client, cast):
    open_page(client, mailed(cast))
    for kind in ("htm", "txt", "rtf"):
        answer = client.get(reverse("own_signature_file", args=[kind]))
        assert answer["Content-Disposition"] == f'attachment; filename="signature.{kind}"'
        assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert client.get(reverse("own_signature_file", args=["exe"])).status_code == 404


def test_everybodys_files_are_in_one_zip(clara, cast):
    strange = {"name": "N", "email": "../x|y@hafenbaeckerei.example"}
    person = save_person(customer=cast.bakery, person=None, fields=strange, by=SYSTEM)
    answer = clara.post(at("signature_files", cast))
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    assert archive.testzip() is None
    names = archive.namelist()
    assert names[:2] == ["install.ps1", "README.txt"]
    assert "jonas@hafenbaeckerei.example/Hafenbäckerei.htm" in names
    assert any(person.code in name for name in names)
    assert len(names) == 2 + 4 * 3
    page = archive.read("jonas@hafenbaeckerei.example/Hafenbäckerei.htm").decode("utf-8")
    assert 'charset=utf-8"' in page
    assert "Bäckermeister" in page
    text = archive.read("jonas@hafenbaeckerei.example/Hafenbäckerei.txt")
    assert text.startswith(b"\xef\xbb\xbf")
    assert "Bäckermeister" in text.decode("utf-8-sig")
    assert Arrival.objects.filter(way="files").count() == 4


def test_rich_text_says_the_same_as_the_plain_text():
    text = "Jörg {Böse} \\par 😀\nÜber alles"
    rtf = signature_files("", text).rtf.decode("ascii")
    body = rtf.partition("\\fs20 ")[2].rpartition("\\par")[0].replace("\\line\r\n", "\n")
    units = re.sub(r"\\u(-?\d+)\?", lambda m: chr(int(m[1]) % 65536), body)
    plain = re.sub(r"\\([\\{}])", r"\1", units)
    assert plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le") == text


@pytest.mark.parametrize(
    "name", ["../../etc", "a\\b", "C:", "x\x00y", "COM1.txt", " . ", "a" * 300, "\u202egpj.exe"]
)
def test_file_names_lead_nowhere_else(name):
    safe = safe_name(name, "P-1")
    assert safe
    assert len(safe) <= 60
    assert not re.search(r'[<>:"/\\|?*\x00-\x1f\u202e]', safe)
    assert not safe.startswith(".")
    assert not safe.endswith((".", " "))
    assert safe.partition(".")[0].lower() != "com1"


def test_a_zip_is_streamed_piece_by_piece():
    pieces = list(streamed_zip((f"{n}.txt", b"x" * 1_000) for n in range(5)))
    assert len(pieces) == 6
    assert all(pieces)
    assert len(zipfile.ZipFile(io.BytesIO(b"".join(pieces))).namelist()) == 5
