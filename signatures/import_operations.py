"""Importing people from a table: read, checked row by row, applied as a whole or not at all."""

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import translation
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.operations import record
from customers.models import Customer
from reseller_portal import clock
from reseller_portal.names import email_key
from reseller_portal.queue import queue_on_commit
from reseller_portal.tables import Unreadable, read_table
from signatures.errors import ImportChanged, ImportRunning
from signatures.import_models import ImportChunk, ImportLine, PeopleImport
from signatures.models import Person, Picture
from signatures.people_columns import Reading, guessed_fields
from signatures.rule_operations import keep_designs_in_use, lock_rules

GO_ON = "signatures.jobs.go_on_with_import"
MOST_BYTES = 20 * 1024 * 1024
MOST_ROWS = 100_000
A_CHUNK = 1_000  # rows
A_BATCH = 2_000  # people written in one statement
MOST_TRIES = 3
MOST_WORDS = 600


@transaction.atomic
def start_import(
    *, customer: Customer, content: bytes, file_name: str, language: str, by: Actor
) -> PeopleImport:
    """Keep an uploaded table; a worker reads it. It takes the place of one not yet applied.

    Raises ImportRunning while another one is being applied.
    """
    lock_rules(customer.pk)
    open_ones = customer.people_imports.filter(applied_at=None)
    if open_ones.filter(problem="").exclude(wished_at=None).exists():
        raise ImportRunning
    open_ones.delete()
    people_import = PeopleImport.objects.create(
        reseller_id=customer.reseller_id,
        customer=customer,
        file_name=file_name[:120],
        content=content,
        language=language,
        by=asdict(by),
        started_at=clock.now(),
    )
    queue_on_commit(import_string(GO_ON), people_import.pk)
    return people_import


@transaction.atomic
def give_columns(
    *, people_import: PeopleImport, mapping: list[str], clears: bool, by: Actor
) -> PeopleImport:
    """Say which column is which field; the rows are checked anew. Raises ImportRunning."""
    people_import = PeopleImport.objects.select_for_update().get(pk=people_import.pk)
    if people_import.wished_at or people_import.applied_at or not people_import.read_at:
        raise ImportRunning
    people_import.lines.all().delete()
    people_import.mapping, people_import.clears = mapping, clears
    people_import.mapped_at, people_import.checked_at = clock.now(), None
    people_import.checked, people_import.counts, people_import.by = 0, {}, asdict(by)
    people_import.tries, people_import.problem = 0, ""
    people_import.save()
    queue_on_commit(import_string(GO_ON), people_import.pk)
    return people_import


@transaction.atomic
def wish_import(*, people_import: PeopleImport, removes: int | None, by: Actor) -> PeopleImport:
    """Ask for the import to be applied; `removes` is how many people not in the table go.

    Raises ImportChanged when a row is wrong or other people would go, ImportRunning.
    """
    people_import = PeopleImport.objects.select_for_update().get(pk=people_import.pk)
    if people_import.wished_at or not people_import.checked_at or people_import.problem:
        raise ImportRunning
    if people_import.counts.get("wrong"):
        raise ImportChanged
    if removes is not None and removes != missing_people(people_import).count():
        raise ImportChanged
    people_import.removes, people_import.wished_at = removes, clock.now()
    people_import.by, people_import.tries = asdict(by), 0
    people_import.save()
    queue_on_commit(import_string(GO_ON), people_import.pk)
    return people_import


@transaction.atomic
def drop_import(*, people_import: PeopleImport, by: Actor) -> None:
    """Throw an import away that is not applied. Raises ImportRunning while it is."""
    people_import = PeopleImport.objects.select_for_update().get(pk=people_import.pk)
    if people_import.wished_at and not people_import.problem:
        raise ImportRunning
    people_import.delete()


def go_on(*, import_id: int, reader_for: Callable[..., Any]) -> bool:
    """Take an import's next step, a transaction of its own; return whether another one follows.

    `reader_for` makes, of a mapping and own fields, what reads cells as the form would. A step
    that breaks off is tried again, MOST_TRIES times.
    """
    due = PeopleImport.objects.filter(pk=import_id, applied_at=None, problem="")
    with transaction.atomic():
        people_import = due.select_for_update(skip_locked=True).first()
        if people_import is None or not people_import.waits_for_worker:
            return False
        people_import.tries += 1
        if people_import.tries > MOST_TRIES:
            people_import.problem = "failed"
            people_import.wished_at = None
        people_import.save(update_fields=["tries", "problem", "wished_at"])
    with transaction.atomic():
        people_import = due.select_for_update(of=("self",), skip_locked=True).first()
        if people_import is None:
            return False
        with translation.override(people_import.language):
            if not people_import.read_at:
                _read(people_import)
            elif people_import.wished_at:
                _apply(people_import)
            elif not people_import.checked_at:
                _check_chunk(people_import, reader_for)
        people_import.tries = 0
        people_import.save()
        return people_import.waits_for_worker


def missing_people(people_import: PeopleImport) -> QuerySet[Person]:
    """Return the customer's people who are not in the table."""
    named = ImportLine.objects.filter(
        people_import=people_import, email_key=OuterRef("email_key")
    ).exclude(verdict="wrong")
    return Person.objects.filter(~Exists(named), customer_id=people_import.customer_id)


def _read(people_import: PeopleImport) -> None:
    """Keep the table's rows in chunks and guess its columns."""
    content, people_import.content = bytes(people_import.content or b""), None
    try:
        head, *rows = read_table(content, most_rows=MOST_ROWS, most_bytes=MOST_BYTES)
    except Unreadable as refusal:
        people_import.problem = refusal.words
        return
    if not rows:
        people_import.problem = _("There is a heading in the file, but nothing below it.")
        return
    ImportChunk.objects.bulk_create(
        (
            ImportChunk(
                people_import=people_import,
                first=first,
                rows=[[row.number, row.cells] for row in rows[first : first + A_CHUNK]],
            )
            for first in range(0, len(rows), A_CHUNK)
        ),
        batch_size=20,
    )
    people_import.head, people_import.rows = head.cells, len(rows)
    people_import.sample = [row.cells for row in rows[:3]]
    own = {f"field.{own.key}": own.label for own in people_import.customer.own_fields.all()}
    people_import.mapping = guessed_fields(head.cells, own)
    people_import.read_at = clock.now()


def _check_chunk(people_import: PeopleImport, reader_for: Callable[..., Any]) -> None:
    """Find out about the next rows what they would do."""
    chunk = people_import.chunks.filter(first=people_import.checked).first()
    if chunk is None:
        people_import.checked_at = clock.now()
        return
    customer = people_import.customer
    reader = reader_for(people_import.mapping, customer.own_fields.all())
    readings = [(number, reader.read(cells)) for number, cells in chunk.rows]
    keys = {reading.key for _number, reading in readings if reading.key}
    present = {person.email_key: person for person in customer.people.filter(email_key__in=keys)}
    earlier = people_import.lines.exclude(verdict="wrong").filter(email_key__in=keys)
    seen = dict(earlier.values_list("email_key", "number"))
    counts: Counter = Counter(people_import.counts)
    lines = []
    for number, reading in readings:
        line = _line(people_import, reading, present.get(reading.key), seen, reader.labels)
        line.number, line.people_import = number, people_import
        if line.verdict != "wrong":
            seen[reading.key] = number
        counts[line.verdict] += 1
        lines.append(line)
    ImportLine.objects.bulk_create(lines, batch_size=A_BATCH)
    people_import.counts = dict(counts)
    people_import.checked += len(chunk.rows)
    if people_import.checked >= people_import.rows:
        people_import.checked_at = clock.now()


def _line(
    people_import: PeopleImport,
    reading: Reading,
    person: Person | None,
    seen: dict[str, int],
    labels: dict[str, Any],
) -> ImportLine:
    line = ImportLine(name=reading.values.get("name", "")[:120], email_key=reading.key)
    problems = list(reading.problems)
    if reading.key in seen:
        problems.append(_("The address stands in row %(row)s, too.") % {"row": seen[reading.key]})
    if problems:
        line.verdict, line.words = ImportLine.Verdict.WRONG, " ".join(problems)[:MOST_WORDS]
        return line
    values = reading.values
    if person is None:
        line.verdict = ImportLine.Verdict.NEW
        line.values = {field: value for field, value in values.items() if value}
        return line
    line.values = {
        field: value
        for field, value in values.items()
        if (value or people_import.clears) and value != _present(person, field)
    }
    if line.values:
        line.verdict = ImportLine.Verdict.CHANGED
        line.words = " · ".join(
            f"{labels[field]}: {_present(person, field) or '–'} → {value or '–'}"
            for field, value in line.values.items()
        )[:MOST_WORDS]
    else:
        line.verdict = ImportLine.Verdict.SAME
    return line


def _present(person: Person, field: str) -> str:
    if field.startswith("field."):
        return person.own.get(field.removeprefix("field."), "")
    return getattr(person, field)


def _apply(people_import: PeopleImport) -> None:
    """Add, change and remove people, all of it in the transaction of the caller."""
    customer = lock_rules(people_import.customer_id)
    if people_import.removes is not None:
        missing = list(missing_people(people_import).values_list("pk", "photo_id"))
        if len(missing) != people_import.removes:
            people_import.problem = _(
                "The list of people was changed meanwhile: others would be removed than you were"
                " told. Upload the table again."
            )
            people_import.wished_at = None
            return
        for begin in range(0, len(missing), A_BATCH):
            ids, photos = zip(*missing[begin : begin + A_BATCH], strict=True)
            Person.objects.filter(pk__in=ids).delete()
            Picture.objects.filter(key__in=[key for key in photos if key]).delete()
        keep_designs_in_use(customer.pk)
    columns = {
        "own" if field.startswith("field.") else field for field in people_import.mapping if field
    }
    columns |= {"name", "sort_key"}
    writing = people_import.lines.filter(verdict__in=["new", "changed"]).order_by("number")
    last = 0
    while lines := list(writing.filter(number__gt=last)[:A_BATCH]):
        last = lines[-1].number
        _write_people(customer, lines, columns)
    by = Actor(**people_import.by)
    record(
        "people_imported",
        customer,
        by=by,
        reseller_id=customer.reseller_id,
        after={**people_import.counts, "removed": people_import.removes or 0},
    )
    people_import.applied_at = clock.now()
    people_import.chunks.all().delete()
    people_import.lines.all().delete()


def _write_people(customer: Customer, lines: list[ImportLine], columns: set[str]) -> None:
    keys = [line.email_key for line in lines]
    present = {person.email_key: person for person in customer.people.filter(email_key__in=keys)}
    people = []
    for line in lines:
        person = present.get(line.email_key) or Person(
            reseller_id=customer.reseller_id, customer=customer, own={}
        )
        for field, value in line.values.items():
            if field.startswith("field."):
                person.own[field.removeprefix("field.")] = value
            else:
                setattr(person, field, value)
        person.own = {key: value for key, value in person.own.items() if value}
        person.email_key = email_key(person.email) if person.email else line.email_key
        person.sort_key = person.name_to_sort_by()
        people.append(person)
    # Somebody may have come or gone since the rows were checked: then a row adds or changes.
    Person.objects.bulk_create(
        people,
        batch_size=A_BATCH,
        update_conflicts=True,
        unique_fields=["customer", "email_key"],
        update_fields=sorted(columns),
    )
