"""Changing several ticked subscriptions at once: shown first, each done whole or left alone."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.actor import SYSTEM
from customers.products import Product
from reseller_portal import clock
from subscriptions.changing import cancel_subscription, hold_subscription
from subscriptions.models import Subscription
from subscriptions.operations import Order, start_subscription

ENGLISH = {"accept-language": "en"}


@pytest.fixture
def anna(client, cast):
    client.force_login(cast.anna)
    return client


def sell(cast, name, *, trial=False, reseller=None) -> Subscription:
    return start_subscription(
        reseller=reseller or cast.nordlicht,
        order=Order(Product.M365, name, 3, trial=trial),
        invitee=None,
        today=clock.today(),
        by=SYSTEM,
    )


def look(client, act, *rows):
    asked = {"act": act, "code": [row.code for row in rows]}
    return client.get(reverse("subscriptions_change"), asked, headers=ENGLISH)


def send(client, page, act):
    """Send what the page offers."""
    fields = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page.content.decode())
    data = {"act": act, "code": [value for name, value in fields if name == "code"]}
    data |= {name: value for name, value in fields if name.startswith("seen-")}
    return client.post(reverse("subscriptions_change"), data, headers=ENGLISH)


def states() -> dict[str, str]:
    return dict(Subscription.objects.values_list("customer_name", "state"))


def test_what_can_be_done_is_done_and_the_rest_says_why_not(anna, cast):
    active, trial = sell(cast, "Aktiv AG"), sell(cast, "Test AG", trial=True)
    page = look(anna, "hold", active, trial)
    text = page.content.decode()
    assert "1 subscription would change" in text
    assert "not in a state for this" in text
    before = states()
    assert before["Aktiv AG"] == "active", "looking changes nothing"
    result = send(anna, page, "hold").content.decode()
    assert "1 subscription is changed." in result
    assert states() == before | {"Aktiv AG": "on_hold"}
    send(anna, look(anna, "resume", active), "resume")
    assert states() == before


def test_several_are_cancelled_to_their_periods_end_and_taken_back(anna, cast):
    rows = [sell(cast, f"Kunde {number}") for number in range(3)]
    page = look(anna, "cancel", *rows)
    assert page.content.decode().count("Ends on") == 3
    send(anna, page, "cancel")
    assert Subscription.objects.filter(cancel_on__isnull=False).count() == 3
    send(anna, look(anna, "uncancel", *rows), "uncancel")
    assert Subscription.objects.filter(cancel_on__isnull=False).count() == 0


def test_what_changed_since_it_was_shown_is_left_alone(anna, cast):
    rows = [sell(cast, "Eins"), sell(cast, "Zwei")]
    page = look(anna, "hold", *rows)
    cancel_subscription(subscription=rows[0], today=clock.today(), by=SYSTEM)
    result = send(anna, page, "hold").content.decode()
    assert "Something changed meanwhile" in result
    assert (states()["Eins"], states()["Zwei"]) == ("active", "on_hold")
    again = send(anna, page, "hold").content.decode()  # the page reloaded
    assert "0 subscriptions are changed" in again


def test_another_resellers_row_among_them_does_nothing_at_all(anna, cast):
    rows = [sell(cast, "Eigen"), sell(cast, "Fremd", reseller=cast.suedwind)]
    assert look(anna, "hold", *rows).status_code == 404
    data = {"act": "hold", "code": [row.code for row in rows]}
    assert anna.post(reverse("subscriptions_change"), data).status_code == 404
    assert states()["Eigen"] == "active"


def test_nothing_ticked_or_an_unknown_act_is_said(anna, cast):
    assert look(anna, "hold")["Location"] == reverse("dashboard")
    assert look(anna, "end", cast.bakery_subscription).status_code == 400
    many = {"act": "hold", "code": [f"S-{n}" for n in range(51)]}
    assert anna.get(reverse("subscriptions_change"), many).status_code == 400


def test_fifty_ticked_ask_no_more_than_one(anna, cast):
    rows = [sell(cast, f"Kunde {number:02}") for number in range(50)]
    hold_subscription(subscription=rows[0], today=clock.today(), by=SYSTEM)
    look(anna, "hold", rows[0])
    found = []
    for some in (rows[:1], rows):
        with CaptureQueriesContext(connection) as asked:
            look(anna, "hold", *some)
        found.append(len(asked))
    assert found[0] == found[1] <= 7


def test_only_who_may_change_has_boxes(anna, client, cast):
    assert 'name="code"' in anna.get(reverse("dashboard")).content.decode()
    client.force_login(cast.rolf)
    assert 'name="code"' not in client.get(reverse("dashboard")).content.decode()
