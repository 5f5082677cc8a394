"""From charges to the lines of an invoice. Pure: charges in, lines and sums out."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.vat import Totals, totals
from reseller_portal.words import format_unit_price
from subscriptions.money import round_money


@dataclass(frozen=True)
class Line:
    """What a line says, before it is stored; `net` bears the sign of its paper."""

    charge: Any
    customer_name: str
    title: str
    details: str
    seats: int
    quantity: int
    unit_price: Decimal
    net: Decimal
    service_from: date
    service_until: date


@dataclass(frozen=True)
class Draft:
    """An invoice or, when `is_credit_note`, the money that goes back; not stored, no number."""

    lines: list[Line]
    sums: Totals
    is_credit_note: bool
    vat_category: str
    vat_rate: Decimal | None
    warnings: list[str] = field(default_factory=list)


def draft_of(
    charges: Iterable[Any],
    *,
    currency: str,
    vat: tuple[str, Decimal | None],
    language: str,
    warnings: Iterable[str] = (),
) -> Draft:
    """Return what an invoice over these charges says, in the words of the present language.

    A sum below zero makes a credit note with all signs turned. Raises ValueError without charges.
    """
    charges = list(charges)
    nets = [round_money(charge.amount, currency) for charge in charges]
    turned = sum(nets) < 0
    lines = [
        line_of(charge, -net if turned else net, turned=turned, language=language)
        for charge, net in zip(charges, nets, strict=True)
    ]
    category, rate = vat
    return Draft(
        lines=lines,
        sums=totals([(line.net, category, rate) for line in lines], currency),
        is_credit_note=turned,
        vat_category=category,
        vat_rate=rate,
        warnings=list(warnings),
    )


def line_of(charge: Any, net: Decimal, *, turned: bool, language: str) -> Line:
    """Return a charge's line. Quantities bear the sign, as a price is never below zero."""
    sign = -1 if turned else 1
    if charge.kind == "period":
        quantity, price = charge.seats * sign, charge.unit_price
    else:
        quantity, price = (1 if net >= 0 else -1), abs(net)
    first = service_from(charge)
    return Line(
        charge=charge,
        customer_name=charge.subscription.customer_name,
        title=str(charge.get_product_display()),
        details=details(charge, language),
        seats=charge.seats,
        quantity=quantity,
        unit_price=price,
        net=net,
        service_from=first,
        service_until=charge.period_end - timedelta(days=1),
    )


def service_from(charge: Any) -> date:
    """Return the first day a charge is for: of added or returned users the day of the action."""
    if charge.kind != "period" and charge.period_start < charge.due_on < charge.period_end:
        return charge.due_on
    return charge.period_start


def details(charge: Any, language: str) -> str:
    """Say how the amount of a charge came about."""
    price = format_unit_price(charge.unit_price, charge.currency, language)
    if charge.kind == "period":
        return str(charge.get_term_display())
    days = (charge.period_end - service_from(charge)).days
    seats = abs(charge.seats)
    if charge.kind == "seats":
        words = ngettext(
            "%(seats)s more user for %(days)s days, at %(price)s",
            "%(seats)s more users for %(days)s days, at %(price)s",
            seats,
        )
    else:
        words = ngettext(
            "Credit for %(seats)s user and %(days)s days, at %(price)s",
            "Credit for %(seats)s users and %(days)s days, at %(price)s",
            seats,
        )
    return words % {"seats": seats, "days": days, "price": price}


def reason_words(reason: str) -> str:
    """Say why no invoice can be issued, or what staff should know about it."""
    return {
        "issuer": _("No issuer is set up."),
        "address": _("The reseller's invoice address is not complete."),
        "currency": _("There are charges in another currency than the reseller's."),
        "rate": _("The exchange rate of the month is missing: VAT must be given in euro, too."),
        "vat_id": _("Another EU country without a confirmed VAT id: domestic VAT is charged."),
        "date": _("An invoice with a later date has been issued already."),
        "failed": _("It failed for a reason that the log tells."),
    }[reason]
