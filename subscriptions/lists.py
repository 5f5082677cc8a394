"""The dashboard's list: what is asked for, and one page of it.

Queries here are built from a fixed set of sort keys and filters; nothing typed becomes SQL.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.db import connection
from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.fields.tuple_lookups import TupleGreaterThan, TupleLessThan

from customers.models import Customer
from customers.products import Product
from invitations.models import Invitation
from reseller_portal import clock
from resellers.models import Member
from subscriptions.models import State, Subscription
from subscriptions.paging import Place, read_place, write_place

PAGE = 50
COUNTED = 1_000  # beyond it, a list says "1,000+"
ATTENTION = 99  # beyond it, the line above the list says "99+"
SOON = timedelta(days=30)
SORTS = {"customer": "sort_key", "seats": "seats", "state": "state", "payment": "payment_key"}
NEEDS = ("invitation", "expired", "users", "ending", "hold")
COLUMNS = (
    "code",
    "customer_name",
    "product",
    "seats",
    "state",
    "next_payment_on",
    "cancel_on",
    "ended_on",
)


@dataclass(frozen=True)
class Asked:
    """What the address asks for; anything it does not know falls back to the plain list."""

    words: str = ""
    state: str = ""
    product: str = ""
    due: date | None = None
    needs: str = ""
    sort: str = "customer"
    descending: bool = False
    place: Place | None = None

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "Asked":
        sort = query.get("sort", "")
        state, product, needs = (query.get(name, "") for name in ("state", "product", "needs"))
        return cls(
            words=" ".join(query.get("q", "").replace("\0", "").split())[:200],
            state=state if state in State.values else "",
            product=product if product in Product.values else "",
            due=_day(query.get("due", "")),
            needs=needs if needs in NEEDS else "",
            sort=sort.removeprefix("-") if sort.removeprefix("-") in SORTS else "customer",
            descending=sort.startswith("-"),
            place=read_place(query.get("place", "")),
        )

    @property
    def is_filtered(self) -> bool:
        return bool(self.words or self.state or self.product or self.due or self.needs)

    @property
    def sort_value(self) -> str:
        """The sort as the address has it; empty for the plain list's."""
        value = ("-" if self.descending else "") + self.sort
        return "" if value == "customer" else value

    def address(self, **changes: Any) -> str:
        """Return the query string that asks for this with the changes."""
        asked = replace(self, **changes)
        values = {
            "q": asked.words,
            "state": asked.state,
            "product": asked.product,
            "due": asked.due.isoformat() if asked.due else "",
            "needs": asked.needs,
            "sort": asked.sort_value,
            "place": write_place(asked.place) if asked.place else "",
        }
        return "?" + urlencode({name: value for name, value in values.items() if value})

    def sorted_by(self, sort: str) -> str:
        """Return the address of the list sorted by a column, the other way round if it is now."""
        turned = sort == self.sort and not self.descending
        return self.address(sort=sort, descending=turned, place=None)


class TooFewUsers(NamedTuple):
    """More people are in a customer's signature area than its subscriptions are for."""

    people: int
    users: int

    @property
    def missing(self) -> int:
        return self.people - self.users


def too_few_users(customer: Customer) -> TooFewUsers | None:
    """Return how many users the living subscriptions have, all together, if those are too few."""
    living = Subscription.objects.living().filter(customer=customer)
    users = living.aggregate(users=Sum("seats"))["users"] or 0
    return TooFewUsers(customer.people_count, users) if customer.people_count > users else None


class Page(NamedTuple):
    rows: list[tuple]
    previous: str
    following: str


def asked_for(member: Member, asked: Asked, today: date) -> QuerySet[Subscription]:
    """Return the member's subscriptions that match; ended ones only when asked for by state."""
    rows = Subscription.objects.for_member(member)
    rows = rows.archived(today) if asked.state == State.ENDED else rows.living()
    if asked.state:
        rows = rows.filter(state=asked.state)
    if asked.words:
        rows = rows.matching(asked.words)
    if asked.product:
        rows = rows.filter(product=asked.product)
    if asked.due:
        rows = rows.filter(payment_key__lte=asked.due)
    return _needing(rows, member, asked.needs, today) if asked.needs else rows


def one_page(rows: QuerySet[Subscription], asked: Asked) -> Page:
    """Return up to 50 rows as tuples of COLUMNS, and the addresses of the pages beside them."""
    column, place = SORTS[asked.sort], asked.place
    if place is not None and not _fits(column, place):
        place = None
    backwards = place is not None and place.backwards
    descending = asked.descending != backwards
    if place is not None:
        beyond = TupleLessThan if descending else TupleGreaterThan
        rows = rows.filter(beyond((F(column), F("id")), (place.value, place.id)))
    order = (f"-{column}", "-id") if descending else (column, "id")
    found = list(rows.order_by(*order).values_list(*COLUMNS, column, "id")[: PAGE + 1])
    more, found = len(found) > PAGE, found[:PAGE]
    if backwards:
        found.reverse()

    def beside(row: tuple, backwards: bool) -> str:
        value = row[-2].isoformat() if isinstance(row[-2], date) else row[-2]
        return asked.address(place=Place(value, row[-1], backwards))

    before = found and (more if backwards else place is not None)
    after = found and (True if backwards else more)
    return Page(
        rows=[row[:-2] for row in found],
        previous=beside(found[0], True) if before else "",
        following=beside(found[-1], False) if after else "",
    )


def count_capped(rows: QuerySet[Subscription]) -> int:
    """Return how many rows there are, COUNTED + 1 standing for more."""
    return rows.order_by()[: COUNTED + 1].count()


def count_needs(
    member: Member, now: datetime, shown: Iterable[str] = ()
) -> tuple[dict[str, int], dict[str, str]]:
    """Return how many subscriptions need attention for which reason, each up to ATTENTION + 1.

    With them which of the codes `shown` have a mark in their row, and which: "invitation" or, if
    nothing is wrong with that, "users". Every visit of the dashboard asks this,
    so it is one statement written out: the same questions as `_needing`, which building by queries
    would make a quarter of the page's cost.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            COUNT_NEEDS,
            {
                "reseller": member.reseller_id,
                "now": now,
                "soon": clock.business_date(now) + SOON,
                "most": ATTENTION + 1,
                "shown": list(shown),
            },
        )
        *counts, invited, crowded = cursor.fetchone()
    needs = {need: count for need, count in zip(NEEDS, counts, strict=True) if count}
    marks = dict.fromkeys(crowded or (), "users") | dict.fromkeys(invited or (), "invitation")
    return needs, marks


COUNT_NEEDS = """
WITH troubled AS (
  SELECT invitation.customer_id, false AS expired FROM invitations_invitation invitation
  JOIN mail_outgoingmail mail ON mail.kind = 'invitation' AND mail.object_id = invitation.id
    AND mail.generation = invitation.generation AND mail.state IN
      ('failed', 'uncertain', 'bounced', 'withdrawn')
    AND (mail.failed_at IS NOT NULL OR mail.uncertain_at IS NOT NULL
      OR mail.withdrawn_at IS NOT NULL OR mail.bounced_at IS NOT NULL)
  WHERE invitation.reseller_id = %(reseller)s AND invitation.opened_at IS NULL
    AND invitation.accepted_at IS NULL AND invitation.revoked_at IS NULL
    AND invitation.expires_at > %(now)s
  UNION
  SELECT invitation.customer_id, true FROM invitations_invitation invitation
  WHERE invitation.reseller_id = %(reseller)s
    AND invitation.accepted_at IS NULL AND invitation.revoked_at IS NULL
    AND invitation.expires_at <= %(now)s
), inviting AS (
  SELECT living.code, troubled.expired FROM troubled
  JOIN customers_customer customer ON customer.id = troubled.customer_id
    AND customer.customer_edits
  JOIN subscriptions_subscription living ON living.customer_id = customer.id
    AND living.ended_on IS NULL
), crowded AS (
  SELECT living.code FROM customers_customer customer
  JOIN subscriptions_subscription living ON living.customer_id = customer.id
    AND living.ended_on IS NULL
  WHERE customer.reseller_id = %(reseller)s AND customer.people_count > 0
    AND customer.people_count > (
    SELECT sum(seats) FROM subscriptions_subscription
    WHERE customer_id = customer.id AND ended_on IS NULL)
)
SELECT
  (SELECT count(*) FROM (SELECT 1 FROM inviting WHERE NOT expired LIMIT %(most)s) found),
  (SELECT count(*) FROM (SELECT 1 FROM inviting WHERE expired LIMIT %(most)s) found),
  (SELECT count(*) FROM (SELECT 1 FROM crowded LIMIT %(most)s) found),
  (SELECT count(*) FROM (
    SELECT 1 FROM subscriptions_subscription
    WHERE reseller_id = %(reseller)s AND ended_on IS NULL AND cancel_on <= %(soon)s
    LIMIT %(most)s) found),
  (SELECT count(*) FROM (
    SELECT 1 FROM subscriptions_subscription
    WHERE reseller_id = %(reseller)s AND ended_on IS NULL AND state = 'on_hold'
    LIMIT %(most)s) found),
  (SELECT array_agg(DISTINCT code) FROM inviting WHERE code = ANY(%(shown)s)),
  (SELECT array_agg(code) FROM crowded WHERE code = ANY(%(shown)s))
"""


def _needing(
    rows: QuerySet[Subscription], member: Member, need: str, today: date
) -> QuerySet[Subscription]:
    if need == "hold":
        return rows.filter(state=State.ON_HOLD)
    if need == "ending":
        return rows.filter(cancel_on__lte=today + SOON)
    if need == "users":
        living = Subscription.objects.living().filter(customer=OuterRef("customer"))
        users = living.order_by().values("customer").values_list(Sum("seats"))
        return rows.filter(customer__people_count__gt=Subquery(users))
    own, now = Invitation.objects.for_member(member), clock.now()
    found = own.expired(now) if need == "expired" else own.undelivered(now)
    return rows.filter(customer_id__in=found.values("customer_id"))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _fits(column: str, place: Place) -> bool:
    if column == "seats":
        return isinstance(place.value, int)
    if not isinstance(place.value, str):
        return False
    return column != "payment_key" or _day(place.value) is not None
