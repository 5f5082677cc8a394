"""The administration's lists, all of them, over tables that may have millions of rows."""

import uuid
from itertools import count

import pytest
from django.contrib import admin
from django.contrib.admin.filters import AllValuesFieldListFilter, FieldListFilter
from django.contrib.admin.utils import get_fields_from_path
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from reseller_portal import clock
from reseller_portal.counting import EstimatedPaginator
from resellers.models import Reseller

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
# Lists that begin with a part of their rows.
UNFILTERED = {"mail.OutgoingMail": "?state=all", "billing.BankReceipt": "?rest=all"}
numbers = count(1)


def without_rules(model) -> None:
    """Let a table take any row, until the test's transaction is rolled back."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")  # neither triggers nor keys
        table = model._meta.db_table
        cursor.execute(
            "SELECT conname FROM pg_constraint"
            " WHERE conrelid = %s::regclass AND contype IN ('u', 'x', 'c')",
            [table],
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}" CASCADE')
        cursor.execute(
            "SELECT indexrelid::regclass::text FROM pg_index"
            " WHERE indrelid = %s::regclass AND indisunique AND NOT indisprimary",
            [table],
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP INDEX {name}")


def add_rows(model, many: int) -> None:
    """Add rows as a list shows them; those that they point to are there."""
    model._base_manager.bulk_create(a_row(model) for _ in range(many))


def a_row(model) -> models.Model:
    fields = [
        field
        for field in model._meta.concrete_fields
        if not field.auto_created and not field.generated
    ]
    return model(**{field.attname: a_value(field) for field in fields})


def a_value(field):
    if isinstance(field, models.ForeignKey):
        related = field.related_model
        row = related._base_manager.first()
        if row is None and field.null:
            return None
        if row is None:
            without_rules(related)
            add_rows(related, 1)
            row = related._base_manager.get()
        return row.pk
    if field.choices:
        return next(value for value, _label in field.flatchoices if value != "")
    number = next(numbers)
    by_type = {
        models.BooleanField: True,
        models.DateField: clock.today(),
        models.DateTimeField: clock.now(),
        models.JSONField: [],
        models.UUIDField: uuid.uuid4(),
        models.GenericIPAddressField: "198.51.100.7",
        models.BinaryField: b"x",
        models.EmailField: f"n{number}@x.example",
    }
    if type(field) in by_type:
        return by_type[type(field)]
    if isinstance(field, models.CharField | models.TextField):
        return f"{number}"[: field.max_length]
    return 1


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_a_list_of_fifty_asks_no_more_than_a_list_of_one(client, cast, model):
    options = model._meta
    address = reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
    address += UNFILTERED.get(options.label, "")
    client.force_login(cast.dora)
    client.get(reverse("admin:index"))  # her session begins
    without_rules(model)

    def queries(rows: int) -> int:
        with CaptureQueriesContext(connection) as asked:
            page = client.get(address, follow=True).context["cl"]
        assert len(page.result_list) >= min(rows, 50)
        return len(asked)

    add_rows(model, 1)
    client.get(address, follow=True)
    few = queries(1)
    add_rows(model, 49)
    assert queries(50) == few


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_no_list_counts_or_reads_a_whole_table(model):
    shown = admin.site._registry[model]
    assert shown.paginator is EstimatedPaginator
    assert not shown.show_full_result_count
    assert shown.list_per_page <= 100
    for each in shown.list_filter:
        if isinstance(each, str) and model is not Reseller:  # of which there are hundreds
            field = get_fields_from_path(model, each)[-1]
            kind = next(made for test, made in FieldListFilter._field_list_filters if test(field))
            assert kind is not AllValuesFieldListFilter, f"{each} would read every row"
