"""Signing in with an account of Microsoft or Google: who gets in, and who does not."""

from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse

from accounts.models import User
from audit.models import Entry
from mail.models import OutgoingMail
from reseller_portal.environment import sign_in_providers
from reseller_portal.management.cast import PASSWORD
from tests.provider import CLIENT_ID, SECRET, TENANT, private_key

SIGN_IN = "/sign-in/with/microsoft/"
BACK = f"{SIGN_IN}back/"
PAGE = "/account/providers/microsoft/"


def sign_in(client, user, password=PASSWORD):
    return client.post(reverse("account_login"), {"login": user.email, "password": password})


def there_and_back(client, provider, start=SIGN_IN, **fields):
    """Press the button, be sent to the provider, and come back with its answer."""
    sent = client.post(start, fields)
    question = {name: each[0] for name, each in parse_qs(urlsplit(sent["Location"]).query).items()}
    assert sent["Location"].startswith(f"{provider.url}/authorise?")
    return client.get(
        urlsplit(provider.authorise(question))._replace(scheme="", netloc="").geturl()
    )


def connect(client, provider, user):
    sign_in(client, user)
    answer = there_and_back(client, provider, PAGE)
    assert answer["Location"] == PAGE
    client.post(reverse("account_logout"))


def signed_in_as(client) -> int | None:
    return int(client.session.get("_auth_user_id", 0)) or None


def told(client, page) -> str:
    return client.get(page).content.decode()


def test_a_connected_account_signs_in_where_its_owner_wanted_to_go(client, cast, provider):
    connect(client, provider, cast.anna)
    wanted = reverse("account")
    answer = there_and_back(client, provider, next=wanted)
    assert (answer.status_code, answer["Location"]) == (302, wanted)
    assert signed_in_as(client) == cast.anna.pk
    question = provider.asked[-1]
    assert (question["code_challenge_method"], question["prompt"]) == ("S256", "select_account")
    assert question["redirect_uri"].endswith(BACK)


def test_connecting_ends_other_sessions_and_tells_its_owner(client, cast, provider):
    other = client.__class__()
    sign_in(other, cast.anna)
    connect(client, provider, cast.anna)
    assert other.get(reverse("account")).status_code == 302
    entry = Entry.objects.get(action="provider_connected", subject_id=cast.anna.pk)
    assert entry.after == {"provider": "microsoft"}
    assert OutgoingMail.objects.filter(object_id=entry.pk, recipient=cast.anna.email).exists()
    kept = SocialAccount.objects.get(user=cast.anna)
    assert kept.uid == f"{provider.url} subject-1"
    assert kept.extra_data == {"email": "anna@work.example"}
    sign_in(client, cast.anna)
    assert "anna@work.example" in told(client, PAGE)
    assert "anna@work.example" in told(client, reverse("account"))
    assert "anna@work.example" in told(client, reverse("own_data"))


def test_an_address_alone_opens_nothing(client, cast, provider):
    provider.claims = {"email": cast.anna.email, "email_verified": True}
    people = User.objects.count()
    answer = there_and_back(client, provider)
    assert answer["Location"] == reverse("account_login")
    assert "Nobody here has connected this account" in told(client, answer["Location"])
    assert signed_in_as(client) is None
    assert (User.objects.count(), SocialAccount.objects.count()) == (people, 0)


def test_the_second_factor_is_asked_for_all_the_same(client, cast, provider):
    SocialAccount.objects.create(
        user=cast.dora, provider="microsoft", uid=f"{provider.url} subject-1"
    )
    assert there_and_back(client, provider)["Location"] == reverse("mfa_authenticate")
    assert signed_in_as(client) is None


def test_a_closed_account_stays_closed(client, cast, provider):
    connect(client, provider, cast.anna)
    User.objects.filter(pk=cast.anna.pk).update(is_active=False)
    assert there_and_back(client, provider)["Location"] == reverse("account_inactive")
    assert signed_in_as(client) is None


def test_what_needs_proof_is_asked_for_after_the_providers_word(client, cast, provider):
    connect(client, provider, cast.anna)
    there_and_back(client, provider)
    for page in (PAGE, reverse("email_change")):
        assert client.get(page)["Location"].startswith(reverse("account_reauthenticate"))
    assert client.post(PAGE)["Location"].startswith(reverse("account_reauthenticate"))


def test_an_account_belongs_to_one_person(client, cast, provider):
    connect(client, provider, cast.anna)
    sign_in(client, cast.mia)
    there_and_back(client, provider, PAGE)
    assert "connected to somebody else here" in told(client, PAGE)
    assert list(SocialAccount.objects.values_list("user", flat=True)) == [cast.anna.pk]


def test_connecting_twice_makes_one(client, cast, provider):
    connect(client, provider, cast.anna)
    connect(client, provider, cast.anna)
    assert SocialAccount.objects.count() == 1


def test_disconnecting_ends_it_and_only_its_owner_can(client, cast, provider):
    connect(client, provider, cast.anna)
    account = SocialAccount.objects.get()
    sign_in(client, cast.mia)
    client.post(reverse("provider_removal", args=["microsoft"]), {"account": account.pk})
    assert SocialAccount.objects.exists()
    client.post(reverse("account_logout"))
    sign_in(client, cast.anna)
    for wrong in ("", "x", "9" * 30, "²"):
        answer = client.post(reverse("provider_removal", args=["microsoft"]), {"account": wrong})
        assert answer.status_code == 400
    client.post(reverse("provider_removal", args=["microsoft"]), {"account": account.pk})
    assert Entry.objects.filter(action="provider_disconnected", subject_id=cast.anna.pk).exists()
    client.post(reverse("account_logout"))
    there_and_back(client, provider)
    assert signed_in_as(client) is None


@pytest.mark.parametrize(
    "way", ["without a state", "a state of nobody", "of another browser", "twice", "refused there"]
)
def test_an_answer_counts_once_in_the_browser_that_asked(client, cast, provider, way):
    connect(client, provider, cast.anna)
    sent = client.post(SIGN_IN)
    question = {name: each[0] for name, each in parse_qs(urlsplit(sent["Location"]).query).items()}
    answer = urlsplit(provider.authorise(question)).query
    if way == "of another browser":
        client = client.__class__()
    if way == "twice":
        client.get(f"{BACK}?{answer}")
        client.post(reverse("account_logout"))
    query = {
        "without a state": answer.partition("&")[0],
        "a state of nobody": f"{answer}x",
        "refused there": f"error=access_denied&state={question['state']}",
    }.get(way, answer)
    assert client.get(f"{BACK}?{query}")["Location"] == reverse("account_login")
    assert signed_in_as(client) is None


WRONG = {
    "of another issuer": {"iss": "https://elsewhere.example"},
    "for another client": {"aud": "another"},
    "too old": {"exp": 1},
    "without an end": {"exp": None},
    "about nobody": {"sub": None},
    "about an empty name": {"sub": ""},
    "about a number": {"sub": 5},
    "about a list": {"sub": ["subject-1"]},
    "of no issuer": {"iss": None},
    "for another question": {"nonce": "another"},
    "for no question": {"nonce": None},
}


@pytest.mark.parametrize("claims", WRONG.values(), ids=WRONG)
def test_a_wrong_token_opens_nothing(client, cast, provider, claims):
    connect(client, provider, cast.anna)
    provider.claims = claims
    assert there_and_back(client, provider)["Location"] == reverse("account_login")
    assert signed_in_as(client) is None
    assert "could not confirm who you are" in told(client, reverse("account_login"))


def test_a_token_signed_by_somebody_else_opens_nothing(client, cast, provider):
    connect(client, provider, cast.anna)
    provider.key = private_key("stranger")
    assert there_and_back(client, provider)["Location"] == reverse("account_login")
    assert signed_in_as(client) is None


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize(
    "body", ["", "[]", "{}", "null", '{"access_token": 5}', "<html>", '{"keys": [{}]}']
)
@pytest.mark.parametrize("path", ["/token", "/keys"])
def test_a_provider_that_talks_nonsense_is_no_failure_of_ours(
    client, cast, provider, path, status, body
):
    provider.answers = {path: (status, body)}
    assert there_and_back(client, provider)["Location"] == reverse("account_login")
    assert signed_in_as(client) is None


def test_a_provider_that_describes_another_one_is_not_believed(client, cast, provider):
    cache.clear()
    provider.issuer = "https://accounts.google.com"
    assert client.post(SIGN_IN)["Location"] == reverse("account_login")


@pytest.mark.parametrize("body", ["", "[]", "{}", "null"])
def test_a_provider_that_is_away_is_told(client, cast, provider, body):
    cache.clear()
    provider.answers = {"/.well-known/openid-configuration": (200, body)}
    assert client.post(SIGN_IN)["Location"] == reverse("account_login")
    assert "could not confirm who you are" in told(client, reverse("account_login"))


def test_each_organisation_at_microsoft_is_an_issuer_of_its_own(client, cast, provider):
    cache.clear()
    provider.issuer = f"{provider.url}/{{tenantid}}/v2.0"
    connect(client, provider, cast.anna)
    assert SocialAccount.objects.get().uid == f"{provider.url}/{TENANT}/v2.0 subject-1"
    # The same subject in another organisation is somebody else.
    other = "00000000-0000-4000-8000-000000000000"
    provider.claims = {"tid": other, "iss": f"{provider.url}/{other}/v2.0"}
    there_and_back(client, provider)
    assert signed_in_as(client) is None
    provider.claims = {"tid": other}  # signs for one, claims to be of another
    there_and_back(client, provider)
    assert signed_in_as(client) is None


def test_nobody_is_led_elsewhere(client, cast, provider):
    connect(client, provider, cast.anna)
    answer = there_and_back(client, provider, next="https://elsewhere.example/")
    assert answer["Location"] == reverse("home")


def test_what_is_not_set_up_is_not_there(client, cast, settings):
    settings.SIGN_IN_PROVIDERS = {}
    assert b"Sign in with" not in client.get(reverse("account_login")).content
    assert client.post(SIGN_IN).status_code == client.get(BACK).status_code == 404
    sign_in(client, cast.anna)
    assert client.get(PAGE).status_code == 404
    assert b"Microsoft" not in client.get(reverse("account")).content


def test_only_pages_with_the_buttons_lead_to_the_provider(client, cast, provider):
    def policy(page) -> str:
        return client.get(page).headers["Content-Security-Policy"]

    assert f"form-action 'self' {provider.url};" in policy(reverse("account_login")) + ";"
    sign_in(client, cast.anna)
    assert provider.url in policy(PAGE)
    assert provider.url not in policy(reverse("account"))


def test_half_a_provider_stops_the_start(monkeypatch):
    assert sign_in_providers(mode="production") == {}
    monkeypatch.setenv("GOOGLE_SIGN_IN_CLIENT_ID", CLIENT_ID)
    with pytest.raises(ImproperlyConfigured, match="GOOGLE_SIGN_IN_SECRET"):
        sign_in_providers(mode="production")
    monkeypatch.setenv("GOOGLE_SIGN_IN_SECRET", SECRET)
    assert list(sign_in_providers(mode="production")) == ["google"]
    monkeypatch.setenv("GOOGLE_SIGN_IN_SERVER", "http://accounts.google.com")
    with pytest.raises(ImproperlyConfigured, match="https://"):
        sign_in_providers(mode="production")
