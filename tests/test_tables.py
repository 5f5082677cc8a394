"""Uploaded tables: read as spreadsheets write them, refused in words when they are none."""

import csv
import io
import zipfile

import pytest
from openpyxl import Workbook

from reseller_portal.files import csv_lines
from reseller_portal.tables import REASONS, Unreadable, read_table

ROWS = [["Kunde", "Benutzer"], ["Müßig & Söhne", "12"]]
TEXT = "Kunde;Benutzer\r\nMüßig & Söhne;12\r\n"


def rows(data: bytes, most_rows: int = 10) -> list[list[str]]:
    return [row.cells for row in read_table(data, most_rows=most_rows)]


def book(*lines, add=None) -> bytes:
    workbook = Workbook()
    for line in lines:
        workbook.active.append(line)
    file = io.BytesIO()
    workbook.save(file)
    if add:
        with zipfile.ZipFile(file, "a") as parts:
            for name, content in add.items():
                parts.writestr(name, content, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def reworked(data: bytes, name: str, change) -> bytes:
    """Return a workbook with one part rewritten."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w") as new:
        for part in old.infolist():
            content = old.read(part)
            new.writestr(part.filename, change(content) if part.filename == name else content)
    return file.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_every_spreadsheets_csv_reads_the_same(encoding, delimiter):
    assert rows(TEXT.replace(";", delimiter).encode(encoding)) == ROWS


def test_excels_own_first_line_names_the_delimiter():
    assert rows(b"sep=,\r\n" + b"a,b;c\r\n1,2") == [["a", "b;c"], ["1", "2"]]


def test_rows_keep_the_numbers_a_spreadsheet_shows():
    found = read_table(b'a;b\r\n\r\n"two\nlines";2\r\n;;\r\nx;3', most_rows=10)
    assert [(row.number, row.cells) for row in found] == [
        (1, ["a", "b"]),
        (3, ["two\nlines", "2"]),
        (5, ["x", "3"]),
    ]


def test_a_workbook_reads_as_it_looks():
    assert rows(book(["Kunde", "Benutzer"], [], ["Müßig & Söhne", 12.0])) == ROWS


def test_what_our_own_exports_disarmed_is_read_as_it_was():
    text = "".join(csv_lines(["a"], [["=1+1 GmbH"], ["-5"], ["'s Hoekje"]]))
    assert rows(text.encode()) == [["a"], ["=1+1 GmbH"], ["-5"], ["'s Hoekje"]]


LIE = b'<dimension ref="A1:XFD1048576"/>'
BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    b'<row r="1"><c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row></sheetData></worksheet>'
)
SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"\r\n;;;\r\n", "empty"),
        (b"a" * (5 * 1024 * 1024 + 1), "size"),
        (b"%PDF-1.7\n%\x00\x01", "kind"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "kind"),
        (b"a;b\nnul\x00;1", "kind"),
        (b"a;b\n\x81;1", "letters"),
        (b"\xff\xfea", "letters"),
        (b'a;b\n"open;1\n2;3', "quote"),
        (b"a;b\n" + b"x" * 501 + b";1", "cell"),
        (b"a;" * 200_000, "columns"),
        (b'a\n"' + b"x" * 2_000_000 + b'"', "quote"),
        (b"a\n" + b"1\n" * 11, "rows"),
        (b"\n" * 200_000 + b"a", "rows"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old_excel"),
        (b"PK\x03\x04 broken", "broken"),
        (book(["a"], add={"xl/vbaProject.bin": b"x"}), "macros"),
        (book(["a"], add={"xl/embeddings/oleObject1.bin": b"x"}), "macros"),
        (book(["a"], add={"xl/media/big.bin": b"\0" * (41 * 1024 * 1024)}), "unpacked"),
        (book(["a"], add={f"xl/{n}": b"" for n in range(600)}), "broken"),
        (book(["a"])[:-200], "broken"),
        (reworked(book(["a"]), SHEET, lambda content: BOMB), "broken"),
        (reworked(book(["a"]), SHEET, lambda content: content[:200]), "broken"),
        (reworked(book(["a"]), "xl/workbook.xml", lambda content: b"<x/>"), "broken"),
        (
            reworked(book(["a"]), SHEET, lambda xml: xml.replace(b'r="1"', b'r="99999999"')),
            "rows",
        ),
        (book(["a"], *([n] for n in range(11))), "rows"),
        (book(["a"] * 60), "columns"),
    ],
)  # fmt: skip
def test_what_is_no_table_or_too_much_of_one_is_refused_in_words(data, reason):
    with pytest.raises(Unreadable) as refusal:
        read_table(data, most_rows=10)
    assert refusal.value.reason == reason
    assert refusal.value.words
    assert "%" not in refusal.value.words


def test_a_zip_without_a_workbook_is_no_table():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as parts:
        parts.writestr("table.csv", "a;b")
    with pytest.raises(Unreadable) as refusal:
        read_table(file.getvalue(), most_rows=10)
    assert refusal.value.reason == "kind"


def test_a_workbook_that_lies_about_its_size_is_read_as_far_as_it_goes():
    def lie(content):
        return content.replace(b"<sheetData>", LIE + b"<sheetData>")

    assert rows(reworked(book(["a"], ["b"]), SHEET, lie)) == [["a"], ["b"]]


def test_every_reason_has_words():
    assert all(str(words) for words in REASONS.values())
    assert csv.field_size_limit() == 131_072
