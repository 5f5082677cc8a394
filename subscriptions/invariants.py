"""What must hold of a subscription and its charges at the end of every day. Pure.

The numbers are those of the billing rules' invariants.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from subscriptions import periods


class Pause(NamedTuple):
    """Days without service: after a hold or an end, until it went on (None: not yet)."""

    since: date
    until: date | None
    why: str


def wrong(
    subscription: Any, charges: Iterable[Any], today: date, changes: Iterable[Any] | None = None
) -> list[str]:
    """Return what does not hold, in plain words; nothing when all is well.

    `charges` are all of the subscription's, with what they credit in `credits_id`; the day's run
    has been. `changes` are its history; without them what needs it is not judged.
    """
    charges = list(charges)
    periods_charged = sorted(
        (each for each in charges if each.kind == "period"), key=lambda each: each.period_start
    )
    found = [
        *_overlaps(periods_charged),
        *_off_the_anchor(subscription, periods_charged),
        *_too_much_credit(charges),
    ]
    if subscription.state == "active":
        found += _not_charged_up_to(subscription, today)
        found += _other_seats(subscription, charges, today)
    if subscription.state == "trial" and charges:
        found.append("6: a trial has a charge")
    if subscription.ended_on and any(
        each.due_on > subscription.ended_on for each in charges if each.kind != "credit"
    ):
        found.append("7: a charge is due after the end")
    if changes is not None:
        changes = sorted(changes, key=lambda each: each.pk)
        pauses = _pauses(changes)
        found += _gaps(periods_charged, pauses)
        found += _charged_in_a_pause(charges, pauses)
        found += _fewer_users_that_cost(changes, charges)
    return [*found, *_next_payment(subscription, today)]


def _pauses(changes: list[Any]) -> list[Pause]:
    """Return when it was on hold or ended, in order, from its history."""
    found: list[Pause] = []
    for change in changes:
        running = found[-1] if found and found[-1].until is None else None
        if change.what in {"held", "ended", "resumed", "reactivated"} and running:
            found[-1] = running._replace(until=change.effective_on)
        if change.what in {"held", "ended"}:
            found.append(Pause(change.effective_on, None, change.what))
    return found


def _gaps(charged: list[Any], pauses: list[Pause]) -> list[str]:
    found = []
    for first, then in zip(charged, charged[1:], strict=False):
        reached = first.covered_until
        for pause in pauses:
            if pause.since <= reached:
                reached = max(reached, pause.until or date.max)
        if reached < then.period_start:
            found.append(f"2: nothing was charged for the days from {reached}")
    return found


def _charged_in_a_pause(charges: list[Any], pauses: list[Pause]) -> list[str]:
    return [
        f"7: a charge is due on {each.due_on}, while it was {pause.why} since {pause.since}"
        for each in charges
        for pause in pauses
        if each.kind != "credit" and pause.since < each.due_on < (pause.until or date.max)
    ]


def _fewer_users_that_cost(changes: list[Any], charges: list[Any]) -> list[str]:
    caused = {each.change_id for each in charges if each.change_id}
    return [
        f"9: going from {change.before} to {change.after} users was charged or credited"
        for change in changes
        if change.what == "seats"
        and int(change.after) < int(change.before)
        and (change.cost or change.pk in caused)
    ]


def _overlaps(charged: list[Any]) -> list[str]:
    pairs = zip(charged, charged[1:], strict=False)
    return [
        f"1, 4: the periods from {first.period_start} and {then.period_start} overlap"
        for first, then in pairs
        if then.period_start < first.covered_until
    ]


def _off_the_anchor(subscription: Any, charged: list[Any]) -> list[str]:
    """Judge those of the present anchor and term; earlier ones had another."""
    return [
        f"3: the period from {each.period_start} is none of the anchor's"
        for each in charged
        if each.period_start >= subscription.anchor
        and each.term == subscription.term
        and (each.period_start, each.period_end)
        != periods.period_containing(subscription.anchor, subscription.term, each.period_start)
    ]


def _too_much_credit(charges: list[Any]) -> list[str]:
    amounts = {each.pk: each.amount for each in charges}
    return [
        f"10: more is given back than the charge of {each.due_on} cost"
        for each in charges
        if each.kind == "credit" and -each.amount > amounts.get(each.credits_id, 0)
    ]


def _not_charged_up_to(subscription: Any, today: date) -> list[str]:
    until = subscription.charged_through
    if until <= today:
        return [f"5: active, but charged only up to {until}"]
    start, _end = periods.period_containing(subscription.anchor, subscription.term, until)
    return [] if start == until else [f"5: charged up to {until}, which is no boundary"]


def _other_seats(subscription: Any, charges: list[Any], today: date) -> list[str]:
    covering = [
        each
        for each in charges
        if each.kind != "credit" and each.due_on <= today < each.covered_until
    ]
    seats = sum(each.seats for each in covering)
    if seats == subscription.seats:
        return []
    # Fewer users are in force only with the next payment, so never more than are paid for.
    return [f"8: {subscription.seats} users in force, {seats} paid for"]


def _next_payment(subscription: Any, today: date) -> list[str]:
    shown = subscription.next_payment_on
    if subscription.state in {"on_hold", "ended"}:
        return ["20: a next payment although nothing falls due"] if shown else []
    if shown is not None and shown <= today and subscription.state == "active":
        return [f"20: the next payment date {shown} has passed"]
    return []
