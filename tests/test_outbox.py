"""Every mail is a row first: sent after the commit, never lost, its story told."""

import smtplib
import threading
from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from django.urls import reverse

from audit.actor import SYSTEM
from customers.models import Customer
from customers.products import Product
from invitations.models import Invitation
from invitations.operations import (
    Invitee,
    invite_contact,
    revoke_invitation,
    send_invitation_again,
)
from mail import tasks
from mail.letters import Letter, make_message
from mail.models import MOST_CLAIMS, OutgoingMail
from mail.schedule import queue_due_mail
from mail.smtp import hand_over, hang_up
from mail.tasks import claim, deliver, finish, note_text
from reseller_portal import clock
from reseller_portal.celery import app
from subscriptions.forms import new_form_key
from subscriptions.models import Subscription
from subscriptions.operations import Order, start_subscription

ADDRESS = "jonas@hafenbaeckerei.example"


def invite(cast, name="Jonas Petersen", language="de", email=ADDRESS) -> Invitation:
    return invite_contact(
        customer=cast.bakery, invitee=Invitee(name, email, language), product="m365", by=SYSTEM
    )


def the_mail() -> OutgoingMail:
    return OutgoingMail.objects.get(kind="invitation")


def make_due(**fields) -> None:
    OutgoingMail.objects.update(next_try_at=Now(), **fields)


def the_worker_dies() -> None:
    OutgoingMail.objects.update(lease_until=Now() - timedelta(seconds=1))


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


class Interrupted(Exception):
    """What a test raises where the portal might break off."""


@pytest.mark.parametrize("interrupted", [False, True])
def test_the_subscription_and_its_mail_are_kept_together_or_not_at_all(
    cast, smtp, django_capture_on_commit_callbacks, interrupted
):
    try:
        with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
            start_subscription(
                reseller=cast.nordlicht,
                order=Order(Product.M365, "Blumen Rot", 3),
                invitee=Invitee("Rosa Rot", "rosa@blumen-rot.example", "de"),
                today=clock.today(),
                by=SYSTEM,
            )
            assert (the_mail().state, smtp.mails) == ("queued", [])
            if interrupted:
                raise Interrupted
    except Interrupted:
        pass
    rows = Subscription.objects.filter(customer_name="Blumen Rot").count()
    kept = (rows, OutgoingMail.objects.count(), len(smtp.mails))
    assert kept == ((0, 0, 0) if interrupted else (1, 1, 1))


def test_a_mail_whose_message_was_lost_is_found_by_the_clock(posted, smtp):
    queue_due_mail()
    queue_due_mail()
    assert (the_mail().state, len(smtp.mails)) == ("handed_over", 1)


@pytest.mark.parametrize(
    ("answer", "words"),
    [("refuse", "550 5.1.1 User unknown"), ("reject", "550 5.7.1 Content not wanted")],
)
def test_a_refusal_is_final_and_keeps_the_servers_words(posted, smtp, answer, words):
    smtp.answer = answer
    deliver(posted.pk)
    deliver(posted.pk)
    queue_due_mail()
    mail = the_mail()
    assert (mail.state, mail.failure, mail.tries) == ("failed", words, 1)
    assert (mail.next_try_at, mail.lease_until) == (None, None)


@pytest.mark.parametrize("address", ["jörg@hafenbaeckerei.example", "jo@☃.example"])
def test_an_address_that_cannot_be_written_to_is_refused_at_once(posted, smtp, address):
    OutgoingMail.objects.update(recipient=address)
    deliver(posted.pk)
    mail = the_mail()
    assert (mail.state, mail.tries, mail.next_try_at) == ("failed", 1, None)
    assert mail.failure == "not an address that mail can be sent to"


def test_a_mail_that_cannot_be_written_waits_longer_each_time_and_is_given_up(
    posted, smtp, monkeypatch, caplog
):
    def broken(outgoing):
        raise Interrupted

    monkeypatch.setattr("invitations.emails.invitation_email", broken)
    queue_due_mail()
    queue_due_mail()
    mail = the_mail()
    assert (mail.state, mail.tries, mail.failure) == ("queued", 1, "not written")
    assert mail.next_try_at > mail.queued_at
    assert f"mail {mail.pk} cannot be written" in caplog.text
    make_due()
    with clock.travel(posted.give_up_at):
        queue_due_mail()
    assert (the_mail().state, the_mail().next_try_at) == ("failed", None)


@pytest.mark.parametrize("trouble", ["later", "closed", "unwilling", "hang", "break off"])
def test_a_server_that_is_busy_away_or_unwilling_is_tried_again(posted, smtp, settings, trouble):
    port = settings.EMAIL_PORT
    settings.EMAIL_TIMEOUT = 0.5
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


@pytest.mark.parametrize(
    ("trouble", "words"),
    [("closed", "ConnectionRefusedError"), ("unwilling", "550 5.7.1 We do not know you")],
)
def test_a_server_that_does_not_serve_us_at_all_raises_an_alarm(
    posted, smtp, settings, caplog, trouble, words
):
    smtp.answer = trouble
    settings.EMAIL_PORT = 1 if trouble == "closed" else settings.EMAIL_PORT
    deliver(posted.pk)
    alarms = [entry for entry in caplog.records if entry.levelname == "ERROR"]
    assert [entry.getMessage() for entry in alarms] == [
        f"the mail server does not serve us: {words}"
    ]


def test_our_own_mistake_in_the_sender_fails_no_mail(posted, smtp, settings):
    settings.MAIL_FROM = "Portal <portal@☃.example>"
    deliver(posted.pk)
    assert (the_mail().state, the_mail().failure) == ("queued", "not written")


def test_the_last_try_comes_before_its_time_is_over(posted, smtp):
    smtp.answer = "later"
    OutgoingMail.objects.update(tries=12)
    with clock.travel(posted.give_up_at - timedelta(minutes=30)):
        deliver(posted.pk)
    mail = the_mail()
    wait = mail.next_try_at - mail.claimed_at
    assert timedelta(minutes=28) < wait < timedelta(minutes=30)


def test_a_mail_whose_time_ran_out_while_it_waited_has_failed(cast, smtp):
    invitation = invite(cast)
    OutgoingMail.objects.update(give_up_at=invitation.expires_at)
    smtp.answer = "later"
    deliver(the_mail().pk)
    make_due()
    with clock.travel(invitation.expires_at + timedelta(hours=1)):
        queue_due_mail()
    assert (the_mail().state, the_mail().failure) == ("failed", "451 4.7.1 Greylisted, try again")


def test_the_longest_wait_tells_that_nobody_sends(posted, smtp):
    OutgoingMail.objects.update(next_try_at=Now() - timedelta(minutes=5))
    assert timedelta(minutes=5) <= OutgoingMail.objects.longest_wait() < timedelta(minutes=6)
    OutgoingMail.objects.update(lease_until=Now() - timedelta(minutes=2), fence=1)
    assert timedelta(minutes=2) <= OutgoingMail.objects.longest_wait() < timedelta(minutes=3)
    deliver(posted.pk)
    assert OutgoingMail.objects.longest_wait() is None


def test_staff_try_waiting_mails_at_once_and_read_how_many_there_were(
    client, cast, smtp, django_capture_on_commit_callbacks
):
    for address in ("a@hafenbaeckerei.example", "b@hafenbaeckerei.example"):
        invite(cast, email=address)
    OutgoingMail.objects.update(next_try_at=Now() + timedelta(hours=6))
    ended = OutgoingMail.objects.latest("pk")
    OutgoingMail.objects.filter(pk=ended.pk).update(failed_at=Now(), next_try_at=None)
    client.force_login(cast.dora)
    chosen = list(OutgoingMail.objects.values_list("pk", flat=True))
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(
            reverse("admin:mail_outgoingmail_changelist") + "?state=all",
            {"action": "try_now", "_selected_action": chosen},
            follow=True,
        )
    assert [str(message) for message in answer.context["messages"]] == [
        "1 mail is tried now.",
        "1 mail has ended already and stays as it is.",
    ]
    assert [envelope.rcpt_tos for envelope in smtp.envelopes] == [["a@hafenbaeckerei.example"]]


def test_it_is_given_up_when_its_time_is_over(posted, smtp):
    smtp.answer = "later"
    with clock.travel(posted.give_up_at):
        deliver(posted.pk)
    assert (the_mail().state, the_mail().failure) == ("failed", "451 4.7.1 Greylisted, try again")


def test_a_connection_lost_after_the_text_is_uncertain_and_tried_once_more(posted, smtp):
    smtp.answer = "drop"
    deliver(posted.pk)
    mail = the_mail()
    assert (mail.state, mail.lease_until) == ("uncertain", None)
    assert mail.next_try_at > mail.data_at > mail.claimed_at
    make_due()
    deliver(posted.pk)
    mail = the_mail()
    assert (mail.state, mail.next_try_at, mail.tries) == ("uncertain", None, 2)
    queue_due_mail()
    assert len(smtp.mails) == 2
    assert len({message["Message-ID"] for message in smtp.mails}) == 1
    assert len({message["Date"] for message in smtp.mails}) == 1
    assert len({envelope.content for envelope in smtp.envelopes}) == 1


def test_an_uncertain_mail_that_the_server_takes_at_last_is_handed_over(posted, smtp):
    smtp.answer = "drop"
    deliver(posted.pk)
    smtp.answer = "accept"
    make_due()
    deliver(posted.pk)
    assert (the_mail().state, the_mail().uncertain_at) == ("handed_over", None)


@pytest.mark.parametrize("end", ["given up", "revoked", "too late"])
def test_an_uncertain_mail_that_is_not_tried_again_stays_uncertain(posted, smtp, end):
    smtp.answer = "drop"
    deliver(posted.pk)
    make_due()
    smtp.answer = "later"
    if end == "revoked":
        Invitation.objects.update(revoked_at=Now())
    invitation = Invitation.objects.get()
    too_late = invitation.expires_at if end == "too late" else posted.give_up_at
    with clock.travel(too_late):
        deliver(posted.pk)
    mail = the_mail()
    assert (mail.state, mail.next_try_at, mail.lease_until) == ("uncertain", None, None)


def test_that_the_text_is_on_its_way_is_noted_before_it_leaves(posted, smtp, settings):
    def interrupted():
        raise Interrupted

    message = make_message(
        Letter("Hello", "Hello", "<p>Hello"),
        sender=settings.MAIL_FROM,
        recipient=ADDRESS,
        recipient_name="",
        message_id=posted.message_id,
        written_at=posted.written_at,
        language="de",
    )
    with pytest.raises(Interrupted):
        hand_over(
            message.as_bytes(),
            sender="portal@portal.example",
            recipient=ADDRESS,
            before_text=interrupted,
        )
    assert smtp.mails == []


def test_what_was_taken_stays_taken_when_the_goodbye_is_lost(posted, smtp):
    smtp.answer = "hang up"
    deliver(posted.pk)
    hang_up()
    assert (the_mail().state, smtp.said[-1]) == ("handed_over", ["MAIL", "QUIT"])


def test_the_goodbye_on_which_nothing_depends_is_waited_for_briefly(posted, smtp, monkeypatch):
    patience = []
    monkeypatch.setattr(smtplib.SMTP, "quit", lambda self: patience.append(self.sock.gettimeout()))
    deliver(posted.pk)
    hang_up()
    assert (the_mail().state, patience) == ("handed_over", [2])


def test_a_line_that_is_only_a_dot_does_not_end_the_text(posted, smtp, monkeypatch):
    letter = Letter("Dots", "before\n.\n..\nafter\n", "<p>Dots")
    monkeypatch.setattr("invitations.emails.invitation_email", lambda outgoing: letter)
    deliver(posted.pk)
    (message,) = smtp.mails
    shown = message.get_body(("plain",)).get_content()
    assert shown.splitlines() == letter.text.splitlines()


@pytest.mark.parametrize("after_text", [True, False])
def test_the_mail_of_a_dead_worker_is_judged_by_who_finds_it(posted, smtp, after_text):
    (outgoing,) = claim(pk=posted.pk)
    if after_text:
        note_text(outgoing)
    deliver(posted.pk)
    assert smtp.mails == [], "the lease still holds"
    the_worker_dies()
    deliver(posted.pk)
    assert the_mail().state == ("uncertain" if after_text else "handed_over")
    assert (the_mail().lease_until, len(smtp.mails)) == (None, 0 if after_text else 1)


def test_workers_that_die_after_the_text_are_followed_by_one_more_try_only(posted, smtp):
    for _ in range(2):
        make_due()
        (outgoing,) = claim(pk=posted.pk)
        note_text(outgoing)
        the_worker_dies()
        queue_due_mail()
    mail = the_mail()
    assert (mail.state, mail.next_try_at, mail.tries) == ("uncertain", None, 2)
    assert smtp.mails == []


def test_finishing_after_somebody_else_has_claimed_changes_nothing_and_is_logged(
    posted, smtp, caplog
):
    (slow,) = claim(pk=posted.pk)
    the_worker_dies()
    claim(pk=posted.pk)
    before = OutgoingMail.objects.values().get()
    finish(slow, handed_over_at=Now(), next_try_at=None)
    assert OutgoingMail.objects.values().get() == before
    assert the_mail().state == "sending"
    assert f"mail {posted.pk} was claimed by somebody else" in caplog.text


def test_a_mail_whose_workers_keep_dying_is_given_up(posted, smtp):
    for _ in range(MOST_CLAIMS):
        assert claim(pk=posted.pk)
        the_worker_dies()
    deliver(posted.pk)
    assert (the_mail().state, smtp.mails) == ("failed", [])


def test_one_worker_that_dies_after_many_tries_is_not_the_end(posted, smtp):
    smtp.answer = "later"
    for _ in range(MOST_CLAIMS):
        make_due()
        deliver(posted.pk)
    make_due()
    claim(pk=posted.pk)
    the_worker_dies()
    smtp.answer = "accept"
    queue_due_mail()
    assert (the_mail().state, len(smtp.mails)) == ("handed_over", 1)


def test_a_worker_that_slept_past_its_lease_sends_nothing_once_another_has_claimed(
    posted, smtp, monkeypatch, caplog
):
    def after_a_long_sleep(message, **conversation):
        monkeypatch.setattr(tasks, "hand_over", hand_over)
        the_worker_dies()  # as far as the others can tell
        deliver(posted.pk)
        return hand_over(message, **conversation)

    monkeypatch.setattr(tasks, "hand_over", after_a_long_sleep)
    deliver(posted.pk)
    assert (the_mail().state, the_mail().tries, len(smtp.mails)) == ("handed_over", 2, 1)
    assert f"mail {posted.pk} was claimed by somebody else" in caplog.text


@pytest.mark.parametrize("end", ["failed_at", "withdrawn_at"])
def test_finishing_after_the_mail_has_ended_changes_nothing(posted, smtp, end):
    (slow,) = claim(pk=posted.pk)
    OutgoingMail.objects.update(lease_until=None, next_try_at=None, **{end: Now()})
    before = OutgoingMail.objects.values().get()
    finish(slow, handed_over_at=Now(), next_try_at=None)
    assert OutgoingMail.objects.values().get() == before


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


@pytest.mark.parametrize(
    "change",
    [
        {"revoked_at": Now()},
        {"generation": 2},
        {"accepted_at": Now(), "accepted_by": "clara"},
        {"expires_at": Now()},
    ],
    ids=["revoked", "replaced", "accepted", "too old"],
)
def test_what_ended_while_a_worker_held_it_is_withdrawn_by_the_next(cast, smtp, change):
    invitation = invite(cast)
    claim(pk=the_mail().pk)
    if "accepted_by" in change:
        change = change | {"accepted_by": cast.clara}
    Invitation.objects.filter(pk=invitation.pk).update(**change)
    the_worker_dies()
    queue_due_mail()
    assert (the_mail().state, the_mail().next_try_at, smtp.mails) == ("withdrawn", None, [])


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
    assert [part.get_content_type() for part in message.iter_parts()] == [
        "text/plain",
        "text/html",
    ]
    assert smtp.envelopes[0].content.isascii()


HEADERS = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "MIME-Version",
    "Content-Type",
    "Content-Language",
]


@pytest.mark.parametrize("line_break", ["\r\n", "\n", "\r", "\u2028"])
def test_a_name_cannot_add_headers_or_recipients(cast, smtp, line_break):
    evil = f"Evil{line_break}Bcc: victim@example.com{line_break}{line_break}Hello"
    invite(cast, name=evil)
    # Past the forms and operations, which would have tidied them.
    OutgoingMail.objects.update(recipient_name=evil)
    Customer.objects.filter(pk=cast.bakery.pk).update(name=evil)
    deliver(the_mail().pk)
    (message,) = smtp.mails
    assert [name for name in message.keys() if name != "X-Peer"] == HEADERS  # noqa: SIM118
    assert [address.addr_spec for address in message["To"].addresses] == [ADDRESS]
    assert "Bcc: victim@example.com" in message["Subject"]
    assert [envelope.rcpt_tos for envelope in smtp.envelopes] == [[ADDRESS]]


@pytest.mark.parametrize("encoded", ["=?utf-8?b?%s?=", "=?utf-8?q?=0D=0ABcc:_victim=40x.example?="])
def test_a_name_that_pretends_to_be_encoded_is_only_a_name(cast, smtp, encoded):
    encoded = encoded.replace("%s", b64encode(b"\r\nBcc: victim@x.example").decode())
    evil = f"{encoded} ; Müller ÅkermanÅkermanÅkermanÅkerman"
    Customer.objects.filter(pk=cast.bakery.pk).update(name=evil)
    invite(cast, name=evil)
    # So long that its line cannot be kept short.
    address = f"jonas@{'hafen.' * 12}example"
    OutgoingMail.objects.update(recipient=address)
    deliver(the_mail().pk)
    (message,) = smtp.mails
    assert [name for name in message.keys() if name != "X-Peer"] == HEADERS  # noqa: SIM118
    assert [each.addr_spec for each in message["To"].addresses] == [address]
    assert encoded in message["Subject"]


@pytest.mark.parametrize(
    "name",
    ["Jo", 'Petersen, Jonas "Jo" (Hafen) <x@y.example>', "Ö" * 120, "🎈" * 120, "a\\b;c:d@e.f"],
)
def test_any_name_arrives_as_it_is_in_short_lines(name):
    message = make_message(
        Letter("Hello", "Hello", "<p>Hello", reply_to=f"Nordlicht <{ADDRESS}>"),
        sender="Reseller Portal <portal@portal.example>",
        recipient="jonas@hafenbäckerei.example",
        recipient_name=name,
        message_id="<mail-1@portal.example>",
        written_at=datetime(2026, 3, 1, tzinfo=UTC),
        language="en",
    )
    head = message.as_bytes().partition(b"\r\n\r\n")[0]
    lines = head.split(b"\r\n")
    assert max(len(line) for line in lines) <= 78
    (address,) = message["To"].addresses
    assert address.addr_spec == "jonas@xn--hafenbckerei-lcb.example"
    # The standard library's parser puts a blank between encoded words; mail programs do not.
    assert address.display_name.replace(" ", "") == name.replace(" ", "")
    assert str(message["Reply-To"]) == f"Nordlicht <{ADDRESS}>"


def test_the_link_begins_with_our_address_whatever_the_browser_says(
    client, cast, smtp, settings, django_capture_on_commit_callbacks
):
    settings.BASE_URL = "https://portal.example"
    settings.ALLOWED_HOSTS = ["*"]
    client.force_login(cast.anna)
    order = {
        "form_key": new_form_key(cast.anna.memberships.get()),
        "product": "m365",
        "company_name": "Blumen Rot",
        "seats": "3",
        "customer_edits": "on",
        "contact_name": "Rosa Rot",
        "contact_email": "rosa@blumen-rot.example",
    }
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("new_subscription"), order, headers={"host": "evil.example"})
    (message,) = smtp.mails
    assert "https://portal.example/" in message.get_body(("plain",)).get_content()
    assert b"evil.example" not in smtp.envelopes[0].content


def test_the_outbox_holds_no_link(posted):
    invitation = Invitation.objects.get()
    stored = " ".join(str(value) for value in OutgoingMail.objects.values().get().values())
    assert invitation.token().rpartition(".")[2] not in stored
    assert "http" not in stored
