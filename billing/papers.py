"""The documents of an invoice: its XML, and a PDF/A-3 that shows the same and holds the XML.

Large libraries: import this from a job only. Pure otherwise.
"""

import json
import unicodedata
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any, Literal, NamedTuple

import facturx
import typst
from babel import Locale
from django.utils import translation
from django.utils.translation import gettext as _
from fontTools.ttLib import TTFont
from segno import helpers

from billing.einvoice import EXEMPTIONS, einvoice
from billing.paper import Paper, PaperLine
from reseller_portal.words import format_date, format_money, format_number, format_unit_price

HERE = Path(__file__).parent
FONTS = HERE / "fonts"
# Up to so many lines a PDF is tagged for screen readers; tags of thousands weigh ten megabytes.
TAGGED_LINES = 100
TEMPLATE = (HERE / "paper.typ").read_bytes()


class Papers(NamedTuple):
    pdf: bytes
    xml: bytes


def make_papers(paper: Paper) -> Papers:
    """Return the XML, checked by schema and rules, and the PDF that holds it."""
    xml = einvoice(paper)
    pdf = facturx.generate_from_binary(
        make_pdf(paper),
        xml,
        flavor="factur-x",
        level="en16931",
        check_xsd=False,  # `einvoice` has checked it, by the rules as well
        afrelationship="alternative",
        lang=paper.language,
        pdf_metadata={
            "author": paper.seller["name"],
            "keywords": "Factur-X, ZUGFeRD",
            "title": _title(paper),
            "subject": _title(paper),
        },
    )
    return Papers(pdf, xml)


def make_pdf(paper: Paper, *, form: Literal["pdf", "png"] = "pdf") -> Any:
    """Return the paper as PDF/A-3b; as `form` "png" a list of pictures of its pages."""
    return _compiler().compile(
        input=TEMPLATE,
        format=form,
        ppi=110 if form == "png" else None,
        sys_inputs={"paper": json.dumps(shown(paper), ensure_ascii=False)},
        pdf_standards=["a-3b"] if form == "pdf" else [],
        pdf_tags=len(paper.lines) <= TAGGED_LINES,
        timestamp=datetime.combine(paper.issued_on, time(12), UTC),
    )


def shown(paper: Paper) -> dict[str, Any]:
    """Return every word and amount of the PDF, in the paper's language, as letters it can show."""
    with translation.override(paper.language):
        return _showable(_words(paper))


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    return typst.Compiler(font_paths=[str(FONTS)], ignore_system_fonts=True)


@lru_cache(maxsize=1)
def _letters() -> frozenset[int]:
    """Return the letters our fonts have; a PDF/A may not hold any other."""
    fonts = [TTFont(file) for file in sorted(FONTS.glob("*.ttf"))]
    return frozenset().union(*(font.getBestCmap() for font in fonts))


def _showable(value: Any) -> Any:
    """Return the value with each letter that no font has as a box; the XML has the true one."""
    if isinstance(value, dict):
        return {key: _showable(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_showable(each) for each in value]
    if not isinstance(value, str) or value.startswith("<?xml"):
        return value
    text = unicodedata.normalize("NFC", value)
    return "".join(letter if ord(letter) in _letters() else "□" for letter in text)


def _words(paper: Paper) -> dict[str, Any]:
    credit = paper.is_credit_note
    buyer, seller = paper.buyer, paper.seller
    return {
        "language": paper.language,
        "title": _title(paper),
        "heading": _title(paper),
        "seller": {"name": seller["name"]},
        "sender": f"{seller['name']} · {seller['street']} · {seller['postcode']} {seller['city']}",
        "buyer": _address(buyer, foreign=buyer["country"] != seller["country"]),
        "facts": _facts(paper),
        "opening": _opening(paper),
        "columns": [_("Service"), _("Period"), _("Quantity"), _("Unit price"), _("Net")],
        "customers": [_customer(paper, name, list(lines)) for name, lines in _by_customer(paper)],
        "sums": _sums(paper),
        "total": [
            _("Amount credited") if credit else _("Amount to pay"),
            _money(paper, paper.gross),
        ],
        "below": [[_("VAT in euro"), format_money(paper.tax_in_euro, "EUR", paper.language)]]
        if paper.tax_in_euro is not None
        else [],
        "notes": _notes(paper),
        "payment_heading": _("Payment"),
        "payment": [] if credit or not paper.gross else _payment(paper),
        "qr": _qr_code(paper),
        "qr_alt": _("QR code for the payment"),
        "qr_hint": _("Scan to pay"),
        "foot": _foot(seller),
        "page": _("Page {page} of {pages}"),
    }


def _title(paper: Paper) -> str:
    with translation.override(paper.language):
        words = _("Credit note %(number)s") if paper.is_credit_note else _("Invoice %(number)s")
        return words % {"number": paper.number}


def _facts(paper: Paper) -> list[list[str]]:
    first = min(line.service_from for line in paper.lines)
    facts = [
        [_("Date"), format_date(paper.issued_on, paper.language)],
        [_("Number"), paper.number],
    ]
    if not paper.is_credit_note:
        facts.append([_("Due"), format_date(paper.due_on, paper.language)])
    days = f"{_day(paper, first)} – {_day(paper, paper.last_service_day)}"
    facts.append([_("Service period"), days])
    if paper.buyer["vat_id"]:
        facts.append([_("Your VAT id"), paper.buyer["vat_id"]])
    return facts


def _opening(paper: Paper) -> list[str]:
    if not paper.is_credit_note:
        return [_("For your customers' subscriptions we charge:")]
    sentences = [
        _("We credit you, for invoice %(number)s of %(date)s:")
        % {"number": number, "date": _day(paper, day)}
        for number, day in paper.preceding
    ] or [_("We credit you:")]
    return [
        *sentences,
        *([_("Reason: %(reason)s") % {"reason": paper.reason}] * bool(paper.reason)),
    ]


def _by_customer(paper: Paper):
    return groupby(paper.lines, key=lambda line: line.customer_name)


def _customer(paper: Paper, name: str, lines: list[PaperLine]) -> dict[str, Any]:
    total = sum((line.net for line in lines), Decimal())
    return {
        "name": name,
        "sum": _money(paper, total) if len(lines) > 1 else "",
        "lines": [
            {
                "title": line.title,
                "details": line.details,
                "days": f"{_day(paper, line.service_from)} – {_day(paper, line.service_until)}",
                "quantity": format_number(line.quantity, paper.language),
                "price": format_unit_price(line.unit_price, paper.currency, paper.language),
                "net": _money(paper, line.net),
            }
            for line in lines
        ],
    }


def _sums(paper: Paper) -> list[list[str]]:
    sums = [[_("Net"), _money(paper, paper.net)]]
    for _category, rate, taxable, tax in paper.groups:
        if rate:
            words = _("VAT %(rate)s %% on %(taxable)s") % {
                "rate": _percent(rate, paper.language),
                "taxable": _money(paper, taxable),
            }
            sums.append([words, _money(paper, tax)])
        else:
            sums.append([_("VAT"), _money(paper, tax)])
    if len(paper.groups) > 1:
        sums.append([_("VAT in all"), _money(paper, paper.tax)])
    return sums


def _notes(paper: Paper) -> list[str]:
    translations = {
        "AE": _("The recipient owes the VAT (reverse charge)."),
        "O": _("Not taxable in Germany (place of supply abroad)."),
    }
    notes = []
    for category in sorted(paper.categories & set(EXEMPTIONS)):
        words = EXEMPTIONS[category][1]
        if paper.language != "de":
            words = f"{translations[category]} {words}."
        notes.append(words if words.endswith(".") else f"{words}.")
    return notes


def _payment(paper: Paper) -> list[list[str]]:
    seller = paper.seller
    facts = [
        [_("Amount"), _money(paper, paper.gross)],
        [_("Due"), _day(paper, paper.due_on)],
        [_("Reference"), paper.number],
        [_("Account holder"), seller["name"]],
        ["IBAN", _iban(seller["iban"])],
        ["BIC", seller["bic"]],
        [_("Bank"), seller["bank"]],
    ]
    return [[name, value] for name, value in facts if value]


def _qr_code(paper: Paper) -> str:
    """Return the EPC code as SVG that fills a transfer in a banking app: in euro only."""
    if paper.is_credit_note or paper.currency != "EUR" or not 0 < paper.gross < 10**9:
        return ""
    code = helpers.make_epc_qr(
        name=paper.seller["name"][:70],
        iban=paper.seller["iban"].replace(" ", ""),
        amount=paper.gross,
        text=paper.number,
        bic=paper.seller["bic"] or None,
        encoding="utf-8",
    )
    return "<?xml version='1.0'?>" + code.svg_inline(border=0, scale=4, dark="#1b2426")


def _foot(seller: dict[str, str]) -> list[list[str]]:
    court = ", ".join(part for part in (seller["register_court"], seller["registration"]) if part)
    return [
        [
            seller["name"],
            seller["street"],
            f"{seller['postcode']} {seller['city']}",
            seller["phone"],
            seller["email"],
        ],
        [
            each
            for each in (
                court,
                seller["directors"],
                _("VAT id %(vat_id)s") % {"vat_id": seller["vat_id"]},
                _("Tax number %(number)s") % {"number": seller["tax_number"]},
            )
            if each
        ],
        [
            each
            for each in (
                seller["bank"],
                f"IBAN {_iban(seller['iban'])}",
                f"BIC {seller['bic']}" if seller["bic"] else "",
            )
            if each
        ],
    ]


def _address(party: dict[str, str], *, foreign: bool) -> list[str]:
    lines = [party["name"], party["street"], f"{party['postcode']} {party['city']}"]
    return [*lines, _country(party["country"])] if foreign else lines


def _country(code: str) -> str:
    # In English for the post, as the letter leaves the country.
    return Locale("en").territories.get(code, code)


def _day(paper: Paper, day: date) -> str:
    return format_date(day, paper.language)


def _money(paper: Paper, amount: Decimal) -> str:
    return format_money(amount, paper.currency, paper.language)


def _percent(rate: Decimal, language: str) -> str:
    text = f"{rate.normalize():f}"
    return text.replace(".", ",") if language == "de" else text


def _iban(iban: str) -> str:
    bare = iban.replace(" ", "")
    return " ".join(bare[place : place + 4] for place in range(0, len(bare), 4))
