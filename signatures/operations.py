"""What changes about a customer's people one by one."""

from typing import Any

from django.db import IntegrityError, transaction

from audit.actor import Actor
from audit.operations import record
from customers.models import Customer
from reseller_portal import clock
from reseller_portal.images import make_photo
from reseller_portal.names import email_key
from signatures.errors import PersonTwice
from signatures.models import Person, Picture
from signatures.rule_operations import keep_designs_in_use, lock_rules


@transaction.atomic
def save_person(
    *,
    customer: Customer,
    person: Person | None,
    fields: dict[str, Any],
    by: Actor,
    photo: bytes | None = None,
    remove_photo: bool = False,
) -> Person:
    """Add a person, or change one.

    Raises PersonTwice when the address is another person's, images.Refused for a photo that is
    none.
    """
    person = person or Person(reseller_id=customer.reseller_id, customer=customer)
    before = {name: getattr(person, name) for name in fields} if person.pk else {}
    for name, value in fields.items():
        setattr(person, name, value)
    person.sort_key = person.name_to_sort_by()
    person.email_key = email_key(person.email)
    old_photo = person.photo_id if photo is not None or remove_photo else None
    if photo is not None:
        square, cut_round = make_photo(photo)
        person.photo = Picture.objects.create(
            reseller_id=customer.reseller_id,
            customer=customer,
            created_at=clock.now(),
            round_content=cut_round,
            **square._asdict(),
        )
    elif remove_photo:
        person.photo = None
    try:
        with transaction.atomic():
            person.save()
    except IntegrityError as refusal:
        raise PersonTwice from refusal
    if old_photo:
        Picture.objects.filter(key=old_photo).delete()
    changed = {name for name in fields if before.get(name) != fields[name]}
    if photo is not None or remove_photo:
        changed.add("photo")
    record(
        "person_changed" if before else "person_added",
        person,
        by=by,
        reseller_id=person.reseller_id,
        after={"fields": sorted(changed)},
    )
    return person


@transaction.atomic
def remove_person(*, person: Person, by: Actor) -> None:
    """Remove a person; their mails get no signature from then on. Rules for them alone go, too."""
    lock_rules(person.customer_id)
    record("person_removed", person, by=by, reseller_id=person.reseller_id)
    photo = person.photo_id
    person.delete()
    if photo:
        Picture.objects.filter(key=photo).delete()
    keep_designs_in_use(person.customer_id)
