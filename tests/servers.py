"""Starts the tests' PostgreSQL and Valkey: real, empty, fast, and gone afterwards.

Loaded with `-p tests.servers`, since pytest-django reads the settings before any conftest.py.
"""

import contextlib
import os
from collections.abc import Generator

import pytest

from deploy.processes import StartError
from deploy.throwaway import throwaway_servers


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, object, object]:
    """Start the servers; a wrapper, as pytest-django's own hook asks to be first."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if worker:
        # It finds the addresses in the environment it inherits, and has a queue of its own there.
        os.environ["REDIS_URL"] = f"{os.environ['REDIS_URL'].rsplit('/', 1)[0]}/{worker[2:]}"
    else:
        cleanup = contextlib.ExitStack()
        early_config.add_cleanup(cleanup.close)
        try:
            os.environ.update(cleanup.enter_context(throwaway_servers()))
        except StartError as error:
            raise pytest.UsageError(str(error)) from None
    return (yield)
