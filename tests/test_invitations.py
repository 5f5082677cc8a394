"""Invitations: the link, what it opens, and that it works once, for the right person."""

import threading
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.urls import reverse

from accounts.models import User
from audit.actor import SYSTEM
from audit.models import Entry
from customers.models import Contact
from customers.operations import set_customer_edits
from invitations.errors import InvitationClosed
from invitations.models import Invitation
from invitations.operations import (
    Acceptance,
    Invitee,
    accept_invitation,
    invite_contact,
    revoke_invitation,
    send_invitation_again,
)
from mail.models import OutgoingMail
from reseller_portal import clock
from reseller_portal.management.cast import PASSWORD
from subscriptions.operations import keep_area_facts

NEW_PASSWORD = "ein-langes-neues-wort-9"
TYPED = {
    "name": "Jonas Petersen",
    "phone": "+49 40 5550124",
    "job_title": "Bäckermeister",
    "language": "de",
    "password1": NEW_PASSWORD,
    "password2": NEW_PASSWORD,
}


@pytest.fixture
def invitation(cast) -> Invitation:
    return invite_contact(
        customer=cast.bakery,
        invitee=Invitee("Jonas Petersen", "Jonas@hafenbaeckerei.example", "de"),
        product="m365",
        by=SYSTEM,
    )


def follow(client, token):
    """Open the link as a browser does, and return the page behind it."""
    return client.get(reverse("invitation_link", args=[token]), follow=True)


def end(invitation, how) -> str:
    """End an invitation in one of its ways; return the token that worked before."""
    token = invitation.token()
    if how == "used":
        accept_invitation(
            invitation=invitation,
            acceptance=Acceptance("Jonas", "de", password=NEW_PASSWORD),
            user=None,
            by=SYSTEM,
        )
    elif how == "replaced":
        send_invitation_again(invitation=invitation, by=SYSTEM)
    elif how == "revoked":
        revoke_invitation(invitation=invitation, by=SYSTEM)
    elif how == "expired":
        Invitation.objects.update(expires_at=clock.now())
        token = Invitation.objects.get().token()
    elif how == "locked":
        set_customer_edits(customer=invitation.customer, allowed=False, by=SYSTEM)
    elif how == "ended":
        invitation.customer.subscriptions.update(ended_on=clock.today())
        keep_area_facts(customer=invitation.customer)
    elif how == "made up":
        return "k1.I-22222222." + "0" * 64
    elif how == "malformed":
        return "x" * 500
    return token


def test_from_the_link_to_the_signature_area(client, cast, invitation):
    page = follow(client, invitation.token())
    assert page.redirect_chain == [(reverse("invitation"), 302)]
    assert "Jonas@hafenbaeckerei.example" in page.content.decode()
    response = client.post(reverse("invitation"), TYPED | {"email": "other@evil.example"})
    assert response["Location"] == reverse("account_login")
    contact = Contact.objects.get(user__email_key="jonas@hafenbaeckerei.example")
    assert (contact.customer, contact.name, contact.phone, contact.job_title) == (
        cast.bakery,
        "Jonas Petersen",
        "+49 40 5550124",
        "Bäckermeister",
    )
    assert "_auth_user_id" not in client.session
    client.post(
        reverse("account_login"),
        {"login": "JONAS@hafenbaeckerei.example", "password": NEW_PASSWORD},
    )
    area = client.get(reverse("home"), follow=True)
    assert area.request["PATH_INFO"] == reverse("signatures", args=[cast.bakery.code])


@pytest.mark.parametrize(
    "how",
    ["used", "replaced", "revoked", "expired", "locked", "ended", "made up", "malformed"],
)
def test_every_link_that_does_not_work_gets_the_same_page(client, invitation, how):
    neutral = follow(client, "never.heard.of")
    response = follow(client, end(invitation, how))
    assert response.status_code == neutral.status_code == 404

    def comparable(page):
        body = page.content.decode()
        for hidden in page.wsgi_request.META.get("CSRF_COOKIE", ""), page.wsgi_request.path:
            body = body.replace(hidden, "") if hidden else body
        return [line for line in body.splitlines() if "csrfmiddlewaretoken" not in line]

    assert comparable(response) == comparable(neutral)
    assert "Hafenbäckerei" not in response.content.decode()


def test_a_link_ended_while_the_form_was_open_accepts_nothing(client, cast, invitation):
    follow(client, invitation.token())
    send_invitation_again(invitation=invitation, by=SYSTEM)
    assert client.post(reverse("invitation"), TYPED).status_code == 404
    assert not User.objects.filter(email_key="jonas@hafenbaeckerei.example").exists()


@pytest.mark.parametrize("part", ["generation", "email_key", "nonce", "expires_at", "customer"])
def test_whatever_is_signed_ends_the_link_when_it_changes(cast, invitation, part):
    token = invitation.token()
    changed = {
        "generation": 2,
        "email_key": "other@hafenbaeckerei.example",
        "nonce": "0" * 32,
        "expires_at": invitation.expires_at + timedelta(days=1),
        "customer": None,
    }
    setattr(invitation, part, changed[part])
    assert invitation.token() != token
    assert Invitation.objects.by_token(token) is not None
    for place in (0, len(token) // 2, len(token) - 1):
        bent = token[:place] + ("0" if token[place] != "0" else "1") + token[place + 1 :]
        assert Invitation.objects.by_token(bent) is None


def test_a_second_key_still_verifies_while_keys_are_changed(settings, invitation):
    old = invitation.token()
    settings.INVITATION_KEYS = {"k2": b"n" * 32, **django_settings.INVITATION_KEYS}
    assert invitation.token().startswith("k2.")
    assert Invitation.objects.by_token(old) == invitation
    settings.INVITATION_KEYS = {"k2": b"n" * 32}
    assert Invitation.objects.by_token(old) is None


def test_looking_changes_nothing(client, invitation):
    before = list(Invitation.objects.values()), Entry.objects.count(), OutgoingMail.objects.count()
    for _ in range(20):
        for method in (client.get, client.head, client.options):
            method(reverse("invitation_link", args=[invitation.token()]))
            method(reverse("invitation"))
    after = list(Invitation.objects.values()), Entry.objects.count(), OutgoingMail.objects.count()
    assert after == before


def test_opened_is_what_the_pages_script_says(client, invitation):
    follow(client, invitation.token())
    assert Invitation.objects.get().opened_at is None
    client.post(reverse("invitation_opened"))
    opened = Invitation.objects.get().opened_at
    client.post(reverse("invitation_opened"))
    assert Invitation.objects.get().opened_at == opened is not None


def test_the_token_leaves_the_address_and_no_other_site_hears_of_it(client, invitation):
    redirect = client.get(reverse("invitation_link", args=[invitation.token()]))
    assert (redirect["Referrer-Policy"], "no-store" in redirect["Cache-Control"]) == (
        "no-referrer",
        True,
    )
    cookie = redirect.cookies[django_settings.INVITATION_COOKIE_NAME]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    page = client.get(redirect["Location"])
    assert page["Referrer-Policy"] == "same-origin"
    assert invitation.token() not in page.content.decode()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"password1": "short", "password2": "short"}, "password1"),
        ({"password1": "passwordpassword", "password2": "passwordpassword1"}, "password2"),
        ({"password1": "1" * 15, "password2": "1" * 15}, "password1"),
        ({"password1": "jonas@hafenbaeckerei", "password2": "jonas@hafenbaeckerei"}, "password1"),
        ({"password1": "", "password2": ""}, "password1"),
        ({"name": ""}, "name"),
        ({"name": "Zwei\nZeilen"}, "name"),
        ({"language": "xx"}, "language"),
    ],
)
def test_a_refused_form_uses_nothing_up(client, invitation, changes, field):
    follow(client, invitation.token())
    response = client.post(reverse("invitation"), TYPED | changes)
    assert field in response.context["form"].errors
    assert Invitation.objects.get().is_pending
    assert client.post(reverse("invitation"), TYPED).status_code == 302


def test_who_has_an_account_signs_in_and_the_company_is_added(client, cast):
    invitation = invite_contact(
        customer=cast.bakery,
        invitee=Invitee("Ben Huber", "BEN@suedwind.example", "de"),
        product="m365",
        by=SYSTEM,
    )
    page = follow(client, invitation.token()).content.decode()
    assert "password1" not in page
    assert client.post(reverse("invitation"), TYPED).status_code == 200
    assert Invitation.objects.get().is_pending, "nobody sets a new password for an account"
    client.post(reverse("account_login"), {"login": "ben@suedwind.example", "password": PASSWORD})
    page = client.get(reverse("invitation"))
    assert "password1" not in page.content.decode()
    assert client.post(reverse("invitation"), {"name": "Ben Huber"}).status_code == 302
    assert cast.ben.contacts.get().customer == cast.bakery
    assert cast.ben.check_password(PASSWORD)


def test_another_persons_session_is_not_given_the_company(client, cast, invitation):
    client.force_login(cast.ben)
    page = follow(client, invitation.token()).content.decode()
    assert "ben@suedwind.example" in page
    client.post(reverse("invitation"), TYPED)
    assert (cast.ben.contacts.count(), Invitation.objects.get().is_pending) == (0, True)


@pytest.mark.django_db(transaction=True)
def test_twenty_acceptances_at_once_make_one_account(invitation):
    done, refused = [], []

    def accept():
        try:
            done.append(
                accept_invitation(
                    invitation=Invitation.objects.get(),
                    acceptance=Acceptance("Jonas", "de", password=NEW_PASSWORD),
                    user=None,
                    by=SYSTEM,
                )
            )
        except InvitationClosed as refusal:
            refused.append(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=accept) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(done), len(refused)) == (1, 19)
    assert User.objects.filter(email_key="jonas@hafenbaeckerei.example").count() == 1
    assert Entry.objects.filter(action="invitation_accepted").count() == 1


def test_it_holds_seven_days_to_the_second(client, cast):
    with clock.travel("2026-10-24T12:00:00Z"):  # summer time ends meanwhile
        invitation = invite_contact(
            customer=cast.bakery,
            invitee=Invitee("Jonas", "jonas@hafenbaeckerei.example", "de"),
            product="m365",
            by=SYSTEM,
        )
    with clock.travel("2026-10-31T11:59:59Z"):
        assert follow(client, invitation.token()).status_code == 200
    with clock.travel("2026-10-31T12:00:00Z"):
        assert follow(client, invitation.token()).status_code == 404


def test_unticking_takes_access_away_with_the_next_request_and_ticking_gives_it_back(client, cast):
    client.force_login(cast.clara)
    area = reverse("new_person", args=[cast.bakery.code])
    person = {"name": "Neu", "email": "neu@hafenbaeckerei.example"}
    set_customer_edits(customer=cast.bakery, allowed=False, by=SYSTEM)
    response = client.post(area, person)
    assert (response.status_code, cast.bakery.people.count()) == (403, 3)
    assert "looked after for you" in response.content.decode()
    set_customer_edits(customer=cast.bakery, allowed=True, by=SYSTEM)
    assert client.post(area, person).status_code == 302


def test_the_reseller_unticks_ticks_and_invites_on_the_subscriptions_page(client, cast):
    client.force_login(cast.anna)
    address = reverse("subscription_editing", args=[cast.bakery_subscription.code])
    client.post(address, {})
    cast.bakery.refresh_from_db()
    assert not cast.bakery.customer_edits
    client.post(address, {"customer_edits": "on"})
    cast.bakery.refresh_from_db()
    assert (cast.bakery.customer_edits, Invitation.objects.count()) == (True, 0)
    more = {"customer_edits": "on", "contact_name": "J", "contact_email": "j@hafen.example"}
    client.post(address, more)
    client.post(address, more)
    assert Invitation.objects.get().email == "j@hafen.example"
