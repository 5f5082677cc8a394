"""Charges to be invoiced, as the life of a subscription writes them."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from customers.models import Customer
from resellers.models import Reseller
from subscriptions.models import Change, Charge, Subscription
from subscriptions.money import line_amount, prorate
from subscriptions.periods import boundary

PRICE = Decimal("1.45")


def sell(
    reseller: Reseller,
    name: str,
    *,
    anchor: date,
    seats: int,
    product: str = "m365",
    term: str = "monthly",
    price: Decimal = PRICE,
) -> Subscription:
    """Return a subscription that pays `price` a user from `anchor` on; nothing is charged yet."""
    customer = Customer.objects.start(reseller=reseller, name=name)
    customer.save()
    subscription = Subscription.objects.create(
        reseller=reseller,
        customer=customer,
        customer_name=customer.name,
        sort_key=customer.sort_key,
        product=product,
        seats=seats,
        term=term,
        anchor=anchor,
        charged_through=boundary(anchor, term, 12),
        created_at=_moment(anchor),
    )
    subscription.price = price
    return subscription


def charge_period(subscription: Subscription, n: int) -> Charge:
    """Charge the period n of a subscription for the users it has."""
    start, end = _period(subscription, n)
    return _charge(
        subscription,
        kind="period",
        start=start,
        end=end,
        day=start,
        seats=subscription.seats,
        price=subscription.price,
        amount=line_amount(subscription.price, subscription.seats, subscription.reseller.currency),
    )


def charge_seats(subscription: Subscription, n: int, *, added: int, day: date) -> Charge:
    """Charge users added on a day of period n."""
    start, end = _period(subscription, n)
    amount = prorate(subscription.price, added, day, start, end, subscription.reseller.currency)
    change = Change.objects.create(
        reseller_id=subscription.reseller_id,
        subscription=subscription,
        what=Change.What.SEATS,
        before=str(subscription.seats),
        after=str(subscription.seats + added),
        effective_on=day,
        done_on=day,
        asked_at=_moment(day),
    )
    return _charge(
        subscription,
        change=change,
        kind="seats",
        start=start,
        end=end,
        day=day,
        seats=added,
        price=subscription.price,
        amount=amount,
    )


def credit(charge: Charge, from_date: date, *, day: date) -> Charge:
    """Give back what a charge costs from a day on, as ending at once with credit does."""
    return _charge(
        charge.subscription,
        credits=charge,
        kind="credit",
        start=charge.period_start,
        end=charge.period_end,
        day=day,
        seats=-charge.seats,
        price=charge.unit_price,
        amount=prorate(
            charge.unit_price, -charge.seats, from_date, charge.period_start, charge.period_end
        ),
    )


def _charge(subscription, *, kind, start, end, day, seats, price, amount, **more) -> Charge:
    return Charge.objects.create(
        reseller_id=subscription.reseller_id,
        subscription=subscription,
        kind=kind,
        product=subscription.product,
        term=subscription.term,
        period_start=start,
        period_end=end,
        covered_until=end,
        due_on=day,
        seats=seats,
        unit_price=price,
        amount=amount,
        currency=subscription.reseller.currency,
        created_at=_moment(day),
        **more,
    )


def _period(subscription: Subscription, n: int) -> tuple[date, date]:
    return (
        boundary(subscription.anchor, subscription.term, n),
        boundary(subscription.anchor, subscription.term, n + 1),
    )


def _moment(day: date) -> datetime:
    return datetime.combine(day, time(9), UTC) + timedelta()
