"""Every mail is a row first: sent after the commit, never lost, its story told."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.urls import reverse

from audit.actor import SYSTEM
from invitations.models import Invitation
from invitations.operations import (
    Invitee,
    invite_contact,
    revoke_invitation,
    send_invitation_again,
)
from mail.models import MOST_CLAIMS, OutgoingMail
from mail.schedule import queue_due_mail
from mail.tasks import claim, deliver, finish
from reseller_portal import clock
from reseller_portal.celery import app

ADDRESS = "jonas@hafenbaeckerei.example"


def invite(cast, name="Jonas Petersen", language="de", email=ADDRESS) -> Invitation:
    return invite_contact(
        customer=cast.bakery, invitee=Invitee(name, email, language), product="m365", by=SYSTEM
    )


def the_mail() -> OutgoingMail:
    return OutgoingMail.objects.get(kind="invitation")


def make_due(**fields) -> None:
    OutgoingMail.objects.update(next_try_at=Now(), **fields)


@pytest.fixture
def posted(cast) -> OutgoingMail:
    """A mail in the outbox whose message to the worker was lost."""
    invite(cast)
    return the_mail()


def test_the_mail_leaves_only_after_the_commit(cast, smtp, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        invite(cast)
        assert (the_mail().state, smtp.mails) == ("queued", [])
    assert (the_mail().state, the_mail().server_reply) == (
        "handed_over",
        "250 2.0.0 OK queued as 4Q7",
    )
    assert [envelope.rcpt_tos for envelope in smtp.envelopes] == [[ADDRESS]]


def test_a_mail_whose_message_was_lost_is_found_by_the_clock(posted, smtp):
    queue_due_mail()
    queue_due_mail()
    assert (the_mail().state, len(smtp.mails)) == ("handed_over", 1)


def test_a_refused_address_is_final_and_keeps_the_servers_words(posted, smtp):
    smtp.answer = "refuse"
    deliver(posted.pk)
    mail = the_mail()
    assert (mail.state, mail.failure, mail.next_try_at) == (
        "failed",
        "550 5.1.1 User unknown",
        None,
    )


@pytest.mark.parametrize("trouble", ["later", "closed"])
def test_a_server_that_is_busy_or_away_is_tried_again(posted, smtp, settings, trouble):
    port = settings.EMAIL_PORT
    smtp.answer = trouble
    settings.EMAIL_PORT = 1 if trouble == "closed" else port
    deliver(posted.pk)
    mail = the_mail()
    assert (mail.state, mail.tries, mail.lease_until) == ("queued", 1, None)
    assert mail.next_try_at > mail.claimed_at
    deliver(posted.pk)
    assert the_mail().tries == 1, "not due yet"
    smtp.answer, settings.EMAIL_PORT = "accept", port
    make_due()
    deliver(posted.pk)
    assert (the_mail().state, len(smtp.mails)) == ("handed_over", 1)


def test_it_is_given_up_when_its_time_is_over(posted, smtp):
    smtp.answer = "later"
    with clock.travel(posted.give_up_at):
        deliver(posted.pk)
    assert (the_mail().state, the_mail().failure) == ("failed", "451 4.7.1 Greylisted, try again")


def test_a_connection_lost_after_the_text_is_uncertain_and_tried_once_more(posted, smtp):
    smtp.answer = "drop"
    deliver(posted.pk)
    assert the_mail().state == "uncertain"
    make_due()
    deliver(posted.pk)
    mail = the_mail()
    assert (mail.state, mail.next_try_at, mail.tries) == ("uncertain", None, 2)
    queue_due_mail()
    assert len(smtp.mails) == 2
    assert len({message["Message-ID"] for message in smtp.mails}) == 1
    assert len({message["Date"] for message in smtp.mails}) == 1


def test_what_was_taken_stays_taken_when_the_goodbye_is_lost(posted, smtp):
    smtp.answer = "hang up"
    deliver(posted.pk)
    assert the_mail().state == "handed_over"


@pytest.mark.parametrize("after_text", [True, False])
def test_the_mail_of_a_dead_worker_is_judged_by_who_finds_it(posted, smtp, after_text):
    outgoing, _letter = claim(posted.pk)
    if after_text:
        finish(outgoing, data_at=Now(), keep_lease=True)
    deliver(posted.pk)
    assert smtp.mails == [], "the lease still holds"
    OutgoingMail.objects.update(lease_until=Now() - timedelta(seconds=1))
    deliver(posted.pk)
    assert the_mail().state == ("uncertain" if after_text else "handed_over")


def test_finishing_after_somebody_else_has_claimed_changes_nothing(posted, smtp):
    outgoing, _letter = claim(posted.pk)
    OutgoingMail.objects.update(fence=5)
    finish(outgoing, handed_over_at=Now())
    assert the_mail().state == "sending"


def test_a_mail_whose_workers_keep_dying_is_given_up(posted, smtp):
    OutgoingMail.objects.update(
        tries=MOST_CLAIMS, fence=MOST_CLAIMS, lease_until=Now() - timedelta(seconds=1)
    )
    deliver(posted.pk)
    assert (the_mail().state, smtp.mails) == ("failed", [])


@pytest.mark.django_db(transaction=True)
def test_many_workers_send_it_once(cast, smtp):
    invitation = invite_without_worker(cast)
    mail_id = OutgoingMail.objects.get(object_id=invitation.pk).pk

    def work():
        deliver(mail_id)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(5)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert (the_mail().state, len(smtp.mails)) == ("handed_over", 1)


def invite_without_worker(cast) -> Invitation:
    """Invite while no worker listens: the message waits in the broker, the row in the database."""
    app.conf.task_always_eager = False
    try:
        return invite(cast)
    finally:
        app.conf.task_always_eager = True


@pytest.mark.parametrize("end", ["revoked", "replaced", "editing taken back"])
def test_what_is_no_longer_wanted_is_not_sent(cast, smtp, end):
    invitation = invite(cast)
    first = the_mail()
    if end == "revoked":
        revoke_invitation(invitation=invitation, by=SYSTEM)
    elif end == "replaced":
        send_invitation_again(invitation=invitation, by=SYSTEM)
    else:
        cast.bakery.customer_edits = False
        cast.bakery.save()
    deliver(first.pk)
    first.refresh_from_db()
    assert (first.state, smtp.mails) == ("withdrawn", [])


@pytest.mark.parametrize(("language", "words"), [("de", "lädt Sie ein"), ("en", "invites you")])
def test_the_mail_says_who_invites_and_holds_one_link(cast, smtp, settings, language, words):
    settings.BASE_URL = "https://portal.example"
    invitation = invite(cast, name="Jörg „Jo“ Åkerman 🎈", language=language)
    deliver(the_mail().pk)
    (message,) = smtp.mails
    text = message.get_body(("plain",)).get_content()
    html = message.get_body(("html",)).get_content()
    link = "https://portal.example" + reverse("invitation_link", args=[invitation.token()])
    assert (text.count("http"), text.count(link)) == (1, 1)
    assert link in html
    assert words in text
    assert words in html
    assert str(message["To"]) == f"Jörg „Jo“ Åkerman 🎈 <{ADDRESS}>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == language
    raw = message.as_bytes().partition(b"\r\n\r\n")[0] or message.as_bytes().partition(b"\n\n")[0]
    assert raw.isascii()


def test_a_name_cannot_add_headers_or_recipients(cast, smtp):
    invite(cast, name="Evil\r\nBcc: victim@example.com")
    deliver(the_mail().pk)
    (message,) = smtp.mails
    assert message["Bcc"] is None
    assert smtp.envelopes[0].rcpt_tos == [ADDRESS]


def test_the_outbox_holds_no_link(posted):
    invitation = Invitation.objects.get()
    stored = " ".join(str(value) for value in OutgoingMail.objects.values().get().values())
    assert invitation.token().rpartition(".")[2] not in stored
    assert "http" not in stored
