"""Child processes that end when their parent does, ports, and the account servers run under."""

import contextlib
import ctypes
import os
import pwd
import secrets
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
# Loaded before any fork: the child between fork and exec should do as little as possible.
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class StartError(Exception):
    """Something does not start; the message is one sentence for the person at the terminal."""


def spawn(
    command: list[str],
    *,
    log: Path,
    account: pwd.struct_passwd | None = None,
    death_signal: signal.Signals = signal.SIGTERM,
    env: dict[str, str] | None = None,
    cwd: Path | str = "/",
    given: bytes = b"",
) -> subprocess.Popen:
    """Start `command`, which gets `death_signal` (on Linux) when this process ends in any way.

    `given` is what it reads from its standard input; its output is appended to `log`. Call it
    from the main thread: the kernel sends the signal when the starting *thread* ends.
    """
    drop: dict[str, Any] = {}
    if account is not None:
        drop = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE if given else subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=env,
            # Out of the terminal's group: Ctrl-C reaches only the parent, which stops in order.
            start_new_session=True,
            preexec_fn=_end_with_parent(death_signal),
            **drop,
        )
    if given and process.stdin:
        with contextlib.suppress(BrokenPipeError), process.stdin as pipe:
            pipe.write(given)
    return process


def _end_with_parent(death_signal: signal.Signals) -> Callable[[], None] | None:
    if _libc is None:
        return None
    parent = os.getpid()

    def ask_the_kernel() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:  # It ended before we could ask.
            os._exit(1)

    return ask_the_kernel


def stop(process: subprocess.Popen, *, by: signal.Signals, patience: float) -> None:
    """Ask `process` to end, and after `patience` seconds end it together with its children."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(by)
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def command_of(pid: int) -> str:
    """Return the command line of a running process, or "" when there is none."""
    if sys.platform == "linux":
        try:
            parts = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return ""
        return " ".join(os.fsdecode(part) for part in parts).strip()
    answer = subprocess.run(
        ["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return answer.stdout.strip()


def stop_left_over(pid: int, *, command_has: str, by: signal.Signals, patience: float) -> None:
    """End process `pid` if its command line has `command_has`: a number alone may be reused."""
    if command_has not in command_of(pid):
        return
    for sent in (by, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, sent)
        for _ in moments(patience):
            if command_has not in command_of(pid):
                return
    raise StartError(f"Process {pid} of an earlier start does not end; please end it by hand.")


def moments(seconds: float, pause: float = 0.03) -> Iterator[None]:
    """Yield now and again until `seconds` are over, for loops that wait on a condition."""
    end = time.monotonic() + seconds
    while True:
        yield
        if time.monotonic() > end:
            return
        time.sleep(pause)


def free_port() -> int:
    """Return a port of 127.0.0.1 on which nothing listens at this moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def tail(log: Path, lines: int = 12) -> str:
    """Return the last lines of a log, or "" when there is none."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


def kept_secret(file: Path) -> str:
    """Return the random word kept in `file`, made at the first call, readable by its owner only."""
    if not file.exists():
        write_private(file, secrets.token_urlsafe(24))
    return file.read_text()


def write_private(file: Path, text: str) -> None:
    """Write `file` in one piece, readable by its owner only."""
    new = file.with_name(f"{file.name}.new")
    new.unlink(missing_ok=True)
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as output:
        output.write(text)
    new.replace(file)


def server_account(home: Path) -> pwd.struct_passwd | None:
    """Return whom root lets its servers run as; None for anybody else, who runs them himself.

    PostgreSQL refuses to run as root. Data made by an earlier start keep their owner.
    """
    if os.geteuid() != 0:
        return None
    if home.exists() and home.stat().st_uid != 0:
        with contextlib.suppress(KeyError):
            return pwd.getpwuid(home.stat().st_uid)
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise StartError("PostgreSQL does not run as root, and there is no user `nobody` to run it.")


def can_reach(path: Path, account: pwd.struct_passwd | None) -> bool:
    """Whether `account` may walk down to `path`, which need not exist yet."""
    if account is None:
        return True
    return all(_may_enter(folder, account) for folder in path.resolve().parents if folder.exists())


def _may_enter(folder: Path, account: pwd.struct_passwd) -> bool:
    status = folder.stat()
    if status.st_uid == account.pw_uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == account.pw_gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)
