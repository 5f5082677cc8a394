"""What people look after themselves: sessions, the address they sign in by, and their data."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import EmailChange, Session, User
from accounts.schedule import forget_old_sessions
from accounts.sessions import IDLE, LIFE, STAFF_IDLE
from audit.models import Entry
from mail.models import OutgoingMail
from mail.schedule import queue_due_mail
from reseller_portal import clock
from reseller_portal.management.cast import PASSWORD

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
NEW = "anna.nissen@nordlicht.example"


def browser(user, agent=FIREFOX) -> Client:
    """Return a browser in which the user has signed in by the page."""
    client = Client(headers={"User-Agent": agent})
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert client.get(reverse("account")).status_code == 200
    return client


def is_signed_in(client: Client) -> bool:
    return client.get(reverse("account")).status_code == 200


def notices(address: str) -> list[str]:
    """Return what the person of this address was told, in order."""
    rows = OutgoingMail.objects.filter(kind="account_notice", recipient=address).order_by("pk")
    return [Entry.objects.get(pk=row.object_id).action for row in rows]


def test_sessions_are_listed_with_their_device_and_ended_one_by_one(cast):
    here, there = browser(cast.anna), browser(cast.anna, "curl/8.0")
    page = here.get(reverse("sessions")).content.decode()
    assert "Firefox on Linux" in page
    assert "127.0.0.1" in page
    other = cast.anna.sessions.exclude(pk=here.session.session_key).get()
    here.post(reverse("sessions"), {"number": str(other.number)})
    assert (is_signed_in(here), is_signed_in(there)) == (True, False)


def test_all_other_sessions_end_at_once_and_nobody_elses(cast):
    here, there, ben = browser(cast.anna), browser(cast.anna), browser(cast.ben)
    foreign = cast.ben.sessions.get().number
    here.post(reverse("sessions"), {"number": str(foreign)})
    assert is_signed_in(ben)
    here.post(reverse("sessions"))
    assert [is_signed_in(each) for each in (here, there, ben)] == [True, False, True]
    assert here.post(reverse("sessions"), {"number": "x"}).status_code == 400


def test_a_changed_password_ends_other_sessions_and_is_told(cast):
    here, there = browser(cast.anna), browser(cast.anna)
    new = "ein-langes-neues-wort-9"
    here.post(
        reverse("account_change_password"),
        {"oldpassword": PASSWORD, "password1": new, "password2": new},
    )
    assert (is_signed_in(here), is_signed_in(there)) == (True, False)
    assert notices(cast.anna.email)[-1] == "password_changed"


@pytest.mark.parametrize(("who", "idle"), [("anna", IDLE), ("clara", IDLE), ("dora", STAFF_IDLE)])
def test_an_idle_session_ends(cast, client, who, idle):
    client.force_login(getattr(cast, who))
    assert is_signed_in(client)
    row = Session.objects.get(pk=client.session.session_key)
    left = row.expire_date - clock.real_now()
    assert timedelta(seconds=idle - 60) < left <= timedelta(seconds=idle)
    Session.objects.update(expire_date=clock.real_now() - timedelta(seconds=1))
    assert not is_signed_in(client)


def test_a_session_that_is_used_all_the_time_ends_too(cast, client):
    client.force_login(cast.anna)
    for age, wanted in ((LIFE - 60, True), (LIFE, False)):
        session = client.session
        session["began"] = clock.real_now().timestamp() - age
        session.save()
        assert is_signed_in(client) is wanted


def test_confirming_who_one_is_gives_the_session_a_new_key(cast):
    client = browser(cast.anna)
    old = client.session.session_key
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert client.session.session_key != old
    client.cookies["session"] = old
    assert not is_signed_in(client)


def test_what_matters_is_asked_again_after_ten_minutes(cast):
    client = browser(cast.anna)
    assert client.get(reverse("email_change")).status_code == 200
    session = client.session
    session["account_authentication_methods"][0]["at"] -= 10 * 60
    session.save()
    answer = client.post(reverse("email_change"), {"email": NEW})
    assert answer["Location"].startswith(reverse("account_reauthenticate"))
    assert not EmailChange.objects.exists()
    client.post(answer["Location"], {"password": PASSWORD})
    assert EmailChange.objects.get().email == NEW  # what was sent is not lost


def test_the_address_changes_when_the_link_sent_there_is_confirmed(cast, smtp):
    here, there = browser(cast.anna), browser(cast.anna)
    here.post(reverse("email_change"), {"email": NEW})
    queue_due_mail()
    texts = [mail.get_body(("plain",)).get_content() for mail in smtp.mails]
    (link,) = re.findall(r"https?://\S+", "\n".join(texts))
    path = link.removeprefix("http://testserver")
    for _ in range(3):  # a mail scanner looks
        assert Client().get(path).status_code == 200
    assert User.objects.get(pk=cast.anna.pk).email == "anna@nordlicht.example"
    here.post(path)
    user = User.objects.get(pk=cast.anna.pk)
    assert (user.email, user.email_key) == (NEW, NEW)
    assert (is_signed_in(here), is_signed_in(there)) == (True, False)
    assert notices("anna@nordlicht.example")[-1] == "email_changed"
    assert Client().get(path).status_code == 404  # used


def test_an_address_that_has_an_account_gets_no_mail_and_nobody_learns_of_it(cast):
    client = browser(cast.anna)
    answer = client.post(reverse("email_change"), {"email": "ben@suedwind.example"}, follow=True)
    assert "Open the link that we have sent to ben@suedwind.example." in answer.content.decode()
    assert not OutgoingMail.objects.filter(kind="email_change").exists()
    path = reverse("email_confirmation", args=[EmailChange.objects.get().token])
    assert client.post(path).status_code == 404
    assert User.objects.get(pk=cast.anna.pk).email == "anna@nordlicht.example"


def test_a_link_ends_by_a_newer_one_by_time_and_by_a_closed_account(cast):
    client = browser(cast.anna)
    client.post(reverse("email_change"), {"email": NEW})
    old = reverse("email_confirmation", args=[EmailChange.objects.get().token])
    client.post(reverse("email_change"), {"email": "a.nissen@nordlicht.example"})
    assert Client().post(old).status_code == 404
    change = EmailChange.objects.get()
    path = reverse("email_confirmation", args=[change.token])
    with clock.travel(change.expires_at - timedelta(seconds=1)):
        assert Client().get(path).status_code == 200
    with clock.travel(change.expires_at):
        assert Client().get(path).status_code == 404
    User.objects.filter(pk=cast.anna.pk).update(is_active=False)
    assert Client().post(path).status_code == 404


def test_a_sign_in_from_a_new_device_is_told_a_known_one_is_not(cast, smtp):
    first = browser(cast.anna)
    assert notices(cast.anna.email) == []  # the first of all is no news
    first.post(reverse("account_logout"))
    first.post(reverse("account_login"), {"login": cast.anna.email, "password": PASSWORD})
    assert notices(cast.anna.email) == []
    browser(cast.anna)
    assert notices(cast.anna.email) == ["signed_in"]
    queue_due_mail()
    (mail,) = smtp.mails
    text = mail.get_body(("plain",)).get_content()
    assert "Firefox on Linux" in text
    assert "http" not in text


def test_a_stranger_who_guesses_does_not_lock_the_owner_out(cast):
    known = browser(cast.anna)
    known.post(reverse("account_logout"))
    stranger = Client()
    wrong = {"login": cast.anna.email, "password": "falsch-falsch-falsch"}
    answers = [stranger.post(reverse("account_login"), wrong).status_code for _ in range(6)]
    assert answers == [200] * 5 + [429]
    right = {"login": cast.anna.email, "password": PASSWORD}
    assert stranger.post(reverse("account_login"), right).status_code == 429
    known.post(reverse("account_login"), right)
    assert is_signed_in(known)


def test_a_forged_address_of_origin_counts_as_one(cast):
    for number in range(6):
        answer = Client().post(
            reverse("account_login"),
            {"login": cast.anna.email, "password": "falsch-falsch-falsch"},
            headers={"X-Forwarded-For": f"10.0.0.{number}"},
        )
    assert answer.status_code == 429
    assert set(Entry.objects.filter(action="sign_in_failed").values_list("ip", flat=True)) == {
        "127.0.0.1"
    }


def test_a_name_is_changed_and_written_down(cast):
    client = browser(cast.anna)
    client.post(reverse("account"), {"name": "Anna Nissen-Voß"})
    entry = Entry.objects.get(action="name_changed")
    assert (entry.before, entry.after) == ({"name": "Anna Nissen"}, {"name": "Anna Nissen-Voß"})
    page = client.post(reverse("account"), {"name": "https://evil.example"}).content.decode()
    assert "A name holds no web address." in page


def test_a_person_downloads_all_that_is_kept_about_them_and_nobody_else(cast):
    data = browser(cast.clara).get(reverse("own_data")).json()
    assert data["account"]["email"] == cast.clara.email
    assert [each["customer__name"] for each in data["contact of"]] == ["Hafenbäckerei"]
    assert [each["user_agent"] for each in data["sessions"]] == [FIREFOX]
    text = str(data)
    assert not [name for name in ("anna@", "Anna", "ben@", "argon2", "md5") if name in text]


def test_what_has_run_out_is_forgotten(cast, client):
    client.force_login(cast.anna)
    is_signed_in(client)
    browser(cast.ben).post(reverse("email_change"), {"email": NEW})
    Session.objects.filter(user=cast.anna).update(expire_date=clock.real_now())
    with clock.travel(clock.now() + timedelta(days=2)):
        forget_old_sessions()
    assert not Session.objects.filter(user=cast.anna).exists()
    assert Session.objects.filter(user=cast.ben).exists()
    assert not EmailChange.objects.exists()
