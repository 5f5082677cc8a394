"""The signatures of all of a customer's people as files."""

from collections.abc import Iterator

from customers.models import Customer
from rollout.files import Files, safe_name, signature_files
from signatures.models import Person, Version, signature_of
from signatures.rule_lists import local_today, versions_for

AT_ONCE = 200


def files_of(person: Person, version: Version) -> tuple[str, Files]:
    """Return the name the signature has in Outlook, and its files."""
    signature = signature_of(version.content, person.values())
    name = safe_name(person.customer.name, person.customer.code)
    return name, signature_files(signature.html, signature.text)


def named_files(name: str, files: Files) -> list[tuple[str, bytes]]:
    return [(f"{name}.{kind}", content) for kind, content in files._asdict().items()]


def signed_people(customer: Customer) -> Iterator[list[tuple[Person, Version]]]:
    """Yield the people who have a signature today with their version, some at a time."""
    on = local_today(customer)
    people = customer.people.with_company().order_by("pk")
    last = 0
    while chunk := list(people.filter(pk__gt=last)[:AT_ONCE]):
        last = chunk[-1].pk
        versions = versions_for(chunk, on)
        yield [(person, versions[person.pk]) for person in chunk if person.pk in versions]


def files_of_everybody(people: list[tuple[Person, Version]]) -> Iterator[tuple[str, bytes]]:
    """Yield these people's files, each in the folder of the person's address."""
    for person, version in people:
        folder = safe_name(person.email, person.code, longest=120)
        if folder != person.email:
            folder = f"{folder[:50]} {person.code}"  # two addresses may read alike when cut
        name, files = files_of(person, version)
        for file, content in named_files(name, files):
            yield f"{folder}/{file}", content
