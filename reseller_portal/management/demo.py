"""Demo subscriptions in any number: rows as the operations would have left them, made in bulk."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from random import Random
from typing import NamedTuple

from django.db import transaction

from customers.models import Customer
from customers.products import Product
from invitations.models import Invitation
from mail.models import OutgoingMail
from reseller_portal import clock
from reseller_portal.management.cast import PRICES
from reseller_portal.management.companies import company_name, person_name
from reseller_portal.names import email_key, name_key, tidy
from resellers.models import Reseller
from subscriptions import periods
from subscriptions.models import Charge, Price, Subscription, Term

CHUNK = 5_000
WEIGHTS = {"active": 76, "trial": 10, "ending": 4, "on_hold": 4, "ended": 6}


class Dates(NamedTuple):
    """When what happened to a subscription, as the columns have it."""

    anchor: date
    trial_until: date | None = None
    charged_through: date | None = None
    hold_since: date | None = None
    hold_reason: str = ""
    cancel_on: date | None = None
    ended_on: date | None = None


def add_subscriptions(reseller: Reseller, count: int, *, seed: int = 1) -> None:
    """Add `count` subscriptions of as many new customers, each with its last charge."""
    dice, today = Random(seed), clock.today()  # noqa: S311 no secret
    taken = set(Customer.objects.filter(reseller=reseller).values_list("name_key", flat=True))
    prices = {
        (price.product, price.term): price
        for price in Price.objects.filter(reseller=None, currency=reseller.currency)
    }
    assert len(prices) == len(PRICES)
    names = _names(dice, taken)
    while count > 0:
        chunk = list(islice(names, min(CHUNK, count)))
        _add_chunk(reseller, chunk, prices, dice, today)
        count -= len(chunk)


@transaction.atomic
def add_invitations(reseller: Reseller) -> None:
    """Add invitations that got differently far, for the first customers of the list."""
    now = clock.now()
    stories = [
        (
            "handed over",
            timedelta(days=2),
            {"handed_over_at": now, "server_reply": "250 OK queued"},
        ),
        ("refused", timedelta(hours=5), {"failed_at": now, "failure": "550 5.1.1 User unknown"}),
        ("uncertain", timedelta(hours=3), {"uncertain_at": now}),
        (
            "came back",
            timedelta(days=1),
            {
                "handed_over_at": now,
                "server_reply": "250 OK queued",
                "bounced_at": now,
                "bounce": "bounced",
                "bounce_words": "550 5.2.1 The account is disabled",
            },
        ),
        ("expired", timedelta(days=9), {"handed_over_at": now, "server_reply": "250 OK queued"}),
    ]
    dice = Random(7)  # noqa: S311
    customers = Customer.objects.filter(
        reseller=reseller, customer_edits=False, signatures_open_until=None
    )
    for (_word, ago, story), customer in zip(stories, customers[: len(stories)], strict=False):
        made = now - ago
        name = person_name(dice)
        email = f"{name.split()[0]}@firma-{customer.pk}.example".encode("ascii", "ignore").decode()
        customer.customer_edits = True
        customer.save(update_fields=["customer_edits"])
        invitation = Invitation.objects.create(
            reseller=reseller,
            customer=customer,
            email=email.lower(),
            email_key=email_key(email),
            name=name,
            language="de",
            product=customer.subscriptions.values_list("product", flat=True)[0],
            created_at=made,
            expires_at=made + timedelta(days=7),
        )
        story = {key: made if key.endswith("_at") else value for key, value in story.items()}
        OutgoingMail.objects.create(
            kind="invitation",
            object_id=invitation.pk,
            generation=1,
            recipient=invitation.email,
            recipient_name=name,
            language="de",
            written_at=made,
            queued_at=made,
            give_up_at=made + timedelta(days=3),
            next_try_at=None,
            tries=1,
            **story,
        )


def _names(dice: Random, taken: set[str]) -> Iterator[str]:
    number = len(taken)
    while True:
        number += 1
        name = tidy(company_name(dice, number))
        if name_key(name) not in taken:
            taken.add(name_key(name))
            yield name


@transaction.atomic
def _add_chunk(
    reseller: Reseller, names: list[str], prices: dict, dice: Random, today: date
) -> None:
    drawn = [(name, _dates(dice, today)) for name in names]
    customers = []
    for name, (_term, dates) in drawn:
        customer = Customer.objects.start(reseller=reseller, name=name)
        customer.signatures_held_since = None if dates.ended_on else dates.hold_since
        customer.signatures_open_until = dates.ended_on
        customers.append(customer)
    Customer.objects.bulk_create(customers)
    subscriptions = [
        Subscription(
            reseller=reseller,
            customer=customer,
            customer_name=customer.name,
            sort_key=customer.sort_key,
            product=dice.choice(Product.values),
            seats=max(1, int(dice.paretovariate(0.9))) % 2_000 + dice.randrange(1, 20),
            term=term,
            created_at=_begun(dates),
            **dates._asdict(),
        )
        for customer, (_name, (term, dates)) in zip(customers, drawn, strict=True)
    ]
    Subscription.objects.bulk_create(subscriptions)
    Charge.objects.bulk_create(
        _charge(subscription, prices)
        for subscription in subscriptions
        if subscription.charged_through
    )


def _dates(dice: Random, today: date) -> tuple[str, Dates]:
    """Return a term and dates that the operations could have led to by today."""
    kind = dice.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
    if kind == "trial":
        last, first = periods.trial_dates(today - timedelta(days=dice.randrange(14)))
        return _term(dice), Dates(anchor=first, trial_until=last)
    term = Term.MONTHLY if kind == "ended" else _term(dice)
    anchor = today - timedelta(days=dice.randrange(100, 1_100))
    trial_until = anchor - timedelta(days=1)
    if kind == "ended":
        ended = periods.period_containing(anchor, term, today - timedelta(days=dice.randrange(60)))[
            0
        ]
        return term, Dates(anchor, trial_until, ended, cancel_on=ended, ended_on=ended)
    if kind == "on_hold":
        held = today - timedelta(days=dice.randrange(1, 80))
        paid = periods.next_payment_date(anchor, term, held)
        return term, Dates(anchor, trial_until, paid, hold_since=held, hold_reason="staff")
    paid = periods.next_payment_date(anchor, term, today)
    return term, Dates(anchor, trial_until, paid, cancel_on=paid if kind == "ending" else None)


def _term(dice: Random) -> str:
    return Term.ANNUAL if dice.random() < 0.25 else Term.MONTHLY


def _begun(dates: Dates) -> datetime:
    day = dates.anchor if dates.trial_until is None else dates.trial_until - timedelta(days=13)
    return datetime.combine(day, time(9), UTC)


def _charge(subscription: Subscription, prices: dict) -> Charge:
    end = subscription.charged_through
    assert end is not None
    start, _end = periods.period_containing(
        subscription.anchor, subscription.term, end - timedelta(days=1)
    )
    price = prices[subscription.product, subscription.term]
    return Charge(
        reseller_id=subscription.reseller_id,
        subscription=subscription,
        kind=Charge.Kind.PERIOD,
        product=subscription.product,
        term=subscription.term,
        period_start=start,
        period_end=end,
        covered_until=end,
        due_on=start,
        seats=subscription.seats,
        unit_price=price.unit_price,
        amount=price.amount(subscription.seats),
        currency=price.currency,
        created_at=datetime.combine(start, time(3), UTC),
    )
