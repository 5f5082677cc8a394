"""The form "New customer subscription": what it asks, refuses one by one, and creates once."""

import threading
import uuid
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.urls import reverse

from audit.actor import SYSTEM
from audit.models import Entry
from customers.models import Customer
from customers.products import Product
from invitations.models import Invitation
from invitations.operations import Invitee
from reseller_portal import clock
from reseller_portal.words import format_date
from subscriptions.errors import AlreadySubscribed, FormAlreadyUsed, NoPrice
from subscriptions.forms import new_form_key
from subscriptions.models import Price, Subscription, Term
from subscriptions.operations import Order, offer_subscription, start_subscription

CONTACT = {
    "customer_edits": "on",
    "contact_name": "Rosa Rot",
    "contact_email": "rosa@blumen-rot.example",
}


@pytest.fixture
def anna(client, cast):
    client.force_login(cast.anna)
    return client


def typed(cast, **changes) -> dict:
    form = {
        "form_key": new_form_key(cast.anna.memberships.get()),
        "product": "m365",
        "company_name": "Blumen Rot",
        "seats": "7",
    }
    return form | changes


def send(client, data):
    return client.post(reverse("new_subscription"), data)


def errors(response) -> dict:
    return response.context["form"].errors


def test_the_seeds_fields_alone_are_enough(anna, cast):
    with clock.travel("2026-03-02T22:30:00Z"):  # 23:30 in Berlin
        response = send(anna, typed(cast))
    subscription = Subscription.objects.get(customer__name="Blumen Rot")
    assert response["Location"] == subscription.get_absolute_url()
    assert (subscription.product, subscription.seats, subscription.term) == ("m365", 7, "monthly")
    assert (subscription.state, subscription.trial_until) == ("trial", date(2026, 3, 15))
    assert subscription.next_payment_on == date(2026, 3, 16)
    assert not subscription.customer.customer_edits
    assert Invitation.objects.count() == 0
    entry = Entry.objects.get(action="subscription_started", subject_id=subscription.pk)
    assert (entry.actor_name, entry.actor_hat) == ("Anna Nissen", "member")


def test_the_labels_stand_in_the_seeds_order_and_words(anna, cast):
    anna.post(reverse("set_preferences"), {"language": "de"})
    page = anna.get(reverse("new_subscription")).content.decode()
    labels = [
        "Produkt",
        "Firmenname des Kunden",
        "Anzahl der Benutzer",
        "Kunden Signaturen bearbeiten lassen?",
        "Kontaktname des Kunden",
        "Kunden-E-Mail-Adresse",
        "Laufzeit",
    ]
    places = [page.index(f">{label}</label>") for label in labels]
    assert places == sorted(places)
    assert ">Erstellen</button>" in page


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("product", ""),
        ("product", "lotus"),
        ("company_name", ""),
        ("company_name", " \u00a0 "),
        ("company_name", "x" * 201),
        ("company_name", "Zwei\nZeilen"),
        ("company_name", "Gewinn https://evil.example"),
        ("company_name", "\u202everdreht"),
        ("seats", ""),
        ("seats", "0"),
        ("seats", "-3"),
        ("seats", "100001"),
        ("seats", "1.5"),
        ("seats", "1.000"),
        ("seats", "1e3"),
        ("seats", "zwölf"),
        ("seats", "٣"),
        ("term", "weekly"),
        ("start", "later"),
        ("form_key", ""),
        ("form_key", "forged"),
    ],
)
def test_one_wrong_field_is_refused_at_that_field_and_nothing_is_stored(anna, cast, field, value):
    data = typed(cast, **{field: value})
    response = send(anna, data)
    assert (response.status_code, list(errors(response))) == (200, [field])
    assert Customer.objects.filter(name__startswith="Blumen").count() == 0
    if field != "company_name":
        assert 'value="Blumen Rot"' in response.content.decode()


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"contact_name": ""}, ["contact_name"]),
        ({"contact_email": ""}, ["contact_email"]),
        ({"contact_email": "rosa"}, ["contact_email"]),
        ({"contact_email": "rösa@blumen.example"}, ["contact_email"]),
        ({"contact_email": "rosa@blumen.example\nBcc: x@y.example"}, ["contact_email"]),
        ({"contact_name": "", "contact_email": ""}, ["contact_name", "contact_email"]),
    ],
)
def test_the_contact_is_needed_only_when_the_box_is_ticked(anna, cast, changes, fields):
    response = send(anna, typed(cast, **CONTACT | changes))
    assert sorted(errors(response)) == sorted(fields)
    unticked = {**CONTACT, **changes, "customer_edits": ""}
    assert send(anna, typed(cast, **unticked)).status_code == 302
    assert Invitation.objects.count() == 0


@pytest.mark.parametrize("seats", [1, 100_000])
def test_the_bounds_of_users_are_allowed(anna, cast, seats):
    assert send(anna, typed(cast, seats=str(seats))).status_code == 302
    assert Subscription.objects.get(customer__name="Blumen Rot").seats == seats


def test_two_hundred_characters_and_right_to_left_names_are_names(anna, cast):
    for name in ("x" * 200, "مخبز الميناء"):
        assert send(anna, typed(cast, company_name=name)).status_code == 302
        assert Customer.objects.filter(name=name).count() == 1


def test_case_and_spacing_do_not_make_a_new_customer(anna, cast):
    send(anna, typed(cast, company_name="  HAFENBÄCKEREI ", product="gws"))
    assert Customer.objects.filter(reseller=cast.nordlicht).count() == 1
    assert cast.bakery.subscriptions.count() == 2


def test_the_same_product_twice_is_refused_with_the_way_to_the_one_there(anna, cast):
    response = send(anna, typed(cast, company_name="Hafenbäckerei"))
    assert cast.bakery_subscription.get_absolute_url() in str(errors(response)["product"])
    assert cast.bakery.subscriptions.count() == 1


def test_sending_the_same_form_again_creates_one(anna, cast):
    data = typed(cast, **CONTACT)
    first, second = send(anna, data), send(anna, data)
    assert first["Location"] == second["Location"]
    assert Subscription.objects.filter(customer__name="Blumen Rot").count() == 1
    assert Invitation.objects.count() == 1


def test_the_same_form_with_other_data_is_refused(anna, cast):
    data = typed(cast)
    send(anna, data)
    response = send(anna, data | {"company_name": "Andere AG"})
    assert list(errors(response)) == ["__all__"]
    assert not Customer.objects.filter(name="Andere AG").exists()


def test_a_form_opened_for_another_reseller_is_refused(client, cast):
    client.force_login(cast.ben)
    response = send(client, typed(cast))
    assert list(errors(response)) == ["form_key"]


def test_ticked_the_contact_is_invited_in_the_chosen_language(anna, cast):
    send(anna, typed(cast, **CONTACT, contact_language="en"))
    invitation = Invitation.objects.get()
    assert (invitation.email, invitation.language, invitation.product) == (
        "rosa@blumen-rot.example",
        "en",
        "m365",
    )
    assert invitation.customer.customer_edits


def test_the_panel_shows_what_creating_then_does(anna, cast):
    panel = anna.get(reverse("new_subscription_offer"), typed(cast, seats="25")).content.decode()
    send(anna, typed(cast, seats="25"))
    subscription = Subscription.objects.get(customer__name="Blumen Rot")
    assert "€36.25" in panel  # 25 × 1.45
    assert format_date(subscription.next_payment_on, "en") in panel


def test_without_scripts_the_panel_is_asked_for_by_a_button(anna, cast):
    response = send(anna, typed(cast, preview="1"))
    assert "€10.15" in response.content.decode()
    assert not Customer.objects.filter(name="Blumen Rot").exists()


def start(cast, by_name="Blumen Rot", **changes):
    order = Order(Product.M365, by_name, 7, **changes)
    return start_subscription(
        reseller=cast.nordlicht, order=order, invitee=None, today=date(2026, 1, 31), by=SYSTEM
    )


def test_without_a_trial_the_first_period_is_charged_at_once(cast):
    subscription = start(cast, trial=False)
    assert (subscription.state, subscription.next_payment_on) == ("active", date(2026, 2, 28))
    charge = subscription.charges.get()
    assert (charge.kind, charge.period_start, charge.period_end, charge.amount) == (
        "period",
        date(2026, 1, 31),
        date(2026, 2, 28),
        Decimal("10.15"),
    )


def test_a_trial_is_given_once_per_customer_and_product(cast):
    first = start(cast)
    Subscription.objects.filter(pk=first.pk).update(ended_on=date(2026, 1, 31))
    assert start(cast).state == "active"


def test_a_reseller_without_trial_days_starts_at_once(cast):
    cast.nordlicht.trial_days = 0
    cast.nordlicht.save()
    assert start(cast).state == "active"


def test_without_a_price_only_a_trial_can_start(cast):
    Price.objects.all().delete()
    with pytest.raises(NoPrice):
        start(cast, trial=False)
    assert start(cast).state == "trial"


def test_the_resellers_own_price_beats_the_default(cast):
    own = {"product": "m365", "term": Term.MONTHLY, "currency": "EUR"}
    Price.objects.create(
        reseller=cast.nordlicht, valid_from=date(2025, 1, 1), unit_price=Decimal("0.99"), **own
    )
    Price.objects.create(
        reseller=cast.nordlicht, valid_from=date(2027, 1, 1), unit_price=Decimal("9.99"), **own
    )
    order = Order(Product.M365, "Blumen Rot", 10)
    offer = offer_subscription(reseller=cast.nordlicht, order=order, today=date(2026, 1, 1))
    assert offer.amount == Decimal("9.90")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("keys", ["the same form", "two forms"])
def test_twenty_at_once_make_one(cast, keys):
    key, made, refused = uuid.uuid4(), [], []
    order = Order(Product.GWS, "Doppel GmbH", 5)

    def press():
        try:
            made.append(
                start_subscription(
                    reseller=cast.nordlicht,
                    order=order,
                    invitee=Invitee("Dora Doppel", "dora@doppel.example", "de"),
                    today=date(2026, 5, 1),
                    by=SYSTEM,
                    form_key=key if keys == "the same form" else uuid.uuid4(),
                ).pk
            )
        except AlreadySubscribed as refusal:
            refused.append(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 1
    assert len(refused) == (0 if keys == "the same form" else 19)
    assert Invitation.objects.count() == 1


def test_the_key_with_another_order_is_refused(cast):
    key = uuid.uuid4()

    def press(name):
        return start_subscription(
            reseller=cast.nordlicht,
            order=Order(Product.GWS, name, 5),
            invitee=None,
            today=date(2026, 5, 1),
            by=SYSTEM,
            form_key=key,
        )

    press("Eins")
    with pytest.raises(FormAlreadyUsed):
        press("Zwei")
