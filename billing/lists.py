"""Questions about charges and invoices that pages, runs and files share."""

from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Count, Max, Q, QuerySet, Sum

from billing.bankfiles import invoice_numbers
from billing.deadlines import REMINDER_DAYS
from billing.models import BankReceipt, DunningHold, Invoice, InvoiceLine, Payment
from resellers.models import Reseller
from subscriptions.models import Charge, HoldReason, Price, State, Subscription


def invoice_month(today: date) -> date:
    """Return the first day of the month: charges due before it are invoiced."""
    return today.replace(day=1)


def open_charges(reseller_id: int, before: date) -> QuerySet[Charge]:
    """Return the charges due before a day that no invoice bears, in the order of its lines."""
    return (
        Charge.objects.filter(reseller_id=reseller_id, due_on__lt=before, invoiced=None)
        .select_related("subscription")
        .order_by("subscription__sort_key", "subscription__code", "period_start", "id")
    )


def resellers_with_open_charges(before: date) -> QuerySet[Reseller]:
    due = Charge.objects.filter(due_on__lt=before, invoiced=None)
    return Reseller.objects.filter(pk__in=due.values("reseller_id")).order_by("pk")


def credited_lines(invoice: Invoice) -> dict[int, Decimal]:
    """Return line id → what credit notes have taken back of it already."""
    rows = InvoiceLine.objects.filter(credits__invoice=invoice).values("credits_id")
    return {row["credits_id"]: row["given"] for row in rows.annotate(given=Sum("net"))}


def invoices_of_credited(charges: list[Charge]) -> list[Invoice]:
    """Return the invoices that bear what the credits among these charges give back."""
    credits = [charge for charge in charges if charge.kind == Charge.Kind.CREDIT]
    wanted = {(charge.subscription_id, charge.period_end) for charge in credits}
    lines = InvoiceLine.objects.filter(
        subscription__in={charge.subscription_id for charge in credits},
        invoice__kind=Invoice.Kind.INVOICE,
    ).values_list("subscription_id", "charge__period_end", "invoice_id")
    found = {invoice for subscription, end, invoice in lines if (subscription, end) in wanted}
    return list(Invoice.objects.filter(pk__in=found).order_by("issued_on", "id"))


class NextPayments(NamedTuple):
    """What falls due in the coming 31 days: the first day, the net sum, of how many."""

    first: date | None
    total: Decimal
    renewals: int


def next_payments(reseller: Reseller, today: date) -> NextPayments:
    """Return the next payments, of whole periods at the price of their first day.

    What has no price counts as nothing.
    """
    rows = Subscription.objects.filter(
        reseller=reseller,
        next_payment_on__gte=today,
        next_payment_on__lte=today + timedelta(days=31),
    )
    first: date | None = None
    total, number = Decimal(0), 0
    prices: dict[tuple, Price | None] = {}
    # One row per price and number of users, not per subscription: there may be 100,000.
    groups = rows.values_list("product", "term", "next_payment_on", "seats").annotate(n=Count("id"))
    for product, term, day, seats, count in groups.order_by("next_payment_on"):
        first = first or day
        key = product, term, day
        if key not in prices:
            prices[key] = Price.objects.valid(
                reseller=reseller, product=product, term=term, day=day
            )
        price = prices[key]
        total += price.amount(seats) * count if price else Decimal(0)
        number += count
    return NextPayments(first, total, number)


class Owed(NamedTuple):
    """What is still to be paid, and how much of it is late; credit from overpaying apart."""

    open: Decimal
    overdue: Decimal
    overdue_count: int
    credit: Decimal


def money_owed(reseller_id: int, today: date) -> Owed:
    rows = Invoice.objects.filter(reseller_id=reseller_id)
    late = Q(due_on__lt=today)
    unpaid = rows.unpaid().aggregate(
        open=Sum("open_amount"),
        overdue=Sum("open_amount", filter=late),
        overdue_count=Count("id", filter=late),
    )
    credit = rows.aggregate(
        overpaid=Sum("open_amount", filter=Q(kind=Invoice.Kind.INVOICE, open_amount__lt=0)),
        given=Sum("open_amount", filter=Q(kind=Invoice.Kind.CREDIT_NOTE)),
    )
    zero = Decimal(0)
    return Owed(
        unpaid["open"] or zero,
        unpaid["overdue"] or zero,
        unpaid["overdue_count"],
        (credit["given"] or zero) - (credit["overpaid"] or zero),
    )


def years_of(reseller_id: int) -> list[int]:
    """Return the years in which the reseller was sent invoices, newest first."""
    rows = Invoice.objects.filter(reseller_id=reseller_id).order_by("-issued_on__year")
    return list(rows.values_list("issued_on__year", flat=True).distinct())


def invoices_perhaps_meant(receipt: BankReceipt) -> list[Invoice]:
    """Return what somebody may want to look at: the invoices named, and those of the same sum."""
    named = Q(number__in=invoice_numbers(receipt.purpose))
    same = Q(open_amount=receipt.left, kind=Invoice.Kind.INVOICE)
    rows = Invoice.objects.filter(named | same, currency=receipt.currency)
    return list(rows.select_related("reseller").order_by("due_on", "pk")[:20])


def settled_days(invoices: list[Invoice]) -> dict[int, date]:
    """Return paid invoice's id → the day of its last payment."""
    paid = [each.pk for each in invoices if each.is_settled and not each.is_credit_note]
    rows = Payment.objects.filter(invoice__in=paid, amount__gt=0).values("invoice_id")
    return {row["invoice_id"]: row["day"] for row in rows.annotate(day=Max("received_on"))}


def to_remind_of(today: date) -> QuerySet[Invoice]:
    """Return the unpaid invoices old enough for a reminder, unless staff stopped them."""
    first = today - timedelta(days=REMINDER_DAYS[0])
    return Invoice.objects.unpaid().filter(due_on__lte=first, reminders_stopped_on=None)


def to_hold(invoice: Invoice) -> QuerySet[Subscription]:
    """Return the subscriptions on an invoice that it has not put on hold yet.

    Active ones, and those on hold already for another invoice: they wait for both.
    """
    on_it = InvoiceLine.objects.filter(invoice=invoice).values("subscription_id")
    held = DunningHold.objects.filter(invoice=invoice).values("subscription_id")
    affected = Q(state=State.ACTIVE) | Q(state=State.ON_HOLD, hold_reason=HoldReason.DUNNING)
    return Subscription.objects.filter(affected, pk__in=on_it).exclude(pk__in=held).order_by("pk")


def settled_with_holds() -> QuerySet[Invoice]:
    """Return the invoices that are paid and whose holds are not lifted yet."""
    waiting = DunningHold.objects.filter(lifted_on=None).values("invoice_id")
    return Invoice.objects.filter(pk__in=waiting, open_amount__lte=0).order_by("pk")


class Share(NamedTuple):
    """What one customer costs on an invoice; `name` is empty for all the others together."""

    name: str
    net: Decimal
    customers: int


def shares_of(invoice: Invoice, most: int = 8) -> list[Share]:
    """Return the customers that cost most on an invoice, then the others together.

    Nothing with fewer than two customers, or where something is given back: shares of a whole
    would say nothing.
    """
    lines = InvoiceLine.objects.filter(invoice=invoice).order_by().values("customer_name")
    rows = lines.annotate(sum=Sum("net")).order_by("-sum", "customer_name")
    every = list(rows.values_list("customer_name", "sum"))
    if len(every) < 2 or every[-1][1] < 0:
        return []
    shown = [Share(name, net, 1) for name, net in every[:most]]
    others = [net for _name, net in every[most:]]
    return [*shown, *([Share("", sum(others, Decimal(0)), len(others))] if others else [])]
