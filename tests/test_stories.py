"""An invitation tells its story: where it is, what went wrong in plain words, and what to do."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import translation

from audit.actor import SYSTEM, Actor
from invitations.models import Invitation, Sending
from invitations.operations import (
    Invitee,
    invite_contact,
    revoke_invitation,
    send_invitation_again,
)
from invitations.presentation import STATES, stories
from invitations.schedule import tell_of_failures
from mail.models import OutgoingMail
from mail.reasons import is_reply, queue_id, reason
from mail.schedule import queue_due_mail
from mail.tasks import claim, deliver
from reseller_portal import clock

ADDRESS = "jonas@hafenbaeckerei.example"


@pytest.fixture
def invitation(cast) -> Invitation:
    return invite_contact(
        customer=cast.bakery, invitee=Invitee("Jonas", ADDRESS, "de"), product="m365", by=SYSTEM
    )


def told():
    """Return the one invitation's story as its reseller reads it now, in English."""
    with translation.override("en"):
        (story,) = stories(Invitation.objects.all(), clock.now())
        return story


def lines(story) -> list[tuple[str, str]]:
    return [(step.kind, step.label) for step in story.steps]


def test_from_the_outbox_to_the_acceptance(cast, invitation, smtp):
    assert told().state == "queued"
    mail = OutgoingMail.objects.get()
    claim(mail.pk)
    assert (told().state, lines(told())[1]) == ("sending", ("current", "Mail is being sent"))
    OutgoingMail.objects.update(lease_until=None)
    deliver(mail.pk)
    handed_over = told().steps[1]
    assert (told().state, handed_over.quoted) == ("handed_over", "250 2.0.0 OK queued as 4Q7")
    assert handed_over.detail == "Its number there: 4Q7"
    Invitation.objects.update(opened_at=clock.now())
    assert told().state == "opened"
    Invitation.objects.update(accepted_at=clock.now(), accepted_by=cast.clara)
    assert (told().state, lines(told())) == (
        "accepted",
        [
            ("done", "Invited"),
            ("done", "Handed to the mail server"),
            ("done", "Page opened"),
            ("done", "Accepted"),
        ],
    )


def test_a_refusal_is_said_in_plain_words_with_what_to_do_and_the_raw_words(invitation, smtp):
    smtp.answer = "refuse"
    deliver(OutgoingMail.objects.get().pk)
    story = told()
    assert (story.state, story.is_trouble) == ("failed", True)
    refused = story.steps[1]
    assert (refused.label, refused.detail, refused.advice, refused.quoted) == (
        "Mail refused",
        "There is no such mailbox.",
        "Ask for the right address and correct it here.",
        "550 5.1.1 User unknown",
    )


@pytest.mark.parametrize(
    "words",
    ["interrupted", "not sent in time", "not written", "ConnectionRefusedError", "TimeoutError",
     "not an address that mail can be sent to", "SMTPServerDisconnected", ""],
)  # fmt: skip
def test_our_own_words_are_never_shown_as_the_mail_servers(invitation, words):
    OutgoingMail.objects.update(failed_at=Now(), next_try_at=None, failure=words)
    step = told().steps[1]
    assert (step.label, step.kind, step.quoted) == ("Mail not sent", "trouble", "")
    shown = f"{step.detail} {step.advice}"
    assert "refused" not in shown
    assert not words or words not in shown


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ("550 5.1.1 <x@y.example>: Recipient address rejected: User unknown", "no such mailbox"),
        ("550 5.1.10 RESOLVER.ADR.RecipientNotFound", "no such mailbox"),
        ("550 No such user here", "no such mailbox"),
        ("550 5.1.2 Bad destination system", "after the @"),
        ("554 Host not found", "after the @"),
        ("550 5.2.1 The account is disabled", "closed"),
        ("552 5.2.2 Over quota", "full"),
        ("452 4.2.2 Mailbox full", "full"),
        ("552 5.3.4 Message too big", "too large"),
        ("550 5.7.1 Message rejected as spam", "does not let"),
        ("554 Blocked by blocklist.example", "does not let"),
        ("451 4.7.1 Greylisted, try again", "later"),
        ("421 Too busy", "later"),
        ("554 Something else", "refused the mail"),
        ("smtp; 5.1.1 unknown", "refused the mail"),
    ],
)
def test_what_servers_write_is_told_in_plain_words(words, what):
    with translation.override("en"):
        if is_reply(words):
            assert what in reason(words).what
            assert reason(words).quoted == words
        else:
            assert reason(words).quoted == ""


def test_german_readers_get_german_reasons():
    with translation.override("de"):
        assert reason("550 5.1.1 User unknown").what == "Dieses Postfach gibt es nicht."


@pytest.mark.parametrize(
    ("reply", "number"),
    [
        ("250 2.0.0 OK queued as 4Q7", "4Q7"),
        ("250 2.0.0 Ok: queued as 4XyZ1k0hPqz", "4XyZ1k0hPqz"),
        ("250 OK id=1rAbCd-0001-2x", "1rAbCd-0001-2x"),
        ("250 kept", ""),
    ],
)
def test_the_number_at_the_mail_server_is_found_in_its_reply(reply, number):
    assert queue_id(reply) == number


def test_a_mail_that_waits_says_how_often_it_was_tried_and_why(invitation, smtp):
    smtp.answer = "later"
    deliver(OutgoingMail.objects.get().pk)
    step = told().steps[1]
    assert (told().state, step.kind, step.quoted) == (
        "queued",
        "current",
        "451 4.7.1 Greylisted, try again",
    )
    assert "Tried 1 time so far" in step.detail


def test_an_uncertain_mail_says_so(invitation, smtp):
    smtp.answer = "drop"
    deliver(OutgoingMail.objects.get().pk)
    assert (told().state, told().steps[1].kind) == ("uncertain", "trouble")
    assert told().steps[1].advice == "It is tried once more by itself."
    OutgoingMail.objects.update(next_try_at=None)
    assert "send it again" in told().steps[1].advice


def test_earlier_links_stay_in_the_story(invitation, smtp):
    smtp.answer = "refuse"
    deliver(OutgoingMail.objects.get().pk)
    smtp.answer = "accept"
    send_invitation_again(invitation=invitation, by=SYSTEM)
    OutgoingMail.objects.filter(generation=2).update(recipient="right@hafenbaeckerei.example")
    deliver(OutgoingMail.objects.get(generation=2).pk)
    assert lines(told()) == [
        ("done", "Invited"),
        ("past", "Mail refused"),
        ("past", "Replaced: sent to another address"),
        ("done", "Handed to the mail server"),
        ("todo", "Not accepted yet. The link holds until"),
    ]
    assert told().steps[2].detail == "Jonas <right@hafenbaeckerei.example>"
    OutgoingMail.objects.update(recipient=ADDRESS)
    assert lines(told())[2] == ("past", "Replaced by a new link")
    assert (told().state, told().is_trouble) == ("handed_over", False)


@pytest.mark.parametrize("end", ["expired", "revoked"])
def test_how_it_can_end_unaccepted(invitation, end):
    if end == "revoked":
        revoke_invitation(invitation=invitation, by=SYSTEM)
    else:
        Invitation.objects.update(expires_at=clock.now())
    assert told().state == end
    assert lines(told())[-1] == ("done" if end == "revoked" else "trouble", end.capitalize())


def test_every_state_has_a_word_in_both_languages():
    english = {str(label) for label in STATES.values()}
    with translation.override("de"):
        assert english.isdisjoint(str(label) for label in STATES.values())


def test_many_stories_ask_the_database_once(cast, invitation, django_assert_num_queries):
    for number in range(4):
        invite_contact(
            customer=cast.bakery,
            invitee=Invitee("Jo", f"jo{number}@hafenbaeckerei.example", "de"),
            product="m365",
            by=SYSTEM,
        )
    found = list(Invitation.objects.all())
    with django_assert_num_queries(1):
        assert len(stories(found, clock.now())) == 5


def attention(client, cast) -> dict[str, str]:
    """Return label → address of the dashboard's attention line, as Anna reads it."""
    client.force_login(cast.anna)
    page = client.get(reverse("dashboard"), headers={"accept-language": "en"})
    return {each.label: each.address for each in page.context["attention"]}


def marked(client, address="") -> bool:
    return "row-mark" in client.get(reverse("dashboard") + address).content.decode()


def test_what_was_not_delivered_is_marked_on_the_dashboard(client, cast, invitation):
    assert (attention(client, cast), marked(client)) == ({}, False)
    OutgoingMail.objects.update(failed_at=Now(), next_try_at=None)
    assert list(attention(client, cast)) == ["Invitation not delivered (1)"]
    assert marked(client, attention(client, cast)["Invitation not delivered (1)"])
    Invitation.objects.update(opened_at=clock.now())
    assert (attention(client, cast), marked(client)) == ({}, False), "it did arrive, then"


def test_what_expired_is_marked_on_the_dashboard_until_revoked(client, cast, invitation):
    Invitation.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    assert list(attention(client, cast)) == ["Invitation expired (1)"]
    assert marked(client, attention(client, cast)["Invitation expired (1)"])
    revoke_invitation(invitation=invitation, by=SYSTEM)
    assert (attention(client, cast), marked(client)) == ({}, False)


def test_nothing_needs_doing_where_the_customer_may_not_edit(client, cast, invitation):
    Invitation.objects.update(expires_at=clock.now())
    cast.bakery.customer_edits = False
    cast.bakery.save()
    assert (attention(client, cast), marked(client)) == ({}, False)


def test_another_resellers_trouble_is_not_counted(client, cast, invitation):
    Invitation.objects.update(expires_at=clock.now())
    client.force_login(cast.ben)
    assert client.get(reverse("dashboard")).context["attention"] == []


def test_the_subscriptions_page_tells_the_story(client, cast, invitation, smtp):
    smtp.answer = "refuse"
    deliver(OutgoingMail.objects.get().pk)
    client.force_login(cast.anna)
    page = client.get(cast.bakery_subscription.get_absolute_url()).content.decode()
    for words in ("There is no such mailbox.", "What to do:", "550 5.1.1 User unknown"):
        assert words in page


def test_who_invited_is_told_once_that_a_mail_is_given_up(cast, smtp):
    actor = Actor(name="Mia", hat="member", user_id=cast.mia.pk)
    invitation = invite_contact(
        customer=cast.bakery, invitee=Invitee("Jonas", ADDRESS, "de"), product="m365", by=actor
    )
    smtp.answer = "refuse"
    deliver(OutgoingMail.objects.get().pk)
    smtp.answer = "accept"
    for _again in range(2):
        tell_of_failures()
    notice = OutgoingMail.objects.get(kind="invitation_failed")
    assert notice.recipient == cast.mia.email
    queue_due_mail()
    (mail,) = smtp.mails
    text = mail.get_body(("plain",)).get_content()
    assert ADDRESS in text
    assert reverse("contacts", args=[cast.bakery.code]) in text
    assert "550 5.1.1" in text
    cast.mia.memberships.all().delete()  # then an owner hears of the next one
    invitation = Invitation.objects.get(pk=invitation.pk)
    Sending.objects.all().delete()
    send_invitation_again(invitation=invitation, by=SYSTEM)
    OutgoingMail.objects.filter(kind="invitation", generation=2).update(
        failed_at=Now(), next_try_at=None, failure="550 5.1.1 User unknown"
    )
    tell_of_failures()
    assert OutgoingMail.objects.latest("pk").recipient == cast.anna.email


def test_nobody_is_told_of_what_was_mended_meanwhile(cast, smtp, invitation):
    smtp.answer = "refuse"
    deliver(OutgoingMail.objects.get().pk)
    smtp.answer = "accept"
    tell_of_failures()
    revoke_invitation(invitation=invitation, by=SYSTEM)
    queue_due_mail()
    assert smtp.mails == []
