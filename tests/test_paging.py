"""The place of a page in an address: read back exactly, or not at all."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as some

from subscriptions.paging import Place, read_place, write_place

# What a row may be sorted by: text as PostgreSQL holds it, or a whole number.
WORDS = some.text(some.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=200)
NUMBERS = some.integers(-(2**31) + 1, 2**31 - 1)
PLACES = some.builds(
    Place, WORDS | NUMBERS, some.integers(-(2**63) + 1, 2**63 - 1), some.booleans()
)


def packed(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@given(PLACES)
def test_a_place_comes_back_from_an_address_as_it_was_written(place):
    written = write_place(place)
    assert read_place(written) == place
    assert set(written) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def test_a_place_keeps_letters_numbers_and_direction():
    for place in (
        Place("äpfel & birnen", 7),
        Place("2026-03-16", 7, backwards=True),
        Place(0, 1),
        Place("", 2**63 - 1),
        Place("🍎", 1),
    ):
        read = read_place(write_place(place))
        assert (read, type(read.value), type(read.backwards)) == (place, type(place.value), bool)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "!",
        "ä",
        "A",
        packed(""),
        packed("null"),
        packed("7"),
        packed('"abc"'),
        packed('["a",7]'),
        packed('["a",7,0,0]'),
        packed('{"value":"a","id":7,"backwards":0}'),
        packed('["a","7",0]'),
        packed('["a",7.0,0]'),
        packed('["a",true,0]'),
        packed("[true,7,0]"),
        packed("[null,7,0]"),
        packed("[1.5,7,0]"),
        packed("[NaN,7,0]"),
        packed('[["a"],7,0]'),
        packed('["a",7,2]'),
        packed('["a",7,"x"]'),
        packed('["a",7,true]'),
        packed('["a",7,{"x":1}]'),
        packed('["a", 7, 0]'),
        packed('["a",9223372036854775808,0]'),
        packed("[2147483648,7,0]"),
        packed('["a\\u0000",7,0]'),
        packed('["\\ud800",7,0]'),
        packed("[" * 50_000),
        packed('["a",' + "9" * 5_000 + ",0]"),
        base64.urlsafe_b64encode(b'["\xff",7,0]').decode(),
        "!!" + write_place(Place("a", 7)),
        write_place(Place("a", 7)) + "=",
    ],
)
def test_what_no_page_wrote_is_no_place(text):
    assert read_place(text) is None


@given(some.text(max_size=80))
def test_any_text_is_a_place_or_none_and_never_an_error(text):
    for guess in (text, packed(text.encode("utf-8", "replace").decode())):
        place = read_place(guess)
        assert place is None or write_place(place) == guess
