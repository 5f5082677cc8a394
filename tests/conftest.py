"""The cast, and what every test stands on: real PostgreSQL, real Valkey."""

from types import SimpleNamespace

import pytest
from django.conf import settings
from django.db import connection

from mail import tasks
from reseller_portal.catalogues import compile_catalogue, po_file
from reseller_portal.celery import app
from reseller_portal.management.cast import make_cast
from tests.provider import provider  # noqa: F401 a fixture for all
from tests.smtp import smtp  # noqa: F401 a fixture for all

# A fresh clone has only the .po files; several workers compiling at once do no harm.
for code, _name in settings.LANGUAGES:
    if po_file(code).exists():
        compile_catalogue(code)

# Most tests run tasks at once, in their own process; those about the queue use a real worker.
app.conf.task_always_eager = True
app.conf.task_eager_propagates = True
# A mail server that was away in one test is not left alone in the next.
tasks.REST = 0


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Let the tests' clean-up empty history and invoices; tests show that nobody else can."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_no_truncate")
        for table in ("seal", "redaction"):
            cursor.execute(f"ALTER TABLE audit_{table} DISABLE TRIGGER audit_{table}_no_truncate")
        for table in ("invoice", "invoiceline", "document", "payment", "bankreceipt"):
            cursor.execute(
                f"ALTER TABLE billing_{table} DISABLE TRIGGER billing_{table}_no_truncate"
            )


@pytest.fixture
def cast(db) -> SimpleNamespace:
    """Anna, Mia, Rolf, Ben, Clara and Dora, their companies, and the bakery's subscription."""
    return make_cast()


@pytest.fixture
def as_user(client):
    """Return a function that signs somebody in and returns the browser-less client."""

    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in
