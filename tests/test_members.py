"""Members of a reseller: invited with a role, changed, removed; there is always an owner."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.urls import reverse

from accounts.models import User
from audit.actor import SYSTEM, Actor
from audit.models import Entry
from invitations.errors import RoleTooHigh
from invitations.models import Invitation, Sending
from invitations.operations import (
    Acceptance,
    Invitee,
    accept_invitation,
    invite_member,
    send_invitation_again,
)
from mail.models import OutgoingMail
from mail.schedule import queue_due_mail
from reseller_portal import clock
from reseller_portal.management.cast import PASSWORD as CAST_PASSWORD
from resellers.errors import LastOwner, NotOwner
from resellers.models import Member, Role
from resellers.operations import change_role, remove_member

ENGLISH = {"accept-language": "en"}
NELE = Invitee("Nele Brandt", "nele@nordlicht.example", "de")
PASSWORD = "ein-langes-neues-wort-9"


def acting(user) -> Actor:
    return Actor(name=user.name, hat="member", user_id=user.pk)


def member(user) -> Member:
    return user.memberships.get()


@pytest.fixture
def anna(client, cast):
    client.force_login(cast.anna)
    return client


@pytest.fixture
def two_owners(cast):
    Member.objects.filter(user=cast.mia).update(role=Role.OWNER)
    return cast


def invited(cast, role=Role.MEMBER, by=None) -> Invitation:
    return invite_member(
        reseller=cast.nordlicht, invitee=NELE, role=role, by=by or acting(cast.anna)
    )


def accept(invitation) -> User:
    return accept_invitation(
        invitation=invitation,
        acceptance=Acceptance("Nele", "de", password=PASSWORD),
        user=None,
        by=SYSTEM,
    )


def test_only_owners_find_members_in_the_head(client, cast):
    for user, shown in ((cast.anna, True), (cast.mia, False), (cast.rolf, False)):
        client.force_login(user)
        page = client.get(reverse("dashboard")).content.decode()
        assert (f'href="{reverse("members")}"' in page) == shown


def test_from_the_owners_form_to_the_new_members_dashboard(anna, cast, client, smtp):
    page = anna.get(reverse("new_member"))
    typed = {
        "name": NELE.name,
        "email": NELE.email,
        "language": "de",
        "role": "member",
        "reseller_key": page.context["form"].initial["reseller_key"],
    }
    assert anna.post(reverse("new_member"), typed)["Location"] == reverse("members")
    invitation = Invitation.objects.get()
    assert invitation.expires_at - invitation.created_at == timedelta(hours=24)
    assert invitation.code in anna.get(reverse("members")).content.decode()
    queue_due_mail()
    assert invitation.token() in smtp.mails[0].get_body(("plain",)).get_content()
    user = accept(invitation)
    client.force_login(user)
    assert client.get(reverse("dashboard")).status_code == 200
    assert (member(user).role, client.get(reverse("members")).status_code) == ("member", 403)


def test_a_members_link_holds_a_day_to_the_second(client, cast):
    invitation = invited(cast)
    address = reverse("invitation_link", args=[invitation.token()])
    with clock.travel(invitation.created_at + timedelta(hours=24, seconds=-1)):
        assert client.get(address).status_code == 302
    with clock.travel(invitation.created_at + timedelta(hours=24)):
        assert client.get(address).status_code == 404


def test_a_form_opened_for_another_reseller_invites_nobody(anna, cast):
    Member.objects.create(reseller=cast.suedwind, user=cast.anna, role=Role.OWNER)
    key = anna.get(reverse("new_member")).context["form"].initial["reseller_key"]
    other = Member.objects.get(reseller=cast.suedwind, user=cast.anna)
    anna.post(reverse("hat"), {"hat": f"member-{other.pk}"})
    typed = {"name": "N", "email": NELE.email, "language": "de", "role": "owner"}
    page = anna.post(reverse("new_member"), typed | {"reseller_key": key}, headers=ENGLISH)
    assert "another reseller by now" in page.content.decode()
    assert anna.post(reverse("new_member"), typed).status_code == 200, "nor without a key"
    assert Invitation.objects.count() == 0


def test_under_one_hat_the_other_resellers_members_do_not_exist(anna, cast):
    Member.objects.create(reseller=cast.suedwind, user=cast.anna, role=Role.OWNER)
    ben = member(cast.ben)
    for name in ("member_role", "member_removal"):
        answer = anna.post(reverse(name, args=[ben.pk]), {"role": "read_only"})
        assert answer.status_code == 404
    assert member(cast.ben).role == Role.OWNER


@pytest.mark.parametrize(
    ("inviter", "role", "may"),
    [
        ("anna", "owner", True), ("mia", "owner", False), ("mia", "member", True),
        ("rolf", "read_only", False), ("ben", "read_only", False),
    ],
)  # fmt: skip
def test_nobody_invites_above_the_own_role(cast, inviter, role, may):
    by = acting(getattr(cast, inviter))
    if may:
        assert invited(cast, role, by).role == role
    else:
        with pytest.raises(RoleTooHigh):
            invited(cast, role, by)
        assert Invitation.objects.count() == 0


def test_who_was_lowered_sends_no_owners_invitation_again(two_owners):
    invitation = invited(two_owners, Role.OWNER, acting(two_owners.mia))
    change_role(member=member(two_owners.mia), role=Role.MEMBER, by=SYSTEM)
    Sending.objects.update(sent_at=F("sent_at") - timedelta(minutes=1))
    with pytest.raises(RoleTooHigh):
        send_invitation_again(invitation=invitation, by=acting(two_owners.mia))


def test_a_changed_role_counts_with_the_next_request(client, cast):
    client.force_login(cast.mia)
    address = reverse("new_subscription")
    assert client.get(address).status_code == 200
    change_role(member=member(cast.mia), role=Role.READ_ONLY, by=acting(cast.anna))
    assert client.post(address, {}).status_code == 403
    entry = Entry.objects.get(action="role_changed")
    assert (entry.before, entry.after) == ({"role": "member"}, {"role": "read_only"})


def test_a_removed_member_is_out_with_the_next_request(client, cast):
    client.force_login(cast.mia)
    assert client.get(reverse("dashboard")).status_code == 200
    remove_member(member=member(cast.mia), by=acting(cast.anna))
    assert client.get(reverse("dashboard")).status_code == 404
    assert client.post(reverse("new_subscription"), {}).status_code == 404
    assert Entry.objects.get(action="member_removed").label.startswith("mia@nordlicht.example")


def test_a_new_owner_is_told_by_a_mail_in_which_nothing_acts(cast, smtp):
    change_role(member=member(cast.mia), role=Role.OWNER, by=acting(cast.anna))
    queue_due_mail()
    (message,) = smtp.mails
    assert "Nordlicht" in message["Subject"]
    assert [address.addr_spec for address in message["To"].addresses] == ["mia@nordlicht.example"]
    for kind in ("plain", "html"):
        assert "http" not in message.get_body((kind,)).get_content()


def test_who_accepts_as_an_owner_is_told_too(cast):
    accept(invited(cast, Role.OWNER))
    assert OutgoingMail.objects.get(kind="new_owner").recipient == NELE.email


def test_a_notice_that_is_no_longer_true_is_not_sent(two_owners, smtp):
    change_role(member=member(two_owners.rolf), role=Role.OWNER, by=acting(two_owners.anna))
    change_role(member=member(two_owners.rolf), role=Role.MEMBER, by=acting(two_owners.anna))
    queue_due_mail()
    assert (OutgoingMail.objects.get().state, smtp.mails) == ("withdrawn", [])


@pytest.mark.parametrize("way", ["leaves", "is lowered"])
def test_the_last_owner_stays(anna, cast, way):
    name = "member_removal" if way == "leaves" else "member_role"
    address = reverse(name, args=[member(cast.anna).pk])
    page = anna.post(address, {"role": "member"}, follow=True, headers=ENGLISH)
    assert "always has an owner" in page.content.decode()
    assert member(cast.anna).role == Role.OWNER


def test_an_owner_whose_account_is_closed_does_not_count(two_owners):
    User.objects.filter(pk=two_owners.mia.pk).update(is_active=False)
    with pytest.raises(LastOwner):
        remove_member(member=member(two_owners.anna), by=acting(two_owners.anna))


def test_who_is_no_owner_any_more_changes_nothing(two_owners):
    change_role(member=member(two_owners.anna), role=Role.MEMBER, by=acting(two_owners.mia))
    with pytest.raises(NotOwner):
        remove_member(member=member(two_owners.mia), by=acting(two_owners.anna))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", ["removing", "leaving", "lowering"])
def test_two_owners_at_the_same_moment_leave_one(two_owners, way):
    refused, start = [], threading.Barrier(2)
    anna, mia = member(two_owners.anna), member(two_owners.mia)

    def act(by, whom) -> None:
        start.wait()
        try:
            if way == "lowering":
                change_role(member=whom, role=Role.MEMBER, by=by)
            else:
                remove_member(member=whom, by=by)
        except (LastOwner, NotOwner) as refusal:
            refused.append(refusal)
        finally:
            connection.close()

    pairs = [(acting(two_owners.anna), mia), (acting(two_owners.mia), anna)]
    if way == "leaving":
        pairs = [(acting(two_owners.anna), anna), (acting(two_owners.mia), mia)]
    threads = [threading.Thread(target=act, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    owners = Member.objects.owners().filter(reseller=two_owners.nordlicht)
    assert (len(refused), owners.count()) == (1, 1)


def test_removing_asks_first_and_names_the_person(anna, cast):
    address = reverse("member_removal", args=[member(cast.mia).pk])
    assert "Mia Okafor" in anna.get(address).content.decode()
    assert member(cast.mia)
    anna.post(address)
    assert not cast.mia.memberships.exists()


def test_making_somebody_an_owner_asks_again_who_one_is_and_loses_nothing(client, cast):
    client.force_login(cast.anna)  # long ago, as far as anybody knows
    address = reverse("member_role", args=[member(cast.mia).pk])
    answer = client.post(address, {"role": "owner"})
    assert answer["Location"].startswith(reverse("account_reauthenticate"))
    assert member(cast.mia).role == Role.MEMBER
    client.post(answer["Location"], {"password": CAST_PASSWORD, "next": address})
    assert member(cast.mia).role == Role.OWNER


def test_inviting_an_owner_asks_again_who_one_is(client, cast):
    client.force_login(cast.anna)
    typed = {"name": "N", "email": NELE.email, "language": "de", "role": "owner"}
    key = client.get(reverse("new_member")).context["form"].initial["reseller_key"]
    answer = client.post(reverse("new_member"), typed | {"reseller_key": key})
    assert answer["Location"].startswith(reverse("account_reauthenticate"))
    assert Invitation.objects.count() == 0
    client.post(answer["Location"], {"password": CAST_PASSWORD, "next": reverse("new_member")})
    assert Invitation.objects.get().role == "owner"
