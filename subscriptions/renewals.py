"""The daily run: what has fallen due is charged, changed or ended, in small transactions.

Rules and order: `subscriptions.life.bring_up_to_date`. Each subscription is read again under its
lock, so that two runs at once, a run that was killed, and one that comes days late all lead to the
same rows.
"""

import logging
from collections.abc import Iterable
from datetime import date
from time import monotonic

from django.db import Error, transaction
from django.db.models import F, Q

from audit.actor import SYSTEM
from customers.models import Customer
from reseller_portal import clock
from subscriptions import ledger, life
from subscriptions.ledger import Loaded, PriceBook
from subscriptions.models import DailyRun, Subscription, SubscriptionQuerySet
from subscriptions.operations import keep_area_facts

logger = logging.getLogger(__name__)

CHUNK = 500
NO_PRICE = "no price"
FAILED = "failed"


def due(today: date) -> SubscriptionQuerySet:
    """Return the subscriptions for which something falls due by today."""
    return Subscription.objects.living().filter(
        Q(next_payment_on__lte=today)
        | Q(cancel_on__lte=today)
        | Q(hold_since__lte=today - life.LONGEST_HOLD)
    )


def run_day(*, today: date, seconds: float | None = None, chunk: int = CHUNK) -> DailyRun:
    """Do what falls due by today, going on where an earlier run of the day stopped.

    Stops after about so many seconds, if given; `is_complete` says whether anything is left. What
    could not be done is in `blocked_reasons` and stays due.
    """
    run = DailyRun.objects.filter(business_date=today, is_complete=False).first()
    run = run or DailyRun.objects.create(business_date=today, started_at=clock.now())
    end = None if seconds is None else monotonic() + seconds
    prices = PriceBook()
    blocked: dict[str, str] = {}
    for skip_locked in (True, False):  # those that nobody holds; then the rest, waiting for them
        while True:
            with transaction.atomic():
                rows = _take(today, blocked, chunk, skip_locked=skip_locked)
                if not rows:
                    break
                charged, ended = _bring_up_to_date(rows, today, prices, blocked)
                DailyRun.objects.filter(pk=run.pk).update(
                    charged=F("charged") + charged, ended=F("ended") + ended
                )
            if end is not None and monotonic() > end:
                return run
    DailyRun.objects.filter(pk=run.pk).update(
        finished_at=clock.now(),
        is_complete=True,
        blocked=len(blocked),
        blocked_reasons=list(blocked.items())[: DailyRun.REASONS],
    )
    run.refresh_from_db()
    return run


def _take(
    today: date, blocked: dict[str, str], chunk: int, *, skip_locked: bool
) -> list[Subscription]:
    rows = due(today).exclude(code__in=blocked).select_related("reseller", "customer")
    rows = rows.select_for_update(of=("self",), no_key=True, skip_locked=skip_locked)
    return list(rows.order_by("id")[:chunk])


def _bring_up_to_date(
    rows: list[Subscription], today: date, prices: PriceBook, blocked: dict[str, str]
) -> tuple[int, int]:
    """Do what is due for these rows; return how many charges and ends there were.

    One that cannot be done is noted in `blocked` and stops none of the others.
    """
    done = []
    for each in ledger.load(rows, with_running=False):
        try:
            complete = life.bring_up_to_date(
                each.life, today, prices.price_on(each.subscription.reseller)
            )
        except Exception:
            logger.exception("subscription %s cannot be renewed", each.subscription.code)
            blocked[each.subscription.code] = FAILED
            continue
        if not complete:
            blocked[each.subscription.code] = NO_PRICE
        done.append(each)
    stored = _stored(done, blocked)
    for customer in _whose_area_changes(stored):
        keep_area_facts(customer=customer)
    return (
        sum(len(each.life.charges) for each in stored),
        sum(each.life.ended_on is not None for each in stored),
    )


def _stored(done: list[Loaded], blocked: dict[str, str]) -> list[Loaded]:
    """Write them together; if that fails, one by one, so that the faulty one alone stays behind."""
    try:
        with transaction.atomic():
            ledger.store(done, by=SYSTEM)
        return done
    except Error:
        logger.warning("a chunk of %s could not be stored together", len(done))
    stored = []
    for each in done:
        try:
            with transaction.atomic():
                ledger.store([each], by=SYSTEM)
            stored.append(each)
        except Error:
            logger.exception("subscription %s cannot be stored", each.subscription.code)
            blocked[each.subscription.code] = FAILED
    return stored


def _whose_area_changes(stored: Iterable[Loaded]) -> list[Customer]:
    found = {
        each.subscription.customer_id: each.subscription.customer
        for each in stored
        if each.life.ended_on is not None
    }
    return [found[pk] for pk in sorted(found)]
