"""The calendar: months and days add up, and a secret address shows them to its member alone."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from icalendar import Calendar

from audit.actor import SYSTEM
from audit.models import Entry
from customers.products import Product
from reseller_portal import clock
from resellers.models import Role
from subscriptions.changing import cancel_subscription, change_seats, change_term
from subscriptions.forecast import due_days, due_in, payments
from subscriptions.ledger import PriceBook
from subscriptions.models import CalendarFeed, Subscription, Term
from subscriptions.operations import Order, start_subscription

NOW = "2026-01-31T09:00:00Z"
ENGLISH = {"accept-language": "en"}


@pytest.fixture
def anna(client, cast):
    client.force_login(cast.anna)
    return client


@pytest.fixture
def three(cast) -> list[Subscription]:
    """Two monthly ones paid on 31 January and a yearly one; the bakery's own is cancelled."""
    cancel_subscription(subscription=cast.bakery_subscription, today=clock.today(), by=SYSTEM)
    orders = [("Eins", 10, Term.MONTHLY), ("Zwei", 20, Term.MONTHLY), ("Jahr", 5, Term.ANNUAL)]
    return [
        start_subscription(
            reseller=cast.nordlicht,
            order=Order(Product.M365, name, seats, term, trial=False),
            invitee=None,
            today=date(2026, 1, 31),
            by=SYSTEM,
        )
        for name, seats, term in orders
    ]


def prices(reseller):
    return PriceBook().price_on(reseller)


def days(reseller, first=date(2026, 1, 31), until=date(2026, 5, 1)):
    return [
        (day.on.isoformat(), day.number, day.total)
        for day in due_days(reseller, first, until, prices=prices(reseller))
    ]


@clock.travel(NOW)
def test_each_month_is_due_what_the_daily_run_will_charge(cast, three):
    assert days(cast.nordlicht) == [
        ("2026-02-28", 2, Decimal("43.50")),  # 30 × 1.45
        ("2026-03-31", 2, Decimal("43.50")),
        ("2026-04-30", 2, Decimal("43.50")),
    ]
    change_seats(subscription=three[0], seats=5, today=date(2026, 1, 31), by=SYSTEM)
    change_term(subscription=three[1], term="annual", today=date(2026, 1, 31), by=SYSTEM)
    found = {day: count for day, count, _total in days(cast.nordlicht)}
    assert found == {"2026-02-28": 2, "2026-03-31": 1, "2026-04-30": 1}
    assert dict((day, total) for day, _n, total in days(cast.nordlicht))["2026-03-31"] == Decimal(
        "7.25"
    )


@clock.travel(NOW)
def test_the_list_of_a_month_is_what_its_sum_is_made_of(cast, three):
    for month, until in ((2, date(2026, 3, 1)), (4, date(2026, 5, 1))):
        first = date(2026, month, 1)
        found = payments(
            cast.nordlicht,
            due_in(cast.nordlicht, first, until),
            first,
            until,
            prices=prices(cast.nordlicht),
        )
        assert [each.customer for each in found] == ["Eins", "Zwei"]
        assert sum(each.amount for each in found) == Decimal("43.50")
    january = date(2027, 1, 1), date(2027, 2, 1)
    found = payments(
        cast.nordlicht, due_in(cast.nordlicht, *january), *january, prices=prices(cast.nordlicht)
    )
    assert [(each.customer, each.on) for each in found][1] == ("Jahr", date(2027, 1, 31))


@clock.travel(NOW)
def test_the_page_shows_amounts_to_those_alone_who_see_prices(anna, client, cast, three):
    page = anna.get(reverse("calendar"), {"month": "2026-02"}, headers=ENGLISH).content.decode()
    assert "€43.50" in page
    assert "style=" not in page
    client.force_login(cast.rolf)
    page = client.get(reverse("calendar"), {"month": "2026-02"}, headers=ENGLISH).content.decode()
    assert "Zwei" in page
    assert "€" not in page
    for strange in ("kaputt", "1999-01", "9999-12", "2026-02&page=x"):
        assert client.get(f"{reverse('calendar')}?month={strange}").status_code == 200


@clock.travel(NOW)
def test_one_and_sixty_payments_ask_the_same(anna, cast, three):
    anna.get(reverse("calendar"))
    found = []
    for number in range(60):
        if number in (0, 59):
            with CaptureQueriesContext(connection) as asked:
                anna.get(reverse("calendar"), {"month": "2026-02"})
            found.append(len(asked))
        start_subscription(
            reseller=cast.nordlicht,
            order=Order(Product.M365, f"Kunde {number}", 1, trial=False),
            invitee=None,
            today=date(2026, 1, 31),
            by=SYSTEM,
        )
    assert found[0] == found[1] <= 7


def feed_address(client) -> str:
    page = client.post(reverse("calendar_feed"), headers=ENGLISH)
    return page.context["address"].partition("//")[2].partition("/")[2]


@clock.travel(NOW)
def test_the_address_gives_a_calendar_that_programs_read(anna, client, cast, three):
    address = "/" + feed_address(anna)
    client.logout()
    answer = client.get(address)
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    events = Calendar.from_ical(answer.content).walk("VEVENT")
    assert events[0].decoded("dtstart") == date(2026, 2, 28)
    assert "43,50" in str(events[0]["summary"])
    assert len({str(event["uid"]) for event in events}) == len(events) == 11
    again = client.get(address, headers={"if-none-match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    cast.anna.memberships.update(role=Role.READ_ONLY)
    assert "43,50" not in client.get(address).content.decode()
    token = address.rpartition("/")[2].removesuffix(".ics")
    assert token not in str(list(CalendarFeed.objects.values())), "only its hash is kept"
    assert token not in str(list(Entry.objects.values()))


@pytest.mark.parametrize("end", ["renewed", "withdrawn", "no member", "locked", "second factor"])
def test_an_address_ends(anna, client, cast, end):
    address = "/" + feed_address(anna)
    assert client.get(address).status_code == 200
    if end == "renewed":
        anna.post(reverse("calendar_feed"))
    elif end == "withdrawn":
        anna.post(reverse("calendar_feed_removal"))
    elif end == "no member":
        cast.anna.memberships.all().delete()
    elif end == "locked":
        type(cast.anna).objects.filter(pk=cast.anna.pk).update(is_active=False)
    else:
        type(cast.nordlicht).objects.update(second_factor_required=True)
    assert client.get(address).status_code == 404
    assert client.get(reverse("calendar_file", args=["made-up"])).status_code == 404
