"""A subscription's life: what each act changes and what it costs. Pure: no database, no clock.

An act takes a `Life`, changes it, and leaves on it what else is to be written: the new charges, the
steps of its history, the pending changes that came into force or were dropped. Acts raise what
`errors` has before they change anything. Whoever shows what an act would do, does it to a copy.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from subscriptions import errors, money, periods

TRIAL, ACTIVE, ON_HOLD, ENDED = "trial", "active", "on_hold", "ended"
LONGEST_HOLD = timedelta(days=90)
TRIAL_EXTENSION = timedelta(days=7)
MOST_SEATS = 100_000

# The price of a user for a period of this product and term that starts on this day, or None.
PriceOn = Callable[[str, str, date], Decimal | None]


@dataclass
class Owed:
    """A charge. `due_on` is the first day it is for; `credits` is the charge it gives back."""

    kind: str  # period, seats or credit
    product: str
    term: str
    period_start: date
    period_end: date
    due_on: date
    seats: int
    unit_price: Decimal
    amount: Decimal
    currency: str
    covered_until: date
    credits: "Owed | None" = None
    id: int | None = None


class Step(NamedTuple):
    """One line of the history. Not done: pending until the next payment."""

    what: str
    before: str
    after: str
    effective_on: date
    done: bool = True
    cost: Decimal | None = None
    charge: Owed | None = None
    by_itself: bool = False  # the clock did it, not whoever acts


class Settled(NamedTuple):
    """A pending change that came into force on a day, or was dropped (None)."""

    what: str
    on: date | None
    by_itself: bool


@dataclass
class Life:
    """A subscription as the rules see it. `running` are the charges of the last charged period."""

    product: str
    seats: int
    term: str
    currency: str
    anchor: date
    trial_until: date | None = None
    trial_extended: bool = False
    charged_through: date | None = None
    hold_since: date | None = None
    hold_reason: str = ""
    cancel_on: date | None = None
    ended_on: date | None = None
    pending: dict[str, str] = field(default_factory=dict)
    running: list[Owed] = field(default_factory=list)
    charges: list[Owed] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)

    @property
    def state(self) -> str:
        if self.ended_on is not None:
            return ENDED
        if self.hold_since is not None:
            return ON_HOLD
        return TRIAL if self.charged_through is None else ACTIVE

    @property
    def next_due(self) -> date:
        """The day the next period starts, if it goes on."""
        return self.charged_through or self.anchor

    @property
    def next_payment(self) -> date | None:
        """The next payment date as the dashboard shows it: none on hold, ended or cancelled."""
        if self.state in {ON_HOLD, ENDED}:
            return None
        if self.cancel_on is not None and self.cancel_on <= self.next_due:
            return None
        return self.next_due


class Preview(NamedTuple):
    """A life before and after an act, and what falls due next in each.

    After the act the life has only the act's own charges and steps.
    """

    before: Life
    after: Life
    due_before: Owed | None
    due_after: Owed | None

    @property
    def seen(self) -> str:
        """What somebody saw, as text: an act is only done as it was shown."""
        due, after = self.due_after, self.after
        parts = [
            *(str(charge.amount) for charge in after.charges),
            self.before.state,
            str(self.before.seats),
            *(f"{what}:{value}" for what, value in sorted(after.pending.items())),
            str(after.next_payment),
            str(after.ended_on or after.cancel_on),
            str(due.amount if due else None),
        ]
        return " ".join(parts)


def start(life: Life, today: date, price_on: PriceOn) -> None:
    """Begin: a trial costs nothing yet, anything else is charged at once. Raises NoPrice."""
    if life.trial_until is None and not _charge_period(life, today, price_on):
        raise errors.NoPrice
    _note(life, "started", "", life.state, today, cost=_sum(life.charges))


def bring_up_to_date(life: Life, today: date, price_on: PriceOn) -> bool:
    """Do what has fallen due by today, oldest first: charge periods, or end it.

    Return False when it stopped at a period that has no price.
    """
    if life.state == ON_HOLD:
        assert life.hold_since is not None
        last = life.hold_since + LONGEST_HOLD
        end_on = min(last, life.cancel_on or last)
        if end_on <= today:
            _end(life, end_on, by_itself=True)
        return True
    while life.state != ENDED and life.next_due <= today:
        if life.cancel_on is not None and life.cancel_on <= life.next_due:
            _end(life, life.cancel_on, by_itself=True)
        else:
            was = life.state
            if not _charge_period(life, life.next_due, price_on):
                return False
            if was == TRIAL:
                charge = life.charges[-1]
                _note(
                    life,
                    "converted",
                    TRIAL,
                    ACTIVE,
                    charge.due_on,
                    cost=charge.amount,
                    by_itself=True,
                )
    return True


def change_seats(life: Life, seats: int, today: date) -> None:
    """More users at once, charged from today on; fewer at the next payment; in a trial at once.

    Raises SeatsOutOfRange, NotNow, Unchanged, EndsAnyway, NoPrice.
    """
    _need(life, TRIAL, ACTIVE)
    if not 1 <= seats <= MOST_SEATS:
        raise errors.SeatsOutOfRange
    if seats > life.seats and life.state == ACTIVE:
        charge = _added_seats(life, seats - life.seats, today)
        _drop(life, "seats")
        _note(life, "seats", str(life.seats), str(seats), today, cost=charge.amount, charge=charge)
        life.seats = seats
        life.charges.append(charge)
        life.running.append(charge)
    else:
        _change_at_payment(life, "seats", str(seats), today)


def change_product(life: Life, product: str, today: date, price_on: PriceOn) -> None:
    """Another product from the next payment on; in a trial at once.

    Raises NotNow, Unchanged, EndsAnyway, NoPrice when it could not be charged then.
    """
    _need(life, TRIAL, ACTIVE)
    if life.state == ACTIVE and product != life.product:
        term = life.pending.get("term", life.term)
        _need_price(price_on, product, term, life.next_due)
    _change_at_payment(life, "product", product, today)


def change_term(life: Life, term: str, today: date, price_on: PriceOn) -> None:
    """Another term from the next payment on, which becomes the new anchor; in a trial at once.

    Raises as `change_product` does.
    """
    _need(life, TRIAL, ACTIVE)
    if life.state == ACTIVE and term != life.term:
        product = life.pending.get("product", life.product)
        _need_price(price_on, product, term, life.next_due)
    _change_at_payment(life, "term", term, today)


def take_back(life: Life, what: str) -> None:
    """Forget a pending change. Raises Unchanged when there is none of this kind."""
    if what not in life.pending or life.state == ENDED:
        raise errors.Unchanged
    _drop(life, what)


def extend_trial(life: Life, today: date) -> None:
    """Move the trial's end, and all that follows from it, seven days on; once.

    Raises NotNow, AlreadyExtended.
    """
    _need(life, TRIAL)
    if life.trial_extended:
        raise errors.AlreadyExtended
    if life.trial_until is None or today > life.trial_until:
        raise errors.NotNow
    before = life.trial_until
    life.trial_until += TRIAL_EXTENSION
    life.anchor += TRIAL_EXTENSION
    life.trial_extended = True
    if life.cancel_on is not None:
        life.cancel_on = life.anchor
    _note(life, "trial_extended", before.isoformat(), life.trial_until.isoformat(), today)


def convert(life: Life, today: date, price_on: PriceOn) -> None:
    """End the trial and charge the first period today. Raises NotNow, NoPrice."""
    _need(life, TRIAL)
    if not _charge_period(life, today, price_on, restart=True):
        raise errors.NoPrice
    life.trial_until = today - timedelta(days=1)
    life.cancel_on = None
    _note(life, "converted", TRIAL, ACTIVE, today, cost=life.charges[-1].amount)


def hold(life: Life, today: date, reason: str) -> None:
    """Stop signatures and renewals from today. Raises NotNow, NoPrice when a period is unpaid."""
    _need(life, ACTIVE)
    _need_paid(life, today)
    life.hold_since = today
    life.hold_reason = reason
    _note(life, "held", ACTIVE, ON_HOLD, today)


def resume(life: Life, today: date, price_on: PriceOn) -> None:
    """Go on: within the paid period without a charge, else with a new period from today.

    Raises NotNow, NoPrice.
    """
    _need(life, ON_HOLD)
    cost = _go_on(life, today, price_on)
    life.hold_since = None
    life.hold_reason = ""
    _note(life, "resumed", ON_HOLD, ACTIVE, today, cost=cost)


def cancel(life: Life, today: date) -> None:
    """Let it end when what is paid for is over, or today if nothing is.

    Raises NotNow, Unchanged.
    """
    _need(life, TRIAL, ACTIVE, ON_HOLD)
    if life.cancel_on is not None:
        raise errors.Unchanged
    if life.next_due <= today:
        _end(life, today)
    else:
        life.cancel_on = life.next_due
        _note(life, "cancelled", "", life.cancel_on.isoformat(), life.cancel_on)


def uncancel(life: Life, today: date) -> None:
    """Take the cancellation back. Raises NotNow, Unchanged."""
    _need(life, TRIAL, ACTIVE, ON_HOLD)
    if life.cancel_on is None:
        raise errors.Unchanged
    _note(life, "uncancelled", life.cancel_on.isoformat(), "", today)
    life.cancel_on = None


def end(life: Life, today: date, *, with_credit: bool = False) -> None:
    """End it today, the first day without service. Raises NotNow.

    With credit, the rest of each charge of the running period is given back.
    """
    _need(life, TRIAL, ACTIVE, ON_HOLD)
    credits = []
    if with_credit and life.charged_through is not None and life.charged_through > today:
        credits = [_credit(charge, today) for charge in life.running]
        for charge in life.running:
            charge.covered_until = max(today, charge.due_on)
        life.charges += credits
        life.charged_through = today
        life.running = []
    _end(life, today, cost=_sum(credits))


def reactivate(life: Life, today: date, price_on: PriceOn) -> None:
    """Bring an ended one back: to its trial or paid period if that still runs, else newly charged.

    Raises NotNow, ArchiveOver, NoPrice.
    """
    _need(life, ENDED)
    assert life.ended_on is not None
    if not periods.archive_visible(life.ended_on, today):
        raise errors.ArchiveOver
    cost = _go_on(life, today, price_on)
    life.ended_on = life.cancel_on = life.hold_since = None
    life.hold_reason = ""
    _note(life, "reactivated", ENDED, life.state, today, cost=cost)


def part(life: Life, day: date, *, with_credit: bool = False) -> Life | None:
    """End it as its customer goes to another reseller, and return the life that goes on there.

    `day` is the first one there, and what fell due before it has been done. A trial goes on as it
    was; anything else, also on hold, starts anew and is charged there. None: cancelled, so nothing
    goes on; or it has ended.
    """
    if life.state == ENDED:
        return None
    onward = None
    if life.cancel_on is None:
        onward = Life(life.product, life.seats, life.term, life.currency, anchor=day)
        if life.state == TRIAL and life.anchor > day:
            onward.anchor, onward.trial_until = life.anchor, life.trial_until
            onward.trial_extended = life.trial_extended
    end(life, day, with_credit=with_credit)
    return onward


def perform(life: Life, act: str, today: date, price_on: PriceOn, **values: Any) -> None:
    """Do the act of this name; each raises what its function does."""
    match act:
        case "seats":
            change_seats(life, values["seats"], today)
        case "product":
            change_product(life, values["product"], today, price_on)
        case "term":
            change_term(life, values["term"], today, price_on)
        case "take_back":
            take_back(life, values["what"])
        case "extend_trial":
            extend_trial(life, today)
        case "convert":
            convert(life, today, price_on)
        case "hold":
            hold(life, today, values["reason"])
        case "resume":
            resume(life, today, price_on)
        case "cancel":
            cancel(life, today)
        case "uncancel":
            uncancel(life, today)
        case "end":
            end(life, today, with_credit=values.get("with_credit", False))
        case "reactivate":
            reactivate(life, today, price_on)
        case _:
            raise ValueError(f"unknown act: {act!r}")


def play(life: Life, act: str, today: date, price_on: PriceOn, **values: Any) -> Preview:
    """Return what the act does to a life that is up to date, which stays as it is."""
    before, after = life, deepcopy(life)
    # What fell due before the act is not the act's.
    after.charges, after.steps = [], []
    perform(after, act, today, price_on, **values)
    return Preview(before, after, next_charge(before, price_on), next_charge(after, price_on))


def possible_acts(life: Life, today: date) -> list[str]:
    """Return what can be asked for now, in the order in which it is offered."""
    ending = ["cancel" if life.cancel_on is None else "uncancel", "end"]
    match life.state:
        case "trial":
            return ["seats", "product", "term", "convert", *ending]
        case "active" if life.cancel_on is None:
            return ["seats", "product", "term", "hold", *ending]
        case "active":
            return ["seats", "hold", *ending]
        case "on_hold":
            return ["resume", *ending]
    assert life.ended_on is not None
    return ["reactivate"] if periods.archive_visible(life.ended_on, today) else []


def next_charge(life: Life, price_on: PriceOn) -> Owed | None:
    """Return what falls due next, pending changes counted in; None without a date or a price."""
    if life.next_payment is None:
        return None
    product, seats, term = _terms_then(life)
    price = price_on(product, term, life.next_due)
    if price is None:
        return None
    anchor = life.next_due if term != life.term else life.anchor
    until = periods.next_payment_date(anchor, term, life.next_due)
    return _period(product, seats, term, life.next_due, until, price, life.currency)


def _change_at_payment(life: Life, what: str, after: str, today: date) -> None:
    before = str(getattr(life, what))
    if life.state == TRIAL:
        if after == before:
            raise errors.Unchanged
        _put(life, what, after)
        _note(life, what, before, after, today)
        return
    if after == before and what in life.pending:
        _drop(life, what)
        return
    if after == life.pending.get(what, before):
        raise errors.Unchanged
    _need_paid(life, today)
    if life.cancel_on is not None:
        raise errors.EndsAnyway
    _drop(life, what)
    life.pending[what] = after
    _note(life, what, before, after, life.next_due, done=False)


def _charge_period(life: Life, first: date, price_on: PriceOn, *, restart: bool = False) -> bool:
    """Apply what is pending and charge the period that starts on `first`; False without a price.

    `restart` makes that day the anchor, and so does another term.
    """
    product, seats, term = _terms_then(life)
    price = price_on(product, term, first)
    if price is None:
        return False
    if restart or term != life.term:
        life.anchor = first
    life.product, life.seats, life.term = product, seats, term
    life.settled += [Settled(what, first, True) for what in life.pending]
    life.pending.clear()
    until = periods.next_payment_date(life.anchor, term, first)
    charge = _period(product, seats, term, first, until, price, life.currency)
    life.charged_through = until
    life.charges.append(charge)
    life.running = [charge]
    return True


def _terms_then(life: Life) -> tuple[str, int, str]:
    pending = life.pending
    return (
        pending.get("product", life.product),
        int(pending.get("seats", life.seats)),
        pending.get("term", life.term),
    )


def _period(
    product: str,
    seats: int,
    term: str,
    first: date,
    until: date,
    price: Decimal,
    currency: str,
) -> Owed:
    amount = money.line_amount(price, seats, currency)
    return Owed("period", product, term, first, until, first, seats, price, amount, currency, until)


def _added_seats(life: Life, added: int, today: date) -> Owed:
    _need_paid(life, today)
    running = next((each for each in life.running if each.kind == "period"), None)
    if running is None:
        raise errors.NoPrice  # nothing says what the running period costs
    first, until, price = running.period_start, running.period_end, running.unit_price
    amount = money.prorate(price, added, today, first, until, running.currency)
    return Owed(
        kind="seats",
        product=running.product,
        term=running.term,
        period_start=first,
        period_end=until,
        due_on=today,
        seats=added,
        unit_price=price,
        amount=amount,
        currency=running.currency,
        covered_until=until,
    )


def _credit(charge: Owed, today: date) -> Owed:
    first = max(today, charge.due_on)
    until = charge.period_end
    rest = money.prorate(
        charge.unit_price, -charge.seats, first, charge.period_start, until, charge.currency
    )
    return Owed(
        kind="credit",
        product=charge.product,
        term=charge.term,
        period_start=charge.period_start,
        period_end=until,
        due_on=first,
        seats=-charge.seats,
        unit_price=charge.unit_price,
        amount=max(rest, -charge.amount),
        currency=charge.currency,
        covered_until=until,
        credits=charge,
    )


def _go_on(life: Life, today: date, price_on: PriceOn) -> Decimal | None:
    """Continue what is paid, or charge a new period from today; return what that costs."""
    terms = periods.resume_terms(life.anchor, life.term, life.charged_through, today)
    if terms.charge is None:
        return None
    if not _charge_period(life, today, price_on, restart=True):
        raise errors.NoPrice
    return life.charges[-1].amount


def _end(life: Life, on: date, *, cost: Decimal | None = None, by_itself: bool = False) -> None:
    for what in list(life.pending):
        _drop(life, what, by_itself=by_itself)
    before = life.state
    life.ended_on = on
    _note(life, "ended", before, ENDED, on, cost=cost, by_itself=by_itself)


def _drop(life: Life, what: str, *, by_itself: bool = False) -> None:
    if life.pending.pop(what, None) is not None:
        life.settled.append(Settled(what, None, by_itself))


def _put(life: Life, what: str, value: str) -> None:
    setattr(life, what, int(value) if what == "seats" else value)


def _need(life: Life, *states: str) -> None:
    if life.state not in states:
        raise errors.NotNow


def _need_paid(life: Life, today: date) -> None:
    if life.next_due <= today:
        raise errors.NoPrice


def _need_price(price_on: PriceOn, product: str, term: str, day: date) -> None:
    if price_on(product, term, day) is None:
        raise errors.NoPrice


def _sum(charges: list[Owed]) -> Decimal | None:
    return sum((charge.amount for charge in charges), Decimal()) if charges else None


def _note(
    life: Life,
    what: str,
    before: str,
    after: str,
    on: date,
    *,
    done: bool = True,
    cost: Decimal | None = None,
    charge: Owed | None = None,
    by_itself: bool = False,
) -> None:
    life.steps.append(Step(what, before, after, on, done, cost, charge, by_itself))
