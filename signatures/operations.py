"""What changes in a customer's signature area: people, designs and what is published of them."""

from typing import Any

from django.db import IntegrityError, transaction

from audit.actor import Actor
from audit.operations import record
from customers.models import Customer
from reseller_portal import clock
from reseller_portal.images import make_photo, make_picture
from reseller_portal.names import email_key
from signatures.errors import DesignInUse, PersonTwice
from signatures.gallery import TEMPLATES
from signatures.models import Design, Person, Picture, Version
from signatures.rule_operations import keep_designs_in_use, lead_everybody_to, lock_rules


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
        logo=customer.pictures.filter(round_content=None).order_by("-id").first(),
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
def publish_design(*, design: Design, by: Actor, for_everybody: bool | None = None) -> Version:
    """Publish the draft as the next version; who has the design gets it, as the rules say.

    With `for_everybody`, the rule for everybody leads to it from then on. Left open, that is so
    unless a rule leads to it already or there are rules for some only.
    """
    customer = lock_rules(design.customer_id)
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
    if for_everybody is None:
        for_everybody = not design.in_use and not customer.rules.for_some().exists()
    if for_everybody:
        lead_everybody_to(design=design)
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
    lock_rules(design.customer_id)
    design = Design.objects.select_for_update(of=("self",)).get(pk=design.pk)
    if design.in_use:
        raise DesignInUse
    record("design_removed", design, by=by, reseller_id=design.reseller_id)
    design.versions.all().delete()
    design.delete()
