"""The dashboard: four columns, found, filtered, sorted and paged."""

import csv
import io
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from audit.actor import SYSTEM
from customers.models import Customer
from customers.products import Product
from reseller_portal import clock
from reseller_portal.management.demo import add_invitations, add_subscriptions
from subscriptions.lists import PAGE, SORTS
from subscriptions.models import Subscription
from subscriptions.operations import Order, start_subscription


@pytest.fixture
def anna(client, cast):
    client.force_login(cast.anna)
    return client


def sell(cast, name, reseller=None):
    return start_subscription(
        reseller=reseller or cast.nordlicht,
        order=Order(Product.M365, name, 3),
        invitee=None,
        today=clock.today(),
        by=SYSTEM,
    )


def names(response) -> list[str]:
    """Return the customers a page shows, in its order."""
    rows = response.content.decode().split('<th scope="row"')[1:]
    return [unescape(row.split("</a>")[0].rsplit(">")[-1]) for row in rows]


def every_page(client, **query) -> list[str]:
    response = client.get(reverse("dashboard"), query)
    found = names(response)
    while address := response.context["page"].following:
        response = client.get(reverse("dashboard") + address)
        found += names(response)
    return found


def queries(client) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert client.get(reverse("dashboard")).status_code == 200
    return len(asked)


def test_one_row_and_fifty_rows_ask_the_same_and_at_most_seven(anna, cast):
    anna.get(reverse("dashboard"))
    one = queries(anna)
    add_subscriptions(cast.nordlicht, 200)
    assert queries(anna) == one <= 7


def test_nobody_sees_another_resellers_customers(anna, cast):
    sell(cast, "Südwind-Kunde", cast.suedwind)
    assert names(anna.get(reverse("dashboard"))) == ["Hafenbäckerei"]


def test_an_empty_dashboard_leads_to_the_button(client, cast):
    client.force_login(cast.ben)
    page = client.get(reverse("dashboard")).content.decode()
    assert page.count(reverse("new_subscription")) == 2


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("blumen", ["Blumen Rot"]),
        ("ROT", ["Blumen Rot", "Rotkäppchen"]),
        ("kapp", ["Rotkäppchen"]),
        ("ro", ["Rotkäppchen"]),
        ("100%", ["100% Bio"]),
        ("_", []),
        ("'; drop", []),
        ("\\", []),
    ],
)
def test_search_finds_parts_of_names_and_takes_every_sign_literally(anna, cast, words, found):
    for name in ("Blumen Rot", "Rotkäppchen", "100% Bio"):
        sell(cast, name)
    assert names(anna.get(reverse("dashboard"), {"q": words})) == found


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("way", ["", "-"])
def test_every_sort_shows_every_row_once_through_all_pages_and_back(anna, cast, sort, way):
    add_subscriptions(cast.nordlicht, 3 * PAGE)
    found = every_page(anna, sort=way + sort)
    column = SORTS[sort]
    rows = Subscription.objects.for_member(cast.anna.memberships.get()).living()
    order = (f"-{column}", "-id") if way else (column, "id")
    wanted = list(rows.order_by(*order).values_list("customer_name", flat=True))
    assert found == wanted
    second = anna.get(
        reverse("dashboard")
        + anna.get(reverse("dashboard"), {"sort": way + sort}).context["page"].following
    )
    back = anna.get(reverse("dashboard") + second.context["page"].previous)
    assert names(back) == wanted[:PAGE]
    assert back.context["page"].previous == ""


def test_the_sorted_head_says_so(anna, cast):
    page = anna.get(reverse("dashboard"), {"sort": "-seats"}).content.decode()
    assert page.count("aria-sort") == 1
    assert 'aria-sort="descending"' in page


def test_filters_by_state_product_and_due_date(anna, cast):
    add_subscriptions(cast.nordlicht, 120)
    rows = Subscription.objects.filter(reseller=cast.nordlicht)
    for query, wanted in (
        ({"state": "on_hold"}, rows.filter(state="on_hold")),
        ({"state": "ended"}, rows.filter(state="ended")),
        ({"product": "gws"}, rows.living().filter(product="gws")),
        (
            {"due": str(clock.today() + timedelta(days=9))},
            rows.filter(next_payment_on__lte=clock.today() + timedelta(days=9)),
        ),
        ({"state": "active", "product": "m365"}, rows.filter(state="active", product="m365")),
    ):
        found = every_page(anna, **query)
        assert sorted(found) == sorted(wanted.values_list("customer_name", flat=True))
        assert found


def test_the_archive_forgets_after_ninety_days(anna, cast):
    for days in (90, 91):
        row = sell(cast, f"Vor {days} Tagen")
        Subscription.objects.filter(pk=row.pk).update(ended_on=clock.today() - timedelta(days=days))
    assert names(anna.get(reverse("dashboard"), {"state": "ended"})) == ["Vor 90 Tagen"]


def test_what_needs_attention_stands_above_and_leads_to_its_rows(anna, cast):
    assert anna.get(reverse("dashboard")).context["attention"] == []
    add_subscriptions(cast.nordlicht, 120)
    add_invitations(cast.nordlicht)
    crowded = Customer.objects.filter(reseller=cast.nordlicht).exclude(pk=cast.bakery.pk)[:3]
    Customer.objects.filter(pk__in=crowded.values("pk")).update(people_count=1_000_000)
    attention = anna.get(reverse("dashboard")).context["attention"]
    assert {"invitation", "expired", "users"} <= {
        each.address.partition("=")[2] for each in attention
    }
    for each in attention:
        count = int(each.label.rpartition("(")[2].rstrip(")"))
        shown = anna.get(reverse("dashboard") + each.address)
        assert len(names(shown)) == count > 0
        assert 'aria-current="true"' in shown.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        "place=kaputt", "place=WyJhIl0", "sort=password", "state=%00", "q=%00", "due=gestern",
        "product=lotus", "needs=money", "place=" + "A" * 3000, "due=9999-99-99", "sort=-",
    ],
)  # fmt: skip
def test_a_strange_address_shows_a_list_all_the_same(anna, query):
    assert anna.get(f"{reverse('dashboard')}?{query}").status_code == 200


def test_a_name_with_markup_stays_text(anna, cast):
    sell(cast, "<script>alert(1)</script> & 'Co'")
    page = anna.get(reverse("dashboard")).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &#x27;Co&#x27;" in page


def test_the_export_holds_what_the_filter_shows_and_runs_no_formula(anna, cast):
    sell(cast, "=1+1 GmbH")
    sell(cast, 'Zitat "Quote" & Söhne')
    content = b"".join(anna.get(reverse("export", args=["csv"])).streaming_content)
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert [row[1] for row in rows] == [
        "Customer", "'=1+1 GmbH", "Hafenbäckerei", 'Zitat "Quote" & Söhne',
    ]  # fmt: skip
    sheet = load_workbook(io.BytesIO(anna.get(reverse("export", args=["xlsx"])).content)).active
    assert [row[1].value for row in sheet.rows] == [row[1] for row in rows]
    filtered = anna.get(reverse("export", args=["csv"]), {"q": "zitat"})
    assert b"".join(filtered.streaming_content).count(b"\r\n") == 2


def test_who_may_only_read_sees_no_price_and_no_button(client, cast):
    client.force_login(cast.rolf)
    start = client.get(reverse("dashboard")).content.decode()
    page = client.get(cast.bakery_subscription.get_absolute_url()).content.decode()
    assert "Hafenbäckerei" in start
    assert reverse("new_subscription") not in start
    for word in ("€", "17.40", "Amount", "/editing/"):
        assert word not in page
    client.force_login(cast.mia)
    assert "€17.40" in client.get(cast.bakery_subscription.get_absolute_url()).content.decode()
