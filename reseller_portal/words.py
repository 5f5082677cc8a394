"""How dates, amounts and numbers read, by language. Pure.

Languages are `de` and `en`; `de-at` reads as German, whatever is unknown (or None) as English.
Every blank in an amount is a no-break space (U+00A0), in German and in English.
"""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import lru_cache

from babel.numbers import (
    format_currency,
    format_decimal,
    get_currency_precision,
    get_currency_symbol,
)

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
# More digits than any amount has; Python's own 28 make Babel fail on longer ones.
_PRECISION = 200
_PRICE_DIGITS = 4


@lru_cache(maxsize=10_000)
def format_date(day: date, language: str | None) -> str:
    """Return 05.03.2026 in German, 5 Mar 2026 in English.

    >>> format_date(date(2026, 3, 5), "de"), format_date(date(2026, 3, 5), "en")
    ('05.03.2026', '5 Mar 2026')
    """
    if _known(language) == "de":
        return f"{day.day:02}.{day.month:02}.{day.year}"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


@lru_cache(maxsize=10_000)
def format_money(amount: Decimal, currency: str, language: str | None) -> str:
    """Return 1.234,50 € in German, €1,234.50 in English, with the currency's digits.

    Half up by magnitude, as money is rounded everywhere, and never with a minus before zero.

    >>> format_money(Decimal("1234.5"), "EUR", "de"), format_money(Decimal("1234.5"), "EUR", "en")
    ('1.234,50\\xa0€', '€1,234.50')
    """
    return _written(amount, currency, language, get_currency_precision(currency))


@lru_cache(maxsize=10_000)
def format_unit_price(price: Decimal, currency: str, language: str | None) -> str:
    """Return a price per user with all the digits it has: the currency's at least, four at most.

    >>> format_unit_price(Decimal("1.4525"), "EUR", "en")
    '€1.4525'
    """
    return _written(price, currency, language, _PRICE_DIGITS)


@lru_cache(maxsize=10_000)
def format_number(number: int, language: str | None) -> str:
    """Return a whole number with its thousands apart: 1.234 in German, 1,234 in English."""
    with localcontext(prec=_PRECISION):
        return format_decimal(number, locale=_known(language))


def _written(amount: Decimal, currency: str, language: str | None, most: int) -> str:
    """Return the amount with at least the currency's digits after the point, `most` at most."""
    locale = _known(language)
    least = get_currency_precision(currency)
    digits = "#,##0." + "0" * least + "#" * (most - least)
    if locale == "de":
        pattern = f"{digits}\u00a0¤"
    else:
        # CHF 1.45, but €1.45; Babel leaves out the space that CLDR puts after a letter.
        gap = "\u00a0" if get_currency_symbol(currency, locale)[-1:].isalpha() else ""
        pattern = f"¤{gap}{digits}"
    with localcontext(prec=_PRECISION):
        rounded = amount.quantize(Decimal(1).scaleb(-most), ROUND_HALF_UP)
        # Not -0,00 €: zero and its negative are one number, also to the caches above.
        shown = rounded if rounded else abs(rounded)
        return format_currency(shown, currency, pattern, locale=locale, currency_digits=False)


def _known(language: str | None) -> str:
    main = (language or "").lower().replace("_", "-").partition("-")[0]
    return "de" if main == "de" else "en"
