"""The daily run: what has fallen due is charged, changed or ended, in small transactions.

Rules and order: `subscriptions.life.bring_up_to_date`. The run sweeps along the indexes of what may
fall due, oldest first, and remembers on its row how far it came. What somebody holds at that moment
is skipped and tried again in a second sweep. Each subscription is read under its lock, so that two
runs at once, a run that was killed, and one that comes days late all lead to the same rows.
"""

import logging
from collections.abc import Iterable
from datetime import date, timedelta
from time import monotonic
from typing import NamedTuple

from django.db import Error, OperationalError, connection, transaction
from django.db.models import F, Q

from audit.actor import SYSTEM
from customers.models import Customer
from reseller_portal import clock
from subscriptions import ledger, life
from subscriptions.batches import Batcher, Due
from subscriptions.errors import MoveRefused
from subscriptions.ledger import Loaded, PriceBook
from subscriptions.models import Subscription, SubscriptionQuerySet
from subscriptions.moving import do_move, note_blocked
from subscriptions.operations import keep_area_facts
from subscriptions.run_models import DailyRun, Move, Undone

logger = logging.getLogger(__name__)

CHUNK = 2_000
PATIENCE = 30.0  # seconds that a run waits for locks of others, all of them together
KEPT = timedelta(days=90)  # how long a run's list of what it could not do is kept


class Sweep(NamedTuple):
    """One way along the living subscriptions: by the column of an index, up to a day."""

    stage: str
    column: str
    waited: timedelta  # falls due so long after the column's date
    again: bool = False


COLUMNS = {
    "payments": ("payment_key", timedelta()),
    "ends": ("cancel_on", timedelta()),
    "holds": ("hold_since", life.LONGEST_HOLD),
}
SWEEPS = [
    Sweep(f"{name} again" if again else name, column, waited, again)
    for again in (False, True)
    for name, (column, waited) in COLUMNS.items()
]


def due(today: date) -> SubscriptionQuerySet:
    """Return the subscriptions for which something falls due by today."""
    wanted = Q()
    for column, waited in COLUMNS.values():
        wanted |= Q(**{f"{column}__lte": today - waited})
    return Subscription.objects.living().filter(wanted)


def run_day(
    *,
    today: date,
    seconds: float | None = None,
    chunk: int = CHUNK,
    patience: float = PATIENCE,
    batched: bool = True,
) -> DailyRun:
    """Do what falls due by today, going on where an earlier run of the day stopped.

    Stops after about so many seconds, if given; `is_complete` says whether anything is left. What
    could not be done is in `undone`, the first of it in `blocked_reasons`, and stays due. Without
    `batched` each is brought up to date by itself; the rows are the same, only later.
    """
    run = DailyRun.objects.filter(business_date=today, is_complete=False).first()
    run = run or DailyRun.objects.create(business_date=today, started_at=clock.now())
    round_ = _Round(run, today, seconds, chunk, patience, batched)
    if not round_.move_customers():
        return run
    stages = [sweep.stage for sweep in SWEEPS]
    for sweep in SWEEPS[stages.index(run.stage) if run.stage in stages else 0 :]:
        if not round_.go_along(sweep):
            return run
    return _finished(run)


class _Round:
    """What one call of `run_day` knows: its prices, its end, and how far the run came."""

    def __init__(
        self,
        run: DailyRun,
        today: date,
        seconds: float | None,
        chunk: int,
        patience: float,
        batched: bool,
    ) -> None:
        self.run, self.today, self.chunk = run, today, chunk
        self.end = None if seconds is None else monotonic() + seconds
        self.patience = patience
        self.prices = PriceBook()
        self.batcher = Batcher(today, self.prices) if batched else None

    def move_customers(self) -> bool:
        """Move those whose day has come, before anything falls due; False when time is up."""
        for move in Move.objects.due(self.today).order_by("id"):
            self._move(move)
            if self._is_over():
                return False
        return True

    def _move(self, move: Move) -> None:
        """Do a move; one that cannot be done is noted and tried again with the next day's run."""
        try:
            with transaction.atomic():
                self._limit_waiting()
                do_move(move=move, today=self.today)
            return
        except MoveRefused as refusal:
            reason = type(refusal).__name__
        except Exception:
            logger.exception("move %s cannot be done", move.pk)
            reason = Undone.Reason.FAILED
        note_blocked(move=move, today=self.today, reason=reason)
        stay = Subscription.objects.living().filter(customer=move.customer_id)
        self._leave_undone(dict.fromkeys(stay.values_list("pk", flat=True), Undone.Reason.STAYS))

    def _limit_waiting(self) -> None:
        with connection.cursor() as cursor:
            milliseconds = max(1, round(self.patience * 1_000))
            cursor.execute(f"SET LOCAL lock_timeout = {milliseconds}")

    def _is_over(self) -> bool:
        return self.end is not None and monotonic() > self.end

    def go_along(self, sweep: Sweep) -> bool:
        """Do what a sweep meets, from where it stopped on; False when the time is up."""
        if self.run.stage != sweep.stage:
            self.run.stage, self.run.reached_on, self.run.reached_id = sweep.stage, None, 0
        step = self._step_again if sweep.again else self._step
        while step(sweep):
            if self._is_over():
                return False
        return True

    def _step(self, sweep: Sweep) -> bool:
        """Do the next chunk of those that nobody holds; False when there is none."""
        with transaction.atomic():
            rows = _take(sweep, self.today, self._reached(), self.chunk)
            if rows:
                self._do(rows)
                self._note_reached(rows[-1])
        return bool(rows)

    def _step_again(self, sweep: Sweep) -> bool:
        """Do the next chunk of those that are still due, waiting for whoever holds them."""
        window = _still_due(sweep, self.today, self._reached(), self.chunk, self.run)
        if not window:
            return False
        ids = [row.id for row in window]
        with transaction.atomic():
            free = _take_these(sweep, self.today, ids)
            self._do(free)
        for pk in sorted(set(ids) - {row.id for row in free}):
            self._wait_for(sweep, pk)
        self._note_reached(window[-1])
        return True

    def _wait_for(self, sweep: Sweep, pk: int) -> None:
        """Do the one that was held, or leave it for the next run when patience is at its end."""
        started = monotonic()
        try:
            with transaction.atomic():
                self._limit_waiting()
                self._do(_take_these(sweep, self.today, [pk], wait=True))
        except OperationalError:  # the lock's time-out, or a deadlock that was broken
            logger.warning("subscription %s is held by somebody and left", pk, exc_info=True)
            self._leave_undone({pk: Undone.Reason.LEFT})
        self.patience -= monotonic() - started

    def _do(self, rows: list[Due]) -> None:
        """Bring these up to date, the ordinary ones together, in the caller's transaction."""
        if not rows:
            return
        others, charged = self._charge_ordinary(rows)
        ended = 0
        if others:
            before = {row.id: row.key for row in rows}
            more, ended, undone = _bring_up_to_date(others, self.today, self.prices)
            charged += more
            # One that was charged for a part is met again, further along.
            keys = _payment_keys(undone)
            moved = {pk for pk, key in keys.items() if before[pk] < key <= self.today}
            self._leave_undone({pk: why for pk, why in undone.items() if pk not in moved})
        DailyRun.objects.filter(pk=self.run.pk).update(
            charged=F("charged") + charged, ended=F("ended") + ended
        )

    def _charge_ordinary(self, rows: list[Due]) -> tuple[list[int], int]:
        if self.batcher is None:
            return [row.id for row in rows], 0
        try:
            with transaction.atomic():
                return self.batcher.charge(rows)
        except OperationalError:
            raise
        except Error:
            logger.warning("a chunk of %s could not be stored together", len(rows), exc_info=True)
            return [row.id for row in rows], 0

    def _leave_undone(self, reasons: dict[int, str]) -> None:
        Undone.objects.bulk_create(
            [Undone(run=self.run, subscription_id=pk, reason=why) for pk, why in reasons.items()],
            ignore_conflicts=True,
        )

    def _reached(self) -> tuple[date, int]:
        return self.run.reached_on or date.min, self.run.reached_id

    def _note_reached(self, row: Due) -> None:
        self.run.reached_on, self.run.reached_id = row.key, row.id
        self.run.save(update_fields=["stage", "reached_on", "reached_id"])


def _finished(run: DailyRun) -> DailyRun:
    """Close the run with what it left undone."""
    codes = run.undone.order_by("id").values_list("subscription__code", "reason")
    DailyRun.objects.filter(pk=run.pk).update(
        finished_at=clock.now(),
        is_complete=True,
        blocked=codes.count(),
        blocked_reasons=[list(pair) for pair in codes[: DailyRun.REASONS]],
    )
    Undone.objects.filter(run__business_date__lt=run.business_date - KEPT).delete()
    run.refresh_from_db()
    return run


def _take(sweep: Sweep, today: date, reached: tuple[date, int], chunk: int) -> list[Due]:
    """Lock and return the next rows that nobody else holds."""
    return _rows(
        sweep,
        f"AND ({sweep.column}, id) > (%s, %s) ORDER BY {sweep.column}, id LIMIT %s"
        " FOR NO KEY UPDATE SKIP LOCKED",
        [today - sweep.waited, *reached, chunk],
    )


def _take_these(sweep: Sweep, today: date, ids: list[int], *, wait: bool = False) -> list[Due]:
    """Lock and return those of these rows that are still due, without or with waiting."""
    return _rows(
        sweep,
        f"AND id = ANY(%s) ORDER BY id FOR NO KEY UPDATE {'' if wait else 'SKIP LOCKED'}",
        [today - sweep.waited, ids],
    )


def _still_due(
    sweep: Sweep, today: date, reached: tuple[date, int], chunk: int, run: DailyRun
) -> list[Due]:
    """Return the next rows that are due and not known as undone, without locking them."""
    return _rows(
        sweep,
        f"AND ({sweep.column}, id) > (%s, %s) AND NOT EXISTS (SELECT 1 FROM"  # noqa: S608 names
        f" {Undone._meta.db_table} AS known WHERE known.run_id = %s"
        f" AND known.subscription_id = {Subscription._meta.db_table}.id)"
        f" ORDER BY {sweep.column}, id LIMIT %s",
        [today - sweep.waited, *reached, run.pk, chunk],
    )


def _rows(sweep: Sweep, rest: str, values: list) -> list[Due]:
    fields = ", ".join((sweep.column, *Due._fields[1:]))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {fields} FROM {Subscription._meta.db_table}"  # noqa: S608 names of columns
            f" WHERE ended_on IS NULL AND {sweep.column} <= %s {rest}",
            values,
        )
        return [Due._make(row) for row in cursor.fetchall()]


def _payment_keys(ids: Iterable[int]) -> dict[int, date]:
    rows = Subscription.objects.filter(pk__in=list(ids))
    return dict(rows.values_list("pk", "payment_key"))


def _bring_up_to_date(
    ids: list[int], today: date, prices: PriceBook
) -> tuple[int, int, dict[int, str]]:
    """Do what is due for these rows; return the charges, the ends, and what could not be done.

    One that cannot be done stops none of the others.
    """
    rows = Subscription.objects.filter(pk__in=ids).select_related("reseller", "customer")
    undone: dict[int, str] = {}
    done = []
    for each in ledger.load(rows.order_by("id"), with_running=False):
        try:
            complete = life.bring_up_to_date(
                each.life, today, prices.price_on(each.subscription.reseller)
            )
        except Exception:
            logger.exception("subscription %s cannot be renewed", each.subscription.code)
            undone[each.subscription.pk] = Undone.Reason.FAILED
            continue
        if not complete:
            undone[each.subscription.pk] = Undone.Reason.NO_PRICE
        done.append(each)
    stored = _stored(done, undone)
    for customer in _whose_area_changes(stored):
        keep_area_facts(customer=customer)
    charged = sum(len(each.life.charges) for each in stored)
    return charged, sum(each.life.ended_on is not None for each in stored), undone


def _stored(done: list[Loaded], undone: dict[int, str]) -> list[Loaded]:
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
            undone[each.subscription.pk] = Undone.Reason.FAILED
    return stored


def _whose_area_changes(stored: Iterable[Loaded]) -> list[Customer]:
    found = {
        each.subscription.customer_id: each.subscription.customer
        for each in stored
        if each.life.ended_on is not None
    }
    return [found[pk] for pk in sorted(found)]
