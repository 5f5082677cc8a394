"""Amounts: the worked examples, the refusals, and what holds for every price and day."""

from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, Decimal, Inexact, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as some

from subscriptions.money import line_amount, minor_digits, prorate, round_money
from subscriptions.periods import boundary

CURRENCIES = ["EUR", "USD", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF"]
CURRENCIES += ["JPY", "KRW", "ISK", "KWD", "BHD", "OMR", "JOD", "TND"]
# The subscription of the worked examples: paid from the 16th to the 16th.
START, END = date(2026, 3, 16), date(2026, 4, 16)
PRICE = Decimal("1.45")

ANY_CURRENCY = some.sampled_from(CURRENCIES)
PRICES = some.decimals(0, 10**9, places=4)
AMOUNTS = some.decimals(-(10**12), 10**12, places=6)
SEATS = some.integers(-5_000, 5_000)


@some.composite
def parts_of_periods(draw) -> tuple[date, date, date]:
    """Draw (first day charged, start of the period, its end)."""
    anchor = draw(some.dates(date(1990, 1, 1), date(2200, 12, 31)))
    term = draw(some.sampled_from(["monthly", "annual"]))
    n = draw(some.integers(0, 40))
    start, end = boundary(anchor, term, n), boundary(anchor, term, n + 1)
    return start + timedelta(draw(some.integers(0, (end - start).days - 1))), start, end


def test_each_currency_has_its_digits():
    assert {currency: minor_digits(currency) for currency in CURRENCIES} == (
        dict.fromkeys(CURRENCIES[:10], 2)
        | dict.fromkeys(["JPY", "KRW", "ISK"], 0)
        | dict.fromkeys(["KWD", "BHD", "OMR", "JOD", "TND"], 3)
    )


@pytest.mark.parametrize("currency", ["eur", "Eur", "EU", "EURO", "XXX", "", " EUR", None, 2, []])
def test_an_unknown_currency_is_refused_everywhere(currency):
    for refused in (
        lambda: minor_digits(currency),
        lambda: round_money(PRICE, currency),
        lambda: line_amount(PRICE, 1, currency),
        lambda: prorate(PRICE, 1, START, START, END, currency),
    ):
        with pytest.raises(ValueError, match="currency"):
            refused()


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        ("0.005", "EUR", "0.01"),
        ("-0.005", "EUR", "-0.01"),
        ("0.00499999999999999999999999999999999999", "EUR", "0.00"),
        ("0.015", "EUR", "0.02"),
        ("0.025", "EUR", "0.03"),
        ("2.1", "EUR", "2.10"),
        ("2", "JPY", "2"),
        ("2.5", "JPY", "3"),
        ("-2.5", "JPY", "-3"),
        ("1.0005", "KWD", "1.001"),
        ("1E+3", "EUR", "1000.00"),
        ("1E+3", "JPY", "1000"),
        ("1E-50", "EUR", "0.00"),
    ],
)
def test_halves_go_away_from_zero_to_the_currencys_digits(amount, currency, rounded):
    # As text, since Decimal("2.1") == Decimal("2.10").
    assert str(round_money(Decimal(amount), currency)) == rounded


@pytest.mark.parametrize("amount", ["-0", "-0.00", "-0.004", "0", "-1E-30"])
def test_zero_is_never_negative(amount):
    assert str(round_money(Decimal(amount))) == "0.00"
    assert str(round_money(Decimal(amount), "JPY")) == "0"


def test_no_seats_or_no_price_cost_nothing_and_never_minus_nothing():
    for price, seats in (("1.45", 0), ("0", 5), ("0", -5), ("-0", 5), ("-0", -5)):
        assert str(line_amount(Decimal(price), seats)) == "0.00"
        assert str(prorate(Decimal(price), seats, START, START, END)) == "0.00"
    assert str(prorate(Decimal("0.0001"), -1, START, START, END)) == "0.00"


def test_a_whole_period_costs_price_times_seats():
    assert str(line_amount(PRICE, 10)) == "14.50"
    assert str(line_amount(PRICE, 13)) == "18.85"
    assert str(line_amount(PRICE, -10)) == "-14.50"
    assert str(line_amount(Decimal("1.4525"), 3)) == "4.36"
    assert str(line_amount(Decimal("1.4525"), 3, "JPY")) == "4"


def test_seats_added_in_a_period_are_charged_by_days_from_that_day_on():
    assert str(prorate(PRICE, 3, date(2026, 4, 1), START, END)) == "2.10"
    assert str(prorate(PRICE, 1, date(2026, 4, 10), START, END)) == "0.28"
    assert str(prorate(PRICE, -3, date(2026, 4, 1), START, END)) == "-2.10"


def test_a_share_is_rounded_once_at_the_end():
    # A rounded daily rate (0.05) would make 0.75; a rounded share of one seat (0.70) 2.10.
    assert str(prorate(PRICE, 1000, date(2026, 4, 1), START, END)) == "701.61"
    assert str(prorate(Decimal("0.0049"), 1000, START, START, END)) == "4.90"
    # Exactly half a cent: 0.31 × 1/31 × ½; a rate cut off anywhere would fall below it.
    assert str(prorate(Decimal("0.155"), 1, date(2026, 4, 15), START, END)) == "0.01"


def test_the_last_day_of_a_leap_year_costs_a_366th():
    assert str(
        prorate(Decimal(366), 1, date(2028, 12, 31), date(2028, 1, 1), date(2029, 1, 1))
    ) == ("1.00")


def test_huge_amounts_are_exact():
    huge = Decimal("123456789012345678901234567890123456789.005")
    assert str(round_money(huge)) == "123456789012345678901234567890123456789.01"
    assert str(round_money(huge.copy_negate())) == "-123456789012345678901234567890123456789.01"
    nines = Decimal("9" * 40 + ".9999")
    assert str(line_amount(nines, 10**20)) == "9" * 40 + "99990000000000000000.00"
    assert prorate(nines, 31, date(2026, 4, 15), START, END) == round_money(nines)


def test_the_callers_own_decimal_context_changes_nothing():
    with localcontext(prec=2, rounding=ROUND_DOWN) as context:
        context.traps[Inexact] = True
        assert str(round_money(Decimal("-98765.435"))) == "-98765.44"
        assert str(line_amount(Decimal("1234.5678"), 1000)) == "1234567.80"
        assert str(prorate(PRICE, 3000, date(2026, 4, 1), START, END)) == "2104.84"


@pytest.mark.parametrize("amount", ["NaN", "-NaN", "sNaN", "Infinity", "-Infinity"])
def test_an_amount_that_is_no_number_is_refused(amount):
    for refused in (
        lambda: round_money(Decimal(amount)),
        lambda: line_amount(Decimal(amount), 1),
        lambda: prorate(Decimal(amount), 1, START, START, END),
    ):
        with pytest.raises(ValueError, match="finite"):
            refused()


@pytest.mark.parametrize("price", ["-0.0001", "-1", "-1E+30"])
def test_a_negative_price_is_refused(price):
    for refused in (
        lambda: line_amount(Decimal(price), 1),
        lambda: line_amount(Decimal(price), 0),
        lambda: prorate(Decimal(price), 1, START, START, END),
    ):
        with pytest.raises(ValueError, match="negative"):
            refused()


@pytest.mark.parametrize("amount", [1.45, 1, "1.45", None, True, Fraction(1, 2)])
def test_an_amount_that_is_no_decimal_is_refused(amount):
    for refused in (
        lambda: round_money(amount),
        lambda: line_amount(amount, 1),
        lambda: prorate(amount, 1, START, START, END),
    ):
        with pytest.raises(TypeError):
            refused()


@pytest.mark.parametrize("seats", [1.0, Decimal(1), "1", None, True, False])
def test_seats_are_whole_numbers(seats):
    for refused in (
        lambda: line_amount(PRICE, seats),
        lambda: prorate(PRICE, seats, START, START, END),
    ):
        with pytest.raises(TypeError):
            refused()


@pytest.mark.parametrize(
    ("from_date", "start", "end"),
    [
        (date(2026, 3, 15), START, END),
        (END, START, END),
        (date(2026, 4, 17), START, END),
        (START, START, START),
        (START, END, START),
    ],
)
def test_a_first_day_outside_the_period_is_refused(from_date, start, end):
    with pytest.raises(ValueError, match="period"):
        prorate(PRICE, 1, from_date, start, end)


@pytest.mark.parametrize("day", [datetime(2026, 3, 16), "2026-03-16", None, 20260316])
def test_a_moment_or_a_text_is_no_day(day):
    for days in ((day, START, END), (START, day, END), (START, START, day)):
        with pytest.raises(TypeError):
            prorate(PRICE, 1, *days)


def test_three_moments_are_no_days_either_though_they_compare_well():
    midnight, later = datetime(2026, 3, 16), datetime(2026, 4, 16)
    with pytest.raises(TypeError):
        prorate(PRICE, 1, midnight, midnight, later)


def test_the_arguments_go_by_their_names():
    assert minor_digits(currency="JPY") == 0
    assert round_money(amount=Decimal(1), currency="KWD") == Decimal("1.000")
    assert line_amount(unit_price=PRICE, seats=2, currency="EUR") == Decimal("2.90")
    assert prorate(
        unit_price=PRICE,
        seats=3,
        from_date=date(2026, 4, 1),
        period_start=START,
        period_end=END,
        currency="EUR",
    ) == Decimal("2.10")


@given(AMOUNTS, ANY_CURRENCY)
def test_rounding_moves_an_amount_by_half_a_unit_at_most_and_only_once(amount, currency):
    rounded = round_money(amount, currency)
    unit = Fraction(1, 10 ** minor_digits(currency))
    assert abs(Fraction(rounded) - Fraction(amount)) <= unit / 2
    assert rounded.as_tuple().exponent == -minor_digits(currency)
    assert round_money(rounded, currency) == rounded
    assert not (rounded == 0 and rounded.is_signed())


@given(AMOUNTS, ANY_CURRENCY)
def test_an_amount_and_its_opposite_round_to_opposites(amount, currency):
    assert round_money(amount.copy_negate(), currency) == -round_money(amount, currency)


@given(PRICES, SEATS, parts_of_periods(), ANY_CURRENCY)
def test_a_share_of_the_whole_period_is_the_line_amount(price, seats, part, currency):
    _from_date, start, end = part
    whole = prorate(price, seats, start, start, end, currency)
    assert str(whole) == str(line_amount(price, seats, currency))


@given(PRICES, SEATS, parts_of_periods(), ANY_CURRENCY)
def test_a_credit_mirrors_its_charge(price, seats, part, currency):
    charge = prorate(price, seats, *part, currency)
    credit = prorate(price, -seats, *part, currency)
    assert charge + credit == 0
    assert line_amount(price, -seats, currency) == -line_amount(price, seats, currency)


@given(PRICES, SEATS, parts_of_periods(), ANY_CURRENCY)
def test_a_share_is_the_exact_one_to_half_a_unit_and_never_more_than_all(
    price, seats, part, currency
):
    from_date, start, end = part
    share = prorate(price, seats, from_date, start, end, currency)
    exact = Fraction(price) * seats * (end - from_date).days / (end - start).days
    assert abs(Fraction(share) - exact) <= Fraction(1, 2 * 10 ** minor_digits(currency))
    assert abs(share) <= abs(line_amount(price, seats, currency))
    assert not (share == 0 and share.is_signed())


@given(PRICES, some.integers(0, 5_000), some.integers(0, 5_000), parts_of_periods())
def test_seats_added_in_two_steps_cost_at_most_a_cent_more_or_less(price, seats, more, part):
    together = prorate(price, seats + more, *part)
    assert abs(prorate(price, seats, *part) + prorate(price, more, *part) - together) <= Decimal(
        "0.01"
    )


@given(PRICES, some.integers(0, 5_000), parts_of_periods())
def test_who_comes_a_day_later_pays_no_more(price, seats, part):
    from_date, start, end = part
    if from_date + timedelta(1) < end:
        later = prorate(price, seats, from_date + timedelta(1), start, end)
        assert later <= prorate(price, seats, from_date, start, end)
