"""How dates, amounts and numbers read, by language. Pure."""

from datetime import date
from decimal import Decimal
from functools import lru_cache

from babel.numbers import format_currency, format_decimal

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


@lru_cache(maxsize=10_000)
def format_date(day: date, language: str) -> str:
    """Return 05.03.2026 in German, 5 Mar 2026 in English."""
    if _known(language) == "de":
        return f"{day.day:02}.{day.month:02}.{day.year}"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


@lru_cache(maxsize=10_000)
def format_money(amount: Decimal, currency: str, language: str) -> str:
    """Return 1.234,50 € in German (with a no-break space, U+00A0), €1,234.50 in English."""
    return format_currency(amount, currency, locale=_known(language))


def format_unit_price(price: Decimal, currency: str, language: str) -> str:
    """Return a price per user with all the digits it has, two at least, four at most."""
    pattern = "#,##0.00## ¤" if _known(language) == "de" else "¤#,##0.00##"
    return format_currency(
        price,
        currency,
        pattern.replace(" ", "\u00a0"),
        locale=_known(language),
        currency_digits=False,
    )


@lru_cache(maxsize=10_000)
def format_number(number: int, language: str) -> str:
    """Return a whole number with its thousands apart: 1.234 in German, 1,234 in English."""
    return format_decimal(number, locale=_known(language))


def _known(language: str) -> str:
    return "de" if language.lower().startswith("de") else "en"
