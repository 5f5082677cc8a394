"""Amounts of money, exact to the last digit. Pure: no float, no rounding before the last step."""

from datetime import date, datetime
from decimal import Context, Decimal
from fractions import Fraction

MINOR_DIGITS = (
    dict.fromkeys(["EUR", "USD", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF"], 2)
    | dict.fromkeys(["JPY", "KRW", "ISK"], 0)
    | dict.fromkeys(["KWD", "BHD", "OMR", "JOD", "TND"], 3)
)


def minor_digits(currency: str) -> int:
    """Return how many digits the currency has after the point. Raises ValueError if unknown."""
    try:
        return MINOR_DIGITS[currency]
    except (KeyError, TypeError):
        raise ValueError(f"unknown currency: {currency!r}") from None


def round_money(amount: Decimal, currency: str = "EUR") -> Decimal:
    """Return the amount with the currency's digits, half up by magnitude, never a negative zero.

    Raises TypeError for anything but a Decimal, ValueError for NaN and infinity.

    >>> round_money(Decimal("-0.005"))
    Decimal('-0.01')
    """
    _check_amount(amount)
    return _rounded(Fraction(amount), minor_digits(currency))


def line_amount(unit_price: Decimal, seats: int, currency: str = "EUR") -> Decimal:
    """Return what so many users cost for a whole period; negative users are a credit.

    >>> line_amount(Decimal("1.45"), 10)
    Decimal('14.50')
    """
    _check_price(unit_price, seats)
    return _rounded(Fraction(unit_price) * seats, minor_digits(currency))


def prorate(
    unit_price: Decimal,
    seats: int,
    from_date: date,
    period_start: date,
    period_end: date,
    currency: str = "EUR",
) -> Decimal:
    """Return what so many users cost from `from_date` (included) to `period_end` (not included).

    The share of the period is by days and rounded once, at the end. Raises ValueError unless
    period_start <= from_date < period_end.

    >>> prorate(Decimal("1.45"), 3, date(2026, 4, 1), date(2026, 3, 16), date(2026, 4, 16))
    Decimal('2.10')
    """
    _check_price(unit_price, seats)
    for day in (from_date, period_start, period_end):
        if not isinstance(day, date) or isinstance(day, datetime):
            raise TypeError("a date is needed, without a time")
    if not period_start <= from_date < period_end:
        raise ValueError("the first day charged must lie in the period")
    share = Fraction((period_end - from_date).days, (period_end - period_start).days)
    return _rounded(Fraction(unit_price) * seats * share, minor_digits(currency))


def _check_amount(amount: Decimal) -> None:
    if not isinstance(amount, Decimal):
        raise TypeError("an amount of money is a Decimal")
    if not amount.is_finite():
        raise ValueError("an amount of money is a finite number")


def _check_price(unit_price: Decimal, seats: int) -> None:
    _check_amount(unit_price)
    if unit_price < 0:
        raise ValueError("a price is not negative")
    if not isinstance(seats, int) or isinstance(seats, bool):
        raise TypeError("users are counted in whole numbers")


def _rounded(amount: Fraction, digits: int) -> Decimal:
    units = abs(amount) * 10**digits
    whole = (2 * units.numerator + units.denominator) // (2 * units.denominator)
    # A context of its own, as the amount may have more digits than the thread's allows;
    # and `copy_negate`, not a minus sign, which would round to those digits.
    exact = Decimal(whole)
    rounded = exact.scaleb(-digits, Context(prec=len(exact.as_tuple().digits) + digits))
    return rounded.copy_negate() if amount < 0 and whole else rounded
