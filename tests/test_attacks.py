"""What strangers type, send and forge: never a failure of ours, never a change by looking.

`DEEP=1` plays every string of the Big List of Naughty Strings in every field of every form; without
it each field gets a sample of its own.
"""

import io
import json
import os
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import count
from pathlib import Path
from urllib.parse import urlencode, urljoin, urlsplit
from wsgiref.util import setup_testing_defaults

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from reseller_portal.wsgi import application
from tests.test_doors import DOORS, addresses, sign_in  # noqa: F401 a fixture

NAUGHTY = [
    *json.loads((Path(__file__).parent / "data/naughty/blns.json").read_text(encoding="utf-8")),
    "a\0b",
    "x" * 10_000,
    "‮txt.exe",
    "=?utf-8?b?DQpCY2M6IHhAZXhhbXBsZS5vcmc=?=",
    "9" * 400,
    "-1",
    "2026-02-30",
    "0000-00-00",
    "<img src=x onerror=alert(1)>",
]
FINE = {200, 302, 400, 403, 404, 413, 415, 422, 429}
NOT_HERE = {"logout", "hat"}
DEEP = bool(os.environ.get("DEEP"))
SAMPLE = 6


class Forms(HTMLParser):
    """Collects a page's POST forms: the address, and each field with its value."""

    def __init__(self, page: str, address: str):
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.address = address
        self.open = False
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        fields = dict(attributes)
        if tag == "form":
            self.open = fields.get("method", "").lower() == "post"
            if self.open:
                action = urljoin(self.address, fields.get("action") or self.address)
                self.found.append((action, {}))
        elif self.open and tag in {"input", "select", "textarea"} and fields.get("name"):
            self.found[-1][1][fields["name"]] = fields.get("value") or ""

    def handle_endtag(self, tag):
        if tag == "form":
            self.open = False


def forms_of(client: Client, known: dict[str, str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each form that a visitor can reach, once."""
    seen = set()
    for name, address in known.items():
        if any(part in name for part in NOT_HERE):
            continue
        answer = client.get(address)
        if answer.status_code != 200 or "text/html" not in answer.get("Content-Type", ""):
            continue
        for action, fields in Forms(answer.content.decode(), address).found:
            key = (urlsplit(action).path, *sorted(fields))
            if key not in seen and not any(part in action for part in (*NOT_HERE, "sign-out")):
                seen.add(key)
                yield action, fields


@pytest.mark.parametrize("visitor", ["nobody", "anna", "clara"])
def test_whatever_is_typed_into_a_form_is_no_failure(client, cast, addresses, visitor):  # noqa: F811
    sign_in(client, cast, visitor)
    turn, tried = count(), 0
    for action, fields in list(forms_of(client, addresses)):
        for field in fields:
            if field == "csrfmiddlewaretoken":
                continue
            start = next(turn) * SAMPLE
            strings = (
                NAUGHTY if DEEP else [NAUGHTY[(start + n) % len(NAUGHTY)] for n in range(SAMPLE)]
            )
            for string in strings:
                with transaction.atomic():  # so that what is stored does not change the next page
                    answer = client.post(action, {**fields, field: string})
                    assert answer.status_code in FINE, (action, field, string)
                    transaction.set_rollback(True)
                tried += 1
    assert tried >= {"nobody": 20, "anna": 200, "clara": 100}[visitor]


@pytest.mark.parametrize("visitor", ["nobody", "anna", "clara", "dora"])
def test_whatever_an_address_asks_for_is_no_failure(client, cast, addresses, visitor):  # noqa: F811
    sign_in(client, cast, visitor)
    parameters = ["q", "sort", "place", "state", "needs", "due", "page", "before", "who", "next"]
    known = [address for name, address in addresses.items() if (name, "get") in DOORS]
    for number, address in enumerate(known):
        for parameter, string in zip(parameters, NAUGHTY[number * 5 :] + NAUGHTY, strict=False):
            answer = client.get(address, {parameter: string})
            assert answer.status_code in {*FINE, 405}, (address, parameter, string)


BODIES = {
    "no UTF-8": (b"login=%ff%fe&password=\xff", "application/x-www-form-urlencoded"),
    "half a multipart": (
        b"--x\r\nContent-Disposition: form-data; name=",
        "multipart/form-data; boundary=x",
    ),
    "no boundary": (b"login=a", "multipart/form-data"),
    "5,000 fields": (
        urlencode([(f"f{n}", n) for n in range(5_000)]).encode(),
        "application/x-www-form-urlencoded",
    ),
    "10 MB": (b"login=" + b"a" * 10_000_000, "application/x-www-form-urlencoded"),
    "JSON": (b'{"login": [', "application/json"),
    "a lone surrogate": (b"login=%ED%A0%80&password=x", "application/x-www-form-urlencoded"),
    "a boundary of 10 kB": (b"x", "multipart/form-data; boundary=" + "x" * 10_000),
}


@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize("name", ["account_login", "new_subscription", "new_person", "invitation"])
def test_a_malformed_body_is_no_failure(client, cast, addresses, kind, name):  # noqa: F811
    sign_in(client, cast, {"account_login": "nobody", "new_person": "clara"}.get(name, "anna"))
    body, content_type = BODIES[kind]
    answer = client.generic("POST", addresses[name], body, content_type)
    assert answer.status_code in FINE


def status_for(content_type: str) -> str:
    """Return how the portal answers a form sent to the sign-in page with this content type."""
    body, said = b"login=a&password=b", []
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": reverse("account_login"),
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }
    setup_testing_defaults(environ)
    b"".join(application(environ, lambda status, headers: said.append(status)))
    return said[0]


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    "charset",
    [
        *("rot13", "base64", "utf-16", "latin-1", "no-such-charset", "zip"),
        *("utf-8; charset=rot13", "utf-8; boundary*=no-such-charset''x"),
    ],
)
def test_a_body_in_another_charset_is_refused_before_it_is_read(db, charset):
    assert status_for(f"{FORM}; charset={charset}") == "415 Unsupported Media Type"


@pytest.mark.parametrize("charset", ["", "; charset=utf-8", '; charset="UTF-8"'])
def test_utf8_is_read_and_meets_the_next_guard(db, charset):
    assert status_for(FORM + charset) == "403 Forbidden"  # it has no token


@pytest.mark.parametrize("visitor", ["nobody", "anna", "clara"])
def test_every_post_without_the_pages_token_is_refused(cast, addresses, visitor):  # noqa: F811
    client = Client(enforce_csrf_checks=True)
    sign_in(client, cast, visitor)
    for name, address in addresses.items():
        for headers in ({}, {"Origin": "https://evil.example"}):
            answer = client.post(address, {"csrfmiddlewaretoken": "a" * 64}, headers=headers)
            refused = answer.status_code in {403, 405}
            assert refused or answer.status_code in {302, 404}, name
            if answer.status_code == 302:
                assert visitor == "nobody", name


@pytest.mark.parametrize("visitor", ["anna", "clara", "dora"])
def test_looking_changes_nothing(client, cast, addresses, visitor):  # noqa: F811
    """Only sessions and the history of looks may grow by GET requests."""
    sign_in(client, cast, visitor)
    client.get(reverse("home"))
    before = database_as_text()
    for _again in range(2):
        for address in addresses.values():
            client.get(address)
            client.head(address)
    assert database_as_text() == before


def database_as_text() -> dict[str, str]:
    """Return every table's rows as text, but for those that looking may write."""
    looks = {"accounts_session", "audit_entry", "reseller_portal_cache"}
    rows = {}
    with connection.cursor() as cursor:
        for table in sorted(set(connection.introspection.table_names(cursor)) - looks):
            cursor.execute(f'SELECT t::text FROM "{table}" t ORDER BY 1')
            rows[table] = "\n".join(row[0] for row in cursor.fetchall())
    assert len(rows) > 20
    return rows


def test_no_view_is_exempt_from_the_token():
    root = Path(__file__).parent.parent
    apps = [folder for folder in root.iterdir() if (folder / "__init__.py").exists()]
    found = [
        str(file.relative_to(root))
        for app in apps
        if app.name != "tests"
        for file in app.rglob("*.py")
        if re.search(r"\bcsrf_exempt\b|\.raw\(|\.extra\(|\bRawSQL\b", file.read_text())
    ]
    # The relay's own statement, in which nothing stands that anybody typed; and what Outlook asks
    # for with the key in the address: no session counts there.
    assert sorted(found) == ["mail/tasks.py", "rollout/addin_views.py"]
