"""What a password must be; each rule refuses one and lets its neighbour pass."""

from hashlib import sha1

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from accounts import passwords
from accounts.forms import NameField
from accounts.models import User
from reseller_portal.management.cast import PASSWORD

GOOD = "laterne am kanal 81"


@pytest.mark.parametrize(
    "password",
    [
        GOOD,
        PASSWORD,
        "ein-langes-neues-wort-9",
        "日本語のパスワードは長くてもよい",
        "🦔 igel 🦔 im 🦔 laub",
    ],
)
def test_a_few_words_are_enough(password):
    assert passwords.problems(password) == []


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("laterne kanal8", "It needs one more character: at least 15."),
        ("laterne", "It needs 8 more characters: at least 15."),
        ("laterne am kanal 81 " * 7, "It has more than 128 characters. Make it shorter."),
        (
            "bcdefghijklmnopqrs",
            "It is too easy to guess. Sequences such as abc or 6543 are easy to guess."
            " Add one or two unusual words.",
        ),
        ("123456789987654321", "It is on a list of stolen passwords. Choose another one."),
        (
            "GOOGLE workspace 1",
            "Others can guess it, as it holds little more than “google”. Add other words.",
        ),
    ],
)
def test_what_is_refused_says_what_to_do(password, problem):
    assert problem in passwords.problems(password)


def test_letters_are_composed_once_but_not_those_of_an_endless_text():
    """Composing takes time that grows with the square of the length: minutes for a megabyte."""
    assert passwords.normalised("a\u0308" * passwords.MOST) == "ä" * passwords.MOST
    endless = "a\u0315\u0300" * passwords.MOST * 2
    assert passwords.normalised(endless) is endless
    field = NameField(max_length=120)
    with pytest.raises(ValidationError, match="it has 5000"):
        field.clean("a\u0308" * 2_500)


def test_with_a_second_factor_twelve_characters_are_enough():
    assert passwords.problems("laterne 81 x", second_factor=True) == []
    assert passwords.problems("laterne 81", second_factor=True) == [
        "It needs 2 more characters: at least 12."
    ]


@pytest.mark.parametrize("word", ["Hafenbäckerei", "Clara Hansen", "clara.hansen@example.org"])
def test_a_password_is_not_made_of_what_others_know(word):
    first = word.split("@")[0].replace(".", "").replace(" ", "")
    assert passwords.problems(f"{first}{first}1", words=[word])
    assert passwords.problems(f"{GOOD} {first}", words=[word]) == []


def test_the_operators_own_list_is_asked_too(tmp_path, settings):
    stolen = [f"gestohlenes wort {number:03}" for number in range(500)]
    hashes = sorted(sha1(each.encode()).hexdigest().upper() for each in stolen)
    file = tmp_path / "hashes.txt"
    file.write_text("".join(f"{each}:3\n" for each in hashes))
    assert not any(passwords.is_known(each) for each in stolen)
    settings.BREACHED_PASSWORDS_FILE = str(file)
    assert all(passwords.is_known(each) for each in stolen)
    assert not any(passwords.is_known(f"{each}.") for each in stolen)


def test_every_character_counts_and_keyboards_do_not(cast):
    long = "laterne am kanal 81 " * 6
    cast.anna.set_password(f"{long}a")
    assert cast.anna.check_password(f"{long}a")
    assert not cast.anna.check_password(f"{long}b")
    cast.anna.set_password("Käse und Brötchen am Fleet")  # composed letters
    assert cast.anna.check_password("Käse und Brötchen am Fleet")


def test_an_old_hash_is_read_and_renewed_by_signing_in(client, cast, settings):
    pbkdf2 = "django.contrib.auth.hashers.PBKDF2PasswordHasher"
    argon2 = "django.contrib.auth.hashers.Argon2PasswordHasher"
    settings.PASSWORD_HASHERS = [pbkdf2]
    cast.anna.set_password(GOOD)
    cast.anna.save()
    settings.PASSWORD_HASHERS = [argon2, pbkdf2]
    client.post(reverse("account_login"), {"login": cast.anna.email, "password": GOOD})
    assert User.objects.get(pk=cast.anna.pk).password.startswith("argon2")
    assert "_auth_user_id" in client.session


def test_the_companies_a_person_works_for_are_no_passwords(cast):
    with pytest.raises(ValidationError):
        passwords.check("nordlichtnordlicht", cast.anna)
    passwords.check("nordlichtnordlicht", cast.ben)


def test_the_meter_judges_what_is_typed_and_says_how_to_improve(client, db):
    def said(password):
        return client.post(
            reverse("password_strength"), {"password1": password, "name": "Clara Hansen"}
        ).content.decode()

    assert "This password may be used." in said(GOOD)
    assert "Add other words" in said("clarahansen12345")
    assert "<meter" not in said("")


def test_without_scripts_the_form_says_the_same(client, cast):
    client.force_login(cast.anna)
    fields = {"oldpassword": PASSWORD, "password1": "nordlicht", "password2": "nordlicht"}
    page = client.post(reverse("account_change_password"), fields).content.decode()
    assert "It needs 6 more characters: at least 15." in page
    fields |= {"password1": GOOD, "password2": GOOD}
    assert client.post(reverse("account_change_password"), fields).status_code == 302
    assert User.objects.get(pk=cast.anna.pk).check_password(GOOD)


def test_the_meter_is_no_machine_for_trying_passwords(client, db, settings):
    limits = {**settings.ACCOUNT_RATE_LIMITS, "password_strength": "2/m/ip"}
    settings.ACCOUNT_RATE_LIMITS = limits
    answers = [
        client.post(reverse("password_strength"), {"password1": GOOD}).status_code for _ in range(3)
    ]
    assert answers == [200, 200, 429]
