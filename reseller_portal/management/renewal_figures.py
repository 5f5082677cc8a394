"""How fast the daily run renews, against one hand-written SQL statement that does the same.

Both charge the same subscriptions on the same day, each in its own copy of one database, so that
neither finds the other's dead rows. The statement knows no pending change, no catch-up and no
missing price, and does all in one transaction.
"""

import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import NamedTuple

from django.core.management.base import OutputWrapper
from django.db import connection
from django.db.models import Count, Max, Sum

from reseller_portal import clock
from reseller_portal.management.ticks import TICK, backend_ticks
from subscriptions.models import Charge
from subscriptions.renewals import run_day

STATEMENT = """
WITH due AS (
    SELECT s.id, s.reseller_id, s.product, s.term, s.seats, r.currency,
        s.charged_through AS starts,
        (s.anchor + interval '1 month' * (1 +
            (extract(year FROM s.charged_through) - extract(year FROM s.anchor)) * 12
            + extract(month FROM s.charged_through) - extract(month FROM s.anchor)))::date AS ends,
        (SELECT p.unit_price FROM subscriptions_price p
            WHERE (p.reseller_id = s.reseller_id OR p.reseller_id IS NULL)
                AND p.product = s.product AND p.term = s.term AND p.currency = r.currency
                AND p.valid_from <= s.charged_through
            ORDER BY p.reseller_id NULLS LAST, p.valid_from DESC LIMIT 1) AS price
    FROM subscriptions_subscription s JOIN resellers_reseller r ON r.id = s.reseller_id
    WHERE s.ended_on IS NULL AND s.payment_key <= %(today)s
    FOR NO KEY UPDATE OF s
), charged AS (
    INSERT INTO subscriptions_charge (kind, reseller_id, subscription_id, product, term, currency,
        seats, unit_price, amount, period_start, due_on, period_end, covered_until, created_at)
    SELECT 'period', reseller_id, id, product, term, currency,
        seats, price, round(price * seats, 2), starts, starts, ends, ends, %(now)s
    FROM due
    RETURNING subscription_id, period_end
)
UPDATE subscriptions_subscription s SET charged_through = charged.period_end
FROM charged WHERE s.id = charged.subscription_id
"""


class Spent(NamedTuple):
    """Seconds on the wall, and of both processes' CPU."""

    wall: float
    cpu: float


class RenewalFigures:
    """Measures the run and the statement at each size, in turn, and prints the table."""

    def __init__(self, stdout: OutputWrapper, sizes: list[int]) -> None:
        self.stdout, self.sizes = stdout, sizes
        self.today = clock.today()

    def run(self) -> None:
        by_run: dict[int, Spent] = {}
        for size in self.sizes:
            with copied_database():
                self._fill(size)
                with copied_database():
                    by_run[size] = run = spent(self._renew)
                    result = charged(self.today)
                memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
                with copied_database():
                    statement = spent(self._state)
                    assert charged(self.today) == result, "both make the same charges"
            assert result["made"] >= size
            self.stdout.write(
                f"{size:,} renewals: run {run.wall:.1f} s (CPU {run.cpu:.1f}), statement"
                f" {statement.wall:.1f} s (CPU {statement.cpu:.1f}): run ÷ statement"
                f" {run.wall / statement.wall:.2f} (CPU {run.cpu / statement.cpu:.2f}),"
                f" {size / run.wall:,.0f} a second, memory at most {memory:.0f} MB"
            )
        first, last = self.sizes[0], self.sizes[-1]
        wall, cpu = (
            (last / by_run[last][n]) / (first / by_run[first][n]) for n in range(len(Spent._fields))
        )
        self.stdout.write(f"rate at {last:,} ÷ at {first:,}: {wall:.2f} (CPU {cpu:.2f})")
        self.stdout.write("Goals: run ÷ statement ≤ 2.0, rate ≥ 0.8, memory ≤ 300 MB.")

    def _renew(self) -> None:
        assert run_day(today=self.today).is_complete

    def _state(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
            cursor.execute(STATEMENT, {"today": self.today, "now": clock.now()})

    def _fill(self, size: int) -> None:
        """Make `size` active monthly subscriptions, due on the last seven days, charged once."""
        first = self.today - timedelta(days=6)
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
            cursor.execute(
                "INSERT INTO customers_customer (reseller_id, code, name, name_key, sort_key,"
                " customer_edits, created_at)"
                " SELECT (SELECT min(id) FROM resellers_reseller), 'C-' || n, 'Renewal ' || n,"
                " 'renewal ' || n, 'renewal ' || n, false, %s FROM generate_series(1, %s) n",
                [clock.now(), size],
            )
            cursor.execute(
                "INSERT INTO subscriptions_subscription (reseller_id, customer_id, code,"
                " customer_name, sort_key, product, seats, term, anchor, trial_extended,"
                " charged_through, hold_reason, created_at)"
                " SELECT reseller_id, id, 'S-' || id, name, sort_key, 'm365', 1 + id %% 40,"
                " 'monthly', (day - interval '1 month')::date, false,"
                " (day - interval '1 month' + interval '1 month')::date, '', %s"
                " FROM (SELECT *, %s::date + (id %% 7)::int AS day FROM customers_customer"
                " WHERE name LIKE 'Renewal %%') AS c",
                [clock.now(), first],
            )
            cursor.execute(
                "INSERT INTO subscriptions_charge (kind, reseller_id, subscription_id, product,"
                " term, currency, seats, unit_price, amount, period_start, due_on, period_end,"
                " covered_until, created_at) SELECT 'period', reseller_id, id, product, term,"
                " 'EUR', seats, 1.45, seats * 1.45, anchor, anchor, charged_through,"
                " charged_through, created_at FROM subscriptions_subscription"
                " WHERE customer_name LIKE 'Renewal %'"
            )
            cursor.execute("VACUUM ANALYZE")


def spent(deed: Callable[[], None]) -> Spent:
    """Return what a deed costs, from a quiet database on."""
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
    cpu, ticks, wall = time.process_time(), backend_ticks(), time.perf_counter()
    deed()
    return Spent(
        time.perf_counter() - wall,
        time.process_time() - cpu + (backend_ticks() - ticks) * TICK,
    )


def charged(today: date) -> dict:
    """Return what was charged for the periods that began lately, as sums to compare."""
    new = Charge.objects.filter(period_start__gt=today - timedelta(days=7))
    return new.aggregate(made=Count("id"), amount=Sum("amount"), until=Max("period_end"))


@contextmanager
def copied_database() -> Iterator[None]:
    """Let Django use a copy of its database while the block runs."""
    name = connection.settings_dict["NAME"]
    copy = f"{name}_copy"
    _all_databases(f'CREATE DATABASE "{copy}" TEMPLATE "{name}"')
    connection.settings_dict["NAME"] = copy
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = name
        _all_databases(f'DROP DATABASE "{copy}"')


def _all_databases(statement: str) -> None:
    """Run what is refused while somebody is connected to the database it is about."""
    connection.close()
    with connection._nodb_cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(statement)
