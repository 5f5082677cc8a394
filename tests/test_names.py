"""What a name and an address may be, and by which keys they are compared and sorted."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as some

from reseller_portal.names import (
    email_key,
    holds_control_characters,
    name_key,
    sort_key,
    tidy,
)

NAMES = some.text(max_size=40)


def test_look_alikes_of_a_letter_are_no_address():
    with pytest.raises(ValueError, match="address"):
        email_key("\u212aelvin@firma.example")


@pytest.mark.parametrize(
    ("name", "tidied"),
    [
        ("  Bäckerei \t Sonne\n", "Bäckerei Sonne"),
        ("Bäckerei\u00a0\u2009Sonne", "Bäckerei Sonne"),
        ("Ba\u0308ckerei", "Bäckerei"),
        (" \n ", ""),
        ("", ""),
    ],
)
def test_a_tidy_name_has_single_blanks_and_whole_letters(name, tidied):
    assert tidy(name) == tidied


@pytest.mark.parametrize(
    "spelling",
    ["BÄCKEREI Sonne", " bäckerei  sonne", "Ba\u0308ckerei Sonne", "Bäckerei\u00a0SONNE"],
)
def test_spellings_of_one_name_share_a_key(spelling):
    assert name_key(spelling) == name_key("Bäckerei Sonne") == "bäckerei sonne"


def test_different_names_have_different_keys():
    names = ["Bäckerei Sonne", "Backerei Sonne", "BäckereiSonne", "Bäckerei Sonne GmbH"]
    assert len({name_key(name) for name in names}) == 4
    assert name_key("Straße") == name_key("STRASSE")


def test_names_sort_as_a_german_reader_expects():
    names = ["Zoo", "Öl", "Ohm", "apfel", "Äpfel", "Ärzte", "Straße", "Strasse 2", "Łódź", "Lodge"]
    assert sorted(names, key=sort_key) == [
        "apfel",
        "Äpfel",
        "Ärzte",
        "Lodge",
        "Łódź",
        "Ohm",
        "Öl",
        "Straße",
        "Strasse 2",
        "Zoo",
    ]
    assert [sort_key(name) for name in ("Ångström", "Œuvre", "Smørrebrød", "ÆRØ")] == [
        "angstrom",
        "oeuvre",
        "smorrebrod",
        "aero",
    ]


@given(NAMES)
def test_keys_of_a_name_do_not_depend_on_how_it_was_typed(name):
    for typed in (f"  {name}\t", unicodedata.normalize("NFD", name), tidy(name)):
        assert tidy(typed) == tidy(name)
        assert name_key(typed) == name_key(name)
        assert sort_key(typed) == sort_key(name)
    assert tidy(tidy(name)) == tidy(name)


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("Clara@Brot.Example", "clara@brot.example"),
        ("  clara@brot.example\n", "clara@brot.example"),
        ("clara+news@brot.example", "clara+news@brot.example"),
        ("clara@HafenBäckerei.example", "clara@xn--hafenbckerei-lcb.example"),
        ("clara@hafenba\u0308ckerei.example", "clara@xn--hafenbckerei-lcb.example"),
        ("clara@XN--HAFENBCKEREI-LCB.example", "clara@xn--hafenbckerei-lcb.example"),
        ("clara@straße.example", "clara@xn--strae-oqa.example"),
        ("clara@\uff42rot.example", "clara@brot.example"),
        ("c@x", "c@x"),
    ],
)
def test_an_address_is_unique_by_its_lower_case_and_its_domain_in_ascii(address, key):
    assert email_key(address) == key
    assert email_key(key) == key


@pytest.mark.parametrize(
    "address",
    [
        "",
        "clara",
        "@brot.example",
        "clara@",
        "jörg@firma.example",
        "clara@brot..example",
        "clara@.example",
        "clara@-brot.example",
        "clara@br ot.example",
        "clara@" + "a" * 64 + ".example",
        "clara@xn--.example",
        "cl\u0430ra@brot.example",
    ],
)
def test_what_is_no_address_is_refused(address):
    with pytest.raises(ValueError, match="not an e-mail address"):
        email_key(address)


@given(some.text(max_size=30), some.text(max_size=30))
def test_any_text_is_an_ascii_key_that_stays_or_is_refused(local, domain):
    try:
        key = email_key(f"{local}@{domain}")
    except ValueError:
        return
    assert key.isascii()
    assert key == key.lower()
    assert email_key(key) == key


@pytest.mark.parametrize("letter", "\n\r\t\0\x7f\u202e\u2066\u200f\u2028\u2029\ud800\ufeff")
def test_a_line_break_or_a_mark_that_turns_the_writing_is_noticed(letter):
    assert holds_control_characters(f"Clara{letter}Brot")


@pytest.mark.parametrize("name", ["Clara Brot", "Jörg O’Neill-Ångström", "李 明", "🍞 Brot", ""])
def test_an_ordinary_name_holds_none(name):
    assert not holds_control_characters(name)
