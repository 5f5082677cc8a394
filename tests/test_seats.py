"""More people than users paid for: everybody sees it, nobody is switched off, one click matches."""

import threading

import pytest
from django.db import connection, transaction
from django.urls import reverse

from audit.actor import SYSTEM
from customers.models import Customer
from reseller_portal import clock
from signatures.models import Person
from signatures.operations import remove_person, save_person
from subscriptions.models import Subscription
from subscriptions.operations import Order, start_subscription


def add_people(cast, count: int, first: int = 0) -> None:
    """Add people at once, as an import does."""
    Person.objects.bulk_create(
        Person(
            reseller=cast.nordlicht,
            customer=cast.bakery,
            name=f"Person {number}",
            sort_key=f"{number:04}",
            email=f"p{number}@hafenbaeckerei.example",
            email_key=f"p{number}@hafenbaeckerei.example",
        )
        for number in range(first, first + count)
    )


def counted(cast) -> tuple[int, int]:
    count = Customer.objects.get(pk=cast.bakery.pk).people_count
    return count, cast.bakery.people.count()


def test_the_count_is_right_whichever_way_people_come_and_go(cast):
    assert counted(cast) == (3, 3)
    add_people(cast, 20)
    assert counted(cast) == (23, 23)
    ida = save_person(
        customer=cast.bakery,
        person=None,
        fields={"name": "Ida", "email": "ida@hafenbaeckerei.example"},
        by=SYSTEM,
    )
    assert counted(cast) == (24, 24)
    remove_person(person=ida, by=SYSTEM)
    cast.bakery.people.filter(name__startswith="Person 1").delete()
    assert counted(cast) == (12, 12)


@pytest.mark.django_db(transaction=True)
def test_two_who_add_people_at_once_are_both_counted(cast):
    both = threading.Barrier(2)

    def add(name: str) -> None:
        both.wait(timeout=10)
        with transaction.atomic():
            save_person(
                customer=cast.bakery,
                person=None,
                fields={"name": name, "email": f"{name}@hafenbaeckerei.example"},
                by=SYSTEM,
            )
        connection.close()

    threads = [threading.Thread(target=add, args=[name]) for name in ("ida", "ole")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert counted(cast) == (5, 5)


def test_one_click_matches_and_says_what_it_costs_before(client, cast):
    client.force_login(cast.anna)
    row = cast.bakery_subscription
    page = reverse("subscription", args=[row.code])
    assert "Nobody is switched off" not in client.get(page).content.decode()
    add_people(cast, 12)
    answer = client.get(page)
    text = answer.content.decode()
    assert "15 people are in the signature area, and 12 users are paid for" in text
    assert "Match: 15 users from today" in text
    assert "Amount then: 17.40" in text.replace("€", "").replace("\xa0", ""), (
        "its price is beside it"
    )
    given = {"seats": answer.context["match"], "seen": answer.context["match_seen"]}
    client.post(reverse("subscription_seats", args=[row.code]), given)
    assert Subscription.objects.get(pk=row.pk).seats == 15
    assert "Nobody is switched off" not in client.get(page).content.decode()


def test_the_dashboard_marks_the_row_until_the_users_are_enough(client, cast):
    client.force_login(cast.rolf)
    page = reverse("dashboard")
    add_people(cast, 9)
    assert "More people than users" not in client.get(page).content.decode()
    add_people(cast, 1, first=9)
    text = client.get(page).content.decode()
    assert "More people than users (1)" in text
    assert text.count('class="row-mark"') == 1
    # A second product's users count, too.
    start_subscription(
        reseller=cast.nordlicht,
        order=Order("gws", "Hafenbäckerei", 1),
        invitee=None,
        today=clock.today(),
        by=SYSTEM,
    )
    assert "More people than users" not in client.get(page).content.decode()


def test_who_may_only_look_sees_the_mark_without_button_or_price(client, cast):
    add_people(cast, 12)
    client.force_login(cast.rolf)
    text = client.get(
        reverse("subscription", args=[cast.bakery_subscription.code])
    ).content.decode()
    assert "15 people are in the signature area" in text
    assert "Match:" not in text
    assert "€" not in text


def test_the_contact_sees_it_and_everybody_keeps_the_signature(client, cast):
    add_people(cast, 12)
    client.force_login(cast.clara)
    for name in ("signatures", "people"):
        text = client.get(reverse(name, args=[cast.bakery.code])).content.decode()
        assert "There are 15 people here, and 12 users are ordered." in text
        assert "decides" in text
    client.force_login(cast.anna)
    text = client.get(reverse("people", args=[cast.bakery.code])).content.decode()
    assert "Match the number of users" in text
