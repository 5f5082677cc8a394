"""The portal's processes on servers of their own, to be broken: what deploy/faults.py plays on."""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Callable
from pathlib import Path

from deploy.demo import ROOT
from deploy.processes import StartError, free_port, moments, spawn
from deploy.servers import Postgres, Valkey
from deploy.throwaway import throwaway_settings

PYTHON = [sys.executable, "-m"]
# How many times as fast as in production leases, back-off and time-outs run.
HASTE = 15
FIELD = r'name="%s" value="([^"]*)"'
# A worker whose clock is wrong by so many seconds.
OFF_CLOCK = """
import datetime, sys, time_machine
from celery.__main__ import main
moment = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds={seconds})
with time_machine.travel(moment, tick=True):
    sys.argv = ["celery"] + sys.argv[1:]
    sys.exit(main())
"""


class Stage:
    """PostgreSQL, Valkey, a mail server that misbehaves on demand, web, scheduler and workers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.postgres = Postgres(folder, log=folder / "postgres.log")
        self.valkey = Valkey(folder, log=folder / "valkey.log")
        self.mail_port, self.control_port, self.web_port = free_port(), free_port(), free_port()
        self.processes: dict[str, subprocess.Popen] = {}
        self.ended: list[str] = []  # processes that ended by themselves
        self.cookie = ""

    def start_servers(self) -> dict[str, str]:
        """Return the environment of a portal on these servers."""
        return throwaway_settings("test", self.folder) | {
            "DATABASE_URL": self.postgres.start(),
            "REDIS_URL": self.valkey.start(),
            "EMAIL_URL": f"smtp://127.0.0.1:{self.mail_port}",
            "TEST_CLOCK": "1",
            "MAIL_HASTE": str(HASTE),
            "INVITATIONS_AN_HOUR": "1000000",
            "BASE_URL": f"http://127.0.0.1:{self.web_port}",
            "ALLOWED_HOSTS": "127.0.0.1",
        }

    def start_portal(self) -> None:
        """Start all processes, and return when each serves."""
        self.run("sink", [*PYTHON, "deploy.sink", str(self.mail_port), str(self.control_port)])
        listen = f"127.0.0.1:{self.web_port}"
        self.run(
            "web",
            [
                *(*PYTHON, "gunicorn", "reseller_portal.wsgi", "--bind", listen),
                *("--workers", "1", "--worker-class", "gthread", "--threads", "4"),
                "--no-control-socket",
            ],
        )
        self.start_scheduler()
        self.start_worker()
        for port in (self.control_port, self.web_port):
            for _ in moments(60):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    break
            else:
                raise StartError(f"Nothing serves; the logs are in {self.folder}.")

    def stop(self) -> None:
        """End everything."""
        for name in list(self.processes):
            self.kill(name)
        self.valkey.stop()
        self.postgres.stop()

    def run(self, name: str, command: list[str]) -> None:
        self.processes[name] = spawn(
            command, log=self.folder / f"{name}.log", env=dict(os.environ), cwd=ROOT
        )

    def start_worker(self, name: str = "worker", *, clock_off: int = 0) -> None:
        program = [*PYTHON, "celery"]
        if clock_off:
            program = [sys.executable, "-c", OFF_CLOCK.format(seconds=clock_off)]
        words = ["--concurrency=2", "--loglevel=WARNING", "--without-gossip", "--without-mingle"]
        self.run(
            name,
            [*program, "-A", "reseller_portal", "worker", *words, f"--hostname={name}@faults"],
        )

    def start_scheduler(self, name: str = "beat") -> None:
        schedule = str(self.folder / f"{name}.schedule")
        self.run(
            name,
            [*PYTHON, "celery", "-A", "reseller_portal", "beat", "-s", schedule, "--pidfile="],
        )

    def send(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a process and its children."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.processes[name].pid, number)

    def kill(self, name: str) -> None:
        """End a process and its children as a power failure does."""
        self.send(name, signal.SIGKILL)
        self.processes.pop(name).wait()

    def signal_valkey(self, number: signal.Signals) -> None:
        """Send a signal to the broker's server."""
        if self.valkey.process:
            self.valkey.process.send_signal(number)

    def look_after(self) -> None:
        """Start again what ended by itself, as a supervisor does."""
        for name, process in list(self.processes.items()):
            if process.poll() is not None:
                self.ended.append(name)
                if name == "beat":
                    self.start_scheduler()
                elif name == "worker":
                    self.start_worker()
                else:
                    raise StartError(f"{name} has ended; its log is in {self.folder}.")

    def sink(self, **order: object) -> dict:
        """Give the mail server an order; return what it has taken and what hangs."""
        with socket.create_connection(("127.0.0.1", self.control_port), 10) as control:
            control.sendall(json.dumps(order).encode() + b"\n")
            with control.makefile() as answer:
                return json.loads(answer.readline())

    def rules(self, *rules: dict) -> None:
        self.sink(rules=list(rules))

    def wait_for(self, what: str, happened: Callable[[], object], seconds: float = 20) -> None:
        """Return once `happened()`; raises StartError when it does not."""
        for _ in moments(seconds):
            if happened():
                return
        raise StartError(f"Waited in vain: {what}.")

    def wait_until_hanging(self) -> None:
        self.wait_for("no conversation hangs", lambda: self.sink()["hanging"])

    def post(self, fields: dict[str, str]) -> float:
        """Send the form of a new subscription; return how many seconds the answer took."""
        connection = http.client.HTTPConnection("127.0.0.1", self.web_port, timeout=60)
        headers = {"Cookie": self.cookie, "Accept-Language": "en"}
        connection.request("GET", "/subscriptions/new/", headers=headers)
        answer = connection.getresponse()
        page = answer.read().decode()
        if answer.status != 200:
            raise StartError(f"The form's page answered {answer.status}.")
        csrf = re.search(r"csrf=([^;]*)", answer.getheader("Set-Cookie") or "")
        hidden = {
            name: found.group(1)
            for name in ("csrfmiddlewaretoken", "form_key")
            if (found := re.search(FIELD % name, page))
        }
        headers |= {
            "Cookie": f"{self.cookie}; csrf={csrf.group(1) if csrf else ''}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        body = urllib.parse.urlencode(hidden | fields)
        started = time.monotonic()
        connection.request("POST", "/subscriptions/new/", body, headers)
        answer = connection.getresponse()
        answer.read()
        taken = time.monotonic() - started
        connection.close()
        if answer.status != 302:
            raise StartError(f"The form answered {answer.status}.")
        return taken
