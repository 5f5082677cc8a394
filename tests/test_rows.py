"""The dashboard's rows: one for each state, and nothing typed becomes markup."""

import re
from datetime import date
from html.parser import HTMLParser

import pytest
from django.utils.safestring import SafeString, mark_safe

from subscriptions.rows import table_rows

WORDS = {
    "customer": "Customer",
    "seats": "Number of users",
    "status": "Status",
    "payment": "Next payment date",
    "manage": "Manage",
    "signatures": "Open signatures",
    "ends_on": "ends on %s",
    "ended_on": "ended on %s",
    "none": "none",
    "trial": "Trial",
    "active": "Active",
    "on_hold": "On hold",
    "ended": "Ended",
    "m365": "Microsoft 365",
    "gws": "Google Workspace",
}
ICONS = {
    state: mark_safe(f"<svg>{state}</svg>") for state in ("trial", "active", "on_hold", "ended")
}
ACTIVE = ("S-7K3M92QF", "Bakery", "m365", 1234, "active", date(2026, 4, 16), None, None)
HOSTILE = "<script>alert(\"1\")</script> & 'x'"


class Row(HTMLParser):
    """What a browser reads: the tags, the links, and the text."""

    def __init__(self, html: str):
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes |= {name for name, _value in attrs}
        self.links += [value for name, value in attrs if name == "href"]

    def handle_data(self, data):
        self.words += data


def rows(*given: tuple, words=WORDS, language="en", base="/subscriptions/") -> SafeString:
    return table_rows(given, base=base, words=words, icons=ICONS, language=language)


def test_a_row_reads_as_a_whole():
    assert rows(ACTIVE) == (
        '<tr><th scope="row" data-label="Customer">'
        '<a href="/subscriptions/S-7K3M92QF/">Bakery</a>'
        ' <span class="product">Microsoft 365</span></th>'
        '<td class="number" data-label="Number of users">1,234</td>'
        '<td data-label="Status"><span class="state state-active"><svg>active</svg>Active</span>'
        "</td>"
        '<td class="number" data-label="Next payment date">16 Apr 2026</td>'
        '<td class="row-actions">'
        '<a href="/subscriptions/S-7K3M92QF/signatures/">Open signatures'
        '<span class="visually-hidden"> Bakery</span></a>'
        ' <a href="/subscriptions/S-7K3M92QF/">Manage'
        '<span class="visually-hidden"> Bakery</span></a></td></tr>\n'
    )


@pytest.mark.parametrize(
    ("state", "payment", "cancel_on", "ended_on", "status", "paid"),
    [
        ("trial", date(2026, 3, 16), None, None, "Trial", "16.03.2026"),
        ("trial", None, date(2026, 3, 16), None, "Trial ends on 16.03.2026", "none"),
        ("active", date(2026, 4, 5), None, None, "Active", "05.04.2026"),
        ("active", None, date(2026, 4, 5), None, "Active ends on 05.04.2026", "none"),
        ("on_hold", None, None, None, "On hold", "none"),
        ("on_hold", None, date(2026, 4, 5), None, "On hold ends on 05.04.2026", "none"),
        ("ended", None, None, date(2026, 3, 1), "Ended ended on 01.03.2026", "none"),
        ("ended", None, date(2026, 4, 5), date(2026, 3, 1), "Ended ended on 01.03.2026", "none"),
    ],
)
def test_each_state_says_what_it_is_and_what_comes_next(
    state, payment, cancel_on, ended_on, status, paid
):
    html = rows(("S-1", "Bakery", "gws", 3, state, payment, cancel_on, ended_on), language="de")
    cells = [Row(cell).words for cell in re.findall(r"<t[hd][^>]*>.*?</t[hd]>", html)]
    assert cells == [
        "Bakery Google Workspace",
        "3",
        state + status,
        paid,
        "Open signatures Bakery Manage Bakery",
    ]
    assert f'<span class="state state-{state}">' in html


def test_no_rows_are_nothing_and_several_stand_in_their_order():
    assert rows() == ""
    first, second = ("S-1", *ACTIVE[1:]), ("S-2", *ACTIVE[1:])
    assert rows(first, second) == rows(first) + rows(second)
    assert isinstance(rows(ACTIVE), SafeString)


@pytest.mark.parametrize("column", [0, 1])
def test_whatever_stands_in_a_text_column_comes_out_as_text(column):
    plain, hostile = Row(rows(ACTIVE)), list(ACTIVE)
    hostile[column] = HOSTILE
    html = rows(tuple(hostile))
    read = Row(html)
    assert (read.tags, read.attributes) == (plain.tags, plain.attributes)
    assert "<script" not in html
    if column == 0:
        address = f"/subscriptions/{HOSTILE}/"
        assert read.links == [address, address + "signatures/", address]
    else:
        assert read.words == plain.words.replace("Bakery", HOSTILE)
        escaped = "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#x27;x&#x27;"
        assert html.count(escaped) == 3


@pytest.mark.parametrize("word", sorted(WORDS))
def test_whatever_stands_in_a_label_comes_out_as_text(word):
    ended = (*ACTIVE[:2], "gws", 1, "ended", None, None, date(2026, 3, 1))
    ending = (*ACTIVE[:4], "trial", None, date(2026, 3, 1), None)
    held = (*ACTIVE[:4], "on_hold", None, None, None)
    given = (ACTIVE, ended, ending, held)
    text = f"{HOSTILE} %s" if "%s" in WORDS[word] else HOSTILE
    plain, read = Row(rows(*given)), Row(rows(*given, words=WORDS | {word: text}))
    assert (read.tags, read.attributes) == (plain.tags, plain.attributes)
    assert "<script" not in rows(*given, words=WORDS | {word: text})


def test_the_lists_address_comes_out_as_an_attribute():
    read = Row(rows(ACTIVE, base='/x"><script>/'))
    assert read.tags == Row(rows(ACTIVE)).tags
    assert read.links[0] == '/x"><script>/S-7K3M92QF/'
