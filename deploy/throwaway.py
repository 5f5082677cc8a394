"""Empty servers for the length of one command, so that nobody's data are touched.

    python -m deploy.throwaway [--mode=demo] [--migrated] PROGRAM [its arguments]

runs a Python program, or a module with `-m NAME`, with the settings of such servers in its
environment. The tests use the same servers through tests/servers.py.
"""

import argparse
import contextlib
import fcntl
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from deploy.processes import StartError, free_port
from deploy.servers import Postgres, Valkey

# Not tempfile.gettempdir(): the account that root's servers run under may be shut out of it.
TEMPORARY = Path("/tmp")  # noqa: S108
PREFIX = "portal-throwaway-"


@contextlib.contextmanager
def throwaway_servers(*, mode: str = "test") -> Iterator[dict[str, str]]:
    """Yield the environment of a portal in `mode` on empty servers, which end with the block.

    Only with PORTAL_TEST_SERVERS=given are the servers of DATABASE_URL and REDIS_URL used: those
    in a developer's shell may hold what somebody still needs.
    """
    _remove_left_over_folders()
    with contextlib.ExitStack() as cleanup:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=TEMPORARY))
        cleanup.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o755)
        # Held while the servers run: others remove only folders whose lock is free.
        lock = cleanup.enter_context((folder / "lock").open("w"))
        fcntl.flock(lock, fcntl.LOCK_EX)
        addresses = {}
        if os.environ.get("PORTAL_TEST_SERVERS") != "given":
            postgres = Postgres(folder, log=folder / "postgres.log", durable=mode != "test")
            cleanup.callback(postgres.stop)
            valkey = Valkey(folder, log=folder / "valkey.log")
            cleanup.callback(valkey.stop)
            addresses = {"DATABASE_URL": postgres.start(), "REDIS_URL": valkey.start()}
        yield addresses | throwaway_settings(mode, folder)


def throwaway_settings(mode: str, folder: Path) -> dict[str, str]:
    """Return the settings of a portal in `mode`, with secrets of its own."""
    return {
        "PORTAL_MODE": mode,
        # Nothing listens there: a test that lets a mail leave by accident fails.
        "EMAIL_URL": f"smtp://127.0.0.1:{free_port()}",
        "BASE_URL": "http://testserver",
        "ALLOWED_HOSTS": "testserver,127.0.0.1,localhost",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "INVITATION_KEYS": f"k1:{secrets.token_hex(32)}",
        "SECOND_FACTOR_KEYS": f"k1:{secrets.token_hex(32)}",
        "VAR": str(folder),
    }


def _remove_left_over_folders() -> None:
    """Remove what runs that were killed left behind."""
    for folder in TEMPORARY.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError), (folder / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    """Run what the command line says, and return how it ended."""
    parser = argparse.ArgumentParser(prog="python -m deploy.throwaway", allow_abbrev=False)
    parser.add_argument("--mode", default="test", choices=("test", "demo"))
    parser.add_argument("--migrated", action="store_true", help="with the portal's tables")
    # What this parser does not know is the program's, also when it begins with a dash.
    asked, words = parser.parse_known_args()
    # SIGTERM ends like Ctrl-C, or the servers' folder would stay.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with throwaway_servers(mode=asked.mode) as settings:
            environment = os.environ | settings
            programs = [["manage.py", "migrate", "--verbosity=0"]] if asked.migrated else []
            for program in (*programs, words):
                code = subprocess.call([sys.executable, *program], env=environment)
                if code:
                    return code
    except StartError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
