"""Tables that people upload: CSV as spreadsheets write it, and XLSX. Pure: bytes in, rows out.

What is uploaded comes from strangers: its size is known before anything is unpacked, nothing in it
is computed or followed, and whatever a reader stumbles over becomes `Unreadable`.
"""

import csv
import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

MOST_BYTES = 5 * 1024 * 1024
MOST_UNPACKED = 40 * 1024 * 1024
MOST_PARTS = 500
MOST_COLUMNS = 50
MOST_LETTERS = 500
MOST_LINES = 100_001  # the heading and empty ones counted in
DELIMITERS = ";,\t|"

REASONS = {
    "size": _("The file is larger than 5 MB. Split it into several."),
    "empty": _("There is nothing in the file."),
    "kind": _("This is neither a CSV nor an Excel file. Save the table as one of the two."),
    "old_excel": _(
        "This is an old (.xls) or a protected Excel file. Save it as an Excel workbook (.xlsx)"
        " without a password, or as CSV."
    ),
    "macros": _(
        "The file contains macros or embedded objects. Save it as an Excel workbook (.xlsx)"
        " without them, or as CSV."
    ),
    "unpacked": _("Unpacked, the Excel file is larger than 40 MB. Save the table alone, as CSV."),
    "broken": _("The file is damaged. Save the table once more, as Excel (.xlsx) or CSV."),
    "letters": _("The letters of the file cannot be read. Save it as CSV in UTF-8."),
    "quote": _("In line %(line)s a quotation mark is opened but not closed, or stands inside."),
    "rows": _("The file has more than %(most)s rows. Split it into several."),
    "columns": _("Row %(line)s has more than 50 columns. Remove what is not needed."),
    "cell": _("A cell in row %(line)s has more than 500 characters. Shorten it."),
}


class Unreadable(Exception):
    """Why a file is no table to us: a key of REASONS, and what its words name."""

    def __init__(self, reason: str, **named: int):
        self.reason, self.named = reason, named

    @property
    def words(self) -> str:
        return str(REASONS[self.reason]) % self.named


class Row(NamedTuple):
    """A row that has something in it; `number` is the one a spreadsheet shows beside it."""

    number: int
    cells: list[str]


def read_table(data: bytes, *, most_rows: int, most_bytes: int = MOST_BYTES) -> list[Row]:
    """Return the rows of a CSV or XLSX file, the heading first. Raises Unreadable.

    >>> [row.cells for row in read_table("Kunde;Benutzer\\nÄpfel;1".encode("cp1252"), most_rows=9)]
    [['Kunde', 'Benutzer'], ['Äpfel', '1']]
    """
    if len(data) > most_bytes:
        raise Unreadable("size")
    if data.startswith(b"PK"):
        found: Iterator[Iterable[object]] = _sheet_rows(data)
    elif data.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable("old_excel")
    else:
        found = _csv_rows(text_of(data))
    rows: list[Row] = []
    for number, values in enumerate(found, start=1):
        if number > MOST_LINES:
            raise Unreadable("rows", most=most_rows)
        cells = [_plain(value) for value in values]
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            continue
        if len(cells) > MOST_COLUMNS:
            raise Unreadable("columns", line=number)
        if any(len(cell) > MOST_LETTERS for cell in cells):
            raise Unreadable("cell", line=number)
        if len(rows) > most_rows:  # one more than that is the heading
            raise Unreadable("rows", most=most_rows)
        rows.append(Row(number, cells))
    if not rows:
        raise Unreadable("empty")
    return rows


def text_of(data: bytes) -> str:
    """Return a text file's text: UTF-8 with or without mark, UTF-16, or Windows-1252."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif data[1:2] == b"\0":
        encodings = ["utf-16-le"]
    elif data[:1] == b"\0":
        encodings = ["utf-16-be"]
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if re.search(r"[\x00-\x08\x0e-\x1f]", text):
            raise Unreadable("kind")
        return text
    raise Unreadable("letters")


def _csv_rows(text: str) -> Iterator[list[str]]:
    head, _newline, rest = text.partition("\n")
    if named := re.fullmatch(r'"?sep=(.)"?\r?', head, re.IGNORECASE):  # Excel's own first line
        delimiter, text = named[1], rest
    else:
        outside = Counter(re.sub(r'"[^"]*"', "", head))
        delimiter = max(DELIMITERS, key=lambda each: outside[each])
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        yield from reader
    except csv.Error:
        raise Unreadable("quote", line=reader.line_num) from None


def _sheet_rows(data: bytes) -> Iterator[Iterable[object]]:
    _check_parts(data)
    # Here, not above: it is large, and loads lxml where that is installed.
    from openpyxl import load_workbook

    # A stranger's file can make the reader fail in any way there is: all of them mean one thing.
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        sheet = next(each for each in book.worksheets if each.sheet_state == "visible")
        sheet.reset_dimensions()  # what the file claims of its size is not believed
        yield from sheet.iter_rows(max_col=MOST_COLUMNS + 1, values_only=True)
    except Unreadable:
        raise
    except Exception as problem:
        raise Unreadable("broken") from problem


def _check_parts(data: bytes) -> None:
    """Refuse, by the archive's directory alone, what is no plain workbook or unpacks to too much.

    Python's reader never unpacks more of a part than its directory says.
    """
    try:
        parts = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise Unreadable("broken") from None
    names = [part.filename.lower() for part in parts]
    if "[content_types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise Unreadable("kind")
    forbidden = ("vbaproject", "/embeddings/", "/activex/", "/externallinks/", "/macrosheets/")
    if any(word in name for name in names for word in forbidden):
        raise Unreadable("macros")
    if any(part.flag_bits & 1 for part in parts):
        raise Unreadable("old_excel")
    ordinary = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
    if len(parts) > MOST_PARTS or any(part.compress_type not in ordinary for part in parts):
        raise Unreadable("broken")
    if sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise Unreadable("unpacked")


def _plain(cell: object) -> str:
    """Return a cell as somebody would type it; what our own exports disarmed is as it was."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        cell = int(cell)
    if isinstance(cell, datetime):
        cell = cell.date()
    text = cell.isoformat() if isinstance(cell, date) else str(cell)
    text = text.strip()
    return text[1:] if re.match(r"'[=+\-@]", text) else text
