"""What changes in a customer's signature area."""

from typing import Any

from django.db import IntegrityError, transaction

from audit.actor import Actor
from audit.operations import record
from customers.models import Customer
from reseller_portal import clock
from reseller_portal.images import make_picture
from reseller_portal.names import email_key
from signatures.errors import DesignInUse, PersonTwice
from signatures.gallery import TEMPLATES
from signatures.models import Design, Person, Picture, Version


@transaction.atomic
def save_person(
    *, customer: Customer, person: Person | None, fields: dict[str, str], by: Actor
) -> Person:
    """Add a person, or change one. Raises PersonTwice when the address is another person's."""
    person = person or Person(reseller_id=customer.reseller_id, customer=customer)
    before = {name: getattr(person, name) for name in fields} if person.pk else {}
    for name, value in fields.items():
        setattr(person, name, value)
    person.sort_key = person.name_to_sort_by()
    person.email_key = email_key(person.email)
    try:
        with transaction.atomic():
            person.save()
    except IntegrityError as refusal:
        raise PersonTwice from refusal
    changed = {name for name in fields if before.get(name) != fields[name]}
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
    """Remove a person; their mails get no signature from then on."""
    record("person_removed", person, by=by, reseller_id=person.reseller_id)
    person.delete()


@transaction.atomic
def start_design(*, customer: Customer, template: str, name: str, by: Actor) -> Design:
    """Start a design from a template of the gallery, with the newest logo the customer has."""
    start = TEMPLATES[template]
    design = Design.objects.create(
        reseller_id=customer.reseller_id,
        customer=customer,
        name=name,
        template=start.key,
        accent=start.accent,
        text_colour=start.text_colour,
        font=start.font,
        lines=start.lines,
        logo=customer.pictures.order_by("-id").first(),
        changed_at=clock.now(),
    )
    record("design_started", design, by=by, reseller_id=design.reseller_id)
    return design


@transaction.atomic
def change_design(
    *, design: Design, fields: dict[str, Any], logo: bytes | None, remove_logo: bool, by: Actor
) -> Design:
    """Keep the draft; nothing published changes. Raises images.Refused for a logo that is none."""
    design = (
        Design.objects.select_for_update(of=("self",)).select_related("customer").get(pk=design.pk)
    )
    for name, value in fields.items():
        setattr(design, name, value)
    if logo is not None:
        picture = make_picture(logo)
        design.logo = Picture.objects.create(
            reseller_id=design.reseller_id,
            customer=design.customer,
            created_at=clock.now(),
            **picture._asdict(),
        )
    elif remove_logo:
        design.logo = None
    design.changed_at = clock.now()
    design.save()
    record("design_changed", design, by=by, reseller_id=design.reseller_id)
    return design


@transaction.atomic
def publish_design(*, design: Design, by: Actor) -> Version:
    """Publish the draft as the next version and use this design for everybody of the customer."""
    customer = Customer.objects.select_for_update(no_key=True).get(pk=design.customer_id)
    design = Design.objects.select_related("logo", "customer").get(pk=design.pk)
    last = design.versions.first()
    version = Version.objects.create(
        reseller_id=design.reseller_id,
        design=design,
        number=last.number + 1 if last else 1,
        content=design.draft(),
        published_at=clock.now(),
        published_by_id=by.user_id,
    )
    customer.designs.filter(in_use=True).exclude(pk=design.pk).update(in_use=False)
    customer.designs.filter(pk=design.pk).update(in_use=True)
    record(
        "design_published",
        design,
        by=by,
        reseller_id=design.reseller_id,
        after={"version": version.number},
    )
    return version


@transaction.atomic
def remove_design(*, design: Design, by: Actor) -> None:
    """Remove a design and its versions. Raises DesignInUse for the one in use."""
    design = Design.objects.select_for_update(of=("self",)).get(pk=design.pk)
    if design.in_use:
        raise DesignInUse
    record("design_removed", design, by=by, reseller_id=design.reseller_id)
    design.versions.all().delete()
    design.delete()
