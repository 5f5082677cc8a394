"""The script for a transport rule: names and designs stay text, and the limit holds."""

import re

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from audit.actor import SYSTEM
from rollout.operations import publish
from rollout.transport_rule import (
    TooLong,
    longest_expansion,
    make_rule,
    quoted,
    token_values,
    tokens_in,
)
from tests.designs import say, text

QUOTES = "'\u2018\u2019\u201a\u201b"  # each of them ends a text in single quotes


def read_string(source: str) -> tuple[str, str]:
    """Read one text in single quotes as PowerShell's grammar has it: (text, what follows)."""
    assert source[0] in QUOTES
    text, at = "", 1
    while True:
        sign = source[at]
        if sign in QUOTES:
            if at + 1 < len(source) and source[at + 1] in QUOTES:
                text, at = text + sign, at + 2
                continue
            return text, source[at + 1 :]
        text, at = text + sign, at + 1


def assigned(script: str) -> dict[str, str]:
    """Read the three assignments at the script's beginning; nothing else may stand there."""
    found = {}
    rest = script[script.index("$name = ") :]
    for name in ("name", "html", "marker"):
        assert rest.startswith(f"${name} = ")
        found[name], rest = read_string(rest[len(f"${name} = ") :])
        assert rest.startswith("\r\n")
        rest = rest[2:]
    assert rest.startswith("Connect-ExchangeOnline\r\n")
    return found


@given(st.text())
def test_whatever_a_text_says_it_ends_where_it_ends(text):
    read, rest = read_string(quoted(text))
    assert rest == ""
    assert read == re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", " ", text)


@pytest.mark.parametrize(
    "evil",
    [
        "'; Remove-Mailbox -Identity *; '",
        "\u2019; calc; \u2018",
        "$(Remove-Item C:/)",
        "`'; calc #",
        "x\r\n'@\r\ncalc",
        "{name} {0} %s",
    ],
)
def test_names_and_html_run_nothing(evil):
    rule = make_rule(f"<b>{evil}</b>", name=evil, marker="sig-D-1")
    found = assigned(rule.script)
    clean = evil.replace("\r", " ").replace("\n", " ")
    assert found["name"] == clean
    assert f"<b>{clean}</b>" in found["html"]
    assert found["marker"] == "sig-D-1"
    assert rule.script.count("\r\n") == make_rule("", name="", marker="x").script.count("\r\n")


def test_the_limit_counts_the_longest_that_exchange_may_fill_in():
    fits = make_rule("x" * 4_000 + "%%DisplayName%%", name="n", marker="m")
    assert fits.written < 4_100
    assert fits.at_worst > 4_256
    with pytest.raises(TooLong) as refusal:
        make_rule("x" * 4_000 + "%%Street%%", name="n", marker="m")
    assert refusal.value.length > 5_000
    assert longest_expansion("%%unknown%%") == 11


def test_every_token_is_one_that_exchange_knows():
    html = " ".join(token_values({}).values())
    assert set(tokens_in(html)) <= {
        "DisplayName", "FirstName", "LastName", "Title", "Department", "Email",
        "PhoneNumber", "MobileNumber", "FaxNumber", "Street", "ZipCode", "City", "Country",
        "Office",
    }  # fmt: skip


def test_the_page_gives_the_script_of_a_published_design(client, cast):
    client.force_login(cast.clara)
    address = reverse("transport_rule", args=[cast.bakery.code])
    page = client.get(address).content.decode()
    assert "%%DisplayName%%" in page
    answer = client.post(address)
    assert answer.content.startswith(b"\xef\xbb\xbf")
    found = assigned(answer.content.decode("utf-8-sig"))
    assert "%%Title%%" in found["html"]
    assert "mailto:%%Email%%" in found["html"]
    assert "Hafenbäckerei" in found["name"]
    assert found["marker"] in found["html"]


def test_a_design_that_is_too_long_is_refused_with_its_length(client, cast):
    client.force_login(cast.clara)
    design = cast.bakery.designs.get()
    publish(design=say(design, text("{{ name }}\n{{ title }}\n" * 20)), by=SYSTEM)
    address = reverse("transport_rule", args=[cast.bakery.code])
    page = client.post(address)
    assert "it takes at most 5,000" in page.content.decode()
    assert "Content-Disposition" not in page.headers
