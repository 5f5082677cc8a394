"""What falls due in the months to come, changes that wait for a payment counted in."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields import CharField, DateField, IntegerField
from django.db.models.functions import Cast, Coalesce

from resellers.models import Reseller
from subscriptions.life import PriceOn
from subscriptions.models import Change, Subscription
from subscriptions.money import line_amount
from subscriptions.periods import boundary, next_payment_date

MONTHS = 12


class Day(NamedTuple):
    """The payments of a day: how many, and what they come to; what has no price counts nothing."""

    on: date
    number: int
    total: Decimal


class Payment(NamedTuple):
    """One payment of a month; `amount` is None without a price."""

    on: date
    code: str
    customer: str
    product: str
    seats: int
    amount: Decimal | None


def month_of(day: date, later: int = 0) -> date:
    """Return the first day of the day's month, or of one so many months later.

    >>> month_of(date(2026, 11, 24), 2)
    datetime.date(2027, 1, 1)
    """
    return boundary(day.replace(day=1), "monthly", later)


def due_days(reseller: Reseller, first: date, until: date, *, prices: PriceOn) -> list[Day]:
    """Return the days from `first` to before `until` on which something falls due, in order."""
    fields = ("then_product", "then_term", "then_anchor", "next_payment_on", "then_seats")
    groups = _rows(reseller).filter(next_payment_on__lt=until).values_list(*fields)
    counts: dict[date, int] = defaultdict(int)
    totals: dict[date, Decimal] = defaultdict(Decimal)
    # One row per price, day and number of users, not per subscription: there may be 100,000.
    for product, term, anchor, due, seats, count in groups.annotate(n=Count("id")).order_by():
        for day in _days(anchor, term, due, first, until):
            price = prices(product, term, day)
            counts[day] += count
            if price is not None:
                totals[day] += line_amount(price, seats, reseller.currency) * count
    return [Day(day, counts[day], totals[day]) for day in sorted(counts)]


def due_in(reseller: Reseller, first: date, until: date) -> QuerySet[Subscription]:
    """Return the subscriptions with a payment in the month from `first` to before `until`."""
    again = Q(then_term="monthly") | Q(then_term="annual", next_payment_on__month=first.month)
    rows = _rows(reseller).filter(
        Q(next_payment_on__gte=first, next_payment_on__lt=until)
        | Q(next_payment_on__lt=first) & again
    )
    return rows.order_by("sort_key", "id")


def payments(
    reseller: Reseller,
    rows: QuerySet[Subscription],
    first: date,
    until: date,
    *,
    prices: PriceOn,
) -> list[Payment]:
    """Return the payment of each of these in the month."""
    fields = ("code", "customer_name", "next_payment_on")
    then = ("then_product", "then_term", "then_anchor", "then_seats")
    found = []
    for code, customer, due, product, term, anchor, seats in rows.values_list(*fields, *then):
        for day in _days(anchor, term, due, first, until):
            price = prices(product, term, day)
            amount = None if price is None else line_amount(price, seats, reseller.currency)
            found.append(Payment(day, code, customer, product, seats, amount))
    return found


def _rows(reseller: Reseller) -> QuerySet[Subscription]:
    """Return the reseller's that will be charged, as they will be by then."""
    waiting = Change.objects.pending().filter(subscription=OuterRef("pk"))

    def then(what: str) -> Subquery:
        return Subquery(waiting.filter(what=what).values("after")[:1], output_field=CharField())

    rows = Subscription.objects.living().filter(
        reseller_id=reseller.pk, next_payment_on__isnull=False
    )
    return rows.annotate(
        then_product=Coalesce(then("product"), F("product")),
        then_seats=Coalesce(
            Cast(then("seats"), IntegerField()), F("seats"), output_field=IntegerField()
        ),
        then_term=Coalesce(then("term"), F("term")),
        # Another term begins anew with the payment that brings it.
        then_anchor=Coalesce(
            Subquery(waiting.filter(what="term").values("subscription__next_payment_on")[:1]),
            F("anchor"),
            output_field=DateField(),
        ),
    )


def _days(anchor: date, term: str, due: date, first: date, until: date) -> Iterator[date]:
    """Yield the payments from the next one on that lie in the span."""
    day = due if due >= first else next_payment_date(anchor, term, first - timedelta(days=1))
    while day < until:
        yield day
        day = next_payment_date(anchor, term, day)
