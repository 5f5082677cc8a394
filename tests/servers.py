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
    # A worker of pytest-xdist finds the addresses in the environment it inherits.
    if "PYTEST_XDIST_WORKER" not in os.environ:
        cleanup = contextlib.ExitStack()
        early_config.add_cleanup(cleanup.close)
        try:
            os.environ.update(cleanup.enter_context(throwaway_servers()))
        except StartError as error:
            raise pytest.UsageError(str(error)) from None
    return (yield)
