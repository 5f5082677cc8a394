"""Bank files: lines of a CSV export as the German banks write them. Pure: bytes in, lines out.

A heading row is looked for among the first lines, so that what banks write above it does not
matter. Columns are known by many names, in any order; delimiter, encoding, decimal comma and the
form of dates are recognised. A file is read whole or not at all.
"""

import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from billing.errors import BadFile

MOST_BYTES = 5_000_000
MOST_ROWS = 50_000
MOST_PROBLEMS = 20
MOST_ABOVE = 40  # lines above the headings
CELL = 1_000  # characters
AMOUNT = re.compile(
    r"[+-]?(\d{1,3}([.' ]\d{3})+|\d+),\d{1,2}|[+-]?(\d{1,3}([,' ]\d{3})+|\d+)\.\d{1,2}|[+-]?\d+"
)
NUMBER = re.compile(r"RE(20\d\d)(\d{6})")

# What columns are called, written small and without anything but letters and digits.
HEADINGS = {
    "date": ("buchungstag", "buchungsdatum", "buchung", "datum", "bookingdate", "date", "valuta"),
    "amount": ("betrag", "betrageur", "umsatz", "umsatzineur", "amount", "betragineur", "wert€"),
    "debit": ("soll", "lastschrift", "ausgang", "debit"),
    "credit": ("haben", "gutschrift", "eingang", "credit"),
    "currency": ("wahrung", "waehrung", "currency"),
    "payer": (
        "beguenstigterzahlungspflichtiger",
        "begunstigterzahlungspflichtiger",
        "namezahlungsbeteiligter",
        "zahlungspflichtiger",
        "zahlungspflichtigerr",
        "auftraggeberempfanger",
        "auftraggeberempfaenger",
        "begunstigterauftraggeber",
        "beguenstigterauftraggeber",
        "auftraggeber",
        "auftraggebername",
        "name",
        "payer",
    ),
    "iban": (
        "kontonummeriban",
        "ibanzahlungsbeteiligter",
        "iban",
        "kontonummer",
        "ibankontonummer",
        "payeriban",
    ),
    "purpose": ("buchungstext", "zahlungsgrund", "purpose", "text", "vwz"),
    "reference": (
        "kundenreferenzendtoend",
        "kundenreferenz",
        "endtoendreferenz",
        "bankreferenz",
        "referenz",
        "reference",
    ),
    "state": ("info", "status", "state"),
}
PURPOSES = re.compile(r"(verwendungszweck|vwz)\d*")  # some banks have one column a line
PENDING = ("vorgemerkt", "pending", "vormerk")


@dataclass(frozen=True)
class BankLine:
    """Money that came in. `fingerprint` is the same whenever the line is read again."""

    received_on: date
    amount: Decimal
    currency: str
    payer: str
    purpose: str
    reference: str
    fingerprint: str


@dataclass(frozen=True)
class BankFile:
    """What a file holds; money that went out and lines not booked yet are counted only."""

    lines: list[BankLine]
    outgoing: int
    pending: int


def read_bank_file(data: bytes) -> BankFile:
    """Return what came in; raises BadFile with every problem that was found."""
    if len(data) > MOST_BYTES:
        raise BadFile([_("The file is larger than 5 MB.")])
    rows = _rows(_text(data))
    start, columns = _headings(rows)
    lines, problems, outgoing, pending = [], [], 0, 0
    seen: Counter[tuple] = Counter()
    rows = _without_foot(rows, columns)
    for number, row in enumerate(rows[start + 1 :], start=start + 2):
        if not any(cell.strip() for cell in row):
            continue
        try:
            if _is_pending(row, columns):
                pending += 1
                continue
            found = _line(row, columns)
        except ValueError as problem:
            problems.append(
                _("Line %(number)d: %(problem)s") % {"number": number, "problem": problem}
            )
            if len(problems) >= MOST_PROBLEMS:
                break
            continue
        if found is None:
            outgoing += 1
            continue
        # The same words twice in one file are two payments; the second is told apart by its count.
        seen[found] += 1
        day, amount, currency, payer, purpose, _iban, reference = found
        fingerprint = _fingerprint(found, seen[found])
        lines.append(BankLine(day, amount, currency, payer, purpose, reference, fingerprint))
    if problems:
        raise BadFile(problems)
    return BankFile(lines, outgoing, pending)


def invoice_numbers(purpose: str) -> list[str]:
    """Return the invoice numbers in a purpose, however they are written or broken.

    >>> invoice_numbers("Rechnung re 2026 0000 01 vom 1.4., RE-2026-000002")
    ['RE-2026-000001', 'RE-2026-000002']
    """
    squeezed = re.sub(r"[^A-Z0-9]", "", purpose.upper())
    found = [f"RE-{year}-{number}" for year, number in NUMBER.findall(squeezed)]
    return list(dict.fromkeys(found))


def _text(data: bytes) -> str:
    wide = data[:2] in {b"\xff\xfe", b"\xfe\xff"}
    for encoding in ["utf-16"] if wide else ["utf-8-sig", "cp1252"]:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text
    raise BadFile([_("This is no text file. Export the transactions as CSV.")])


def _rows(text: str) -> list[list[str]]:
    """Return the cells by the delimiter that makes most columns."""
    head = "\n".join(text.splitlines()[:MOST_ABOVE])
    delimiter = max(";,\t|", key=head.count)
    # csv's own limit is for good reasons; a cell beyond it is an unclosed quote.
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as problem:
        raise BadFile([_("The file is no whole CSV file: a quote is not closed.")]) from problem
    if len(rows) > MOST_ROWS:
        raise BadFile([_("The file has more than 50,000 lines.")])
    if any(len(row) > 200 for row in rows):
        raise BadFile([_("The file has lines of more than 200 columns.")])
    return rows


def _headings(rows: Sequence[Sequence[str]]) -> tuple[int, dict[str, list[int]]]:
    """Return the row of the headings, and for each thing we need its columns."""
    best: dict[str, list[int]] = {}
    for place, row in enumerate(rows[:MOST_ABOVE]):
        columns = _columns(row)
        if "date" in columns and ("amount" in columns or "credit" in columns):
            if "purpose" not in columns:
                best = columns
                continue
            return place, columns
        if len(columns) > len(best):
            best = columns
    names = {
        "date": _("booking date (Buchungstag)"),
        "amount": _("amount (Betrag)"),
        "purpose": _("purpose (Verwendungszweck)"),
    }
    missing = [words for name, words in names.items() if name not in best]
    raise BadFile([_("These columns were not found: %(names)s.") % {"names": ", ".join(missing)}])


def _without_foot(rows: list[list[str]], columns: dict[str, list[int]]) -> list[list[str]]:
    """Leave out what some banks write at the end, as the balance: lines without a date."""
    end = len(rows)
    while end and not any(sign.isdigit() for sign in _cell(rows[end - 1], columns, "date")):
        end -= 1
    return rows[:end]


def _columns(row: Iterable[str]) -> dict[str, list[int]]:
    names = [_plain(cell) for cell in row]
    columns: dict[str, list[int]] = {}
    for what, known in HEADINGS.items():
        # In the order of the known names: the better name wins where a file has both.
        places = [place for name in known for place, cell in enumerate(names) if cell == name]
        if what == "purpose":
            parts = [place for place, cell in enumerate(names) if PURPOSES.fullmatch(cell)]
            places = parts or places[:1]
        if places:
            columns[what] = places
    if "amount" in columns and len(columns.get("currency", ())) > 1:
        # One stands behind the balance, another behind the amount.
        amount = columns["amount"][0]
        columns["currency"].sort(key=lambda place: (place < amount, place))
    return columns


def _plain(heading: str) -> str:
    small = heading.strip().lower().replace("ä", "a").replace("ö", "o").replace("ü", "u")
    small = small.replace("(€)", "").replace("*", "")
    return re.sub(r"[^a-z0-9]", "", small)


def _cell(row: Sequence[str], columns: dict[str, list[int]], what: str) -> str:
    places = columns.get(what, [])
    return row[places[0]].strip() if places and places[0] < len(row) else ""


def _is_pending(row: Sequence[str], columns: dict[str, list[int]]) -> bool:
    """Whether the bank has not booked it yet: it comes again, perhaps in other words."""
    state = _cell(row, columns, "state").lower()
    return any(word in state for word in PENDING)


def _line(row: Sequence[str], columns: dict[str, list[int]]) -> tuple | None:
    """Return day, amount, currency, payer, purpose, IBAN and reference; None for money out."""
    if any(len(cell) > CELL for cell in row):
        raise ValueError(_("a cell has more than 1,000 characters"))
    amount = _amount(row, columns)
    if amount <= 0:
        return None
    day = parse_day(_cell(row, columns, "date"))
    currency = (_cell(row, columns, "currency") or "EUR").upper().replace("€", "EUR")
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise ValueError(_("“%(text)s” is no currency") % {"text": currency[:20]})
    purpose = " ".join(
        row[place].strip() for place in sorted(columns["purpose"]) if place < len(row)
    )
    return (
        day,
        amount,
        currency,
        _words(_cell(row, columns, "payer"))[:200],
        _words(purpose)[:CELL],
        _words(_cell(row, columns, "iban")),
        _words(_cell(row, columns, "reference"))[:140],
    )


def _amount(row: Sequence[str], columns: dict[str, list[int]]) -> Decimal:
    if "amount" in columns:
        return parse_amount(_cell(row, columns, "amount"))
    came = _cell(row, columns, "credit")
    return abs(parse_amount(came)) if came else Decimal(0)


def parse_amount(text: str) -> Decimal:
    """Return the amount, with a comma or a point before the cents; raises ValueError.

    >>> parse_amount("1.234,50 €"), parse_amount("-1,234.50"), parse_amount("12,00-")
    (Decimal('1234.50'), Decimal('-1234.50'), Decimal('-12.00'))
    """
    plain = re.sub(r"\s|€|EUR", "", text).replace("−", "-")
    if plain.endswith("-"):
        plain = f"-{plain[:-1]}"
    if not AMOUNT.fullmatch(plain) or len(plain) > 18 or not plain.isascii():
        raise ValueError(_("“%(text)s” is no amount") % {"text": text[:40]})
    if re.search(r",\d{1,2}$", plain):
        plain = plain.replace(".", "").replace(",", ".")
    return Decimal(plain.replace(",", "").replace("'", ""))


def parse_day(text: str) -> date:
    """Return the day; raises ValueError for what is none.

    >>> parse_day("05.03.26"), parse_day("2026-03-05")
    (datetime.date(2026, 3, 5), datetime.date(2026, 3, 5))
    """
    for form in ("%d.%m.%Y", "%d.%m.%y", "%Y-%m-%d", "%d/%m/%Y"):
        try:
            day = datetime.strptime(text, form).date()  # noqa: DTZ007 a day has no zone
        except ValueError:
            continue
        if 1990 <= day.year <= 2200:
            return day
    raise ValueError(_("“%(text)s” is no date") % {"text": text[:40]})


def _words(text: str) -> str:
    return " ".join(text.split())


def _fingerprint(found: tuple, count: int) -> str:
    parts = [str(part) for part in (*found, count)]
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
