"""What the mail service reports: signed, matched by Message-ID, and unable to break anything."""

import hashlib
import hmac
import json
import time

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse
from django.utils import translation

from audit.actor import SYSTEM
from invitations.models import Invitation
from invitations.operations import Invitee, invite_contact
from invitations.presentation import stories
from mail.models import DeliveryReport, OutgoingMail
from mail.operations import keep_report, note_bounce
from mail.schedule import queue_due_mail
from reseller_portal import clock

KEY = "demo-key-for-reports"


@pytest.fixture
def reports(client, settings):
    """A portal whose mail service signs with KEY."""
    settings.MAIL_WEBHOOK_KEY = KEY
    return client


@pytest.fixture
def mail(cast, smtp) -> OutgoingMail:
    invite_contact(
        customer=cast.bakery,
        invitee=Invitee("Jonas", "jonas@hafenbaeckerei.example", "de"),
        product="m365",
        by=SYSTEM,
    )
    queue_due_mail()
    return OutgoingMail.objects.get()


def signature(key=KEY) -> dict[str, str]:
    moment, token = str(int(time.time())), "0" * 50
    signed = hmac.new(key.encode(), f"{moment}{token}".encode(), hashlib.sha256).hexdigest()
    return {"timestamp": moment, "token": token, "signature": signed}


def report(mail, event="failed", **changes) -> dict:
    return {
        "event": event,
        "severity": "permanent",
        "recipient": mail.recipient,
        "timestamp": time.time(),
        "reason": "bounce",
        "message": {"headers": {"message-id": mail.message_id.strip("<>")}},
        "delivery-status": {"code": 550, "message": "5.1.1 The account does not exist"},
    } | changes


def send(client, data, *, key=KEY):
    body = {"signature": signature(key), "event-data": data}
    return client.post(reverse("mail_reports"), json.dumps(body), content_type="application/json")


def story():
    with translation.override("en"):
        (told,) = stories(Invitation.objects.all(), clock.now())
        return told


def test_a_bounce_is_matched_and_told_in_plain_words(reports, mail):
    assert send(reports, report(mail)).status_code == 200
    mail.refresh_from_db()
    assert (mail.state, mail.bounce, mail.bounce_words) == (
        "bounced", "bounced", "550 5.1.1 The account does not exist",
    )  # fmt: skip
    told = story()
    assert (told.state, told.is_trouble) == ("bounced", True)
    assert [step.label for step in told.steps[1:3]] == [
        "Handed to the mail server", "Mail came back",
    ]  # fmt: skip
    assert told.trouble.detail == "There is no such mailbox."
    assert told.trouble.quoted == "550 5.1.1 The account does not exist"


def test_a_complaint_is_told_as_one(reports, mail):
    send(reports, report(mail, "complained"))
    mail.refresh_from_db()
    assert (mail.state, mail.bounce) == ("bounced", "complained")
    assert story().trouble.label == "Reported as unwanted"


def test_the_dashboard_counts_what_came_back(reports, mail, cast):
    send(reports, report(mail))
    reports.force_login(cast.anna)
    page = reports.get(reverse("dashboard"), headers={"accept-language": "en"})
    assert [each.label for each in page.context["attention"]] == ["Invitation not delivered (1)"]
    assert "row-mark" in page.content.decode()


def test_the_first_report_stays(reports, mail):
    send(reports, report(mail))
    before = OutgoingMail.objects.values().get()
    again = {"delivery-status": {"code": 552, "message": "5.2.2 full"}}
    send(reports, report(mail, **again))
    assert OutgoingMail.objects.values().get() == before


def test_an_uncertain_mail_that_came_back_is_not_tried_again(reports, mail):
    OutgoingMail.objects.update(
        handed_over_at=None, uncertain_at=Now(), next_try_at=Now(), server_reply=""
    )
    send(reports, report(mail))
    mail.refresh_from_db()
    assert (mail.state, mail.next_try_at) == ("bounced", None)
    assert [step.label for step in story().steps] == [
        "Invited", "Mail came back", "Not accepted yet. The link holds until",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {"event": "delivered"}, {"event": "opened"}, {"event": "accepted"},
        {"event": "failed", "severity": "temporary"}, {"event": "something new"},
    ],
)  # fmt: skip
def test_what_is_no_bounce_changes_nothing(reports, mail, changes):
    before = OutgoingMail.objects.values().get()
    assert send(reports, report(mail) | changes).status_code == 200
    assert OutgoingMail.objects.values().get() == before
    assert DeliveryReport.objects.count() == 0


@pytest.mark.parametrize(
    "data",
    [
        {}, {"event": "failed"}, [], None, "text", 7, {"event": {}},
        {"event": "failed", "message": {"headers": {"message-id": 7}}},
        {"event": "failed", "message": {"headers": {"message-id": "x" * 500}}},
        {"event": "failed", "message": []},
        {"event": "failed", "timestamp": "yesterday"},
        {"event": "failed", "timestamp": 10**30},
        {"event": "\u0000", "message": "\u0000"},
    ],
)  # fmt: skip
def test_a_malformed_report_is_kept_and_counted_or_no_news(reports, mail, data):
    before = OutgoingMail.objects.values().get()
    assert send(reports, data).status_code == 200
    assert OutgoingMail.objects.values().get() == before
    kept = list(DeliveryReport.objects.values_list("problem", flat=True))
    assert kept in ([], ["malformed"])
    assert kept or "event" in data


@pytest.mark.parametrize("words", [None, 7, [], "\u0000 " * 900, "ü" * 900])
def test_strange_words_are_kept_as_far_as_they_go(reports, mail, words):
    send(reports, report(mail, **{"delivery-status": {"code": None, "message": words}}))
    mail.refresh_from_db()
    assert mail.state == "bounced"
    assert len(mail.bounce_words) <= 500
    assert story().trouble.detail == "The mail server refused the mail."


def test_a_report_about_no_mail_of_ours_is_kept(reports, mail):
    other = OutgoingMail(message_id="<other@evil.example>", recipient="x@y.example")
    assert send(reports, report(other)).status_code == 200
    kept = DeliveryReport.objects.get()
    assert (kept.problem, kept.message_id) == ("unknown", "<other@evil.example>")


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b"7", b"\xff\xfe", b'{"signature": 7}', b'{"signature": {}}',
        b'{"signature": {"token": 1, "timestamp": [], "signature": {}}}',
        '{"signature": {"token": "ü", "timestamp": "ü", "signature": "ü"}}'.encode(),
    ],
)  # fmt: skip
def test_what_is_not_signed_is_refused_and_not_kept(reports, mail, body):
    before = OutgoingMail.objects.values().get()
    answer = reports.post(reverse("mail_reports"), body, content_type="application/json")
    assert answer.status_code == 400
    assert reports.post(reverse("mail_reports"), {"token": "x"}).status_code == 400
    assert OutgoingMail.objects.values().get() == before
    assert DeliveryReport.objects.count() == 0


def test_a_wrong_key_is_refused(reports, mail):
    assert send(reports, report(mail), key="another").status_code == 400
    mail.refresh_from_db()
    assert mail.state == "handed_over"


def test_the_signature_stands_in_for_the_forms_token(settings, mail):
    settings.MAIL_WEBHOOK_KEY = KEY
    assert send(Client(enforce_csrf_checks=True), report(mail)).status_code == 200


def test_without_a_key_there_is_no_such_address(client, mail):
    assert send(client, report(mail)).status_code == 404
    assert client.get(reverse("mail_reports")).status_code == 404


def test_it_is_not_for_reading(reports):
    assert reports.get(reverse("mail_reports")).status_code == 405


def test_kept_reports_are_short_and_forgotten_after_ninety_days(db):
    old = keep_report(problem="malformed", body="x" * 99_999)
    assert len(old.body) == 10_000
    DeliveryReport.objects.update(received_at="2020-01-01T00:00:00Z")
    keep_report(problem="unknown", body="", message_id="<a@b>")
    assert list(DeliveryReport.objects.values_list("problem", flat=True)) == ["unknown"]


def test_a_complaint_outweighs_a_bounce(mail):
    note_bounce(message_id=mail.message_id, bounce="bounced", words="550 full")
    note_bounce(message_id=mail.message_id, bounce="complained", words="")
    mail.refresh_from_db()
    assert mail.bounce == "complained"
