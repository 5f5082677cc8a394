"""`make run`: the whole portal on this machine, for trying it and for working on it.

Starts what is not named in the environment (DATABASE_URL, REDIS_URL, EMAIL_URL), prepares the
data, then runs web, worker and scheduler until Ctrl-C. PORT and VAR choose the port and the folder.
"""

import contextlib
import http.client
import os
import signal
import sys
import urllib.request
from collections.abc import Iterator
from types import FrameType

from deploy.children import Child, Children
from deploy.demo import Demo
from deploy.processes import StartError, free_port, moments, tail
from deploy.servers import Postgres, Valkey, home_of

PYTHON = [sys.executable, "-m"]


class Stopped(Exception):
    """Somebody asked the portal to stop."""


class Stop:
    """Notes SIGINT and SIGTERM, for the loops to look at.

    Nothing is interrupted midway, so no process is started and then forgotten. Both are set
    explicitly, as a program started with `&` from a script would otherwise ignore SIGINT.
    """

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.asked = True

    def moments(self, seconds: float) -> Iterator[None]:
        """Yield now and again for `seconds`. Raises Stopped once somebody asked for it."""
        for _ in moments(seconds, pause=0.1):
            if self.asked:
                say("Stopping …")
                raise Stopped
            yield


def main() -> int:
    """Run the portal until somebody stops it; return 0 then, and 1 if it could not run."""
    stop = Stop()
    try:
        demo = Demo.asked_for()
        with demo.lock(), contextlib.ExitStack() as cleanup:
            run(demo, stop, cleanup)
    except Stopped:
        say("Stopped.")
    except StartError as error:
        return 0 if stop.asked else fail(str(error))
    except OSError as error:
        return fail(f"{error.strerror}: {error.filename}")
    return 0


def say(words: str) -> None:
    """Print at once, also into a pipe."""
    print(words, flush=True)


def fail(words: str) -> int:
    """Print why the portal does not run, and return the exit code that goes with it."""
    print(words, file=sys.stderr, flush=True)
    return 1


def run(demo: Demo, stop: Stop, cleanup: contextlib.ExitStack) -> None:
    """Start everything in order; `cleanup` stops it in the opposite order."""
    children = Children(demo.folder / "processes.json")
    children.end_left_over()
    demo.check_port()
    addresses = start_servers(demo, cleanup)
    mailbox = None if "EMAIL_URL" in addresses else free_port()
    if mailbox:
        addresses["EMAIL_URL"] = f"smtp://127.0.0.1:{mailbox}"
    cleanup.callback(demo.settings_file.unlink, missing_ok=True)
    settings = os.environ | demo.write_settings(addresses)
    cleanup.callback(children.stop)
    prepare(demo, stop, settings)
    if mailbox:
        children.start(mailbox_child(demo, mailbox), settings)
    for child in portal_children(demo):
        children.start(child, settings)
    wait_until_ready(demo, stop, children, settings)
    home = home_of(demo.folder)
    elsewhere = None if demo.folder in home.parents or "DATABASE_URL" in os.environ else home
    say(demo.banner(mailbox=bool(mailbox), elsewhere=elsewhere))
    while True:
        for _ in stop.moments(60):
            children.look_after(settings)


def start_servers(demo: Demo, cleanup: contextlib.ExitStack) -> dict[str, str]:
    """Return the addresses of database, broker and mail server, starting those nobody gave."""
    names = ("DATABASE_URL", "REDIS_URL", "EMAIL_URL")
    addresses = {name: os.environ[name] for name in names if os.environ.get(name)}
    say("Starting the servers …")
    # PostgreSQL first, so that it stops last.
    if "DATABASE_URL" not in addresses:
        postgres = Postgres(demo.folder, log=demo.log("postgres"))
        cleanup.callback(postgres.stop)
        addresses["DATABASE_URL"] = postgres.start()
    if "REDIS_URL" not in addresses:
        valkey = Valkey(demo.folder, log=demo.log("valkey"))
        cleanup.callback(valkey.stop)
        addresses["REDIS_URL"] = valkey.start()
    return addresses


def prepare(demo: Demo, stop: Stop, settings: dict[str, str]) -> None:
    """Bring tables, static files and demo data up to date."""
    say("Preparing the database and the demo data …")
    log = demo.log("prepare")
    log.unlink(missing_ok=True)
    child = Child("prepare", [*PYTHON, "deploy.prepare"], log)
    process = child.spawn(settings)
    try:
        for _ in stop.moments(600):
            if process.poll() is not None:
                break
    finally:
        child.stop()
    if process.returncode:
        raise StartError(f"The preparation failed. {tail(log, 1)}\nMore is in {log}")


def mailbox_child(demo: Demo, port: int) -> Child:
    """Return the mail server that keeps mails as files."""
    command = [*PYTHON, "deploy.mailbox", str(port), str(demo.mails)]
    return Child("mailbox", command, demo.log("mailbox"))


def portal_children(demo: Demo) -> tuple[Child, ...]:
    """Return worker, scheduler and web server, in the order of starting them."""
    celery = [*PYTHON, "celery", "-A", "reseller_portal"]
    worker = [*celery, "worker", "--concurrency=2", "--loglevel=INFO"]
    schedule = demo.folder / "schedule"
    beat = [*celery, "beat", "--schedule", str(schedule), "--pidfile=", "--loglevel=INFO"]
    web = [
        *(*PYTHON, "gunicorn", "reseller_portal.wsgi", "--bind", f"127.0.0.1:{demo.port}"),
        *("--workers", "2", "--worker-class", "gthread", "--threads", "4"),
        # It would lie in the home folder, where two portals would share it.
        "--no-control-socket",
    ]
    return (
        Child(
            "worker",
            [*worker, f"--hostname=demo-{demo.port}@%h"],
            demo.log("worker"),
            patience=15,
            # Any politer end waits now and then for the broker, which ends at the same moment.
            # What it was at is in rows; Celery has the kernel kill its children with it.
            death_signal=signal.SIGKILL,
            restarts=3,
        ),
        Child("beat", beat, demo.log("beat"), restarts=3),
        Child("web", web, demo.log("web"), death_signal=signal.SIGQUIT),
    )


def wait_until_ready(demo: Demo, stop: Stop, children: Children, settings: dict[str, str]) -> None:
    """Return once the portal says that it is ready."""
    say("Starting the portal …")
    for _ in stop.moments(90):
        children.look_after(settings)
        if answers(f"{demo.address}/readyz"):
            return
    raise StartError(f"The portal did not get ready within 90 seconds:\n{tail(demo.log('web'))}")


def answers(url: str) -> bool:
    """Whether `url` answers 200."""
    # Straight to this machine, whatever proxy the environment names.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=10) as answer:
            return answer.status == 200
    except (OSError, http.client.HTTPException):
        return False


if __name__ == "__main__":
    sys.exit(main())
