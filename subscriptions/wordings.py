"""What a subscription's changes say before and after they are made, in the reader's language."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from audit.models import Entry
from customers.products import Product
from reseller_portal.words import format_date, format_money, format_number, format_unit_price
from subscriptions import errors, periods
from subscriptions.life import LONGEST_HOLD, Life, Owed, Preview
from subscriptions.models import Change, State, Subscription, Term


class Compared(NamedTuple):
    """A fact before and after; the same when it stays."""

    label: str
    before: str
    after: str


class CostLine(NamedTuple):
    text: str
    amount: str


class HistoryLine(NamedTuple):
    """One line of a subscription's history. `at` is when it was asked for."""

    at: datetime
    what: str
    values: str
    effective: date | None
    cost: str
    by: str
    note: str


def title(act: str) -> str:
    return {
        "seats": _("Change the number of users"),
        "product": _("Change the product"),
        "term": _("Change the term"),
        "convert": _("Turn the trial into a paid subscription"),
        "hold": _("Put it on hold"),
        "resume": _("Resume"),
        "cancel": _("Cancel the subscription"),
        "uncancel": _("Take the cancellation back"),
        "end": _("End the subscription now"),
        "reactivate": _("Bring the subscription back"),
    }[act]


def title_for_several(act: str) -> str:
    return {
        "hold": _("Put the ticked ones on hold"),
        "resume": _("Resume the ticked ones"),
        "cancel": _("Cancel the ticked ones"),
        "uncancel": _("Take the cancellations back"),
    }[act]


def ends(preview: Preview) -> Compared:
    """Return the day on which it ends by itself, before and after an act."""
    before, after = (
        _day(each.cancel_on) if each.cancel_on else "" for each in (preview.before, preview.after)
    )
    return Compared(_("Ends on"), before, after)


def refusal(reason: errors.Refused) -> str:
    """Say why something is refused and what to do about it."""
    words = {
        errors.AlreadySubscribed: _("The customer has, or is about to have, this product already."),
        errors.NoPrice: _("There is no price for this yet. Ask us to set one."),
        errors.NotNow: _("The subscription is not in a state for this any more."),
        errors.Unchanged: _("It is so already; nothing was changed."),
        errors.EndsAnyway: _(
            "The subscription ends before this would come into force. Take the cancellation back"
            " first."
        ),
        errors.AlreadyExtended: _("The trial has been extended once already."),
        errors.ArchiveOver: _("It ended more than 90 days ago and cannot be brought back."),
        errors.StaffOnly: _("Only our staff can do this."),
        errors.PaymentMissing: _("It is on hold until the unpaid invoice is paid."),
        errors.MovesAway: _("Another reseller looks after this customer from today on."),
        errors.ShownOtherwise: _("Something changed meanwhile. Look at it once more."),
        errors.ImportClosed: _("This import is over, or not looked through yet."),
        errors.ImportWrong: _("A row is wrong, so nothing is applied. Mend the file first."),
        errors.SeatsOutOfRange: _("Enter a number from 1 to 100000."),
    }
    return words.get(type(reason), _("This is not possible."))


def move_refusal(reason: errors.MoveRefused) -> str:
    """Say to staff why a customer cannot go to another reseller, and what to do about it."""
    words = {
        errors.NotTomorrowYet: _("Choose a day from tomorrow on."),
        errors.SameReseller: _("The customer is at this reseller already."),
        errors.AlreadyMoving: _("A move of this customer is planned already."),
        errors.NothingToMove: _("No subscription of this customer would go on there."),
        errors.NameTaken: _("That reseller has a customer of this name already."),
        errors.NoPriceThere: _("That reseller has no price for one of the subscriptions. Set one."),
        errors.NotPaidUp: _("A period before that day has no price. Set one."),
        errors.MoveOver: _("The move is done or taken back already."),
    }
    return words[type(reason)]


def comparison(preview: Preview) -> list[Compared]:
    """Return the facts that an act could touch, before and after it."""
    before, after = preview.before, preview.after
    later = after.pending
    rows = [
        Compared(_("Status"), _state(before), _state(after)),
        Compared(_("Product"), _product(before.product), _product(after.product)),
        Compared(_("Number of users"), _count(before.seats), _count(after.seats)),
        Compared(_("Term"), _term(before.term), _term(after.term)),
        Compared(_("Next payment date"), _payment_day(before), _payment_day(after)),
        Compared(_("Amount then"), _amount(preview.due_before), _amount(preview.due_after)),
    ]
    waiting = {
        "product": _("Product at the next payment"),
        "seats": _("Users at the next payment"),
        "term": _("Term at the next payment"),
    }
    for what, label in waiting.items():
        was, will = before.pending.get(what), later.get(what)
        if was or will:
            rows.append(
                Compared(
                    label,
                    value(what, was or str(getattr(before, what))),
                    value(what, will or str(getattr(after, what))),
                )
            )
    return [
        row
        for row in rows
        if row.before != row.after or row.label in {_("Number of users"), _("Next payment date")}
    ]


def cost_lines(charges: Iterable[Owed]) -> list[CostLine]:
    """Return each charge with how its amount comes about."""
    return [CostLine(_sum_of(charge), _money(charge)) for charge in charges]


def cost_total(charges: list[Owed]) -> str:
    if not charges:
        return ""
    total = sum((charge.amount for charge in charges[1:]), charges[0].amount)
    return format_money(total, charges[0].currency, get_language())


def consequences(act: str, preview: Preview, today: date) -> list[str]:
    """Return what follows from an act, in the order in which it happens."""
    before, after = preview.before, preview.after
    lines: list[str] = []
    if after.ended_on:
        lines += _ending(before, after)
    elif act == "cancel" and after.cancel_on:
        lines.append(
            _("Until %(date)s everything works as before; then the subscription ends.")
            % {"date": _day(after.cancel_on - timedelta(days=1))}
        )
        lines.append(_("Until then you can take the cancellation back."))
        if before.pending:
            lines.append(_("Changes planned for the next payment no longer come into force."))
        lines.append(_archive(after.cancel_on))
    elif act == "hold":
        lines += _holding(before, today)
    elif act in {"seats", "product", "term"}:
        lines += _changing(act, before, after)
    elif act == "convert":
        lines.append(_("The trial ends today and the first period is charged."))
    elif act in {"resume", "reactivate"}:
        lines += _going_on(act, after)
    return lines


def done(subscription: Subscription, change: Change) -> str:
    """Say what was done, naming the customer, the day and the amount."""
    values = {
        "name": subscription.customer_name,
        "date": _day(change.effective_on),
        "to": value(change.what, change.after),
        "cost": "" if change.cost is None else _change_cost(change),
    }
    if change.is_pending:
        return _("%(name)s: %(to)s from %(date)s, with the next payment.") % values
    match change.what:
        case "seats" | "product" | "term" if change.cost is not None:
            values["until"] = _last_day(subscription)
            text = _("%(name)s: %(to)s from today, %(cost)s until %(until)s.")
        case "seats" | "product" | "term":
            text = _("%(name)s: %(to)s from today.")
        case "cancelled":
            text = _("%(name)s: cancelled, ends on %(date)s.")
        case "uncancelled":
            text = _("%(name)s: the cancellation is taken back.")
        case "held":
            text = _("%(name)s is on hold from today.")
        case "resumed" if change.cost is None:
            text = _("%(name)s goes on; what is paid is used up first.")
        case "resumed":
            text = _("%(name)s goes on, charged %(cost)s from today.")
        case "converted":
            text = _("%(name)s is a paid subscription from today, charged %(cost)s.")
        case "ended":
            text = _("%(name)s has ended. You find it in the archive for 90 days.")
        case "reactivated" if change.cost is None:
            text = _("%(name)s is back, without a new charge.")
        case "reactivated":
            text = _("%(name)s is back, charged %(cost)s from today.")
        case _:
            text = _("%(name)s is changed.")
    return text % values


def history_lines(
    changes: Iterable[Change], entries: Iterable[Entry], *, with_prices: bool
) -> list[HistoryLine]:
    """Return a subscription's changes and what happened around it, newest first."""
    lines = [_change_line(change, with_prices) for change in changes]
    lines += [
        HistoryLine(
            entry.at,
            entry.sentence,
            entry.label if entry.subject == "invitation" else "",
            None,
            "",
            entry.actor_name,
            "",
        )
        for entry in entries
    ]
    return sorted(lines, key=lambda line: line.at, reverse=True)


def value(what: str, text: str) -> str:
    """Return a change's from or to in words."""
    if not text:
        return ""
    match what:
        case "seats":
            number = int(text)
            return ngettext("%(count)s user", "%(count)s users", number) % {"count": _count(number)}
        case "product":
            return _product(text)
        case "term":
            return _term(text)
    if text in State.values:
        return str(State(text).label)
    return _day(date.fromisoformat(text))


def _change_line(change: Change, with_prices: bool) -> HistoryLine:
    before, after = value(change.what, change.before), value(change.what, change.after)
    if change.is_pending:
        note = _("planned")
    elif change.dropped_at:
        note = _("dropped on %(date)s") % {"date": _day(change.dropped_at.date())}
        note += f" · {change.dropped_by}" if change.dropped_by else ""
    else:
        note = ""
    return HistoryLine(
        change.asked_at,
        str(change.get_what_display()),
        f"{before} → {after}" if before and after else after or before,
        change.effective_on,
        _change_cost(change) if with_prices and change.cost is not None else "",
        change.by_name or (_("by itself") if change.by_hat == "system" else ""),
        note,
    )


def _ending(before: Life, after: Life) -> list[str]:
    assert after.ended_on is not None
    lines = [
        _("It ends today. The signatures are no longer applied."),
        _("If the customer has no other subscription, its contacts lose access at once."),
    ]
    if after.charges:
        lines.append(_("The rest of the paid period is given back."))
    elif before.charged_through and before.charged_through > after.ended_on:
        lines.append(
            _("What is paid until %(date)s is not given back.")
            % {"date": _day(before.charged_through - timedelta(days=1))}
        )
    if before.pending:
        lines.append(_("Changes planned for the next payment no longer come into force."))
    lines.append(_archive(after.ended_on))
    return lines


def _archive(ended_on: date) -> str:
    return _(
        "Until %(date)s you can bring it back from the archive, with all designs and people."
        " After that they are deleted."
    ) % {"date": _day(ended_on + periods.ARCHIVE)}


def _holding(before: Life, today: date) -> list[str]:
    lines = [
        _("From today the signatures are no longer applied."),
        _("Designs and people can be looked at, but not changed."),
        _("Nothing is charged while it is on hold."),
    ]
    if before.charged_through:
        lines.append(
            _("What is paid until %(date)s is neither given back nor moved to later.")
            % {"date": _day(before.charged_through - timedelta(days=1))}
        )
    lines.append(
        _("After 90 days on hold, on %(date)s, it ends by itself.")
        % {"date": _day(today + LONGEST_HOLD)}
    )
    return lines


def _changing(act: str, before: Life, after: Life) -> list[str]:
    if before.state == State.TRIAL:
        return [_("From today; during the trial this costs nothing.")]
    if act in after.pending:
        lines = [
            _("From %(date)s, with the next payment. Until then you can take it back.")
            % {"date": _day(after.next_due)}
        ]
        if act == "seats":
            lines.append(_("What is paid for until then is not given back."))
        if act == "term":
            lines.append(_("The new term is counted from that day."))
        return lines
    if after.charges:
        lines = [_("From today. The days until the next payment are charged now.")]
        if "seats" in before.pending:
            lines.append(_("The smaller number planned for the next payment is dropped."))
        return lines
    return [_("The planned change is taken back; everything stays as it is.")]


def _going_on(act: str, after: Life) -> list[str]:
    lines = [_("From today the signatures are applied again, with all designs and people.")]
    if after.charges:
        lines.append(_("A new period starts today and is charged now."))
        if after.settled:
            lines.append(_("Changes that were planned come into force."))
    elif after.state == State.TRIAL:
        lines.append(_("The trial goes on and costs nothing."))
    elif after.charged_through:
        lines.append(
            _("It is paid until %(date)s; nothing is charged now.")
            % {"date": _day(after.charged_through - timedelta(days=1))}
        )
    if act == "reactivate":
        lines.append(_("The number of users, product and term are those it had in force."))
    return lines


def _sum_of(charge: Owed) -> str:
    language = get_language()
    values = {
        "seats": format_number(abs(charge.seats), language),
        "price": format_unit_price(charge.unit_price, charge.currency, language),
        "days": (charge.period_end - charge.due_on).days,
        "total": (charge.period_end - charge.period_start).days,
        "first": _day(charge.due_on),
        "last": _day(charge.period_end - timedelta(days=1)),
    }
    if charge.kind == "period":
        return "%(seats)s × %(price)s · %(first)s – %(last)s" % values  # noqa: UP031
    text = _("%(seats)s × %(price)s × %(days)s of %(total)s days · %(first)s – %(last)s")
    if charge.kind == "credit":
        text = _("Back: %(seats)s × %(price)s × %(days)s of %(total)s days · %(first)s – %(last)s")
    return text % values


def _money(charge: Owed) -> str:
    return format_money(charge.amount, charge.currency, get_language())


def _amount(due: Owed | None) -> str:
    return _money(due) if due else "–"


def _change_cost(change: Change) -> str:
    assert change.cost is not None
    return format_money(change.cost, change.currency, get_language())


def _payment_day(life: Life) -> str:
    return _day(life.next_payment) if life.next_payment else _("none")


def _last_day(subscription: Subscription) -> str:
    if subscription.charged_through is None:
        return ""
    return _day(subscription.charged_through - timedelta(days=1))


def _state(life: Life) -> str:
    label = str(State(life.state).label)
    if life.cancel_on and not life.ended_on:
        return f"{label}, " + _("ends on %s") % _day(life.cancel_on)
    return label


def _product(text: str) -> str:
    return str(Product(text).label)


def _term(text: str) -> str:
    return str(Term(text).label)


def _count(number: int) -> str:
    return format_number(number, get_language())


def _day(day: date) -> str:
    return format_date(day, get_language())
