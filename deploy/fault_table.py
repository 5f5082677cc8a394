"""What can break, how it is broken and mended, and what became of the invitations meanwhile."""

import contextlib
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import redis
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection, transaction
from django.test import Client

from audit.actor import SYSTEM
from deploy.processes import free_port, moments
from deploy.stage import Stage
from invitations.operations import Invitee, invite_contact
from mail.models import OutgoingMail
from reseller_portal.management.cast import make_cast

SETTLED_WITHIN = 240  # seconds; what is open after that is lost


@dataclass
class Fault:
    """Its name, what it does on the stage, and whether a reply that arrived is forgotten by it."""

    name: str
    play: Callable[["Trial"], None]
    forgets_reply: bool = False


@dataclass
class Outcome:
    """What became of the invitations made during one fault."""

    fault: Fault
    states: Counter = field(default_factory=Counter)
    slowest: float = 0  # seconds of the slowest form above a usual one
    seconds: float = 0
    notes: list[str] = field(default_factory=list)
    complaint: str = ""

    @property
    def harm(self) -> bool:
        doubled = self.states["doubled"] and not self.fault.forgets_reply
        return bool(doubled or self.states["lost"] or self.complaint)

    def __str__(self) -> str:
        states = self.states
        line = (
            f"{self.fault.name:48}{states.total():>8}{states['sent']:>6}{states['twice']:>7}"
            f"{states['doubled']:>9}{states['lost']:>6}{states['uncertain']:>11}{states['refused']:>9}"
            f"{self.slowest:>+8.2f} s{self.seconds:>6.0f} s"
        )
        return "  ".join([line, *self.notes, *filter(None, [self.complaint])])


FAULTS: list[Fault] = []


def fault(name: str, *, forgets_reply: bool = False) -> Callable:
    def add(play: Callable[["Trial"], None]) -> Callable[["Trial"], None]:
        FAULTS.append(Fault(name, play, forgets_reply))
        return play

    return add


class Trial:
    """Plays faults on the stage, with Anna posting forms."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        call_command("migrate", verbosity=0)
        cast = make_cast()
        self.bakery = cast.bakery
        client = Client()
        client.force_login(cast.anna)
        name = settings.SESSION_COOKIE_NAME
        stage.cookie = f"{name}={client.cookies[name].value}"
        self.numbers = iter(range(1_000_000))
        self.forms: list[float] = []
        self.complaint = ""
        stage.start_portal()
        self.settle(0)
        self.post(6)
        self.usual = sorted(self.forms)[3]

    def play(self, fault: Fault) -> Outcome:
        """Let it happen, mend what is left broken, wait until all is decided, and count."""
        connection.close()
        started = time.monotonic()
        last = OutgoingMail.objects.order_by("pk").values_list("pk", flat=True).last() or 0
        self.forms, self.complaint, self.stage.ended = [], "", []
        fault.play(self)
        self.stage.rules()
        self.settle(last)
        outcome = Outcome(fault, self.count(last))
        outcome.slowest = max(self.forms, default=self.usual) - self.usual
        outcome.notes = [f"{name} ended and was started again" for name in self.stage.ended]
        outcome.complaint = self.complaint
        outcome.seconds = time.monotonic() - started
        return outcome

    def post(self, how_many: int = 3, to: str = "contact") -> None:
        """Add subscriptions, each with an invitation, as Anna does in the browser."""
        for _ in range(how_many):
            number = next(self.numbers)
            fields = {
                "product": "m365",
                "company_name": f"Company {number}",
                "seats": "3",
                "customer_edits": "on",
                "contact_name": f"Contact {number}",
                "contact_email": f"{to}{number}@sink.example",
            }
            self.forms.append(self.stage.post(fields))

    def invite(self, how_many: int, to: str = "contact") -> None:
        """Invite many at once, without forms."""
        for _ in range(how_many):
            number = next(self.numbers)
            invitee = Invitee(f"Contact {number}", f"{to}{number}@sink.example", "de")
            invite_contact(customer=self.bakery, invitee=invitee, product="m365", by=SYSTEM)

    def settle(self, last: int) -> None:
        """Return once no mail waits any more, or it has taken too long."""
        for _ in moments(SETTLED_WITHIN, pause=0.2):
            self.stage.look_after()
            with contextlib.suppress(OperationalError):
                if not OutgoingMail.objects.open().filter(pk__gt=last).exists():
                    return

    def count(self, last: int) -> Counter:
        """Return how many were sent, doubled, lost, uncertain, refused."""
        copies: dict[str, list[dict]] = {}
        for mail in self.stage.sink()["taken"]:
            copies.setdefault(mail["to"], []).append(mail)
        return Counter(
            self.what_became_of(row, copies.get(row.recipient, []))
            for row in OutgoingMail.objects.filter(pk__gt=last)
        )

    def what_became_of(self, row: OutgoingMail, copies: list[dict]) -> str:
        if row.state == "failed" and row.failure and not copies:
            return "refused"
        if row.state == "uncertain" and len(copies) <= 2:
            return "uncertain"
        if row.state != "handed_over" or not copies:
            return "lost"
        if len(copies) == 1:
            return "sent"
        # The same once more, as the reply to the first did not arrive: nobody could know better.
        same = len({copy["id"] for copy in copies}) == 1
        return "twice" if same and len(copies) == 2 and not copies[0]["answered"] else "doubled"

    def mails(self, **which: object):
        return OutgoingMail.objects.filter(**which)

    @contextlib.contextmanager
    def frozen(self, name: str) -> Iterator[None]:
        """Stop a process for as long as the block runs."""
        self.stage.send(name, signal.SIGSTOP)
        yield
        self.stage.send(name, signal.SIGCONT)

    def restart_worker(self) -> None:
        self.stage.kill("worker")
        self.stage.start_worker()

    def restart_database(self) -> None:
        connection.close()
        self.stage.postgres.stop()
        self.stage.postgres.start_again()

    def broker(self) -> redis.Redis:
        return redis.Redis.from_url(settings.REDIS_URL)


@fault("none")
def nothing(trial: Trial) -> None:
    trial.post(10)


@fault("worker killed before it claims")
def before_claim(trial: Trial) -> None:
    trial.stage.send("worker", signal.SIGSTOP)
    trial.post()
    trial.restart_worker()


@fault("worker killed after the claim")
def after_claim(trial: Trial) -> None:
    trial.stage.rules({"at": "greet", "do": "hang"})
    trial.post()
    trial.stage.wait_until_hanging()
    trial.restart_worker()


@fault("worker killed amid the conversation")
def amid_conversation(trial: Trial) -> None:
    trial.stage.rules({"at": "data", "do": "hang"})
    trial.post()
    trial.stage.wait_until_hanging()
    trial.restart_worker()


@fault("worker killed after the text, before the reply")
def before_reply(trial: Trial) -> None:
    trial.stage.rules({"at": "text", "do": "hang", "times": 1})
    trial.post()
    trial.stage.wait_until_hanging()
    trial.restart_worker()


@fault("worker killed after the reply, before noting", forgets_reply=True)
def before_finish(trial: Trial) -> None:
    trial.stage.rules({"at": "text", "do": "late", "seconds": 0.5, "times": 1})
    trial.post()
    trial.stage.wait_until_hanging()
    with transaction.atomic():
        on_their_way = trial.mails(data_at__isnull=False, handed_over_at=None)
        held = {row.recipient for row in on_their_way.select_for_update()}
        trial.stage.wait_for(
            "the replies are not sent",
            lambda: (
                held <= {mail["to"] for mail in trial.stage.sink()["taken"] if mail["answered"]}
            ),
        )
        trial.stage.kill("worker")
        with connection.cursor() as cursor:  # the database would still do what it was told
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE wait_event_type = 'Lock'"
            )
    trial.stage.start_worker()


@fault("worker asked to end while 80 wait")
def asked_to_end(trial: Trial) -> None:
    trial.stage.rules({"at": "rcpt", "do": "late", "seconds": 0.05})
    taken = len(trial.stage.sink()["taken"])
    trial.invite(80)
    trial.stage.wait_for("nothing is sent", lambda: len(trial.stage.sink()["taken"]) > taken + 5)
    worker = trial.stage.processes.pop("worker")
    worker.terminate()
    worker.wait(30)
    if trial.mails(lease_until__isnull=False).exists():
        trial.complaint = "mails were left claimed"
    trial.stage.start_worker()


@fault("Valkey killed, back after the forms")
def valkey_killed(trial: Trial) -> None:
    trial.stage.signal_valkey(signal.SIGKILL)
    trial.post()
    trial.stage.valkey.stop()
    trial.stage.valkey.start_again()


@fault("Valkey restarted empty, all messages lost")
def valkey_emptied(trial: Trial) -> None:
    with trial.frozen("worker"):
        trial.post()
        trial.stage.valkey.stop()
        trial.stage.valkey.start_again()


@fault("Valkey paused")
def valkey_paused(trial: Trial) -> None:
    trial.stage.signal_valkey(signal.SIGSTOP)
    trial.post()
    trial.stage.signal_valkey(signal.SIGCONT)


@fault("Valkey read-only")
def valkey_read_only(trial: Trial) -> None:
    trial.broker().config_set("replica-read-only", "yes")
    trial.broker().replicaof("127.0.0.1", str(free_port()))
    trial.post()
    trial.broker().replicaof("NO", "ONE")


@fault("Valkey out of memory")
def valkey_full(trial: Trial) -> None:
    trial.broker().config_set("maxmemory-policy", "noeviction")
    trial.broker().config_set("maxmemory", 1)
    trial.post()
    trial.broker().config_set("maxmemory", 0)


@fault("PostgreSQL restarted before the text")
def database_before_text(trial: Trial) -> None:
    trial.stage.rules({"at": "data", "do": "late", "seconds": 0.8, "times": 1})
    trial.post()
    trial.stage.wait_until_hanging()
    trial.restart_database()


@fault("PostgreSQL restarted during the reply")
def database_before_finish(trial: Trial) -> None:
    trial.stage.rules({"at": "text", "do": "late", "seconds": 0.5, "times": 1})
    trial.post()
    trial.stage.wait_until_hanging()
    trial.restart_database()


@fault("mail server: no connection")
def no_connection(trial: Trial) -> None:
    trial.stage.sink(listen=False)
    trial.post()
    trial.stage.wait_for("no try", lambda: trial.mails(failure="ConnectionRefusedError").exists())
    trial.stage.sink(listen=True)


@fault("mail server: does not serve us for a while")
def not_served(trial: Trial) -> None:
    trial.stage.rules({"at": "greet", "do": "554"})
    trial.post()
    trial.stage.wait_for("no try", lambda: trial.mails(failure__startswith="554").exists())


@fault("mail server: refuses the addresses")
def addresses_refused(trial: Trial) -> None:
    trial.stage.rules({"at": "rcpt", "do": "550", "to": "refused"})
    trial.post(3, to="refused")
    trial.post(3)
    trial.settle(0)


@fault("mail server: greylisting")
def greylisting(trial: Trial) -> None:
    trial.stage.rules({"at": "rcpt", "do": "451", "times": 1})
    trial.post()
    trial.settle(0)


def hangs(step: str) -> None:
    @fault(f"mail server: hangs at {step}")
    def hang(trial: Trial) -> None:
        trial.stage.rules({"at": step, "do": "hang", "times": 1})
        trial.post()
        trial.settle(0)


for step in ("greet", "ehlo", "mail", "rcpt", "data", "text"):
    hangs(step)


@fault("mail server: breaks off before the text")
def broken_off(trial: Trial) -> None:
    trial.stage.rules({"at": "data", "do": "drop", "times": 1})
    trial.post()
    trial.settle(0)


@fault("mail server: breaks off after the text, once")
def dropped_once(trial: Trial) -> None:
    trial.stage.rules({"at": "text", "do": "drop", "times": 1})
    trial.post()
    trial.settle(0)


@fault("mail server: breaks off after the text, always")
def dropped(trial: Trial) -> None:
    trial.stage.rules({"at": "text", "do": "drop"})
    trial.post()
    trial.settle(0)


@fault("mail server: 421 after two mails")
def enough(trial: Trial) -> None:
    trial.stage.rules({"at": "most", "mails": 2})
    trial.post(3)
    trial.invite(9)
    trial.settle(0)


@fault("mail server: slow at every step")
def slow(trial: Trial) -> None:
    steps = ("greet", "ehlo", "mail", "rcpt", "data", "text")
    trial.stage.rules(*({"at": step, "do": "late", "seconds": 0.4} for step in steps))
    trial.post()
    trial.settle(0)


@fault("two schedulers")
def two_schedulers(trial: Trial) -> None:
    trial.stage.start_scheduler("second beat")
    with trial.frozen("worker"):
        trial.post()
        trial.invite(40)
        time.sleep(2)
    trial.settle(0)
    trial.stage.kill("second beat")


@fault("no scheduler")
def no_scheduler(trial: Trial) -> None:
    trial.stage.kill("beat")
    trial.post()
    trial.settle(0)
    trial.stage.start_scheduler()


def wrong_clock(words: str, seconds: int) -> None:
    @fault(f"the worker's clock 5 minutes {words}")
    def wrong(trial: Trial) -> None:
        trial.stage.kill("worker")
        trial.stage.start_worker(clock_off=seconds)
        trial.post()
        trial.settle(0)
        if trial.stage.ended:
            trial.complaint = "no worker had a wrong clock"
        trial.restart_worker()


wrong_clock("ahead", 300)
wrong_clock("behind", -300)


@fault("a demo's clock moved by two days meanwhile")
def moved_clock(trial: Trial) -> None:
    trial.stage.rules({"at": "rcpt", "do": "451", "times": 1})
    trial.post()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM portal_clockoffset")
        cursor.execute("INSERT INTO portal_clockoffset (id, days) VALUES (1, 2)")
    trial.settle(0)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM portal_clockoffset")


@fault("two workers, 200 mails")
def two_workers(trial: Trial) -> None:
    trial.stage.start_worker("second worker")
    trial.invite(200)
    trial.settle(0)
    trial.stage.kill("second worker")


@fault("500 at once, every fifth try goes wrong")
def many_faults(trial: Trial) -> None:
    trial.stage.rules({"at": "rcpt", "do": "550", "to": "refused"}, {"at": "random", "share": 0.2})
    trial.stage.start_worker("second worker")
    trial.invite(10, to="refused")
    trial.invite(490)
    trial.post()
    trial.settle(0)
    trial.stage.kill("second worker")
