"""Which VAT an invoice bears, and its sums. Pure: no rounding before the last step, no float."""

import re
from collections.abc import Iterable
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal, localcontext
from typing import NamedTuple

from subscriptions.money import minor_digits, round_money

STANDARD = "S"
REVERSE_CHARGE = "AE"
NOT_TAXABLE = "O"
CATEGORIES = (REVERSE_CHARGE, NOT_TAXABLE, STANDARD)

EU = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU",
    "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
})  # fmt: skip
# The countries whose VAT ids begin otherwise than with the country's own code.
PREFIXES = {"GR": "EL"}

_COUNTRY = re.compile(r"[A-Z]{2}")
_VAT_ID = re.compile(r"[A-Z]{2}[0-9A-Z+*]{2,12}")
_BLANKS = re.compile(r"[\s.\-]")
# So many digits that sums and products are exact; a division would need them all.
_EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)

Group = tuple[str, Decimal | None, Decimal, Decimal]


class Totals(NamedTuple):
    """The sums of an invoice; `groups` are (category, rate, taxable, tax) in a fixed order."""

    net: Decimal
    tax: Decimal
    gross: Decimal
    groups: list[Group]


def vat_category(
    buyer_country: str,
    vat_id: str | None = None,
    vat_id_confirmed: bool = False,
    *,
    issuer_country: str = "DE",
    domestic_rate: Decimal = Decimal("19"),
) -> tuple[str, Decimal | None]:
    """Return the VAT category of what a buyer is sold, and its rate in per cent.

    `S` in the issuer's country, and in the rest of the EU without a confirmed VAT id of the buyer's
    country; `AE` (reverse charge) with one; `O` (not taxable here, no rate) elsewhere. Raises
    ValueError for countries that are not two capitals and for a rate that is none, TypeError for a
    rate that is no Decimal.

    >>> vat_category("AT", "ATU 123.456-78", True)
    ('AE', Decimal('0'))
    >>> vat_category("CH")
    ('O', None)
    """
    for country in (buyer_country, issuer_country):
        if not isinstance(country, str) or not _COUNTRY.fullmatch(country):
            raise ValueError(f"a country is two capital letters, not {country!r}")
    _check_standard_rate(domestic_rate)
    if buyer_country == issuer_country:
        return STANDARD, domestic_rate
    if buyer_country not in EU:
        return NOT_TAXABLE, None
    if vat_id_confirmed and is_vat_id_of(buyer_country, vat_id):
        return REVERSE_CHARGE, Decimal("0")
    return STANDARD, domestic_rate


def is_vat_id_of(country: str, vat_id: str | None) -> bool:
    """Say whether a text has the form of a VAT id and the prefix of this country."""
    bare = bare_vat_id(vat_id)
    return bool(_VAT_ID.fullmatch(bare)) and bare[:2] == PREFIXES.get(country, country)


def bare_vat_id(vat_id: str | None) -> str:
    """Return a VAT id as it is compared: no blanks, dots and hyphens, in capitals.

    Letters beyond ASCII stay as they are: some of them have a capital that looks like one of ours.

    >>> bare_vat_id("de 123.456-789")
    'DE123456789'
    """
    bare = _BLANKS.sub("", vat_id or "")
    return bare.upper() if bare.isascii() else bare


def totals(lines: Iterable[tuple[Decimal, str, Decimal | None]], currency: str = "EUR") -> Totals:
    """Return the sums of lines given as (net, category, rate); tax is rounded once per group.

    Groups are sorted by category, then rate; 19 and 19.00 are one rate. Raises ValueError without
    lines, for nets with more digits than the currency has, for `O` beside another category and for
    a rate that its category does not have; TypeError for nets and rates that are no Decimals.

    >>> totals([(Decimal("10.03"), "S", Decimal("19"))] * 3)[:3]
    (Decimal('30.09'), Decimal('5.72'), Decimal('35.81'))
    """
    minor_digits(currency)
    lines = list(lines)  # a generator computes in its caller's decimal context, not in ours
    taxable: dict[tuple[str, Decimal | None], Decimal] = {}
    with localcontext(_EXACT):
        for net, category, rate in lines:
            _check_net(net, currency)
            key = category, _checked_rate(category, rate)
            taxable[key] = taxable.get(key, Decimal()) + net
        if not taxable:
            raise ValueError("an invoice has lines")
        categories = {category for category, _rate in taxable}
        if NOT_TAXABLE in categories and len(categories) > 1:
            raise ValueError("what is not taxable stands on an invoice of its own")
        groups = [
            (category, rate, round_money(amount, currency), _tax(amount, rate, currency))
            for (category, rate), amount in sorted(
                taxable.items(), key=lambda item: (item[0][0], item[0][1] or Decimal())
            )
        ]
        net = sum((group[2] for group in groups), Decimal())
        tax = sum((group[3] for group in groups), Decimal())
        return Totals(
            round_money(net, currency),
            round_money(tax, currency),
            round_money(net + tax, currency),
            groups,
        )


def _tax(taxable: Decimal, rate: Decimal | None, currency: str) -> Decimal:
    return round_money((taxable * (rate or Decimal())).scaleb(-2), currency)


def _check_net(net: Decimal, currency: str) -> None:
    if round_money(net, currency) != net:
        raise ValueError(f"a line's net has the digits of {currency}, not {net}")


def _checked_rate(category: str, rate: Decimal | None) -> Decimal | None:
    if category not in CATEGORIES:
        raise ValueError(f"unknown VAT category: {category!r}")
    if category == NOT_TAXABLE:
        if rate is not None:
            raise ValueError("what is not taxable has no rate")
        return None
    if category == STANDARD:
        _check_standard_rate(rate)
        return rate
    if rate is None:
        raise ValueError("reverse charge has the rate 0")
    _check_decimal(rate)
    if rate:
        raise ValueError("reverse charge has the rate 0")
    return Decimal("0")


def _check_standard_rate(rate: Decimal | None) -> None:
    if rate is None:
        raise ValueError("the standard category has a rate")
    _check_decimal(rate)
    if rate <= 0:
        raise ValueError("the standard category has a rate above 0")


def _check_decimal(rate: Decimal) -> None:
    if not isinstance(rate, Decimal):
        raise TypeError("a VAT rate is a Decimal, in per cent")
    if not rate.is_finite():
        raise ValueError("a VAT rate is a finite number")
