"""Real PostgreSQL and Valkey servers for the tests: empty, fast, and gone afterwards.

Loaded with `-p tests.servers`, since pytest-django reads the settings before any conftest.py.
Servers named in the environment are not touched unless PORTAL_TEST_SERVERS=given: the DATABASE_URL
of a developer's shell may lead to data that somebody still needs.
"""

import contextlib
import fcntl
import os
import secrets
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from deploy.processes import StartError, free_port
from deploy.servers import Postgres, Valkey

# Not tempfile.gettempdir(): the account that root's servers run under may be shut out of it.
TEMPORARY = Path("/tmp")
PREFIX = "portal-tests-"


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, object, object]:
    """Start the servers; a wrapper, as pytest-django's own hook asks to be first."""
    # A worker of pytest-xdist finds the addresses in the environment it inherits.
    if "PYTEST_XDIST_WORKER" not in os.environ:
        cleanup = contextlib.ExitStack()
        early_config.add_cleanup(cleanup.close)
        try:
            os.environ.update(_environment(cleanup))
        except StartError as error:
            raise pytest.UsageError(str(error)) from None
    return (yield)


def _environment(cleanup: contextlib.ExitStack) -> dict[str, str]:
    """Return the settings of a test run, with the servers they name running."""
    _remove_left_over_folders()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=TEMPORARY))
    cleanup.callback(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o755)
    # Held while the run lasts: the next run removes only folders whose lock is free.
    lock = cleanup.enter_context((folder / "lock").open("w"))
    fcntl.flock(lock, fcntl.LOCK_EX)
    addresses = {}
    if os.environ.get("PORTAL_TEST_SERVERS") != "given":
        postgres = Postgres(folder, log=folder / "postgres.log", durable=False)
        cleanup.callback(postgres.stop)
        valkey = Valkey(folder, log=folder / "valkey.log")
        cleanup.callback(valkey.stop)
        addresses = {"DATABASE_URL": postgres.start(), "REDIS_URL": valkey.start()}
    return addresses | {
        "PORTAL_MODE": "test",
        # Nothing listens there: a test that lets a mail leave by accident fails.
        "EMAIL_URL": f"smtp://127.0.0.1:{free_port()}",
        "BASE_URL": "http://testserver",
        "ALLOWED_HOSTS": "testserver,127.0.0.1,localhost",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "INVITATION_KEYS": f"k1:{secrets.token_hex(32)}",
        "VAR": str(folder),
    }


def _remove_left_over_folders() -> None:
    """Remove what runs that were killed left behind."""
    for folder in TEMPORARY.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError), (folder / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
