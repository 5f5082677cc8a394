"""Ninety days after the last end, people, designs and access are deleted; not a day before."""

from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.urls import reverse

from audit.actor import SYSTEM
from audit.models import Entry
from customers.models import Area, Customer
from reseller_portal import clock
from signatures import deletion
from signatures.belongings import kinds
from signatures.deletion import delete_after_the_end
from signatures.models import Picture
from subscriptions.changing import end_subscription, reactivate_subscription
from subscriptions.models import Charge
from subscriptions.operations import Order, start_subscription

END = date(2026, 5, 4)
LAST = END + timedelta(days=90)  # on which it can be brought back


@pytest.fixture
def bakery(cast) -> Customer:
    """The bakery with a person, a design, a picture and a contact, ended on 4 May."""
    row = cast.bakery_subscription
    Picture.objects.create(
        reseller=row.reseller,
        customer=row.customer,
        content=b"png",
        width=1,
        height=1,
        created_at=clock.now(),
    )
    with clock.travel(f"{END}T09:00:00Z"):
        end_subscription(subscription=row, today=END, by=SYSTEM)
    return Customer.objects.get(pk=row.customer_id)


def left(customer: Customer) -> dict[str, int]:
    counted = {kind.model.__name__: kind.of(customer).count() for kind in kinds()}
    return {name: count for name, count in counted.items() if count}


def test_what_points_to_others_goes_first():
    order = [kind.model.__name__ for kind in kinds()]
    assert order.index("Version") < order.index("Design") < order.index("Picture")
    assert order.index("GroupMember") < order.index("Person")


def test_everything_goes_the_day_after_it_could_last_be_brought_back(bakery, monkeypatch):
    monkeypatch.setattr(deletion, "AT_ONCE", 2)  # in slices
    before = left(bakery)
    assert {"Person", "Design", "Version", "Picture"} <= before.keys()
    delete_after_the_end(today=LAST)
    assert left(bakery) == before
    rounds = 0
    while not delete_after_the_end(today=LAST + timedelta(days=1), seconds=0):
        rounds += 1
    assert rounds > 1
    assert left(bakery) == {}
    assert not bakery.contacts.exists()
    assert Customer.objects.get(pk=bakery.pk).signatures_deleted_on == LAST + timedelta(days=1)
    entries = Entry.objects.filter(action="signatures_deleted", subject_id=bakery.pk)
    assert sum(entry.after["rows"] for entry in entries) == sum(before.values())
    assert Entry.objects.filter(action="subscription_end").exists()
    assert Charge.objects.filter(subscription__customer=bakery).count() == 0  # it was a trial
    told = entries.count()
    assert delete_after_the_end(today=LAST + timedelta(days=9))
    assert entries.count() == told


def test_brought_back_in_time_everything_is_kept_and_open(cast, bakery):
    before = left(bakery)
    with clock.travel(f"{LAST}T09:00:00Z"):
        reactivate_subscription(subscription=cast.bakery_subscription, today=LAST, by=SYSTEM)
        call_command("daily_run")
    delete_after_the_end(today=LAST + timedelta(days=400))
    assert left(bakery) == before
    assert Customer.objects.get(pk=bakery.pk).area(LAST) is Area.OPEN


def test_whoever_comes_back_later_and_ends_again_is_deleted_again(cast, bakery):
    assert delete_after_the_end(today=LAST + timedelta(days=1))
    day = LAST + timedelta(days=30)
    with clock.travel(f"{day}T09:00:00Z"):
        again = start_subscription(
            reseller=cast.nordlicht,
            order=Order("gws", bakery.name, 3),
            invitee=None,
            today=day,
            by=SYSTEM,
        )
        end_subscription(subscription=again, today=day, by=SYSTEM)
    over = Customer.objects.signatures_to_delete
    assert not over(ended_before=day).exists()
    assert over(ended_before=day + timedelta(days=1)).get() == bakery


def test_the_page_announces_the_day(client, cast, bakery):
    client.force_login(cast.anna)
    with clock.travel(f"{END}T10:00:00Z"):
        page = client.get(
            reverse("subscription", args=[cast.bakery_subscription.code]),
            headers={"accept-language": "en"},
        ).content.decode()
    assert "Until 2 Aug 2026 it can be brought back with all designs and people." in page
    assert "After that, designs, people and the contacts&#x27; access are deleted" in page or (
        "After that, designs, people and the contacts' access are deleted" in page
    )
