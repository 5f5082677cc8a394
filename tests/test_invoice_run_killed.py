"""A real process that issues invoices, killed where it hurts: no number is lost, none doubled."""

import os
import signal
from contextlib import suppress
from datetime import date

import pytest
from django.db import connection, connections, transaction

from audit.actor import SYSTEM
from billing import check_lists
from billing.models import Invoice, InvoicedCharge
from billing.operations import run_invoices
from deploy.processes import moments
from reseller_portal import clock
from reseller_portal.celery import app
from reseller_portal.management.cast import make_issuer
from resellers.models import Reseller
from subscriptions.models import Charge
from tests.billing import charge_period, sell

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 4


@pytest.fixture
def resellers():
    """Resellers with two customers each whose charges wait for an invoice."""
    app.conf.task_always_eager = False  # no documents: they are not asked about
    make_issuer()
    made = [
        Reseller.objects.create(
            name=f"Haus {n}",
            invoice_street=f"Weg {n}",
            invoice_postcode="20095",
            invoice_city="Hamburg",
        )
        for n in range(MANY)
    ]
    for reseller in made:
        for n in range(2):
            sold = sell(reseller, f"Kunde {n}", anchor=date(2020, 1, 5), seats=3 + n)
            charge_period(sold, 0)
    yield made
    app.conf.task_always_eager = True


def start() -> int:
    """Fork a process that runs the month's invoices over a connection of its own."""
    pid = os.fork()
    if pid == 0:
        # Kept, for to let go of the parent's connection would end it.
        kept = connections["default"]
        connections["default"] = connections.create_connection("default")
        with suppress(BaseException):
            run_invoices(today=clock.today(), by=SYSTEM)
        os._exit(0 if kept else 1)
    return pid


def waits() -> bool:
    """Whether another connection waits for a lock of ours."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction sees the same again
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
        )
        return cursor.fetchone()[0] > 0


def kill_when_it_waits(pid: int) -> None:
    for _ in moments(60):
        if waits():
            break
    assert waits()
    os.kill(pid, signal.SIGKILL)
    assert os.waitpid(pid, 0)[1] == signal.SIGKILL


def all_is_well() -> None:
    numbers = list(Invoice.objects.order_by("number").values_list("number", flat=True))
    year = numbers[0].split("-")[1]
    assert numbers == [f"RE-{year}-{n:06}" for n in range(1, MANY + 1)]
    assert InvoicedCharge.objects.count() == Charge.objects.count()
    assert list(check_lists.wrong(date.fromisoformat(f"{year}-12-31"))) == []


def test_killed_between_two_invoices_and_before_a_number_then_run_to_the_end(resellers):
    with transaction.atomic():
        Reseller.objects.select_for_update().get(pk=resellers[2].pk)
        kill_when_it_waits(start())
    assert Invoice.objects.count() == 2
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE billing_numberseries IN ACCESS EXCLUSIVE MODE")
        kill_when_it_waits(start())  # its invoice is written, but has no number yet
    assert Invoice.objects.count() == 2
    assert run_invoices(today=clock.today(), by=SYSTEM).issued == MANY - 2
    assert run_invoices(today=clock.today(), by=SYSTEM).issued == 0
    all_is_well()
