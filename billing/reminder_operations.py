"""When an invoice stays unpaid: reminders, then a hold, and the way back once it is paid.

Each reminder and each hold is a transaction of its own under the invoice's lock: a run that is
killed, comes late or runs twice leads to the same rows.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from time import monotonic

from django.db import transaction
from django.db.models import Exists, Min, OuterRef, Subquery
from django.utils.module_loading import import_string

from audit.actor import SYSTEM, Actor
from audit.operations import record
from billing.deadlines import reminder_due
from billing.lists import settled_with_holds, to_hold, to_remind_of
from billing.mail_operations import post_reminder
from billing.models import DunningHold, Invoice, Reminder
from reseller_portal import clock
from reseller_portal.queue import queue_on_commit
from resellers.models import Reseller
from subscriptions.changing import hold_subscription, resume_subscription
from subscriptions.models import HoldReason, State, Subscription

logger = logging.getLogger(__name__)

LIFT = "billing.jobs.lift_dunning_holds"


@dataclass
class ReminderRun:
    """What one run did, and what it could not."""

    reminded: int = 0
    held: int = 0
    resumed: int = 0
    is_finished: bool = True
    blocked: list[str] = field(default_factory=list)


def run_reminders(*, today: date, seconds: float | None = None) -> ReminderRun:
    """Remind of what is unpaid, put on hold what has had its last reminder, lift what is paid.

    Begins nothing new after so many seconds, if given.
    """
    run = ReminderRun()
    end = None if seconds is None else monotonic() + seconds

    def each(rows, act: Callable) -> int:
        done = 0
        for row in rows:
            if end is not None and monotonic() > end:
                run.is_finished = False
                break
            try:
                done += act(row)
            except Exception as problem:  # the next one is not to wait for this one
                logger.exception("cannot be done: %s", row)
                run.blocked.append(f"{row}: {type(problem).__name__}")
        return done

    holds = DunningHold.objects.filter(lifted_on=None, invoice__in=settled_with_holds())
    run.resumed = each(holds.order_by("pk"), lambda hold: _lift(hold, today))
    run.reminded = each(to_remind_of(today).order_by("pk"), lambda invoice: _remind(invoice, today))
    last = Reminder.objects.filter(invoice=OuterRef("pk"), level=3)
    for invoice in to_remind_of(today).filter(Exists(last)).order_by("pk"):
        run.held += each(to_hold(invoice), lambda row, paper=invoice: _hold(paper, row, today))
    _note_overdue_everywhere(today)
    return run


def lift_holds(*, invoice: Invoice, today: date, seconds: float | None = None) -> bool:
    """Resume what was on hold for this invoice alone, if it is paid; say whether all is done."""
    end = None if seconds is None else monotonic() + seconds
    for hold in DunningHold.objects.filter(invoice=invoice, lifted_on=None).order_by("pk"):
        if end is not None and monotonic() > end:
            return False
        try:
            _lift(hold, today)
        except Exception:  # the daily run tries again, and says so
            logger.exception("cannot be resumed: subscription %s", hold.subscription_id)
    return True


@transaction.atomic
def stop_reminders(*, invoice: Invoice, reason: str, today: date, by: Actor) -> Invoice:
    """Send no more reminders of an invoice and hold nothing for it; what is on hold stays so."""
    invoice = _locked(invoice)
    invoice.reminders_stopped_on, invoice.reminders_stopped_because = today, reason
    invoice.save(update_fields=["reminders_stopped_on", "reminders_stopped_because"])
    record(
        "reminders_stopped",
        invoice,
        by=by,
        reseller_id=invoice.reseller_id,
        after={"reason": reason},
    )
    return invoice


@transaction.atomic
def go_on_with_reminders(*, invoice: Invoice, by: Actor) -> Invoice:
    """Let reminders go on where they stopped."""
    invoice = _locked(invoice)
    invoice.reminders_stopped_on, invoice.reminders_stopped_because = None, ""
    invoice.save(update_fields=["reminders_stopped_on", "reminders_stopped_because"])
    record("reminders_resumed", invoice, by=by, reseller_id=invoice.reseller_id)
    return invoice


@transaction.atomic
def note_what_is_overdue(*, invoice: Invoice) -> None:
    """Keep the reseller's `overdue_since` after money has moved; lift the holds of what is paid."""
    _note_overdue(Reseller.objects.filter(pk=invoice.reseller_id), clock.today())
    if invoice.is_settled and not invoice.is_credit_note:
        queue_on_commit(import_string(LIFT), invoice.pk)


@transaction.atomic
def _remind(invoice: Invoice, today: date) -> int:
    invoice = _locked(invoice)
    if invoice.is_settled or invoice.reminders_stopped_on:
        return 0
    sent = dict(invoice.reminders.values_list("level", "sent_on"))
    level = reminder_due(invoice.due_on, today, sent)
    if not level:
        return 0
    reminder = Reminder.objects.create(
        reseller=invoice.reseller,
        invoice=invoice,
        level=level,
        sent_on=today,
        open_amount=invoice.open_amount,
    )
    post_reminder(reminder=reminder)
    record(
        "invoice_reminded",
        invoice,
        by=SYSTEM,
        reseller_id=invoice.reseller_id,
        after={"level": level, "open": str(invoice.open_amount)},
    )
    return 1


@transaction.atomic
def _hold(invoice: Invoice, subscription: Subscription, today: date) -> int:
    """Put a subscription on hold for an invoice; one on hold for another waits for both."""
    invoice = _locked(invoice)
    if invoice.is_settled or invoice.reminders_stopped_on:
        return 0
    row = Subscription.objects.select_for_update(no_key=True).get(pk=subscription.pk)
    if row.state == State.ACTIVE:
        row = hold_subscription(subscription=row, today=today, by=SYSTEM, reason=HoldReason.DUNNING)
    if row.hold_reason != HoldReason.DUNNING:  # somebody acted meanwhile
        return 0
    _hold, is_new = DunningHold.objects.get_or_create(
        invoice=invoice,
        subscription=row,
        defaults={"reseller_id": invoice.reseller_id, "held_on": today},
    )
    return int(is_new)


@transaction.atomic
def _lift(hold: DunningHold, today: date) -> int:
    """Lift a hold of a paid invoice; the subscription resumes unless another one still waits.

    Returns how many resumed. What staff resumed, or put on hold for another reason, stays so.
    """
    invoice = _locked(Invoice(pk=hold.invoice_id))
    hold = DunningHold.objects.select_for_update().get(pk=hold.pk)
    if hold.lifted_on or not invoice.is_settled:
        return 0
    hold.lifted_on = max(today, hold.held_on)
    hold.save(update_fields=["lifted_on"])
    row = Subscription.objects.select_for_update(no_key=True).get(pk=hold.subscription_id)
    others = DunningHold.objects.filter(subscription=row, lifted_on=None)
    if row.state != State.ON_HOLD or row.hold_reason != HoldReason.DUNNING or others.exists():
        return 0
    resume_subscription(subscription=row, today=today, by=SYSTEM)
    return 1


def _locked(invoice: Invoice) -> Invoice:
    rows = Invoice.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("reseller").get(pk=invoice.pk)


def _note_overdue_everywhere(today: date) -> None:
    late = Invoice.objects.overdue(today).values("reseller_id")
    known = Reseller.objects.exclude(overdue_since=None)
    _note_overdue(Reseller.objects.filter(pk__in=late) | known, today)


def _note_overdue(resellers, today: date) -> None:
    """Write since when something is overdue, where it is another day than before."""
    late = Invoice.objects.overdue(today).filter(reseller=OuterRef("pk")).order_by()
    since = late.values("reseller").annotate(first=Min("due_on")).values("first")
    for reseller in resellers.annotate(since=Subquery(since)).order_by("pk"):
        if reseller.since != reseller.overdue_since:
            Reseller.objects.filter(pk=reseller.pk).update(overdue_since=reseller.since)
