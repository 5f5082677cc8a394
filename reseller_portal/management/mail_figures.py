"""How fast mails leave: real workers and a local mail server, against a task that does nothing."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median

from django.core.management.base import OutputWrapper
from django.db.models.functions import Now

from audit.actor import SYSTEM
from customers.models import Customer
from deploy.processes import free_port, moments
from invitations.models import Invitation
from invitations.operations import CONTACT_LIFE, Invitee, invite_contact
from mail.models import OutgoingMail
from reseller_portal import clock
from reseller_portal.celery import app
from reseller_portal.management.nothing import nothing
from reseller_portal.names import email_key

TICKS = os.sysconf("SC_CLK_TCK")
PYTHON = [sys.executable, "-m"]


class Figures:
    """Measures with the processes it starts, and says what it found."""

    def __init__(self, output: OutputWrapper, customer: Customer) -> None:
        self.output = output
        self.customer = customer
        self.mail_port, self.control_port = free_port(), free_port()
        self.workers: list[subprocess.Popen] = []
        self.invited = 0

    def run(self, *, tasks: int, mails: int, backlog: int, rounds: int) -> None:
        """Print both figures."""
        with ExitStack() as cleanup:
            sink = [*PYTHON, "deploy.sink", str(self.mail_port), str(self.control_port)]
            process = subprocess.Popen(sink)
            cleanup.callback(process.wait)
            cleanup.callback(process.kill)
            self._add_worker(cleanup)
            self._by_nothing(tasks, mails, rounds)
            self._add_worker(cleanup)
            self._by_two(backlog, rounds)

    def _add_worker(self, cleanup: ExitStack) -> None:
        """Start one more worker and let it send something, so that all is imported; stop it."""
        worker = self._start_worker(len(self.workers))
        cleanup.callback(worker.wait)
        cleanup.callback(self._send_signal, worker, signal.SIGKILL)
        self.workers.append(worker)
        self._invite(20)
        self._wait_until(lambda: not OutgoingMail.objects.open().exists())
        self._send_signal(worker, signal.SIGSTOP)

    def _start_worker(self, number: int) -> subprocess.Popen:
        words = ["--concurrency=1", "--loglevel=ERROR", "--without-gossip", "--without-mingle"]
        return subprocess.Popen(
            [
                *(*PYTHON, "celery", "-A", "reseller_portal", "worker", *words),
                *("-I", "reseller_portal.management.nothing", f"--hostname=bench{number}@%h"),
            ],
            env=os.environ | {"EMAIL_URL": f"smtp://127.0.0.1:{self.mail_port}"},
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _by_nothing(self, tasks: int, mails: int, rounds: int) -> None:
        worker = self.workers[0]
        spent = {"nothing": 0.0, "together": 0.0, "one by one": 0.0}
        for _ in range(rounds):
            for _ in range(tasks):
                nothing.apply_async()
            spent["nothing"] += self._cpu_until_idle(worker)
            self._invite(mails)
            spent["together"] += self._cpu_until_idle(worker)
            with self._running(worker):
                before = cpu(worker)
                self._invite(mails)
                self._wait_until(self._idle)
                spent["one by one"] += cpu(worker) - before
        each = {
            "nothing": spent["nothing"] / tasks / rounds,
            "together": spent["together"] / mails / rounds,
            "one by one": spent["one by one"] / mails / rounds,
        }
        self._say("CPU milliseconds of one worker: a task that does nothing", each["nothing"] * 1e3)
        for name in ("together", "one by one"):
            self._say(f"an invitation, when they come {name}", each[name] * 1e3)
            self._say(
                "  so many leave while a task does nothing (goal ≥ 0.22, stretch 0.28)",
                each["nothing"] / each[name],
            )

    def _by_two(self, backlog: int, rounds: int) -> None:
        self._fill(backlog)
        share = backlog // 20  # many short drains in turn, as others use the machine too
        rates: dict[int, list[float]] = {1: [], 2: []}
        for _ in range(rounds):
            for how_many in (1, 2, 2, 1) * 4:
                rates[how_many].append(self._drain(how_many, share))
            OutgoingMail.objects.filter(handed_over_at__isnull=False).update(
                handed_over_at=None, next_try_at=Now()
            )
        one, two = (median(rates[number]) for number in (1, 2))
        self._say(f"mails a second out of a backlog of {backlog:,}, one worker", one)
        self._say("the same, two workers", two)
        self._say("  two ÷ one (goal ≥ 1.6)", two / one)

    def _drain(self, how_many: int, mails: int) -> float:
        """Return how many mails a second left."""
        wanted = self._taken() + mails
        for _ in range(8 * how_many):
            app.send_task("mail.tasks.deliver_due")
        with ExitStack() as running:
            for worker in self.workers[:how_many]:
                running.enter_context(self._running(worker))
            started, before = time.monotonic(), self._taken()
            self._wait_until(lambda: self._taken() >= wanted)
            return (self._taken() - before) / (time.monotonic() - started)

    def _invite(self, how_many: int) -> None:
        """Invite as the form does, message to the worker included."""
        for _ in range(how_many):
            self.invited += 1
            invitee = Invitee(f"Ömer {self.invited}", f"b{self.invited}@bench.example", "de")
            invite_contact(customer=self.customer, invitee=invitee, product="m365", by=SYSTEM)

    def _fill(self, how_many: int) -> None:
        """Make a backlog of invitations, of ten resellers as far as turns go."""
        now = clock.now()
        made = Invitation.objects.bulk_create(
            Invitation(
                reseller_id=self.customer.reseller_id,
                customer=self.customer,
                email=f"w{number}@bench.example",
                email_key=email_key(f"w{number}@bench.example"),
                name=f"Ömer {number}",
                language="de",
                product="m365",
                created_at=now,
                expires_at=now + CONTACT_LIFE,
            )
            for number in range(how_many)
        )
        OutgoingMail.objects.bulk_create(
            OutgoingMail(
                kind="invitation",
                object_id=invitation.pk,
                generation=1,
                recipient=invitation.email,
                recipient_name=invitation.name,
                language="de",
                written_at=now,
                give_up_at=now + timedelta(days=3),
                lane=number % 10,
                turn=number // 10,
            )
            for number, invitation in enumerate(made)
        )

    def _cpu_until_idle(self, worker: subprocess.Popen) -> float:
        with self._running(worker):
            before = cpu(worker)
            self._wait_until(self._idle)
            return cpu(worker) - before

    def _idle(self) -> bool:
        """Whether no message and no mail waits."""
        with app.connection_or_acquire() as connection:
            waiting = connection.default_channel._size(app.conf.task_default_queue)
            unacked = connection.default_channel.client.hlen("unacked")
        return not (waiting or unacked or OutgoingMail.objects.open().exists())

    @contextmanager
    def _running(self, worker: subprocess.Popen) -> Iterator[None]:
        self._send_signal(worker, signal.SIGCONT)
        yield
        self._send_signal(worker, signal.SIGSTOP)

    def _send_signal(self, worker: subprocess.Popen, number: signal.Signals) -> None:
        os.killpg(worker.pid, number)

    def _wait_until(self, happened: Callable[[], bool]) -> None:
        for _ in moments(300, pause=0.1):
            if happened():
                return
        raise RuntimeError("the worker does not get on")

    def _taken(self) -> int:
        with socket.create_connection(("127.0.0.1", self.control_port), 10) as control:
            control.sendall(json.dumps({"brief": True}).encode() + b"\n")
            with control.makefile() as answer:
                return json.loads(answer.readline())["count"]

    def _say(self, words: str, figure: float) -> None:
        self.output.write(f"{words:72}{figure:>9.2f}")


def cpu(worker: subprocess.Popen) -> float:
    """Return the CPU seconds that a worker's processes have used, on Linux."""
    ticks = 0
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = file.read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        if int(fields[2]) == worker.pid:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / TICKS
