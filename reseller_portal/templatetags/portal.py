"""Dates, amounts and numbers as the reader's language writes them, in every template."""

from datetime import date, datetime
from decimal import Decimal

from django import template
from django.utils import timezone
from django.utils.translation import get_language

from reseller_portal import words

register = template.Library()


@register.filter
def day(value: date | None) -> str:
    """Write a date: 05.03.2026 or 5 Mar 2026; nothing for None."""
    return words.format_date(value, get_language()) if value else ""


@register.filter
def moment(value: datetime | None) -> str:
    """Write a moment in the issuer's zone: the date and the time."""
    if value is None:
        return ""
    local = timezone.localtime(value)
    return f"{words.format_date(local.date(), get_language())}, {local:%H:%M}"


@register.filter
def amount(value: Decimal | None, currency: str) -> str:
    """Write an amount of money: 1.234,50 € or €1,234.50."""
    return "" if value is None else words.format_money(value, currency, get_language())


@register.filter
def unit_price(value: Decimal | None, currency: str) -> str:
    """Write a price per user with the digits it has, at least two."""
    return "" if value is None else words.format_unit_price(value, currency, get_language())


@register.filter
def number(value: int) -> str:
    """Write a whole number with its thousands apart."""
    return words.format_number(value, get_language())
