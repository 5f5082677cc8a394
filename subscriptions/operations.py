"""Starting subscriptions, charging their periods, and what follows for the signature area."""

import secrets
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import transaction

from audit.actor import Actor
from audit.models import Entry
from audit.operations import entry_about, record, record_all
from customers.models import Customer
from customers.operations import customer_named, set_area_facts
from customers.products import Product
from invitations.operations import Invitee, let_customer_edit
from reseller_portal import clock
from reseller_portal.names import name_key
from resellers.models import Member, Reseller
from subscriptions import ledger, life, periods
from subscriptions.errors import AlreadySubscribed, FormAlreadyUsed
from subscriptions.life import Life, PriceOn
from subscriptions.models import CalendarFeed, Change, Price, Subscription, Term, feed_hash
from subscriptions.offers import Offer, make_offer


@dataclass(frozen=True)
class Order:
    """What a reseller orders for a customer. `trial` asks for one; it is given once per product."""

    product: Product
    company_name: str
    seats: int
    term: Term = Term.MONTHLY
    trial: bool = True


def offer_subscription(*, reseller: Reseller, order: Order, today: date) -> Offer:
    """Return what the order would cost and when, exactly as `start_subscription` would have it."""
    customer = Customer.objects.filter(reseller=reseller).named(order.company_name).first()
    return _offer(reseller, order, customer, today)


@transaction.atomic
def start_subscription(
    *,
    reseller: Reseller,
    order: Order,
    invitee: Invitee | None,
    today: date,
    by: Actor,
    form_key: UUID | None = None,
) -> Subscription:
    """Start a subscription, its customer if need be, and the invitation if somebody is named.

    The same `form_key` again returns what it created before. Raises AlreadySubscribed when the
    customer has this product, FormAlreadyUsed when the key created something else, NoPrice when it
    should be charged at once and cannot.
    """
    # One reseller's new subscriptions are made one after the other: pressing twice makes one.
    reseller = Reseller.objects.select_for_update(no_key=True).get(pk=reseller.pk)
    if before := Subscription.objects.filter(form_key=form_key, form_key__isnull=False).first():
        return _same(before, order)
    customer = customer_named(reseller=reseller, name=order.company_name, by=by)
    if living := customer.subscriptions.living().filter(product=order.product).first():
        raise AlreadySubscribed(living)
    coming = Change.objects.pending().filter(
        subscription__in=customer.subscriptions.living(),
        what=Change.What.PRODUCT,
        after=order.product,
    )
    if change := coming.select_related("subscription").first():
        raise AlreadySubscribed(change.subscription)
    begun = begin_life(
        reseller=reseller,
        order=order,
        had_it=customer.subscriptions.filter(product=order.product).exists(),
        today=today,
        price_on=ledger.prices_of(reseller),
    )
    subscription = ledger.begin(
        reseller=reseller, customer=customer, begun=begun, by=by, form_key=form_key
    )
    record_all([started_entry(subscription, by=by)])
    keep_area_facts(customer=customer)
    if invitee is not None:
        let_customer_edit(customer=customer, invitee=invitee, product=order.product, by=by)
    subscription.refresh_from_db()
    return subscription


@transaction.atomic
def make_feed(*, member: Member, by: Actor) -> str:
    """Give the member a secret address of the calendar; an older one ends. Return its secret."""
    token = secrets.token_urlsafe(32)
    feed, _new = CalendarFeed.objects.update_or_create(
        member=member, defaults={"token_hash": feed_hash(token), "made_at": clock.now()}
    )
    record("calendar_feed_made", feed, by=by, reseller_id=member.reseller_id)
    return token


@transaction.atomic
def withdraw_feed(*, member: Member, by: Actor) -> None:
    """End the member's address of the calendar; a second time changes nothing."""
    for feed in CalendarFeed.objects.select_for_update().filter(member=member):
        record("calendar_feed_withdrawn", feed, by=by, reseller_id=member.reseller_id)
        feed.delete()


def begin_life(
    *, reseller: Reseller, order: Order, had_it: bool, today: date, price_on: PriceOn
) -> Life:
    """Return the life of a subscription that starts today. Raises NoPrice.

    `had_it` says whether the customer had the product before: a trial is given once.
    """
    trial_days = _trial_days(reseller, order, had_it)
    trial_until, first = periods.trial_dates(today, trial_days) if trial_days else (None, today)
    begun = Life(
        product=order.product,
        seats=order.seats,
        term=order.term,
        currency=reseller.currency,
        anchor=first,
        trial_until=trial_until,
    )
    life.start(begun, today, price_on)
    return begun


def started_entry(subscription: Subscription, *, by: Actor) -> Entry:
    """Return what the history keeps of a subscription's start."""
    return entry_about(
        "subscription_started",
        subscription,
        by=by,
        reseller_id=subscription.reseller_id,
        after={
            "product": subscription.product,
            "seats": subscription.seats,
            "term": subscription.term,
        },
    )


def keep_area_facts(*, customer: Customer) -> None:
    """Write to the customer how far its signature area is open, from its subscriptions.

    Open while one lives, read-only when all living ones are on hold, closed after the last end.
    """
    # Two subscriptions of one customer may change at once: the second waits and sees both.
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    rows = list(customer.subscriptions.values_list("ended_on", "hold_since"))
    living = [held for ended, held in rows if ended is None]
    held = [day for day in living if day is not None]
    ends = [ended for ended, _held in rows if ended is not None]
    set_area_facts(
        customer=customer,
        held_since=max(held) if held and len(held) == len(living) else None,
        open_until=max(ends) if ends and not living else None,
    )


def _offer(reseller: Reseller, order: Order, customer: Customer | None, today: date) -> Offer:
    had_it = customer is not None and customer.subscriptions.filter(product=order.product).exists()
    trial_days = _trial_days(reseller, order, had_it)
    start = periods.trial_dates(today, trial_days)[1] if trial_days else today
    price = Price.objects.valid(
        reseller=reseller, product=order.product, term=order.term, day=start
    )
    return make_offer(
        seats=order.seats,
        term=order.term,
        currency=reseller.currency,
        unit_price=price.unit_price if price else None,
        trial_days=trial_days,
        today=today,
    )


def _trial_days(reseller: Reseller, order: Order, had_it: bool) -> int:
    return reseller.trial_days if order.trial and not had_it else 0


def _same(before: Subscription, order: Order) -> Subscription:
    same_name = name_key(before.customer_name) == name_key(order.company_name)
    if (before.product, before.seats, same_name) != (order.product, order.seats, True):
        raise FormAlreadyUsed(before)
    return before
