"""Business time comes from reseller_portal.clock alone; leases may ask the database (`Now()`)."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
APPS = [
    "reseller_portal",
    "accounts",
    "audit",
    "mail",
    "resellers",
    "customers",
    "invitations",
    "subscriptions",
    "signatures",
    "billing",
]
CLOCK = ROOT / "reseller_portal" / "clock.py"
READS_THE_TIME = re.compile(
    r"""
    \bdate\.today\( | \bdatetime\.(now|today|utcnow)\( | \btimezone\.(now|localdate)\b
    | \btime\.time(_ns)?\( | \bfrom\ time\ import\ .*\btime\b | \bfrom\ django\.utils\.timezone\b
    | \bCURRENT_(DATE|TIME|TIMESTAMP)\b | \bLOCALTIME(STAMP)?\b
    | (?<![.\w])(now|NOW)\(\)          # SQL's; clock.now() and Django's Now() are none
    | {%-?\s*now\b
    """,
    re.VERBOSE,
)


def code() -> list[Path]:
    python = [file for app in APPS for file in (ROOT / app).rglob("*.py")]
    templates = list((ROOT / "templates").rglob("*.*"))
    return sorted(
        file for file in python + templates if "migrations" not in file.parts and file != CLOCK
    )


def test_nothing_but_the_clock_reads_the_time():
    found = [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()}"
        for file in code()
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if READS_THE_TIME.search(line)
    ]
    assert found == []


def test_every_app_is_searched_and_the_clock_itself_would_be_found():
    assert {file.relative_to(ROOT).parts[0] for file in code()} >= {*APPS, "templates"}
    assert READS_THE_TIME.search(CLOCK.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "line",
    [
        "today = date.today()",
        "at = datetime.datetime.now(UTC)",
        "at = datetime.utcnow()",
        "at = timezone.now()",
        "created_at = models.DateTimeField(default=timezone.now)",
        "from django.utils.timezone import now",
        "from time import monotonic, time",
        "started = time.time()",
        'RawSQL("select now() - interval %s", [age])',
        '"WHERE ended_on > CURRENT_DATE"',
        "{% now 'Y' %}",
    ],
)
def test_a_line_that_reads_the_time_is_found(line):
    assert READS_THE_TIME.search(line)


@pytest.mark.parametrize(
    "line",
    [
        "at=clock.now(),",
        "today=clock.today(),",
        "lease_until=Now() + LEASE,",
        "from django.db.models.functions import Now",
        "started = time.perf_counter()",
        "local = timezone.localtime(value)",
        "open_now = found is not None",
    ],
)
def test_a_line_that_asks_the_clock_or_the_database_passes(line):
    assert not READS_THE_TIME.search(line)
