"""What people change about a subscription, each act whole or not at all.

Each first does what has fallen due, in the same transaction and under the subscription's lock. Each
raises one of `subscriptions.errors` and has changed nothing then: ShownOtherwise when what would be
done is not what was `seen`, the text of a preview.
"""

from datetime import date
from typing import Any

from django.db import IntegrityError, transaction

from audit.actor import Actor
from audit.operations import record
from subscriptions import ledger, life
from subscriptions.errors import (
    AlreadySubscribed,
    MovesAway,
    PaymentMissing,
    Refused,
    ShownOtherwise,
    StaffOnly,
)
from subscriptions.life import Life, Preview
from subscriptions.models import Change, HoldReason, Subscription
from subscriptions.operations import keep_area_facts
from subscriptions.run_models import Move


def preview_change(
    *, subscription: Subscription, act: str, today: date, by: Actor, **values: Any
) -> Preview:
    """Return what the act would do, by doing it to a copy. Raises as the act itself."""
    _check_may(subscription, act, values, by)
    (loaded,) = ledger.load([subscription])
    price_on = ledger.prices_of(subscription.reseller)
    life.bring_up_to_date(loaded.life, today, price_on)
    _check_product(subscription, act, loaded.life, values)
    return life.play(loaded.life, act, today, price_on, **values)


def preview_changes(
    *, subscriptions: list[Subscription], act: str, today: date, by: Actor, **values: Any
) -> list[Preview | Refused]:
    """Return for each what the act would do, or why it is refused; in a few queries for all.

    For acts that change no product.
    """
    prices = ledger.PriceBook()
    found: list[Preview | Refused] = []
    for loaded in ledger.load(subscriptions):
        price_on = prices.price_on(loaded.subscription.reseller)
        life.bring_up_to_date(loaded.life, today, price_on)
        try:
            _check_may(loaded.subscription, act, values, by)
            found.append(life.play(loaded.life, act, today, price_on, **values))
        except Refused as reason:
            found.append(reason)
    return found


def change_seats(
    *, subscription: Subscription, seats: int, today: date, by: Actor, seen: str | None = None
) -> Subscription:
    """Set the number of users: more at once and charged from today, fewer at the next payment."""
    return _do(subscription, "seats", today, by, seen, seats=seats)


def change_product(
    *, subscription: Subscription, product: str, today: date, by: Actor, seen: str | None = None
) -> Subscription:
    """Set the product from the next payment on; in a trial at once."""
    return _do(subscription, "product", today, by, seen, product=product)


def change_term(
    *, subscription: Subscription, term: str, today: date, by: Actor, seen: str | None = None
) -> Subscription:
    """Set the term from the next payment on; in a trial at once."""
    return _do(subscription, "term", today, by, seen, term=term)


def take_back_change(
    *, subscription: Subscription, what: str, today: date, by: Actor, seen: str | None = None
) -> Subscription:
    """Forget the pending change of this kind."""
    return _do(subscription, "take_back", today, by, seen, what=what)


def extend_trial(
    *, subscription: Subscription, today: date, by: Actor, seen: str | None = None
) -> Subscription:
    """Move the trial's end seven days on; once, and by staff only."""
    return _do(subscription, "extend_trial", today, by, seen)


def convert_trial(
    *, subscription: Subscription, today: date, by: Actor, seen: str | None = None
) -> Subscription:
    """End the trial now and charge the first period today."""
    return _do(subscription, "convert", today, by, seen)


def hold_subscription(
    *,
    subscription: Subscription,
    today: date,
    by: Actor,
    reason: str = HoldReason.ASKED,
    seen: str | None = None,
) -> Subscription:
    """Stop signatures and renewals from today; the paid days are neither refunded nor moved."""
    return _do(subscription, "hold", today, by, seen, reason=str(reason))


def resume_subscription(
    *, subscription: Subscription, today: date, by: Actor, seen: str | None = None
) -> Subscription:
    """Go on after a hold; one for an unpaid invoice is lifted by staff or by the payment."""
    return _do(subscription, "resume", today, by, seen)


def cancel_subscription(
    *, subscription: Subscription, today: date, by: Actor, seen: str | None = None
) -> Subscription:
    """Let it end when the paid period, or the trial, is over."""
    return _do(subscription, "cancel", today, by, seen)


def take_back_cancellation(
    *, subscription: Subscription, today: date, by: Actor, seen: str | None = None
) -> Subscription:
    """Let it go on, while it has not ended yet."""
    return _do(subscription, "uncancel", today, by, seen)


def end_subscription(
    *,
    subscription: Subscription,
    today: date,
    by: Actor,
    with_credit: bool = False,
    seen: str | None = None,
) -> Subscription:
    """End it today; staff may give back the rest of the running period."""
    return _do(subscription, "end", today, by, seen, with_credit=with_credit)


def reactivate_subscription(
    *, subscription: Subscription, today: date, by: Actor, seen: str | None = None
) -> Subscription:
    """Bring an ended subscription back from the archive."""
    return _do(subscription, "reactivate", today, by, seen)


@transaction.atomic
def _do(
    subscription: Subscription, act: str, today: date, by: Actor, seen: str | None, **values: Any
) -> Subscription:
    row = (
        Subscription.objects.select_for_update(of=("self",), no_key=True)
        .select_related("reseller", "customer")
        .get(pk=subscription.pk)
    )
    _check_may(row, act, values, by)
    if Move.objects.deciding(today).filter(customer=row.customer_id).exists():
        raise MovesAway
    (loaded,) = ledger.load([row])
    price_on = ledger.prices_of(row.reseller)
    stood = row.hold_since, row.ended_on
    life.bring_up_to_date(loaded.life, today, price_on)
    _check_product(row, act, loaded.life, values)
    if seen is not None and seen != life.play(loaded.life, act, today, price_on, **values).seen:
        raise ShownOtherwise
    life.perform(loaded.life, act, today, price_on, **values)
    try:
        with transaction.atomic():
            ledger.store([loaded], by=by)
    except IntegrityError as problem:
        # Somebody started the same product for the customer a moment ago.
        if "subscription_one_living_per_product" in str(problem):
            raise AlreadySubscribed from problem
        raise
    record(
        f"subscription_{act}",
        row,
        by=by,
        reseller_id=row.reseller_id,
        before={step.what: step.before for step in loaded.life.steps},
        after={step.what: step.after for step in loaded.life.steps} | values,
    )
    if (row.hold_since, row.ended_on) != stood:
        keep_area_facts(customer=row.customer)
    row.refresh_from_db()
    return row


def _check_may(subscription: Subscription, act: str, values: dict, by: Actor) -> None:
    if by.hat in {"staff", "system"}:
        return
    if act == "extend_trial" or values.get("with_credit"):
        raise StaffOnly
    if act == "hold" and values["reason"] != HoldReason.ASKED:
        raise StaffOnly
    if act == "resume" and subscription.hold_reason == HoldReason.DUNNING:
        raise PaymentMissing


def _check_product(row: Subscription, act: str, now: Life, values: dict) -> None:
    """Raise AlreadySubscribed if the customer has, or will have, the product another way."""
    if act == "product":
        product = values["product"]
    elif act == "reactivate" and now.state == life.ENDED:
        product = now.product
    else:
        return
    others = Subscription.objects.living().filter(customer=row.customer_id).exclude(pk=row.pk)
    if other := others.filter(product=product).first():
        raise AlreadySubscribed(other)
    coming = Change.objects.pending().filter(
        subscription__in=others, what=Change.What.PRODUCT, after=product
    )
    if change := coming.select_related("subscription").first():
        raise AlreadySubscribed(change.subscription)
