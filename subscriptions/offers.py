"""What a new subscription will cost and when: values in, values out."""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from subscriptions import money, periods


class Offer(NamedTuple):
    """What happens when a subscription is created now.

    `amount` is a whole period's price for all users; it and `unit_price` are None without a price
    list. `trial_until` is the last trial day, None without a trial; `first_payment_on` is the day
    of the first charge and the anchor of all later ones.
    """

    seats: int
    term: str
    currency: str
    trial_until: date | None
    first_payment_on: date
    second_payment_on: date
    unit_price: Decimal | None
    amount: Decimal | None


def make_offer(
    *,
    seats: int,
    term: str,
    currency: str,
    unit_price: Decimal | None,
    trial_days: int,
    today: date,
) -> Offer:
    """Return the offer for a subscription that starts today; no trial when `trial_days` is 0."""
    if trial_days:
        trial_until, first = periods.trial_dates(today, trial_days)
    else:
        trial_until, first = None, today
    return Offer(
        seats=seats,
        term=term,
        currency=currency,
        trial_until=trial_until,
        first_payment_on=first,
        second_payment_on=periods.boundary(first, term, 1),
        unit_price=unit_price,
        amount=None if unit_price is None else money.line_amount(unit_price, seats, currency),
    )
