"""A real Chromium against a real server, and the demo's mailbox to read mails from."""

import os
import re
import shutil

import pytest
from aiosmtpd.controller import Controller
from django.conf import settings as django_settings
from playwright.sync_api import Page

from deploy.mailbox import Mailbox
from deploy.processes import free_port
from mail.mailbox import read_all
from reseller_portal.management.cast import PASSWORD, make_cast

# Playwright's loop runs in this thread; Django would take it for an asynchronous one.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
QUIET = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


def pytest_collection_modifyitems(items):
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker(pytest.mark.django_db(transaction=True))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """Use the system's Chromium; without one the tests fail, as they must."""
    program = (
        os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    )
    assert program, "No Chromium found: apt-get install chromium, or set CHROMIUM to its path."
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {**browser_type_launch_args, "executable_path": program, "args": [*QUIET, *root]}


@pytest.fixture
def mails(tmp_path, settings):
    """A mail server that keeps what it gets; returns a function that reads it, newest first."""
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    server = Controller(Mailbox(tmp_path), hostname=settings.EMAIL_HOST, port=settings.EMAIL_PORT)
    server.start()
    yield lambda: read_all(tmp_path)
    server.stop()


@pytest.fixture
def portal(live_server, settings, transactional_db, mails):
    """The cast, and the address of the portal that serves them."""
    settings.BASE_URL = live_server.url
    cast = make_cast()
    cast.url = live_server.url
    return cast


@pytest.fixture
def problems(page: Page):
    """Collect what the browser complains about: policy violations and script errors."""
    found = []
    page.on("pageerror", lambda error: found.append(str(error)))

    def note(message):
        # A page that answers 404 by intention is no problem.
        if message.type == "error" and "status of 404" not in message.text:
            found.append(message.text)

    page.on("console", note)
    yield found
    assert found == []


def sign_in(page: Page, url: str, email: str, password: str = PASSWORD) -> None:
    page.goto(f"{url}/sign-in/")
    page.locator("[name=login]").fill(email)
    page.locator("[name=password]").fill(password)
    page.locator("main form .btn-primary").click()


def link_in(mail) -> str:
    """Return the one link of a mail's text part."""
    (link,) = re.findall(r"https?://\S+", mail.text)
    assert link.startswith(django_settings.BASE_URL)
    return link
