"""Signing in and out, a forgotten password, and the language a person reads."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from audit.models import Entry
from customers.models import Contact
from mail.models import OutgoingMail
from mail.schedule import queue_due_mail
from reseller_portal.management.cast import PASSWORD

NEW = "ein-langes-neues-wort-9"


def sign_in(client, email, password=PASSWORD, **more):
    return client.post(reverse("account_login"), {"login": email, "password": password, **more})


@pytest.mark.parametrize(
    ("first", "where"),
    [
        ("anna", "dashboard"),
        ("rolf", "dashboard"),
        ("clara", "signatures"),
    ],
)
def test_everybody_lands_where_their_work_is(client, cast, first, where):
    user = getattr(cast, first)
    assert sign_in(client, user.email.upper())["Location"] == reverse("home")
    codes = [cast.bakery.code] if where == "signatures" else []
    assert client.get(reverse("home"))["Location"] == reverse(where, args=codes)
    assert Entry.objects.filter(action="signed_in", subject_id=user.pk).count() == 1


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(client, cast):
    def answer(email):
        response = sign_in(client, email, "falsch-falsch-falsch")
        body = response.content.decode().replace(email, "")
        return response.status_code, re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", body)

    assert answer("anna@nordlicht.example") == answer("nobody@nordlicht.example")
    assert Entry.objects.filter(action="sign_in_failed").count() == 1


def test_after_five_wrong_passwords_the_right_one_waits_too(client, cast):
    for _ in range(5):
        sign_in(client, "anna@nordlicht.example", "falsch-falsch-falsch")
    sign_in(client, "anna@nordlicht.example")
    assert "_auth_user_id" not in client.session


def test_signing_out_ends_the_session_and_back_shows_nothing(client, cast):
    sign_in(client, cast.anna.email)
    assert client.get(reverse("dashboard"))["Cache-Control"] == "no-store"
    old = client.cookies["session"].value
    client.post(reverse("account_logout"))
    client.cookies["session"] = old
    assert client.get(reverse("dashboard")).status_code == 302


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "javascript:alert(1)", "/\\evil.example"]
)
def test_signing_in_leads_to_no_other_site(client, cast, target):
    assert sign_in(client, cast.anna.email, next=target)["Location"] == reverse("home")


def test_signing_in_leads_back_to_the_page_that_was_asked_for(client, cast):
    page = cast.bakery_subscription.get_absolute_url()
    response = client.get(page)
    assert response["Location"] == f"{reverse('account_login')}?next={page}"
    assert sign_in(client, cast.anna.email, next=page)["Location"] == page


def test_a_forgotten_password_is_chosen_anew_by_a_link_that_works_once(client, cast, smtp):
    client.post(reverse("account_reset_password"), {"email": "ANNA@nordlicht.example"})
    queue_due_mail()
    (message,) = smtp.mails
    assert smtp.envelopes[0].rcpt_tos == ["anna@nordlicht.example"]
    (link,) = re.findall(r"https?://\S+", message.get_body(("plain",)).get_content())
    path = link.removeprefix("http://testserver")
    page = client.get(path, follow=True)
    action = page.context["action_url"]
    assert client.post(action, {"password1": "kurz", "password2": "kurz"}).status_code == 200
    assert client.post(action, {"password1": NEW, "password2": NEW}).status_code == 302
    assert User.objects.get(pk=cast.anna.pk).check_password(NEW)
    assert "password1" not in client.get(path, follow=True).content.decode()


def test_asking_for_an_unknown_address_says_the_same_and_mails_nothing(client, cast):
    known = client.post(reverse("account_reset_password"), {"email": "anna@nordlicht.example"})
    unknown = client.post(reverse("account_reset_password"), {"email": "nobody@x.example"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert OutgoingMail.objects.filter(kind="password_reset").count() == 1


def written(client, page: str, fields: dict) -> list[str]:
    """Return what a request writes, but for the throttle's counters."""
    with CaptureQueriesContext(connection) as asked:
        client.post(reverse(page), fields)
    statements = [query["sql"].partition("(")[0] for query in asked]
    return [
        each
        for each in statements
        if each.startswith(("INSERT", "UPDATE", "DELETE")) and "_cache" not in each
    ]


@pytest.mark.parametrize("page", ["account_login", "account_reset_password"])
def test_an_unknown_address_costs_the_work_of_a_known_one_and_leaves_nothing(client, cast, page):
    cast.ben.is_active = False
    cast.ben.save()
    known, unknown, closed = (
        written(client, page, {"login": address, "email": address, "password": "wrong-word-7"})
        for address in (cast.anna.email, "nobody@nordlicht.example", cast.ben.email)
    )
    assert known == unknown == closed != []
    assert set(OutgoingMail.objects.values_list("recipient", flat=True)) <= {cast.anna.email}
    assert not Entry.objects.filter(subject_id=0).exists()


def test_a_persons_own_language_wins_then_the_browsers_then_english(client, cast):
    def heading(**headers):
        page = client.get(reverse("account_login"), headers=headers).content.decode()
        return re.search(r"<h1>(.*?)</h1>", page).group(1)

    assert heading() == "Sign in"
    assert heading(accept_language="de-CH,fr") == "Anmelden"
    assert heading(accept_language="fr") == "Sign in"
    client.post(reverse("set_preferences"), {"language": "de"})
    assert heading(accept_language="en") == "Anmelden"
    client.force_login(cast.mia)
    client.post(reverse("set_preferences"), {"language": "en"})
    client.cookies.clear()
    client.force_login(cast.mia)
    page = client.get(reverse("dashboard"), headers={"accept-language": "de"}).content.decode()
    assert '<html lang="en"' in page


def test_somebody_with_two_hats_switches_between_them(client, cast):
    contact = Contact.objects.create(
        reseller=cast.nordlicht, customer=cast.bakery, user=cast.ben, name="Ben Huber"
    )
    client.force_login(cast.ben)
    assert "Hafenbäckerei" in client.get(reverse("dashboard")).content.decode()
    response = client.post(reverse("hat"), {"hat": f"contact-{contact.pk}"})
    assert response["Location"] == reverse("signatures", args=[cast.bakery.code])
    assert client.get(response["Location"]).status_code == 200
    foreign = cast.clara.contacts.get().pk
    assert client.post(reverse("hat"), {"hat": f"contact-{foreign}"}).status_code == 404


def test_a_closed_account_is_out_with_the_next_request(client, cast):
    client.force_login(cast.anna)
    User.objects.filter(pk=cast.anna.pk).update(is_active=False)
    assert client.get(reverse("dashboard")).status_code == 302
    client.logout()
    sign_in(client, cast.anna.email)
    assert "_auth_user_id" not in client.session
