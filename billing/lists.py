"""Questions about charges and invoices that pages, runs and files share."""

from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, QuerySet, Sum

from billing.models import Invoice, InvoiceLine
from resellers.models import Reseller
from subscriptions.models import Charge, Price, Subscription


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


def next_payments(reseller: Reseller, today: date) -> tuple[date | None, Decimal, int]:
    """Return what falls due next by the end of the coming 31 days: the first day, sum and number.

    The sum is of whole periods at the price of their first day, net; what has no price counts 0.
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
    return first, total, number
