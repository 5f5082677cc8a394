"""VAT: whose invoice bears which, the sums, the refusals, and what holds for any lines."""

import subprocess
import sys
from decimal import ROUND_HALF_UP, Decimal, Inexact, localcontext
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from billing.vat import EU, PREFIXES, totals, vat_category

ROOT = Path(__file__).parent.parent
NINETEEN = Decimal("19")
DIGITS = {"EUR": 2, "JPY": 0, "KWD": 3}


@some.composite
def taxed_lines(draw):
    """Draw (lines of S and AE, currency)."""
    currency = draw(some.sampled_from(sorted(DIGITS)))
    nets = some.decimals(-(10**9), 10**9, places=DIGITS[currency])
    kinds = some.sampled_from(
        [("S", Decimal("19")), ("S", Decimal("19.00")), ("S", Decimal("7")), ("AE", Decimal(0))]
    )
    lines = draw(some.lists(some.tuples(nets, kinds), min_size=1, max_size=40))
    return [(net, *kind) for net, kind in lines], currency


@pytest.mark.parametrize(
    ("buyer", "wanted"),
    [
        (("DE",), ("S", NINETEEN)),
        (("DE", "DE123456789", True), ("S", NINETEEN)),
        (("DE", "ATU12345678", True), ("S", NINETEEN)),
        (("AT", "ATU12345678", True), ("AE", Decimal(0))),
        (("AT", "ATU12345678", False), ("S", NINETEEN)),
        (("AT", "ATU12345678"), ("S", NINETEEN)),
        (("AT", None, True), ("S", NINETEEN)),
        (("AT", "", True), ("S", NINETEEN)),
        (("AT", "DE123456789", True), ("S", NINETEEN)),
        (("AT", " at u-123.456 78 ", True), ("AE", Decimal(0))),
        (("AT", "AT", True), ("S", NINETEEN)),
        (("AT", "AT1", True), ("S", NINETEEN)),
        (("AT", "AT12", True), ("AE", Decimal(0))),
        (("AT", "AT123456789012", True), ("AE", Decimal(0))),
        (("AT", "AT1234567890123", True), ("S", NINETEEN)),
        (("AT", "ATU1234567/8", True), ("S", NINETEEN)),
        (("AT", "ATU١٢٣٤٥٦٧٨", True), ("S", NINETEEN)),
        (("SK", "ſK2020202020", True), ("S", NINETEEN)),
        (("IE", "IE1+*34567W", True), ("AE", Decimal(0))),
        (("GR", "EL123456789", True), ("AE", Decimal(0))),
        (("GR", "GR123456789", True), ("S", NINETEEN)),
        (("CH", "CHE123456788", True), ("O", None)),
        (("LI",), ("O", None)),
        (("GB", "GB123456789", True), ("O", None)),
        (("US",), ("O", None)),
        (("NO",), ("O", None)),
    ],
)
def test_who_bears_which_vat(buyer, wanted):
    assert vat_category(*buyer) == wanted


def test_the_european_union_has_27_members():
    assert len(EU) == 27
    for country in EU - {"DE"}:
        prefix = PREFIXES.get(country, country)
        assert vat_category(country, f"{prefix}12345678", True) == ("AE", Decimal(0))
        assert vat_category(country) == ("S", NINETEEN)


def test_an_issuer_elsewhere_and_another_rate():
    twenty = Decimal("20.0")
    assert vat_category("AT", issuer_country="AT", domestic_rate=twenty) == ("S", twenty)
    assert vat_category("DE", issuer_country="AT", domestic_rate=twenty) == ("S", twenty)
    assert vat_category(
        buyer_country="DE",
        vat_id="DE123456789",
        vat_id_confirmed=True,
        issuer_country="AT",
        domestic_rate=twenty,
    ) == ("AE", Decimal(0))


@pytest.mark.parametrize(
    "country",
    ["", "D", "de", "De", "DEU", "D1", "D ", " DE", "DE\n", "ÄÖ", "ＤＥ", None, 49, b"DE"],
)
def test_a_country_is_two_capitals(country):
    with pytest.raises(ValueError, match="country"):
        vat_category(country)
    with pytest.raises(ValueError, match="country"):
        vat_category("DE", issuer_country=country)


@pytest.mark.parametrize("buyer", ["DE", "AT", "CH"])
def test_a_rate_that_is_none_is_refused_for_every_buyer(buyer):
    for rate in ("NaN", "sNaN", "Infinity", "-Infinity", "0", "-19"):
        with pytest.raises(ValueError, match="rate"):
            vat_category(buyer, domestic_rate=Decimal(rate))
    for rate in (19, 19.0, "19", True):
        with pytest.raises(TypeError):
            vat_category(buyer, domestic_rate=rate)
    with pytest.raises(ValueError, match="rate"):
        vat_category(buyer, domestic_rate=None)


def test_tax_is_rounded_once_per_group():
    assert totals([(Decimal("10.03"), "S", NINETEEN)] * 3) == (
        Decimal("30.09"),
        Decimal("5.72"),
        Decimal("35.81"),
        [("S", NINETEEN, Decimal("30.09"), Decimal("5.72"))],
    )


def test_the_thirteen_seat_case():
    found = totals([(Decimal("2.10"), "S", NINETEEN), (Decimal("18.85"), "S", NINETEEN)])
    assert found[:3] == (Decimal("20.95"), Decimal("3.98"), Decimal("24.93"))


def test_groups_stand_by_category_and_then_by_rate():
    lines = [
        (Decimal("1.00"), "S", Decimal("19")),
        (Decimal("2.00"), "S", Decimal("7")),
        (Decimal("4.00"), "AE", Decimal("0.00")),
        (Decimal("8.00"), "S", Decimal("19.00")),
    ]
    assert totals(iter(lines)).groups == [
        ("AE", Decimal(0), Decimal("4.00"), Decimal("0.00")),
        ("S", Decimal(7), Decimal("2.00"), Decimal("0.14")),
        ("S", Decimal(19), Decimal("9.00"), Decimal("1.71")),
    ]


def test_what_is_not_taxable_has_no_rate_and_no_tax():
    assert totals([(Decimal("5"), "O", None)], "CHF") == (
        Decimal(5),
        Decimal(0),
        Decimal(5),
        [("O", None, Decimal(5), Decimal(0))],
    )


@pytest.mark.parametrize(
    ("net", "tax"),
    [("0.50", "0.10"), ("-0.50", "-0.10"), ("0.02", "0.00"), ("-0.02", "0.00"), ("0", "0.00")],
)
def test_half_a_cent_of_tax_goes_away_from_zero_and_zero_is_never_negative(net, tax):
    found = totals([(Decimal(net), "S", NINETEEN)])
    assert (str(found.tax), str(found.groups[0][3])) == (tax, tax)


def test_every_sum_has_the_currencys_digits_and_no_zero_a_minus():
    zero = totals([(Decimal("-0"), "S", NINETEEN)])
    assert [str(each) for each in zero[:3]] == ["0.00", "0.00", "0.00"]
    assert str(totals([(Decimal("1E+3"), "AE", Decimal("-0"))], "KWD")) == (
        "Totals(net=Decimal('1000.000'), tax=Decimal('0.000'), gross=Decimal('1000.000'),"
        " groups=[('AE', Decimal('0'), Decimal('1000.000'), Decimal('0.000'))])"
    )


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [("10.005", "S", "19")],
        [("NaN", "S", "19")],
        [("sNaN", "S", "19")],
        [("Infinity", "S", "19")],
        [("1", "S", None)],
        [("1", "S", "0")],
        [("1", "S", "-19")],
        [("1", "S", "NaN")],
        [("1", "S", "Infinity")],
        [("1", "AE", "19")],
        [("1", "AE", "NaN")],
        [("1", "AE", None)],
        [("1", "O", "0")],
        [("1", "O", "19")],
        [("1", "O", None), ("1", "S", "19")],
        [("1", "AE", "0"), ("1", "O", None)],
        [("1", "E", "0")],
        [("1", "Z", "0")],
        [("1", "s", "19")],
        [("1", "", "19")],
        [("1", None, "19")],
        [("1", ["S"], "19")],
    ],
)
def test_lines_that_cannot_stand_on_an_invoice_are_refused(lines):
    made = [(Decimal(net), kind, rate and Decimal(rate)) for net, kind, rate in lines]
    with pytest.raises(ValueError, match=r"."):
        totals(made)


@pytest.mark.parametrize("currency", ["eur", "XXX", "", None, []])
def test_an_unknown_currency_is_refused(currency):
    with pytest.raises(ValueError, match="currency"):
        totals([(Decimal(1), "S", NINETEEN)], currency)


def test_a_net_has_the_digits_of_its_currency():
    with pytest.raises(ValueError, match="digits"):
        totals([(Decimal("1.5"), "S", NINETEEN)], "JPY")
    assert totals([(Decimal("1.500"), "S", NINETEEN)]).net == Decimal("1.50")


@pytest.mark.parametrize("number", [1, 1.0, "1", None, True, Fraction(1)])
def test_a_net_that_is_no_decimal_is_refused(number):
    with pytest.raises(TypeError):
        totals([(number, "S", NINETEEN)])


@pytest.mark.parametrize("number", [19, 19.0, "19", True])
def test_a_rate_that_is_no_decimal_is_refused(number):
    with pytest.raises(TypeError):
        totals([(Decimal(1), "S", number)])


def test_the_callers_own_decimal_context_changes_nothing():
    nets = [Decimal("123456789012345678901234567890.01"), Decimal("0.02"), Decimal("-0.01")]
    with localcontext(prec=3) as context:
        context.traps[Inexact] = True
        found = totals([(net, "S", NINETEEN) for net in nets])
    assert str(found.net) == "123456789012345678901234567890.02"
    assert str(found.tax) == "23456789912345678991234567899.10"


def test_a_generator_computes_with_its_callers_digits():
    lines = (((Decimal(1) / 3).quantize(Decimal("0.01")), "S", NINETEEN) for _ in range(3))
    assert totals(lines).net == Decimal("0.99")


@given(taxed_lines())
def test_sums_agree_at_every_level(given_lines):
    lines, currency = given_lines
    found = totals(lines, currency)
    unit = Decimal(1).scaleb(-DIGITS[currency])
    assert found.net == sum(net for net, _category, _rate in lines)
    assert found.net == sum(group[2] for group in found.groups)
    assert found.tax == sum(group[3] for group in found.groups)
    assert found.gross == found.net + found.tax
    for _category, rate, taxable, tax in found.groups:
        assert tax == (taxable * rate / 100).quantize(unit, ROUND_HALF_UP)
    for amount in found[:3]:
        assert amount.as_tuple().exponent == -DIGITS[currency]
        assert amount or not amount.is_signed()
    keys = [(category, rate) for category, rate, _taxable, _tax in found.groups]
    assert keys == sorted(set(keys))


@given(taxed_lines(), some.randoms())
def test_the_order_of_lines_does_not_matter(given_lines, dice):
    lines, currency = given_lines
    mixed = list(lines)
    dice.shuffle(mixed)
    assert totals(mixed, currency) == totals(lines, currency)


@given(taxed_lines())
def test_a_credit_note_over_everything_mirrors_the_invoice(given_lines):
    lines, currency = given_lines
    there = totals(lines, currency)
    back = totals([(-net, category, rate) for net, category, rate in lines], currency)
    assert back[:3] == tuple(-amount for amount in there[:3])


def test_the_pure_modules_need_no_django():
    code = (
        "import sys, billing.vat, billing.deadlines\n"
        "assert not any(name.partition('.')[0] == 'django' for name in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
