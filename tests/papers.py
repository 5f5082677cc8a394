"""Invoices of every shape, free of the database."""

from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from billing.paper import Paper, PaperLine
from billing.vat import totals

SELLER = MappingProxyType(
    {
        "name": "Signaturwerk GmbH",
        "street": "Kaistraße 3",
        "postcode": "24103",
        "city": "Kiel",
        "country": "DE",
        "vat_id": "DE123456788",
        "tax_number": "19/294/01234",
        "registration": "HRB 20345",
        "register_court": "Amtsgericht Kiel",
        "directors": "Ida Brandt, Ole Thomsen",
        "email": "rechnung@signaturwerk.example",
        "phone": "+49 431 5550100",
        "iban": "DE02 1203 0000 0000 2020 51",
        "bic": "BYLADEM1001",
        "bank": "Kieler Kreditbank",
    }
)
BUYER = MappingProxyType(
    {
        "name": "Nordlicht Systemhaus GmbH",
        "street": "Deichstraße 7",
        "postcode": "20459",
        "city": "Hamburg",
        "country": "DE",
        "vat_id": "",
    }
)
STANDARD = ("S", Decimal("19.00"))
REVERSE = ("AE", Decimal("0.00"))
ABROAD = ("O", None)
FIRST = date(2026, 3, 1)


def line(
    position: int = 1,
    *,
    name: str = "Bäckerei Brot",
    quantity: int = 10,
    price: str = "1.45",
    vat: tuple = STANDARD,
    title: str = "Signatur für Microsoft 365",
    details: str = "Monatlich",
    days: int = 31,
) -> PaperLine:
    net = (Decimal(price) * quantity).quantize(Decimal("0.01"))
    return PaperLine(
        position=position,
        customer_name=name,
        title=title,
        details=details,
        quantity=quantity,
        unit_price=Decimal(price),
        net=net,
        vat_category=vat[0],
        vat_rate=vat[1],
        service_from=FIRST,
        service_until=FIRST + timedelta(days=days - 1),
    )


def lines(count: int, **facts: Any) -> list[PaperLine]:
    return [
        line(n, quantity=n % 40 + 1, name=f"Kunde {n // 3:05}", **facts)
        for n in range(1, count + 1)
    ]


def paper(given: list[PaperLine] | None = None, **facts: Any) -> Paper:
    """Return an invoice over the lines, of 1 April 2026, with anything else as asked."""
    given = given or [line()]
    currency = facts.get("currency", "EUR")
    sums = totals([(each.net, each.vat_category, each.vat_rate) for each in given], currency)
    buyer = {**BUYER, **facts.pop("buyer", {})}
    seller = {**SELLER, **facts.pop("seller", {})}
    return Paper(
        **{
            "number": "RE-2026-000001",
            "is_credit_note": False,
            "issued_on": date(2026, 4, 1),
            "due_on": date(2026, 4, 15),
            "language": "de",
            "currency": currency,
            "net": sums.net,
            "tax": sums.tax,
            "gross": sums.gross,
            "groups": sums.groups,
            "tax_in_euro": None,
            "seller": seller,
            "buyer": buyer,
            "preceding": [],
            "reason": "",
            "lines": given,
        }
        | facts
    )


def credit_note(given: list[PaperLine] | None = None, **facts: Any) -> Paper:
    return paper(
        given,
        **{
            "is_credit_note": True,
            "number": "GS-2026-000001",
            "due_on": date(2026, 4, 1),
            "preceding": [("RE-2026-000001", date(2026, 3, 1))],
        }
        | facts,
    )


IN_AUSTRIA = {"country": "AT", "vat_id": "ATU12345675", "city": "Wien", "postcode": "1070"}
IN_ZURICH = {"country": "CH", "city": "Zürich", "postcode": "8001"}
SHAPES = {
    "one line": lambda: paper(),
    "three customers": lambda: paper(lines(8)),
    "fifty lines": lambda: paper(lines(50)),
    "two hundred lines": lambda: paper(lines(200)),
    "english": lambda: paper(lines(3), language="en"),
    "nothing to pay": lambda: paper([line(price="0")]),
    "charges and credits even out": lambda: paper([line(), line(2, quantity=-10)]),
    "a credit among charges": lambda: paper([line(), line(2, quantity=-1, price="2.81")]),
    "more users": lambda: paper(
        [line(quantity=1, price="2.10", details="3 weitere Benutzer für 15 Tage, je 1,45 €")]
    ),
    "one day": lambda: paper([line(days=1)]),
    "a year": lambda: paper([line(price="15.60", details="Jährlich", days=365)]),
    "half a cent of tax": lambda: paper([line(quantity=1, price="0.50")]),
    "tax rounded by group": lambda: paper([line(n, quantity=1, price="10.03") for n in (1, 2, 3)]),
    "prices of four digits": lambda: paper([line(price="1.4525", quantity=7)]),
    "millions": lambda: paper([line(price="99999.99", quantity=9_999)]),
    "several rates": lambda: paper(
        [line(), line(2, vat=("S", Decimal("7.00"))), line(3, vat=("S", Decimal("5.50")))]
    ),
    "domestic with VAT id": lambda: paper(buyer={"vat_id": "DE987654328"}),
    "another EU country without VAT id": lambda: paper(buyer=IN_AUSTRIA | {"vat_id": ""}),
    "reverse charge": lambda: paper([line(vat=REVERSE)], buyer=IN_AUSTRIA),
    "reverse charge in English": lambda: paper(
        [line(vat=REVERSE)], buyer=IN_AUSTRIA | {"vat_id": "atu 123.456-75"}, language="en"
    ),
    "reverse charge in Greece": lambda: paper(
        [line(vat=REVERSE)], buyer={"country": "GR", "vat_id": "EL094259216", "city": "Αθήνα"}
    ),
    "abroad": lambda: paper([line(vat=ABROAD)], buyer=IN_ZURICH),
    "abroad in English": lambda: paper([line(vat=ABROAD)], buyer=IN_ZURICH, language="en"),
    "abroad in francs": lambda: paper([line(vat=ABROAD)], buyer=IN_ZURICH, currency="CHF"),
    "dollars": lambda: paper(
        [line(vat=ABROAD)], buyer={"country": "US", "city": "Boston"}, currency="USD"
    ),
    "pounds with German VAT": lambda: paper(currency="GBP", tax_in_euro=Decimal("3.20")),
    "credit note": lambda: credit_note(),
    "credit note with reason": lambda: credit_note(reason="Falsche Menge & Preis <neu>"),
    "credit note over some lines": lambda: credit_note(lines(5), language="en"),
    "credit note of several invoices": lambda: credit_note(
        [line(quantity=1, price="12.16"), line(2, quantity=-1, price="0.05")],
        preceding=[("RE-2026-000001", FIRST), ("RE-2025-000777", date(2025, 12, 1))],
    ),
    "credit note of no invoice": lambda: credit_note(preceding=[]),
    "credit note, reverse charge": lambda: credit_note([line(vat=REVERSE)], buyer=IN_AUSTRIA),
    "credit note abroad": lambda: credit_note([line(vat=ABROAD)], buyer=IN_ZURICH),
    "names of 200 letters": lambda: paper([line(name="Wörter" * 33 + "ab")]),
    "200 letters without umlauts, and a buyer alike": lambda: paper(
        [line(name="M" * 200)], buyer={"name": "W" * 200, "street": "S" * 200, "city": "C" * 100}
    ),
    "letters of the world": lambda: paper(
        [line(name=name) for name in ("Пекарня", "مخبز البحر", "מאפייה", "Αρτοποιείο", "Œuvré Şık")]
    ),
    "letters no font has": lambda: paper([line(name="日本株式会社 😀\u0007 Ⴀ")]),
    "markup": lambda: paper(
        [line(name='#panic("x") *b* $x$ <b>&amp; \\ ]] {{x}}', title="#import", details="[#x]")],
        buyer={"name": '#include "/etc/passwd" <i>\'"&</i>', "street": "</ram:Name>"},
    ),
    "an issuer with little to say": lambda: paper(
        seller={"register_court": "", "directors": "", "bic": "", "bank": ""}
    ),
}
