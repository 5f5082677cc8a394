"""Resellers see what they pay, and what they will pay, before it reaches them."""

from datetime import date

import pytest
from django.urls import reverse

from reseller_portal import clock
from subscriptions.models import Price
from subscriptions.price_lists import price_list

TODAY = date(2026, 4, 10)


@pytest.fixture
def monthly(cast):
    """Set a price of Microsoft 365, a month, for a reseller or for all."""

    def set_price(price: str, day: date, reseller=None) -> None:
        Price.objects.create(
            reseller=reseller,
            product="m365",
            term="monthly",
            currency="EUR",
            valid_from=day,
            unit_price=price,
        )

    return set_price


def test_the_list_shows_what_would_be_charged_on_each_day(cast, monthly):
    monthly("1.50", date(2026, 5, 1))
    monthly("1.20", date(2026, 6, 1), cast.nordlicht)
    monthly("1.60", date(2026, 7, 1))  # never reaches Nordlicht, which has its own by then
    days = [TODAY, date(2026, 5, 1), date(2026, 6, 1), date(2026, 7, 1)]
    for reseller in (cast.nordlicht, cast.suedwind):
        line = price_list(reseller=reseller, today=TODAY)[0]
        shown = dict([(TODAY, line.price), *line.coming])
        for day in days:
            charged = Price.objects.valid(
                reseller=reseller, product="m365", term="monthly", day=day
            )
            latest = max(known for known in shown if known <= day)
            assert shown[latest] == charged.unit_price, (reseller, day)
    assert len(price_list(reseller=cast.nordlicht, today=TODAY)[0].coming) == 2


def test_members_who_see_prices_find_the_page_from_the_invoices(client, cast, monthly):
    monthly("1.10", date(2026, 2, 1), cast.nordlicht)
    monthly("1.25", date(2026, 5, 1), cast.nordlicht)
    client.force_login(cast.mia)
    with clock.travel(f"{TODAY}T09:00:00Z"):
        start = client.get(reverse("invoices"), headers={"accept-language": "en"})
        assert reverse("prices") in start.content.decode()
        page = client.get(reverse("prices"), headers={"accept-language": "en"}).content.decode()
    assert "€1.10" in page
    assert "agreed with you" in page
    assert "from 1 May 2026: €1.25" in page
