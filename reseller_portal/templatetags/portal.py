"""Dates, amounts and numbers as the reader's language writes them, in every template."""

from datetime import date, datetime
from decimal import Decimal
from functools import cache

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from reseller_portal import words

register = template.Library()

STATE_ICONS = {
    "trial": "hourglass-split",
    "active": "check-circle-fill",
    "on_hold": "pause-circle-fill",
    "ended": "x-circle",
}


@register.simple_tag
@cache
def icon(name: str) -> SafeString:
    """Return an icon of the sprite, to stand beside words."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>',
        static("img/icons.svg"),
        name,
    )


@register.simple_tag
def state_icon(state: str) -> SafeString:
    """Return the icon of a subscription's state."""
    return icon(STATE_ICONS[state])


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
