"""Between rows and lives: reads a subscription as the rules see it, writes what acts led to."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from uuid import UUID

from django.db import connection
from django.db.models import F
from psycopg2.extras import execute_values

from audit.actor import SYSTEM, Actor
from customers.models import Customer
from reseller_portal import clock
from resellers.models import Reseller
from subscriptions.life import Life, Owed, PriceOn
from subscriptions.models import Change, Charge, Price, Subscription

FIELDS = (
    "product",
    "seats",
    "term",
    "anchor",
    "trial_until",
    "trial_extended",
    "charged_through",
    "hold_since",
    "hold_reason",
    "cancel_on",
    "ended_on",
)
OWED = (
    "kind",
    "product",
    "term",
    "period_start",
    "period_end",
    "due_on",
    "seats",
    "unit_price",
    "amount",
    "currency",
    "covered_until",
)


@dataclass
class Loaded:
    """A row and its life; the life is ahead of the row until it is stored."""

    subscription: Subscription
    life: Life


class PriceBook:
    """All prices, read once, for work on many subscriptions."""

    def __init__(self) -> None:
        self._entries: dict[tuple, list[tuple[date, Decimal]]] = defaultdict(list)
        fields = ("reseller_id", "product", "term", "currency", "valid_from", "unit_price")
        for *key, valid_from, price in Price.objects.order_by("valid_from").values_list(*fields):
            self._entries[tuple(key)].append((valid_from, price))

    def price_on(self, reseller: Reseller) -> PriceOn:
        """Return the prices as this reseller pays them."""
        return partial(self.price, reseller.pk, reseller.currency)

    def price(
        self, reseller_id: int, currency: str, product: str, term: str, day: date
    ) -> Decimal | None:
        """Return the price of a period that starts on `day`, as `Price.objects.valid` does."""
        for owner in (reseller_id, None):
            entries = self._entries.get((owner, product, term, currency), [])
            place = bisect_right(entries, day, key=lambda entry: entry[0])
            if place:
                return entries[place - 1][1]
        return None


def prices_of(reseller: Reseller) -> PriceOn:
    """Return the prices as this reseller pays them, asked one by one."""

    def price(product: str, term: str, day: date) -> Decimal | None:
        found = Price.objects.valid(reseller=reseller, product=product, term=term, day=day)
        return found.unit_price if found else None

    return price


def load(subscriptions: Iterable[Subscription], *, with_running: bool = True) -> list[Loaded]:
    """Return each with its life, in two queries; `reseller` is selected with them.

    Without `with_running` the lives do not know the charges of the running period, which only more
    users and credits ask for.
    """
    rows = list(subscriptions)
    pending: dict[int, dict[str, str]] = defaultdict(dict)
    changes = Change.objects.pending().filter(subscription__in=rows).order_by("id")
    for owner, what, after in changes.values_list("subscription_id", "what", "after"):
        pending[owner][what] = after
    running = _running(rows) if with_running else {}
    return [
        Loaded(
            row,
            Life(
                currency=row.reseller.currency,
                pending=pending[row.pk],
                running=running.get(row.pk, []),
                **{name: getattr(row, name) for name in FIELDS},
            ),
        )
        for row in rows
    ]


def begin(
    *, reseller: Reseller, customer: Customer, begun: Life, by: Actor, form_key: UUID | None = None
) -> Subscription:
    """Write a life that has just begun as a new subscription of this customer."""
    subscription = Subscription.objects.create(
        reseller=reseller,
        customer=customer,
        customer_name=customer.name,
        sort_key=customer.sort_key,
        form_key=form_key,
        created_at=clock.now(),
        **{name: getattr(begun, name) for name in FIELDS},
    )
    store([Loaded(subscription, begun)], by=by)
    return subscription


def store(loaded: Iterable[Loaded], *, by: Actor) -> None:
    """Write what the lives have beyond their rows; the rows are locked by the caller."""
    loaded = [each for each in loaded if _put(each)]
    _write_facts([each.subscription for each in loaded])
    for each in loaded:
        _settle(each, by)
    _write_charges(loaded, _write_steps(loaded, by))


def _running(rows: list[Subscription]) -> dict[int, list[Owed]]:
    found: dict[int, list[Owed]] = defaultdict(list)
    charges = Charge.objects.filter(
        subscription__in=rows,
        kind__in=[Charge.Kind.PERIOD, Charge.Kind.SEATS],
        period_end=F("subscription__charged_through"),
        covered_until=F("period_end"),
    ).order_by("id")
    for charge in charges:
        owed = Owed(id=charge.pk, **{name: getattr(charge, name) for name in OWED})
        found[charge.subscription_id].append(owed)
    return found


def _put(each: Loaded) -> bool:
    """Copy the life's facts to the row; say whether there is anything to write."""
    life, row = each.life, each.subscription
    changed = {name for name in FIELDS if getattr(row, name) != getattr(life, name)}
    for name in changed:
        setattr(row, name, getattr(life, name))
    return bool(changed or life.charges or life.steps or life.settled)


def _write_facts(rows: list[Subscription]) -> None:
    """Write what lives change in one statement; `bulk_update` takes five times as long."""
    if not rows:
        return
    values = [[row.pk, *(getattr(row, name) for name in FIELDS)] for row in rows]
    table = Subscription._meta.db_table
    columns = {
        field.name: field.db_type(connection) for field in Subscription._meta.concrete_fields
    }
    types = ", ".join(f"%s::{columns[name]}" for name in FIELDS)
    with connection.cursor() as cursor:
        execute_values(
            cursor.cursor,
            f"UPDATE {table} SET {', '.join(f'{name} = new.{name}' for name in FIELDS)}"  # noqa: S608 names of columns
            f" FROM (VALUES %s) AS new (id, {', '.join(FIELDS)}) WHERE {table}.id = new.id",
            values,
            template=f"(%s, {types})",
            page_size=1_000,
        )


def _settle(each: Loaded, by: Actor) -> None:
    for what, on, by_itself in each.life.settled:
        rows = Change.objects.pending().filter(subscription=each.subscription, what=what)
        if on is None:
            actor = SYSTEM if by_itself else by
            rows.update(dropped_at=clock.now(), dropped_by=actor.name)
        else:
            rows.update(done_on=on, effective_on=on)


def _write_steps(loaded: list[Loaded], by: Actor) -> dict[int, Change]:
    """Write the history; return the changes that charges hang on, by the charge's identity."""
    steps = [(each, step) for each in loaded for step in each.life.steps]
    changes = []
    for each, step in steps:
        actor = SYSTEM if step.by_itself else by
        changes.append(
            Change(
                reseller_id=each.subscription.reseller_id,
                subscription=each.subscription,
                what=step.what,
                before=step.before,
                after=step.after,
                effective_on=step.effective_on,
                cost=step.cost,
                currency=each.life.currency,
                by_id=actor.user_id,
                by_name=actor.name,
                by_hat=actor.hat,
                asked_at=clock.now(),
                done_on=step.effective_on if step.done else None,
            )
        )
    Change.objects.bulk_create(changes)
    return {
        id(step.charge): change
        for (_each, step), change in zip(steps, changes, strict=True)
        if step.charge
    }


def _write_charges(loaded: list[Loaded], changes: Mapping[int, Change]) -> None:
    owed = [(each, charge) for each in loaded for charge in each.life.charges]
    for _each, charge in owed:
        if charge.credits is not None and charge.credits.id is not None:
            Charge.objects.filter(pk=charge.credits.id).update(
                covered_until=charge.credits.covered_until
            )
    # What is credited may be as new as its credit, so the two go one after the other.
    for credits in (False, True):
        part = [(each, charge) for each, charge in owed if (charge.credits is not None) == credits]
        rows = [
            Charge(
                reseller_id=each.subscription.reseller_id,
                subscription=each.subscription,
                credits_id=charge.credits.id if charge.credits else None,
                change=changes.get(id(charge)),
                created_at=clock.now(),
                **{name: getattr(charge, name) for name in OWED},
            )
            for each, charge in part
        ]
        Charge.objects.bulk_create(rows)
        for (_each, charge), row in zip(part, rows, strict=True):
            charge.id = row.pk
