"""What a careful visitor tries at the doors of accounts, and what staff may not do by mistake."""

import io
import json
import logging
import threading
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import EmailChange, Session, User
from audit.actor import SYSTEM, Actor
from audit.models import Entry
from audit.operations import record
from invitations.operations import Invitee, invite_member
from reseller_portal import clock
from reseller_portal.logs import formatter
from reseller_portal.management.cast import PASSWORD
from resellers.models import Member
from resellers.operations import remove_member
from tests.test_doors import addresses  # noqa: F401 a fixture
from tests.test_own_account import NEW, browser, is_signed_in

OTHER = "ein-langes-neues-wort-9"


def change_password(client):
    fields = {"oldpassword": PASSWORD, "password1": OTHER, "password2": OTHER}
    client.post(reverse("account_change_password"), fields)


def asked_link(client) -> str:
    client.post(reverse("email_change"), {"email": NEW})
    return reverse("email_confirmation", args=[EmailChange.objects.get().token])


def test_another_spelling_of_an_address_has_no_guesses_of_its_own(cast):
    client = Client()
    spellings = ["anna@nordlicht.example"] * 5 + ["anna@ｎordlicht.example"]
    wrong = [
        client.post(reverse("account_login"), {"login": each, "password": "falsch-falsch"})
        for each in spellings
    ]
    assert wrong[-1].status_code == 429


def test_a_new_password_ends_the_wish_for_another_address(cast):
    client = browser(cast.anna)
    link = asked_link(client)
    change_password(client)
    Client().post(link)
    assert User.objects.get(pk=cast.anna.pk).email == "anna@nordlicht.example"


def test_a_closed_account_that_is_opened_again_has_no_old_sessions(client, cast):
    anna = browser(cast.anna)
    client.force_login(cast.dora)
    address = reverse("admin:accounts_user_change", args=[cast.anna.pk])
    client.post(address, {"name": cast.anna.name, "language": ""})
    assert not User.objects.get(pk=cast.anna.pk).is_active
    client.post(address, {"name": cast.anna.name, "language": "", "is_active": "on"})
    assert not is_signed_in(anna)


def test_what_staff_change_of_an_account_is_in_the_history(client, cast):
    client.force_login(cast.dora)
    address = reverse("admin:accounts_user_change", args=[cast.anna.pk])
    before = Entry.objects.filter(subject="user", subject_id=cast.anna.pk).count()
    client.post(address, {"name": cast.anna.name, "language": ""})
    assert Entry.objects.filter(subject="user", subject_id=cast.anna.pk).count() > before


def test_the_admin_has_no_password_page_beside_the_portals(client, cast):
    client.force_login(cast.dora)
    new = {"old_password": PASSWORD, "new_password1": OTHER, "new_password2": OTHER}
    client.post(reverse("admin:password_change"), new)
    changed = User.objects.get(pk=cast.dora.pk).check_password(OTHER)
    assert not changed or Entry.objects.filter(action="password_changed").exists()


def test_nobody_sends_endless_mails_to_strangers(cast):
    client = browser(cast.anna)
    answers = [
        client.post(reverse("email_change"), {"email": f"n{n}@x.example"}).status_code
        for n in range(30)
    ]
    assert 429 in answers


@pytest.mark.django_db(transaction=True)
def test_two_wishes_at_once_are_no_failure(cast):
    clients, gate, answers = [browser(cast.anna), browser(cast.anna)], threading.Barrier(2), []

    def ask(client, address):
        gate.wait()
        try:
            answers.append(client.post(reverse("email_change"), {"email": address}).status_code)
        except Exception as problem:  # noqa: BLE001
            answers.append(type(problem).__name__)
        connection.close()

    for _turn in range(2):
        both = [
            threading.Thread(target=ask, args=(client, f"n{number}@x.example"))
            for number, client in enumerate(clients)
        ]
        [each.start() for each in both]
        [each.join() for each in both]
    assert set(answers) == {302}


def test_ones_own_address_is_refused_and_not_promised_a_mail(cast):
    client = browser(cast.anna)
    answer = client.post(reverse("email_change"), {"email": "ANNA@nordlicht.example"})
    assert answer.status_code == 200


@pytest.mark.parametrize("who", ["anna", "clara", "dora"])
def test_an_address_with_a_nul_is_no_failure(cast, addresses, who):  # noqa: F811
    client = Client(raise_request_exception=False)
    client.force_login(getattr(cast, who))
    failed = set()
    for name, address in addresses.items():
        parts = address.strip("/").split("/")
        for place in range(len(parts)):
            path = "/".join(["", *parts[:place], "%00", *parts[place + 1 :], ""])
            if client.get(path).status_code >= 500:
                failed.add(name)
    assert not failed


@pytest.mark.parametrize(
    ("page", "ticked"), [("page_sendings", "person"), ("invitations", "invitation")]
)
def test_a_ticked_row_with_a_nul_is_no_failure(cast, addresses, page, ticked):  # noqa: F811
    client = Client(raise_request_exception=False)
    client.force_login(cast.anna)
    assert client.post(addresses[page], {ticked: ["\0"]}).status_code == 400


def test_staff_look_for_a_nul_in_the_history(cast):
    client = Client(raise_request_exception=False)
    client.force_login(cast.dora)
    answer = client.get(reverse("admin:audit_entry_changelist"), {"before": "\0"})
    assert answer.status_code < 500


def test_a_link_stands_in_no_log(cast):
    link = asked_link(browser(cast.anna))
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(formatter())
    logging.getLogger().addHandler(handler)
    try:
        Client(enforce_csrf_checks=True).post(link)
    finally:
        logging.getLogger().removeHandler(handler)
    assert lines.getvalue()
    assert link.rstrip("/").rsplit("/", 1)[1] not in lines.getvalue()


def test_who_has_left_does_not_download_the_companys_customers(cast):
    client = browser(cast.mia)
    mia = Actor("Mia", "member", user_id=cast.mia.pk)
    record("customer_added", cast.bakery, by=mia, reseller_id=cast.nordlicht.pk)
    remove_member(member=cast.mia.memberships.get(), by=SYSTEM)
    data = json.loads(client.get(reverse("own_data")).content)
    assert "Hafenbäckerei" not in str(data["history"])


def test_sessions_that_have_run_out_are_not_listed(cast):
    here = browser(cast.anna)
    browser(cast.anna, "curl/8.0")
    rows = Session.objects.exclude(pk=here.session.session_key)
    rows.update(expire_date=clock.real_now() - timedelta(hours=1))
    assert "curl" not in here.get(reverse("sessions")).content.decode()


def test_sessions_that_a_new_password_ended_are_not_listed(cast):
    here = browser(cast.anna)
    browser(cast.anna, "curl/8.0")
    change_password(here)
    assert "curl" not in here.get(reverse("sessions")).content.decode()


def test_ten_members_ask_no_more_than_one(client, cast):
    client.force_login(cast.anna)

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("reseller_security"))
        return len(queries)

    asked()
    few = asked()
    for n in range(10):
        user = User.objects.create_user(f"m{n}@x.example", "x", name=f"M{n}")
        Member.objects.create(reseller=cast.nordlicht, user=user, role="member")
    assert asked() == few


def test_what_staff_were_denied_is_noted_as_staffs(client, cast):
    client.force_login(cast.dora)
    page = reverse("admin:subscriptions_subscription_change", args=[cast.bakery_subscription.pk])
    client.post(page, {"seats": 1})
    assert Entry.objects.get(action="access_denied").actor_hat == "staff"


@pytest.fixture
def looker(db):
    """Staff who may look at everything and change nothing."""
    user = User.objects.create_user("lea@portal.example", PASSWORD, name="Lea", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    Authenticator.objects.create(user=user, type="totp", data={})
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize(
    "rows",
    [
        "mail_outgoingmail",
        "invitations_invitation",
        "subscriptions_subscription",
        "accounts_user",
    ],
)
def test_who_may_only_look_starts_nothing_from_a_list(cast, looker, rows):
    browser(cast.anna).post(reverse("account_reset_password"), {"email": cast.anna.email})
    invite_member(
        reseller=cast.nordlicht,
        role="member",
        invitee=Invitee("Nele", "nele@x.example", "de"),
        by=SYSTEM,
    )
    answer = looker.get(reverse(f"admin:{rows}_changelist"))
    assert answer.context["cl"].result_count
    assert 'name="action"' not in answer.content.decode()


def test_staff_do_not_close_the_account_of_a_superuser(cast):
    user = User.objects.create_user("lea@portal.example", PASSWORD, name="Lea", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__endswith="_user"))
    Authenticator.objects.create(user=user, type="totp", data={})
    client = Client()
    client.force_login(user)
    address = reverse("admin:accounts_user_change", args=[cast.dora.pk])
    assert client.post(address, {"name": "Dora", "language": ""}).status_code == 403
    assert User.objects.get(pk=cast.dora.pk).is_active


def test_wrong_passwords_of_somebody_signed_in_are_in_the_history(cast):
    client = browser(cast.anna)
    client.post(reverse("account_reauthenticate"), {"password": "falsch"})
    wrong = {"oldpassword": "falsch", "password1": OTHER, "password2": OTHER}
    client.post(reverse("account_change_password"), wrong)
    assert Entry.objects.filter(action="confirmation_failed").count() == 2


def test_what_staff_change_of_a_reseller_and_its_prices_is_in_the_history(client, cast):
    client.force_login(cast.dora)
    address = reverse("admin:resellers_reseller_change", args=[cast.nordlicht.pk])
    form = client.get(address).context["adminform"].form
    fields = {name: form[name].value() or "" for name in form.fields} | {"trial_days": 30}
    management = {"members-TOTAL_FORMS": 0, "members-INITIAL_FORMS": 0}
    assert client.post(address, fields | management).status_code == 302
    entry = Entry.objects.get(action="reseller_changed")
    assert (entry.before, entry.after) == ({"trial_days": 14}, {"trial_days": 30})
    assert (entry.reseller_id, entry.actor_hat) == (cast.nordlicht.pk, "staff")


def test_an_account_that_staff_closed_confirms_no_other_address(client, cast):
    link = asked_link(browser(cast.anna))
    client.force_login(cast.dora)
    address = reverse("admin:accounts_user_change", args=[cast.anna.pk])
    client.post(address, {"name": cast.anna.name, "language": ""})
    client.post(address, {"name": cast.anna.name, "language": "", "is_active": "on"})
    assert Client().post(link).status_code == 404
