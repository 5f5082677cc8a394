"""What a reseller pays for a user: the prices of today, and those to come."""

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Q

from customers.products import Product
from resellers.models import Reseller
from subscriptions.models import Price, Term


class PriceLine(NamedTuple):
    """The price of a product and term. `coming` are the days on which it changes, and to what."""

    product: str
    term: str
    price: Decimal | None
    is_own: bool
    coming: list[tuple[date, Decimal]]


def price_list(*, reseller: Reseller, today: date) -> list[PriceLine]:
    """Return a line for each product and term, as `Price.objects.valid` finds them."""
    entries: dict[tuple[str, str], list[Price]] = defaultdict(list)
    prices = Price.objects.filter(Q(reseller=reseller) | Q(reseller=None))
    for price in prices.filter(currency=reseller.currency).order_by("valid_from"):
        entries[price.product, price.term].append(price)
    return [
        _line(Product(product), Term(term), entries[product, term], today)
        for product in Product.values
        for term in Term.values
    ]


def _line(product: Product, term: Term, entries: list[Price], today: date) -> PriceLine:
    now = last = _in_force(entries, today)
    coming = []
    for day in sorted({entry.valid_from for entry in entries if entry.valid_from > today}):
        then = _in_force(entries, day)
        if then and (last is None or then.unit_price != last.unit_price):
            coming.append((day, then.unit_price))
            last = then
    return PriceLine(
        str(product.label),
        str(term.label),
        now.unit_price if now else None,
        bool(now and now.reseller_id),
        coming,
    )


def _in_force(entries: list[Price], day: date) -> Price | None:
    """Return the newest that holds on a day; a reseller's own beats every default."""
    begun = [entry for entry in entries if entry.valid_from <= day]
    own = [entry for entry in begun if entry.reseller_id]
    return (own or begun)[-1] if begun else None
