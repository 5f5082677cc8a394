"""How dates, amounts and numbers read in German and in English."""

from datetime import date, timedelta
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as some

from reseller_portal.words import format_date, format_money, format_number, format_unit_price
from subscriptions.money import MINOR_DIGITS

# What Babel gives between an amount and its sign: a no-break space, plain and not narrow.
SPACE = "\u00a0"
DAY = date(2026, 3, 5)


def test_a_date_reads_day_month_year_in_both_languages():
    assert format_date(DAY, "de") == "05.03.2026"
    assert format_date(DAY, "en") == "5 Mar 2026"


def test_every_english_month_has_its_own_three_letters():
    months = [format_date(date(2026, month, 12), "en").split()[1] for month in range(1, 13)]
    assert " ".join(months) == "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"


@pytest.mark.parametrize(
    ("currency", "german", "english"),
    [
        ("EUR", f"1.234,50{SPACE}€", "€1,234.50"),
        ("USD", f"1.234,50{SPACE}$", "$1,234.50"),
        ("GBP", f"1.234,50{SPACE}£", "£1,234.50"),
        # Letters stand apart from the number in English too.
        ("CHF", f"1.234,50{SPACE}CHF", f"CHF{SPACE}1,234.50"),
        ("JPY", f"1.235{SPACE}¥", "¥1,235"),
        ("KWD", f"1.234,500{SPACE}KWD", f"KWD{SPACE}1,234.500"),
    ],
)
def test_an_amount_has_its_currencys_digits_and_sign(currency, german, english):
    assert format_money(Decimal("1234.5"), currency, "de") == german
    assert format_money(Decimal("1234.5"), currency, "en") == english


@pytest.mark.parametrize("currency", sorted(MINOR_DIGITS))
def test_an_amount_shows_as_many_digits_as_it_is_rounded_to(currency):
    shown = format_money(Decimal("1.2345"), currency, "en")
    assert len(shown.partition(".")[2]) == MINOR_DIGITS[currency]


def test_a_credit_has_its_minus_in_front():
    assert format_money(Decimal("-1234.50"), "EUR", "de") == f"-1.234,50{SPACE}€"
    assert format_money(Decimal("-1234.50"), "EUR", "en") == "-€1,234.50"


def test_an_amount_is_rounded_half_up_like_all_money():
    assert format_money(Decimal("0.125"), "EUR", "en") == "€0.13"
    assert format_money(Decimal("-0.125"), "EUR", "en") == "-€0.13"


@pytest.mark.parametrize("zero", ["-0", "-0.00", "-0.004", "0"])
def test_zero_has_no_minus_whichever_zero_came_first(zero):
    format_money.cache_clear()
    assert format_money(Decimal(zero), "EUR", "de") == f"0,00{SPACE}€"
    assert format_money(Decimal(0), "EUR", "de") == f"0,00{SPACE}€"


def test_the_longest_amounts_and_numbers_are_written_out():
    groups = "123" + ".456" * 10
    assert format_money(Decimal(groups.replace(".", "")), "EUR", "de") == f"{groups},00{SPACE}€"
    assert format_unit_price(Decimal(groups.replace(".", "")), "EUR", "de") == (
        f"{groups},00{SPACE}€"
    )
    assert format_number(int(groups.replace(".", "")), "de") == groups


def test_the_callers_own_decimal_context_changes_nothing():
    with localcontext(prec=3):
        assert format_money(Decimal("7654321.09"), "EUR", "en") == "€7,654,321.09"
        assert format_number(7654321, "en") == "7,654,321"


@pytest.mark.parametrize(
    ("price", "german", "english"),
    [
        ("1.4525", f"1,4525{SPACE}€", "€1.4525"),
        ("1.4500", f"1,45{SPACE}€", "€1.45"),
        ("1.455", f"1,455{SPACE}€", "€1.455"),
        ("1.4", f"1,40{SPACE}€", "€1.40"),
        ("0.0001", f"0,0001{SPACE}€", "€0.0001"),
        ("1234", f"1.234,00{SPACE}€", "€1,234.00"),
    ],
)
def test_a_price_keeps_up_to_four_digits_and_shows_two(price, german, english):
    assert format_unit_price(Decimal(price), "EUR", "de") == german
    assert format_unit_price(Decimal(price), "EUR", "en") == english


def test_a_price_shows_at_least_its_currencys_digits():
    assert format_unit_price(Decimal("1.4525"), "CHF", "en") == f"CHF{SPACE}1.4525"
    assert format_unit_price(Decimal(145), "JPY", "de") == f"145{SPACE}¥"
    assert format_unit_price(Decimal("1.5"), "KWD", "de") == f"1,500{SPACE}KWD"


def test_a_number_has_its_thousands_apart():
    assert [format_number(n, "de") for n in (0, 999, 1234, 1234567, -1234)] == [
        "0",
        "999",
        "1.234",
        "1.234.567",
        "-1.234",
    ]
    assert format_number(1234567, "en") == "1,234,567"


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        *[(language, "05.03.2026") for language in ("de", "de-at", "de-CH", "de_AT", "DE")],
        *[(language, "5 Mar 2026") for language in ("en", "en-gb", "fr", "den", "", None)],
    ],
)
def test_a_region_reads_like_its_language_and_an_unknown_one_like_english(language, expected):
    assert format_date(DAY, language) == expected
    german = expected == "05.03.2026"
    assert format_number(1234, language) == ("1.234" if german else "1,234")
    assert format_money(Decimal(1), "EUR", language) == (f"1,00{SPACE}€" if german else "€1.00")


@given(some.decimals(-(10**15), 10**15, places=2), some.sampled_from(["EUR", "USD", "CHF"]))
def test_an_amount_reads_back_as_itself_in_both_languages(amount, currency):
    signs = str.maketrans("", "", f"€$CHF{SPACE}")
    german = format_money(amount, currency, "de").translate(signs)
    english = format_money(amount, currency, "en").translate(signs)
    assert Decimal(german.replace(".", "").replace(",", ".")) == amount
    assert Decimal(english.replace(",", "")) == amount


def test_days_of_a_whole_leap_year_never_read_alike():
    days = [date(2028, 1, 1) + timedelta(n) for n in range(366)]
    for language in ("de", "en"):
        assert len({format_date(day, language) for day in days}) == 366
