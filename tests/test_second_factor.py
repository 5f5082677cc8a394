"""Signing in with an app's digits or a recovery code, and who must."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.contrib.auth.models import Permission
from django.db import connection
from django.urls import reverse

from accounts.emails import password_reset_email
from accounts.models import User
from accounts.operations import ask_for_new_password
from audit.models import Entry
from mail.models import OutgoingMail
from reseller_portal.management.cast import DORAS_SECRET, PASSWORD
from reseller_portal.management.commands.demo_code import current_code

CODE = "/sign-in/code/"


def sign_in(client, user, password=PASSWORD):
    return client.post(reverse("account_login"), {"login": user.email, "password": password})


def signed_in(client) -> bool:
    return "_auth_user_id" in client.session


def recovery_codes(user) -> list[str]:
    return RecoveryCodes.activate(user).generate_codes()


def test_staff_sign_in_with_password_and_digits(client, cast):
    assert sign_in(client, cast.dora)["Location"] == CODE
    assert not signed_in(client)
    assert client.post(CODE, {"code": "000000"}).status_code == 200
    assert not signed_in(client)
    client.post(CODE, {"code": current_code()})
    assert signed_in(client)
    assert client.get(reverse("home"))["Location"] == reverse("admin:index")
    assert client.get(reverse("admin:index")).status_code == 200


def test_the_same_digits_open_once(client, cast):
    code = current_code()
    sign_in(client, cast.dora)
    client.post(CODE, {"code": code})
    client.logout()
    sign_in(client, cast.dora)
    client.post(CODE, {"code": code})
    assert not signed_in(client)


def test_a_recovery_code_opens_once(client, cast):
    code, other = recovery_codes(cast.dora)[:2]
    for used, wanted in ((code, True), (code, False), (other, True)):
        client.logout()
        sign_in(client, cast.dora)
        client.post(CODE, {"code": used})
        assert signed_in(client) is wanted


def test_guessing_digits_ends_after_five(client, cast):
    sign_in(client, cast.dora)
    for number in range(5):
        client.post(CODE, {"code": f"00000{number}"})
    client.post(CODE, {"code": current_code()})
    assert not signed_in(client)
    assert Entry.objects.filter(action="second_factor_failed", subject_id=cast.dora.pk).exists()


def test_staff_without_a_second_factor_are_led_to_set_one_up(client, cast):
    cast.dora.authenticator_set.all().delete()
    sign_in(client, cast.dora)
    assert client.get(reverse("admin:index"))["Location"] == reverse("mfa_index")
    assert client.get(reverse("admin:accounts_user_changelist")).status_code == 302


def test_an_owner_requires_it_and_the_next_request_of_a_member_obeys(client, cast, area_page):
    client.force_login(cast.mia)
    assert client.get(reverse("dashboard")).status_code == 200
    owner = client.__class__()
    owner.force_login(cast.anna)
    address = reverse("reseller_security")
    assert b"Mia Okafor" in owner.get(address).content
    owner.post(address, {"second_factor_required": "on"})
    for page in (reverse("dashboard"), area_page):
        assert client.get(page)["Location"] == reverse("mfa_index")
    Authenticator.objects.create(user=cast.mia, type="totp", data={})
    assert client.get(reverse("dashboard")).status_code == 200
    client.force_login(cast.ben)  # of another reseller
    assert client.get(reverse("dashboard")).status_code == 200
    entry = Entry.objects.get(action="second_factor_rule_changed")
    assert (entry.before, entry.after) == ({"required": False}, {"required": True})


@pytest.fixture
def area_page(cast) -> str:
    return reverse("signatures", args=[cast.bakery.code])


def test_setting_up_the_app_ends_other_sessions_and_tells_the_person(
    client, cast, django_capture_on_commit_callbacks
):
    other = client.__class__()
    sign_in(other, cast.anna)
    sign_in(client, cast.anna)
    page = client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    assert secret in page.content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(reverse("mfa_activate_totp"), {"code": current_code(secret)})
    assert answer["Location"] == reverse("mfa_view_recovery_codes")
    assert len(client.get(answer["Location"]).context["unused_codes"]) == 10
    assert client.get(reverse("account")).status_code == 200
    assert other.get(reverse("account")).status_code == 302
    told = [
        Entry.objects.get(pk=pk).action
        for pk in OutgoingMail.objects.filter(
            kind="account_notice", recipient=cast.anna.email
        ).values_list("object_id", flat=True)
    ]
    assert "second_factor_added" in told


def test_resetting_the_password_does_not_get_around_it(client, cast):
    ask_for_new_password(user=cast.dora)
    letter = password_reset_email(OutgoingMail.objects.get(kind="password_reset"))
    link = next(word for word in letter.text.split() if word.startswith("http"))
    page = client.get(link.removeprefix("http://testserver"), follow=True)
    new = "ein-langes-neues-wort-9"
    client.post(page.context["action_url"], {"password1": new, "password2": new})
    assert not signed_in(client)
    assert sign_in(client, cast.dora, new)["Location"] == CODE
    assert not signed_in(client)


def test_no_secret_of_a_second_factor_lies_open_in_the_database(cast):
    codes = recovery_codes(cast.dora)
    with connection.cursor() as cursor:
        cursor.execute("SELECT data::text FROM mfa_authenticator")
        stored = " ".join(row[0] for row in cursor.fetchall())
    assert stored
    assert not [secret for secret in (DORAS_SECRET, *codes) if secret in stored]


def test_staff_remove_the_second_factor_of_somebody_who_lost_the_phone(client, cast):
    Authenticator.objects.create(user=cast.anna, type="totp", data={})
    anna = client.__class__()
    anna.force_login(cast.anna)
    assert anna.get(reverse("account")).status_code == 200
    client.force_login(cast.dora)
    address = reverse("admin:accounts_user_changelist")
    chosen = {"action": "remove_second_factor", "_selected_action": [cast.anna.pk]}
    assert "anna@nordlicht.example" in client.post(address, chosen).content.decode()
    assert User.objects.get(pk=cast.anna.pk).has_second_factor
    client.post(address, chosen | {"confirmed": "yes"})
    assert not User.objects.get(pk=cast.anna.pk).has_second_factor
    assert anna.get(reverse("account")).status_code == 302
    assert Entry.objects.filter(action="second_factor_taken", subject_id=cast.anna.pk).exists()
    assert OutgoingMail.objects.filter(recipient=cast.anna.email).exists()


@pytest.mark.parametrize(
    "credential", ['{"id":1}', "{}", "[]", "1", '{"id":"a","rawId":"a","response":{}}']
)
def test_a_credential_that_no_browser_sends_is_refused(client, cast, credential):
    sent = {"credential": credential}
    assert client.post(reverse("mfa_login_webauthn"), sent).status_code == 302
    sign_in(client, cast.dora)
    assert client.post(CODE, sent).status_code == 200
    client.post(CODE, {"code": current_code()})
    assert client.post(reverse("mfa_add_webauthn"), sent | {"name": "X"}).status_code == 200
    assert not cast.dora.authenticator_set.filter(type="webauthn").exists()


def test_staff_who_may_only_look_remove_nobodys_second_factor(client, cast):
    Authenticator.objects.create(user=cast.anna, type="totp", data={})
    User.objects.filter(pk=cast.dora.pk).update(is_superuser=False)
    cast.dora.user_permissions.add(Permission.objects.get(codename="view_user"))
    client.force_login(cast.dora)
    address = reverse("admin:accounts_user_changelist")
    assert client.get(address).status_code == 200
    client.post(
        address,
        {
            "action": "remove_second_factor",
            "_selected_action": [cast.anna.pk],
            "confirmed": "yes",
        },
    )
    assert User.objects.get(pk=cast.anna.pk).has_second_factor
