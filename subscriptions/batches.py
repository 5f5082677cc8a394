"""The ordinary renewals of a daily run, many at once.

Ordinary is an active subscription that goes on as it is at the next payment: its periods that have
begun are charged at their prices, and nothing else happens. `subscriptions.life` would do the same
one by one; a test plays both. Dates and amounts come from the same pure functions, each asked once.
"""

from datetime import date
from decimal import Decimal
from functools import lru_cache
from io import StringIO
from typing import NamedTuple

from django.db import connection

from reseller_portal import clock
from resellers.models import Reseller
from subscriptions.ledger import PriceBook
from subscriptions.models import Change, Charge, Subscription
from subscriptions.money import line_amount
from subscriptions.periods import periods_due

CACHED = 50_000
COLUMNS = (
    "kind, reseller_id, subscription_id, product, term, currency, seats, unit_price, amount,"
    " period_start, due_on, period_end, covered_until, created_at"
)


class Due(NamedTuple):
    """A subscription's row as far as an ordinary renewal asks; `key` is what it is swept by."""

    key: date
    id: int
    reseller_id: int
    state: str
    product: str
    seats: int
    term: str
    anchor: date
    charged_through: date | None
    cancel_on: date | None


class Batcher:
    """Charges ordinary renewals of one day; kept for a run, as it remembers dates and amounts."""

    def __init__(self, today: date, prices: PriceBook) -> None:
        self._currencies: dict[int, str] = {}
        self._price = lru_cache(CACHED)(prices.price)
        self._amount = lru_cache(CACHED)(line_amount)

        @lru_cache(CACHED)
        def periods(anchor: date, term: str, through: date) -> list[tuple[date, date]]:
            return periods_due(anchor, term, through, today)

        self._periods = periods

    def charge(self, rows: list[Due]) -> tuple[list[int], int]:
        """Charge the ordinary ones among these rows, which the caller has locked.

        Return the ids of the others, and how many charges were made.
        """
        waiting = _with_pending_changes(rows)
        self._learn_currencies(rows)
        now = clock.now().isoformat()
        lines, through, others = [], [], []
        for row in rows:
            goes_on = row.state == "active" and row.cancel_on is None and row.id not in waiting
            owed = self._owed(row) if goes_on else None
            if owed is None:
                others.append(row.id)
                continue
            currency = self._currencies[row.reseller_id]
            lines += [
                f"period\t{row.reseller_id}\t{row.id}\t{row.product}\t{row.term}\t{currency}"
                f"\t{row.seats}\t{price}\t{amount}\t{start}\t{start}\t{end}\t{end}\t{now}\n"
                for start, end, price, amount in owed
            ]
            through.append((row.id, owed[-1][1]))
        if through:
            _write(lines, through)
        return others, len(lines)

    def _owed(self, row: Due) -> list[tuple[date, date, Decimal, Decimal]] | None:
        """Return start, end, price and amount of each period; None when it is not that simple."""
        currency = self._currencies[row.reseller_id]
        owed = []
        try:
            for start, end in self._periods(row.anchor, row.term, row.charged_through):
                price = self._price(row.reseller_id, currency, row.product, row.term, start)
                if price is None:
                    return None
                owed.append((start, end, price, self._amount(price, row.seats, currency)))
        except ValueError:
            return None
        return owed or None

    def _learn_currencies(self, rows: list[Due]) -> None:
        new = {row.reseller_id for row in rows} - self._currencies.keys()
        if new:
            found = Reseller.objects.filter(pk__in=new).values_list("pk", "currency")
            self._currencies.update(found)


def _with_pending_changes(rows: list[Due]) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT subscription_id FROM {Change._meta.db_table}"  # noqa: S608 a table's name
            " WHERE done_on IS NULL AND dropped_at IS NULL AND subscription_id = ANY(%s)",
            [[row.id for row in rows]],
        )
        return {subscription_id for (subscription_id,) in cursor.fetchall()}


def _write(lines: list[str], through: list[tuple[int, date]]) -> None:
    with connection.cursor() as cursor:
        cursor.copy_expert(
            f"COPY {Charge._meta.db_table} ({COLUMNS}) FROM STDIN", StringIO("".join(lines))
        )
        cursor.execute(
            f"UPDATE {Subscription._meta.db_table} AS s SET charged_through = new.until"  # noqa: S608 a table's name
            " FROM unnest(%s::bigint[], %s::date[]) AS new (id, until) WHERE s.id = new.id",
            [[pk for pk, _until in through], [until for _pk, until in through]],
        )
