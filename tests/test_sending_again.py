"""Correcting, sending again within limits, reminding, several at once, and who has access."""

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection
from django.db.models import F
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import translation

from audit.actor import SYSTEM, Actor
from audit.models import Entry
from customers.operations import customer_named, set_customer_edits
from invitations.errors import (
    AlreadyInvited,
    EditingNotAllowed,
    InvitationClosed,
    NothingToCorrect,
    SentTooOften,
)
from invitations.jobs import send_several
from invitations.limits import limits
from invitations.models import BulkLine, BulkSending, Invitation, Sending
from invitations.operations import (
    Invitee,
    correct_invitation,
    invite_contact,
    remind_of_invitation,
    revoke_invitation,
    send_invitation_again,
    send_next_of,
    wish_sendings,
)
from invitations.presentation import refusal_words, stories
from invitations.schedule import forget_sendings, queue_bulk_sendings, remind_of_invitations
from mail.models import OutgoingMail
from mail.schedule import queue_due_mail
from mail.tasks import deliver
from reseller_portal import clock
from resellers.models import Role

ADDRESS = "jonas@hafenbaeckerei.example"
A_MINUTE, AN_HOUR, A_DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def invite(cast, email=ADDRESS, *, customer=None, by=SYSTEM) -> Invitation:
    return invite_contact(
        customer=customer or cast.bakery, invitee=Invitee("Jonas", email, "de"), product="", by=by
    )


@pytest.fixture
def invitation(cast) -> Invitation:
    return invite(cast)


@pytest.fixture
def anna(cast) -> Actor:
    return Actor(name="Anna Nissen", hat="member", user_id=cast.anna.pk)


def time_passes(by: timedelta) -> None:
    """Let every sending be older; limits go by the database's clock."""
    Sending.objects.update(sent_at=F("sent_at") - by)


def links_work(*tokens) -> list[bool]:
    return [Invitation.objects.by_token(token) is not None for token in tokens]


# Correcting ---------------------------------------------------------------------------------------


def test_a_corrected_address_gets_a_new_link_and_ends_the_old_one(
    client, cast, invitation, anna, smtp
):
    old = invitation.token()
    client.get(reverse("invitation_link", args=[old]), follow=True)
    corrected = correct_invitation(
        invitation=invitation, name="Jonas P.", email="jo@hafenbaeckerei.example", by=anna
    )
    assert (corrected.generation, corrected.pk) == (2, invitation.pk)
    assert links_work(old, corrected.token()) == [False, True]
    assert client.post(reverse("invitation"), {"name": "X"}).status_code == 404, "mid-form too"
    queue_due_mail()
    assert [envelope.rcpt_tos for envelope in smtp.envelopes] == [["jo@hafenbaeckerei.example"]]
    entry = Entry.objects.get(action="invitation_corrected")
    assert (entry.before, entry.after) == (
        {"name": "Jonas", "email": ADDRESS},
        {"name": "Jonas P.", "email": "jo@hafenbaeckerei.example"},
    )


@pytest.mark.parametrize(
    ("email", "refusal"),
    [
        (ADDRESS, NothingToCorrect),
        ("other@hafenbaeckerei.example", AlreadyInvited),
        ("CLARA@hafenbaeckerei.example", AlreadyInvited),
    ],
)
def test_an_address_is_not_corrected_to_one_that_is_known(cast, invitation, anna, email, refusal):
    invite(cast, "other@hafenbaeckerei.example")
    before = list(Invitation.objects.values()), OutgoingMail.objects.count()
    with pytest.raises(refusal):
        correct_invitation(invitation=invitation, name="Jonas", email=email, by=anna)
    assert (list(Invitation.objects.values()), OutgoingMail.objects.count()) == before


def test_what_is_accepted_or_revoked_is_not_corrected(invitation, anna):
    revoke_invitation(invitation=invitation, by=SYSTEM)
    with pytest.raises(InvitationClosed):
        correct_invitation(invitation=invitation, name="J", email="j@x.example", by=anna)


def test_a_slip_is_corrected_at_once_but_not_without_end(invitation, anna):
    for number in range(4):
        email = f"jonas{number}@hafenbaeckerei.example"
        correct_invitation(invitation=invitation, name="Jonas", email=email, by=anna)
    with pytest.raises(SentTooOften) as refusal:
        correct_invitation(invitation=invitation, name="J", email="j9@x.example", by=anna)
    assert refusal.value.limit.window == A_DAY


def test_the_page_corrects_and_keeps_what_was_typed(client, cast, invitation):
    client.force_login(cast.anna)
    address = reverse("invitation_correction", args=[invitation.code])
    home = cast.bakery_subscription.get_absolute_url()
    page = client.post(address, {"name": "Jo", "email": "kein-zeichen", "next": home})
    assert 'value="kein-zeichen"' in page.content.decode()
    page = client.post(address, {"name": "Jo", "email": "jo@hafen.example", "next": home})
    assert page["Location"] == home
    assert Invitation.objects.get().email == "jo@hafen.example"
    page = client.post(address, {"name": "J", "email": "j@x.example", "next": "//evil.example"})
    assert page["Location"] == reverse("contacts", args=[cast.bakery.code])


# Limits -------------------------------------------------------------------------------------------


def test_one_invitation_is_sent_once_a_minute_and_five_times_a_day(invitation, anna):
    with pytest.raises(SentTooOften):
        send_invitation_again(invitation=invitation, by=anna)
    for _ in range(4):
        time_passes(A_MINUTE)
        send_invitation_again(invitation=invitation, by=anna)
    time_passes(A_MINUTE)
    with pytest.raises(SentTooOften) as refusal:
        send_invitation_again(invitation=invitation, by=anna)
    assert (refusal.value.limit.scope, refusal.value.limit.most) == ("invitation", 5)
    time_passes(A_DAY)
    send_invitation_again(invitation=invitation, by=anna)


def test_a_reseller_sends_so_many_an_hour(cast, settings, anna):
    settings.INVITATIONS_AN_HOUR = 3
    for number in range(3):
        invite(cast, f"j{number}@hafenbaeckerei.example", by=anna)
    with pytest.raises(SentTooOften) as refusal:
        invite(cast, "j3@hafenbaeckerei.example", by=anna)
    assert (refusal.value.limit.scope, Invitation.objects.count()) == ("reseller", 3)
    time_passes(AN_HOUR)
    invite(cast, "j3@hafenbaeckerei.example", by=anna)


def test_an_address_gets_so_many_a_day_whoever_sends(cast, settings, anna):
    settings.INVITATIONS_A_DAY_TO_ONE_ADDRESS = 2
    ben = Actor(name="Ben", hat="member", user_id=cast.ben.pk)
    others = customer_named(reseller=cast.suedwind, name="Anders", by=SYSTEM)
    others = set_customer_edits(customer=others, allowed=True, by=SYSTEM)
    third = customer_named(reseller=cast.suedwind, name="Dritte", by=SYSTEM)
    third = set_customer_edits(customer=third, allowed=True, by=SYSTEM)
    invite(cast, by=anna)
    invite(cast, "JONAS@hafenbaeckerei.example", customer=others, by=ben)
    before = OutgoingMail.objects.count()
    with pytest.raises(SentTooOften) as refusal:
        invite(cast, customer=third, by=ben)
    assert (refusal.value.limit.scope, OutgoingMail.objects.count()) == ("recipient", before)


@pytest.mark.parametrize("scope", ["reseller", "recipient", "invitation"])
def test_a_refusal_says_in_words_when_it_works_again(settings, scope):
    moment = clock.now().replace(hour=12, minute=29, second=5)
    for limit in limits():
        if limit.scope == scope:
            with translation.override("en"):
                words = refusal_words(SentTooOften(limit, moment))
            assert "which is the most" in words or "is the most" in words
            assert "It works again from" in words
            assert words.endswith(":30.")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("limited", ["reseller", "recipient"])
def test_fifty_requests_at_once_never_pass_a_limit(cast, settings, anna, limited):
    settings.INVITATIONS_AN_HOUR = 7 if limited == "reseller" else 1_000
    settings.INVITATIONS_A_DAY_TO_ONE_ADDRESS = 7
    customers = [
        set_customer_edits(
            customer=customer_named(reseller=cast.nordlicht, name=f"Kunde {n}", by=SYSTEM),
            allowed=True,
            by=SYSTEM,
        )
        for n in range(50)
    ]
    refused = []

    def send(number: int) -> None:
        email = f"j{number}@x.example" if limited == "reseller" else ADDRESS
        try:
            invite(cast, email, customer=customers[number], by=anna)
        except SentTooOften as refusal:
            refused.append(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=[number]) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (Invitation.objects.count(), len(refused), Sending.objects.count()) == (7, 43, 7)


@pytest.mark.django_db(transaction=True)
def test_pressing_send_again_many_times_at_once_makes_one_link(cast, invitation, anna):
    time_passes(A_MINUTE)
    refused = []

    def send() -> None:
        try:
            send_invitation_again(invitation=invitation, by=anna)
        except SentTooOften as refusal:
            refused.append(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (Invitation.objects.get().generation, len(refused)) == (2, 9)


def test_the_new_subscriptions_form_says_when_the_limit_is_reached(client, cast, settings, anna):
    settings.INVITATIONS_AN_HOUR = 1
    invite(cast, by=anna)
    client.force_login(cast.anna)
    page = client.get(reverse("new_subscription"), headers={"accept-language": "en"})
    typed = {
        "form_key": page.context["form"].initial["form_key"],
        "product": "m365",
        "company_name": "Blumen Rot",
        "seats": "3",
        "customer_edits": "on",
        "contact_name": "Rosa",
        "contact_email": "rosa@blumen-rot.example",
    }
    page = client.post(reverse("new_subscription"), typed, headers={"accept-language": "en"})
    assert "within an hour, which is the most" in page.content.decode()
    assert not cast.nordlicht.customers.filter(name="Blumen Rot").exists()
    address = reverse("subscription_editing", args=[cast.bakery_subscription.code])
    page = client.post(address, typed, headers={"accept-language": "en"})
    assert "within an hour, which is the most" in page.content.decode()


def test_sending_again_says_so_when_it_was_too_soon(client, cast, invitation):
    client.force_login(cast.anna)
    address = reverse("invitation_sending", args=[invitation.code])
    page = client.post(address, follow=True, headers={"accept-language": "en"})
    assert "one a minute is the most" in page.content.decode()
    assert Invitation.objects.get().generation == 1


def test_old_sendings_are_forgotten(invitation):
    forget_sendings()
    assert Sending.objects.count() == 1
    time_passes(timedelta(days=2, seconds=1))
    forget_sendings()
    assert Sending.objects.count() == 0


def test_nothing_is_sent_where_the_customer_may_not_edit(cast, invitation, anna):
    set_customer_edits(customer=cast.bakery, allowed=False, by=SYSTEM)
    with pytest.raises(EditingNotAllowed):
        send_invitation_again(invitation=invitation, by=anna)
    with pytest.raises(EditingNotAllowed):
        invite(cast, "new@hafenbaeckerei.example", by=anna)


# Reminding ----------------------------------------------------------------------------------------


def test_two_days_before_the_end_the_same_link_goes_out_once_more(cast, invitation, smtp):
    deliver(OutgoingMail.objects.get().pk)
    token = invitation.token()
    with clock.travel(invitation.expires_at - timedelta(days=2, seconds=1)):
        remind_of_invitations()
        assert len(smtp.mails) == 1
    with clock.travel(invitation.expires_at - timedelta(days=2)):
        for _ in range(2):
            remind_of_invitations()
            queue_due_mail()
    assert len(smtp.mails) == 2
    assert token in smtp.mails[1].get_body(("plain",)).get_content()
    assert "endet bald" in smtp.mails[1]["Subject"]
    invitation.refresh_from_db()
    assert (invitation.generation, invitation.token()) == (1, token)
    kinds = [(mail.kind, mail.priority) for mail in OutgoingMail.objects.order_by("pk")]
    assert kinds == [("invitation", 0), ("invitation_reminder", 10)]
    with translation.override("en"):
        (story,) = stories([invitation], clock.now())
    assert "Reminder sent" in [step.label for step in story.steps]


@pytest.mark.parametrize("why", ["refused", "revoked", "accepted", "locked", "expired", "member"])
def test_nobody_is_reminded_in_vain(cast, invitation, smtp, why):
    smtp.answer = "refuse" if why == "refused" else "accept"
    deliver(OutgoingMail.objects.get().pk)
    now = invitation.expires_at - timedelta(days=1)
    if why == "revoked":
        revoke_invitation(invitation=invitation, by=SYSTEM)
    elif why == "accepted":
        Invitation.objects.update(accepted_at=Now(), accepted_by=cast.clara)
    elif why == "locked":
        set_customer_edits(customer=cast.bakery, allowed=False, by=SYSTEM)
    elif why == "expired":
        now = invitation.expires_at
    elif why == "member":
        Invitation.objects.update(customer=None, role=Role.MEMBER)
    with clock.travel(now):
        remind_of_invitations()
        assert not remind_of_invitation(invitation=invitation, by=SYSTEM)
    assert OutgoingMail.objects.filter(kind="invitation_reminder").count() == 0


def test_a_new_link_withdraws_the_reminder_of_the_old_one(invitation, smtp):
    deliver(OutgoingMail.objects.get().pk)
    with clock.travel(invitation.expires_at - A_DAY):
        remind_of_invitations()
        send_invitation_again(invitation=invitation, by=SYSTEM)
    reminder = OutgoingMail.objects.get(kind="invitation_reminder")
    assert reminder.state == "withdrawn"
    assert Invitation.objects.get().reminded_at is None


# Several at once ----------------------------------------------------------------------------------


@pytest.fixture
def several(cast) -> list[Invitation]:
    found = [invite(cast, f"j{number}@hafenbaeckerei.example") for number in range(3)]
    time_passes(A_MINUTE)
    return found


def wish(client, found) -> BulkSending | None:
    answer = client.post(reverse("invitations"), {"invitation": [each.code for each in found]})
    return BulkSending.objects.first() if answer.status_code == 302 else None


def test_several_ticked_ones_are_sent_again_with_progress(
    client, cast, several, smtp, django_capture_on_commit_callbacks
):
    client.force_login(cast.anna)
    Invitation.objects.update(expires_at=clock.now())
    page = client.get(reverse("invitations")).content.decode()
    assert all(each.code in page for each in several)
    revoke_invitation(invitation=several[0], by=SYSTEM)
    bulk = wish(client, several)
    with django_capture_on_commit_callbacks(execute=True):
        send_several(bulk.pk)
    page = client.get(reverse("bulk_sending", args=[bulk.code]), headers={"accept-language": "en"})
    assert (page.context["done"], page.context["left_alone"]) == (3, 1)
    assert not page.context["running"]
    assert "Accepted or revoked meanwhile" in page.content.decode()
    assert sorted(envelope.rcpt_tos[0][:2] for envelope in smtp.envelopes) == ["j1", "j2"]
    part = client.get(reverse("bulk_sending_progress", args=[bulk.code]))
    assert part["HX-Refresh"] == "true"


def test_a_foreign_code_among_them_changes_nothing(client, cast, several):
    others = customer_named(reseller=cast.suedwind, name="Anders", by=SYSTEM)
    others = set_customer_edits(customer=others, allowed=True, by=SYSTEM)
    foreign = invite(cast, customer=others)
    client.force_login(cast.anna)
    before = list(Invitation.objects.values())
    answer = client.post(
        reverse("invitations"), {"invitation": [*(each.code for each in several), foreign.code]}
    )
    assert answer.status_code == 404
    assert (list(Invitation.objects.values()), BulkSending.objects.count()) == (before, 0)


def test_more_than_a_page_has_is_refused_as_a_whole(client, cast, several):
    client.force_login(cast.anna)
    codes = [several[0].code, *(f"I-{number:08}" for number in range(50))]
    assert client.post(reverse("invitations"), {"invitation": codes}).status_code == 400
    assert BulkSending.objects.count() == 0


def test_a_line_cannot_point_to_another_resellers_invitation(cast, several):
    others = customer_named(reseller=cast.suedwind, name="Anders", by=SYSTEM)
    foreign = invite(cast, customer=set_customer_edits(customer=others, allowed=True, by=SYSTEM))
    member = cast.anna.memberships.get()
    bulk = wish_sendings(member=member, codes=[several[0].code], by=SYSTEM)
    BulkLine.objects.create(reseller=cast.nordlicht, bulk=bulk, invitation=foreign)
    with pytest.raises(IntegrityError):
        connection.check_constraints()


def test_sendings_whose_message_was_lost_are_found_by_the_clock(client, cast, several):
    client.force_login(cast.anna)
    wish(client, several)
    queue_bulk_sendings()
    assert set(Invitation.objects.values_list("generation", flat=True)) == {2}
    queue_bulk_sendings()
    assert set(Invitation.objects.values_list("generation", flat=True)) == {2}


def test_stopping_keeps_what_was_sent_and_sends_no_more(client, cast, several):
    client.force_login(cast.anna)
    bulk = wish(client, several)
    send_next_of(bulk=bulk)
    client.post(reverse("bulk_sending_cancellation", args=[bulk.code]))
    send_several(bulk.pk)
    assert sorted(Invitation.objects.values_list("generation", flat=True)) == [1, 1, 2]


@pytest.mark.parametrize("lost", ["role", "membership"])
def test_who_lost_the_right_meanwhile_sends_no_more(client, cast, several, lost):
    client.force_login(cast.mia)
    bulk = wish(client, several)
    if lost == "role":
        cast.mia.memberships.update(role=Role.READ_ONLY)
    else:
        cast.mia.memberships.all().delete()
    send_several(bulk.pk)
    assert set(bulk.lines.values_list("problem", flat=True)) == {"no_right"}
    assert set(Invitation.objects.values_list("generation", flat=True)) == {1}


def test_nothing_ticked_is_said(client, cast, several):
    client.force_login(cast.anna)
    page = client.post(reverse("invitations"), {}, follow=True, headers={"accept-language": "en"})
    assert "Tick the invitations" in page.content.decode()


@pytest.mark.django_db(transaction=True)
def test_two_workers_share_several_sendings(cast, several):
    bulk = wish_sendings(
        member=cast.anna.memberships.get(), codes=[each.code for each in several], by=SYSTEM
    )

    def work() -> None:
        send_several(bulk.pk)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(Invitation.objects.values_list("generation", flat=True)) == [2, 2, 2]
    assert not BulkSending.objects.unfinished().exists()


# Access -------------------------------------------------------------------------------------------


def test_withdrawn_access_ends_with_the_next_request_and_can_be_given_back(client, cast):
    contact = cast.clara.contacts.get()
    area = reverse("signatures", args=[cast.bakery.code])
    arguments = [cast.bakery.code, contact.pk]

    def may_clara() -> int:
        client.force_login(cast.clara)
        return client.get(area).status_code

    assert may_clara() == 200
    client.force_login(cast.anna)
    client.post(reverse("contact_withdrawal", args=arguments))
    assert may_clara() == 404
    assert client.get(reverse("home")).status_code == 200, "a page that says there is nothing"
    client.force_login(cast.anna)
    page = client.get(reverse("contacts", args=[cast.bakery.code]))
    assert reverse("contact_return", args=arguments) in page.content.decode()
    client.post(reverse("contact_return", args=arguments))
    assert may_clara() == 200
    actions = Entry.objects.filter(subject="contact").values_list("action", flat=True)
    assert list(actions.order_by("pk")) == ["access_withdrawn", "access_given_back"]


def test_an_open_page_of_a_withdrawn_contact_stores_nothing(client, cast):
    client.force_login(cast.clara)
    address = reverse("new_person", args=[cast.bakery.code])
    client.get(address)
    cast.clara.contacts.update(withdrawn_at=clock.now())
    typed = {"name": "Neu", "email": "neu@hafenbaeckerei.example"}
    assert (client.post(address, typed).status_code, cast.bakery.people.count()) == (404, 3)


def test_inviting_a_withdrawn_contact_says_to_give_access_back(client, cast):
    cast.clara.contacts.update(withdrawn_at=clock.now())
    client.force_login(cast.anna)
    typed = {"name": "Clara", "email": "Clara@hafenbaeckerei.example", "language": "de"}
    page = client.post(
        reverse("new_contact", args=[cast.bakery.code]), typed, headers={"accept-language": "en"}
    )
    assert "Give it back instead" in page.content.decode()
    assert Invitation.objects.count() == 0


def test_another_contact_is_invited_from_the_contacts_page(client, cast, smtp):
    client.force_login(cast.anna)
    address = reverse("new_contact", args=[cast.bakery.code])
    typed = {"name": "Aylin", "email": "aylin@hafenbaeckerei.example", "language": "en"}
    assert client.post(address, typed)["Location"] == reverse("contacts", args=[cast.bakery.code])
    queue_due_mail()
    assert [envelope.rcpt_tos for envelope in smtp.envelopes] == [["aylin@hafenbaeckerei.example"]]
    again = client.post(address, typed, headers={"accept-language": "en"})
    assert "has an open invitation or access already" in again.content.decode()


def test_another_resellers_contact_is_not_found_under_ones_own_customer(client, cast):
    client.force_login(cast.ben)
    own = customer_named(reseller=cast.suedwind, name="Eigene", by=SYSTEM)
    for name in ("contact_withdrawal", "contact_return"):
        answer = client.post(reverse(name, args=[own.code, cast.clara.contacts.get().pk]))
        assert answer.status_code == 404
    assert cast.clara.contacts.get().withdrawn_at is None
