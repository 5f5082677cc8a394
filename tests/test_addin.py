"""The Outlook add-in: its manifest, its key, and what it gives to whom."""

from xml.etree import ElementTree as ET

import pytest
from django.urls import reverse

from audit.actor import SYSTEM
from rollout.addin import APP, BASIC, MAIL_1_1, make_manifest
from rollout.models import AddIn, Arrival
from rollout.operations import renew_addin
from signatures.models import signature_of
from subscriptions.models import Subscription
from subscriptions.operations import keep_area_facts


@pytest.fixture
def addin(cast) -> AddIn:
    return renew_addin(customer=cast.bakery, by=SYSTEM)


def fetch(client, token, address):
    source = reverse("addin_signature", args=[token])
    return client.post(source, address, content_type="text/plain")


def test_the_manifest_names_events_addresses_and_permissions():
    text = make_manifest(
        base_url="https://portal.example",
        token="k.C-1.ab",
        customer_code="C-1",
        company='Brot & "Salz" <GmbH>',
        icon="https://portal.example/static/img/addin.png",
    )
    app = ET.fromstring(text)
    assert [child.tag.rpartition("}")[2] for child in app] == [
        "Id", "Version", "ProviderName", "DefaultLocale", "DisplayName", "Description", "IconUrl",
        "HighResolutionIconUrl", "SupportUrl", "AppDomains", "Hosts", "Requirements",
        "FormSettings", "Permissions", "Rule", "DisableEntityHighlighting", "VersionOverrides",
    ]  # fmt: skip
    assert app.find(f"{{{APP}}}Permissions").text == "ReadWriteItem"
    assert app.find(f"{{{APP}}}ProviderName").text == 'Brot & "Salz" <GmbH>'
    events = {each.get("Type") for each in app.iter(f"{{{MAIL_1_1}}}LaunchEvent")}
    assert events == {"OnNewMessageCompose", "OnMessageFromChanged"}
    urls = {each.get("id"): each.get("DefaultValue") for each in app.iter(f"{{{BASIC}}}Url")}
    assert urls == {
        "Page": "https://portal.example/add-in/k.C-1.ab/",
        "Code": "https://portal.example/add-in/k.C-1.ab/code.js",
    }
    used = {each.get("resid") for each in app.iter() if each.get("resid")}
    assert used == set(urls)


def test_an_address_gets_its_signature_and_it_is_noted_once(client, cast, addin):
    person = cast.bakery.people.get(name="Jonas Petersen")
    for address in ("jonas@hafenbaeckerei.example", "JONAS@hafenbaeckerei.example"):
        answer = fetch(client, addin.token(), address)
        version = cast.bakery.designs.get().versions.get()
        assert answer.content.decode() == signature_of(version.content, person.values()).html
        assert answer["Access-Control-Allow-Origin"] == "*"
    assert Arrival.objects.get().way == "addin"


@pytest.mark.parametrize("address", ["", "nobody@x.example", "x" * 10_000, b"\xff\xfe", "a\x00@b"])
def test_what_has_no_signature_is_not_found(client, addin, address):
    assert fetch(client, addin.token(), address).status_code == 404


def test_a_new_key_ends_the_old_and_a_closed_area_every_one(client, cast, addin):
    old = addin.token()
    new = renew_addin(customer=cast.bakery, by=SYSTEM).token()
    jonas = "jonas@hafenbaeckerei.example"
    assert fetch(client, old, jonas).status_code == 404
    assert client.get(reverse("addin_page", args=[old])).status_code == 404
    assert client.get(reverse("addin_code", args=[old])).status_code == 404
    assert fetch(client, new, jonas).status_code == 200
    Subscription.objects.filter(pk=cast.bakery_subscription.pk).update(ended_on="2026-11-02")
    keep_area_facts(customer=cast.bakery)
    assert fetch(client, new, jonas).status_code == 404


def test_the_manifest_is_for_who_may_edit(client, cast):
    address = reverse("addin_manifest", args=[cast.bakery.code])
    client.force_login(cast.clara)
    assert client.get(address).status_code == 404
    client.post(reverse("addin", args=[cast.bakery.code]))
    assert AddIn.objects.get().token() in client.get(address).content.decode()
    client.force_login(cast.rolf)
    assert client.get(address).status_code == 404
