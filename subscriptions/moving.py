"""A customer goes to another reseller: planned by staff, done by the daily run on its day.

Its subscriptions end at the old reseller, where the history stays, and begin at the new one, with a
customer of its own there. People and designs are copied afterwards by the room that has them.
"""

from datetime import date, timedelta
from typing import NamedTuple

from django.db import IntegrityError, transaction

from audit.actor import Actor
from audit.operations import record, record_all
from customers.models import Customer
from customers.operations import give_access_at, withdraw_access
from invitations.models import Invitation
from invitations.operations import revoke_invitation
from reseller_portal import clock
from resellers.models import Reseller
from subscriptions import ledger, life
from subscriptions.errors import (
    AlreadyMoving,
    MoveOver,
    NameTaken,
    NoPrice,
    NoPriceThere,
    NothingToMove,
    NotPaidUp,
    NotTomorrowYet,
    SameReseller,
)
from subscriptions.ledger import Loaded
from subscriptions.life import Life, Owed
from subscriptions.models import Subscription
from subscriptions.operations import keep_area_facts, started_entry
from subscriptions.run_models import Move


class Parting(NamedTuple):
    """What becomes of one subscription. Not `begins`: it was cancelled, so it only ends."""

    subscription: Subscription
    ends: Life
    given_back: list[Owed]
    begins: Life | None
    first_charge: Owed | None


def preview_move(
    *, customer: Customer, to_reseller: Reseller, on: date, with_credit: bool, today: date
) -> list[Parting]:
    """Return what would become of each subscription. Raises MoveRefused, as planning does."""
    _check(customer, to_reseller, on, today)
    loaded = ledger.load(customer.subscriptions.living().select_related("reseller", "customer"))
    return _partings(loaded, to_reseller, on, with_credit)


@transaction.atomic
def plan_move(
    *,
    customer: Customer,
    to_reseller: Reseller,
    on: date,
    with_credit: bool,
    today: date,
    by: Actor,
) -> Move:
    """Note that a customer goes to another reseller on a day from tomorrow on.

    Raises one of MoveRefused.
    """
    preview_move(
        customer=customer, to_reseller=to_reseller, on=on, with_credit=with_credit, today=today
    )
    try:
        with transaction.atomic():
            move = Move.objects.create(
                reseller_id=customer.reseller_id,
                customer=customer,
                to_reseller=to_reseller,
                on=on,
                with_credit=with_credit,
                by_id=by.user_id,
                by_name=by.name,
                asked_at=clock.now(),
            )
    except IntegrityError as problem:  # somebody planned it a moment ago
        raise AlreadyMoving from problem
    record(
        "customer_move_planned",
        customer,
        by=by,
        reseller_id=customer.reseller_id,
        after={"on": on.isoformat()},
    )
    return move


@transaction.atomic
def take_back_move(*, move: Move, by: Actor) -> Move:
    """Let the customer stay. Raises MoveOver when the move is done or taken back already."""
    move = Move.objects.select_for_update(of=("self",)).select_related("customer").get(pk=move.pk)
    if move.done_on or move.taken_back_at:
        raise MoveOver
    move.taken_back_at = clock.now()
    move.save(update_fields=["taken_back_at"])
    record("customer_move_taken_back", move.customer, by=by, reseller_id=move.reseller_id)
    return move


@transaction.atomic
def do_move(*, move: Move, today: date) -> Move:
    """Move the customer, as of the day that was planned, or of today if that failed on its day.

    The history says that whoever planned it did it. Raises one of MoveRefused, then nothing is
    changed; a move that is done or taken back meanwhile is left as it is.
    """
    move = Move.objects.select_for_update(of=("self",)).get(pk=move.pk)
    if move.done_on or move.taken_back_at:
        return move
    day = today if move.blocked_on else move.on
    by = Actor(name=move.by_name, hat="staff", user_id=move.by_id)
    to_reseller = Reseller.objects.select_for_update(no_key=True).get(pk=move.to_reseller_id)
    rows = (
        Subscription.objects.living()
        .filter(customer=move.customer_id)
        .select_related("reseller", "customer")
        .order_by("pk")
    )
    loaded = ledger.load(rows.select_for_update(of=("self",), no_key=True))
    customer = Customer.objects.get(pk=move.customer_id)
    _check_name(customer, to_reseller)
    partings = _partings(loaded, to_reseller, day, move.with_credit)
    ledger.store(loaded, by=by)
    arrived = _arrive(customer, to_reseller, partings, day, by)
    keep_area_facts(customer=customer)
    keep_area_facts(customer=arrived)
    _hand_over_access(customer, arrived, by)
    for which, word in ((customer, "customer_moved_away"), (arrived, "customer_moved_here")):
        record(word, which, by=by, reseller_id=which.reseller_id, after={"on": day.isoformat()})
    move.done_on, move.arrived = day, arrived
    move.save(update_fields=["done_on", "arrived"])
    return move


def note_blocked(*, move: Move, today: date, reason: str) -> None:
    """Keep that the move could not be done today; it is tried again with each day's run."""
    Move.objects.filter(pk=move.pk, done_on=None).update(blocked_on=today, blocked_reason=reason)


def _check(customer: Customer, to_reseller: Reseller, on: date, today: date) -> None:
    if on <= today:
        raise NotTomorrowYet
    if customer.reseller_id == to_reseller.pk:
        raise SameReseller
    if Move.objects.pending().filter(customer=customer).exists():
        raise AlreadyMoving
    _check_name(customer, to_reseller)


def _check_name(customer: Customer, to_reseller: Reseller) -> None:
    if Customer.objects.filter(reseller=to_reseller).named(customer.name).exists():
        raise NameTaken


def _partings(
    loaded: list[Loaded], to_reseller: Reseller, day: date, with_credit: bool
) -> list[Parting]:
    """End each life and begin the one that follows it. Raises MoveRefused."""
    there = ledger.prices_of(to_reseller)
    found = []
    for each in loaded:
        now = each.life
        here = ledger.prices_of(each.subscription.reseller)
        if not life.bring_up_to_date(now, day - timedelta(days=1), here):
            raise NotPaidUp
        owed = len(now.charges)
        onward = life.part(now, day, with_credit=with_credit)
        first = None
        if onward:
            onward.currency = to_reseller.currency
            try:
                life.start(onward, day, there)
            except NoPrice as problem:
                raise NoPriceThere from problem
            first = onward.charges[0] if onward.charges else life.next_charge(onward, there)
        found.append(Parting(each.subscription, now, now.charges[owed:], onward, first))
    if not any(parting.begins for parting in found):
        raise NothingToMove
    return found


def _arrive(
    customer: Customer, to_reseller: Reseller, partings: list[Parting], day: date, by: Actor
) -> Customer:
    arrived = Customer.objects.start(reseller=to_reseller, name=customer.name)
    arrived.customer_edits = customer.customer_edits
    arrived.save()
    for parting in partings:
        if parting.begins is None:
            continue
        begun = ledger.begin(reseller=to_reseller, customer=arrived, begun=parting.begins, by=by)
        record_all([started_entry(begun, by=by)])
    return arrived


def _hand_over_access(customer: Customer, arrived: Customer, by: Actor) -> None:
    """Let the contacts in at the new reseller only, and end links that nobody used yet."""
    for contact in customer.contacts.with_access():
        give_access_at(contact=contact, customer=arrived, by=by)
        withdraw_access(contact=contact, by=by)
    for invitation in Invitation.objects.filter(
        customer=customer, accepted_at=None, revoked_at=None
    ):
        revoke_invitation(invitation=invitation, by=by)
