"""Whether the portal is well: 503 only when pages do not work; late mail is named."""

import socket
import subprocess
import sys
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.urls import reverse

from audit.actor import SYSTEM
from deploy.processes import free_port
from invitations.operations import Invitee, invite_contact
from mail.models import OutgoingMail
from reseller_portal.celery import app


def ready(client) -> tuple[int, dict]:
    answer = client.get(reverse("readyz"))
    return answer.status_code, answer.json()


@pytest.fixture
def broker():
    """Return a function that points the portal at another broker."""
    before = app.conf.broker_url

    def use(port: int) -> None:
        app.conf.broker_url = f"redis://127.0.0.1:{port}/0"

    yield use
    app.conf.broker_url = before


@pytest.mark.django_db
def test_all_is_well(client):
    assert ready(client) == (
        200,
        {"ready": True, "degraded": [], "oldest_unsent_mail_seconds": 0},
    )


@pytest.mark.django_db
@pytest.mark.parametrize("trouble", ["away", "silent"])
def test_without_the_broker_pages_work_and_it_is_named(client, broker, trouble):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        broker(silent.getsockname()[1] if trouble == "silent" else free_port())
        assert ready(client) == (
            200,
            {"ready": True, "degraded": ["broker"], "oldest_unsent_mail_seconds": 0},
        )


@pytest.mark.parametrize(("waited", "degraded"), [(50, []), (75, ["mail"])])
def test_a_mail_that_nobody_sends_is_noticed_within_a_minute(client, cast, waited, degraded):
    invite_contact(
        customer=cast.bakery,
        invitee=Invitee("Jonas", "jonas@hafenbaeckerei.example", "de"),
        product="m365",
        by=SYSTEM,
    )
    OutgoingMail.objects.update(next_try_at=Now() - timedelta(seconds=waited))
    code, body = ready(client)
    assert (code, body["degraded"]) == (200, degraded)
    assert waited <= body["oldest_unsent_mail_seconds"] < waited + 9


@pytest.mark.django_db
def test_with_a_migration_waiting_no_visitor_is_sent_here(client):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'mail' AND name LIKE '0003%'")
    assert ready(client) == (503, {"ready": False, "migrations": "waiting"})


ASK = """
import django
django.setup()
from django.test import Client
for address in ("/healthz", "/readyz"):
    answer = Client(headers={"host": "127.0.0.1"}).get(address)
    print(answer.status_code, answer.content.decode())
"""


def test_without_the_database_it_lives_and_is_not_ready_and_says_no_more(monkeypatch):
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "reseller_portal.settings")
    monkeypatch.setenv("DATABASE_URL", f"postgres://portal:x@127.0.0.1:{free_port()}/portal")
    done = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True)
    assert done.stdout.splitlines() == [
        "200 ok",
        '503 {"ready": false, "database": "away"}',
    ]
