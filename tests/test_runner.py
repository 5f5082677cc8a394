"""`make run` as a newcomer meets it: real processes, from the first start to the last."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

import pytest

from deploy.processes import free_port, moments

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def var():
    """A folder that the servers' own account can reach; pytest's are closed to it."""
    with tempfile.TemporaryDirectory(prefix="portal-run-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "var"


def settings(var: Path, port: int) -> dict[str, str]:
    bare = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return bare | {"VAR": str(var), "PORT": str(port)}


class Run:
    """A running `make run`, without its installing."""

    def __init__(self, var: Path):
        self.port = free_port()
        self.env = settings(var, self.port)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "deploy.run"],
            cwd=ROOT,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def wait_until_ready(self) -> None:
        for _ in moments(90):
            assert self.process.poll() is None, self.process.stdout.read()
            if answers(self.port):
                return
        raise AssertionError("not ready in time")

    def end(self, by: signal.Signals) -> str:
        self.process.send_signal(by)
        output, _ = self.process.communicate(timeout=60)
        return output


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as response:
            return response.status == 200
    except OSError:
        return False


def left_running(var: Path) -> list[str]:
    """Return the processes that name the folder on their command line or as their setting."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
        except OSError:
            continue
        if str(var).encode() in words and folder.name != str(os.getpid()):
            found.append(words[:120].replace(b"\0", b" ").decode(errors="replace"))
    return found


def count_subscriptions(run: Run) -> str:
    """Ask through `manage.py` in a second terminal, which finds the servers by itself."""
    code = "from subscriptions.models import Subscription as S; print(S.objects.count())"
    bare = {name: value for name, value in run.env.items() if name != "PORT"}
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", code],
        cwd=ROOT,
        env=bare,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip().splitlines()[-1]


def test_it_starts_prints_everything_keeps_its_data_and_leaves_nothing(var):
    run = Run(var)
    run.wait_until_ready()
    assert count_subscriptions(run) == "76"
    output = run.end(signal.SIGTERM)
    for word in (f"http://127.0.0.1:{run.port}/", "anna@nordlicht.example", "/dev/mail/"):
        assert word in output
    assert left_running(var) == []
    assert not (var / "servers.env").exists()

    again = Run(var)
    again.wait_until_ready()
    assert count_subscriptions(again) == "76"
    again.process.kill()
    again.process.wait()
    for _ in moments(30):
        if not left_running(var):
            break
    assert left_running(var) == []

    after_kill = Run(var)
    after_kill.wait_until_ready()
    assert after_kill.end(signal.SIGINT)
    assert left_running(var) == []


def test_a_taken_port_is_one_clear_sentence(var):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "deploy.run"],
            cwd=ROOT,
            env=settings(var, port),
            capture_output=True,
            text=True,
        )
    assert done.returncode != 0
    assert f"Port {port} is taken" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize("port", ["none", "99999", "-1"])
def test_a_wrong_port_is_one_clear_sentence(var, port):
    done = subprocess.run(
        [sys.executable, "-m", "deploy.run"],
        cwd=ROOT,
        env=settings(var, 1) | {"PORT": port},
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert "PORT must be a number" in done.stdout + done.stderr
