"""A few of the faults of `make faults`, with real processes: nothing is lost, nothing doubled."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
SOME = [
    "worker killed amid",
    "killed after the text",
    "asked to end",
    "restarted empty",
    "PostgreSQL restarted before",
    "clock 5 minutes ahead",
]
LINE = re.compile(r"(.{48})((?: +\d+){7}) +[+-]")
NAMES = ["invited", "sent", "twice", "doubled", "lost", "uncertain", "refused"]


def test_nothing_is_lost_or_doubled_when_something_breaks():
    done = subprocess.run(
        [sys.executable, "-m", "deploy.faults", *SOME],
        cwd=ROOT,
        # The servers of the tests are not theirs to break.
        env={name: value for name, value in os.environ.items() if name != "VAR"},
        capture_output=True,
        text=True,
    )
    outcomes = {
        found.group(1).strip(): dict(zip(NAMES, map(int, found.group(2).split()), strict=True))
        for line in done.stdout.splitlines()
        if (found := LINE.match(line))
    }
    assert (len(outcomes), done.returncode) == (len(SOME), 0), done.stdout + done.stderr
    for name, outcome in outcomes.items():
        assert outcome["lost"] == outcome["doubled"] == 0, name
        if "after the text" in name:
            assert outcome["sent"] + outcome["twice"] == outcome["invited"]
            assert outcome["twice"] > 0
        else:
            assert outcome["sent"] == outcome["invited"], name
