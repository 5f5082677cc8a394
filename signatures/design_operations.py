"""What changes in designs: drafts step by step, brands, pictures, and what is published."""

import hashlib
from datetime import timedelta
from typing import Any

from django.db import transaction

from audit.actor import Actor
from audit.operations import record
from customers.models import Customer
from reseller_portal import clock
from reseller_portal.images import make_picture
from signatures.document import Document, as_json, read_document
from signatures.errors import DesignInUse, NoFurtherStep, StaleDraft
from signatures.models import Brand, Design, DraftStep, Picture, Version
from signatures.rule_operations import lead_everybody_to, lock_rules

MOST_STEPS = 200
ONE_STEP = timedelta(seconds=20)  # typing in a block, so long, is undone at once
PICTURE_PIXELS = (1_200, 1_200)  # twice the widest that is shown


@transaction.atomic
def start_design(*, customer: Customer, document: Document, name: str, by: Actor) -> Design:
    """Start a design from a document, such as a template's or a copy of another design."""
    design = Design.objects.create(
        reseller_id=customer.reseller_id,
        customer=customer,
        name=name[:120],
        document=as_json(document),
        changed_at=clock.now(),
    )
    _note_step(design, block="", by=by)
    design.save(update_fields=["step"])
    record("design_started", design, by=by, reseller_id=design.reseller_id)
    return design


@transaction.atomic
def keep_draft(
    *,
    design: Design,
    document: Document,
    revision: int,
    by: Actor,
    block: str = "",
    name: str | None = None,
) -> Design:
    """Keep the draft; nothing published changes. `revision` is the one that was looked at.

    Raises StaleDraft when somebody changed the draft since. What is typed in one block within
    ONE_STEP is one step to undo.
    """
    design = _locked(design)
    if design.revision != revision:
        raise StaleDraft
    raw = as_json(document)
    is_new = raw != design.document
    if not is_new and name in {None, design.name}:
        return design
    if name is not None:
        design.name = name
    if is_new:
        design.document = raw
    design.revision += 1
    design.changed_at = clock.now()
    if is_new and _note_step(design, block=block, by=by):
        record("design_changed", design, by=by, reseller_id=design.reseller_id)
    design.save(update_fields=["name", "document", "revision", "step", "changed_at"])
    return design


@transaction.atomic
def go_to_step(*, design: Design, forward: bool, revision: int, by: Actor) -> Design:
    """Undo the last change of the draft, or make it again. Raises StaleDraft, NoFurtherStep."""
    design = _locked(design)
    if design.revision != revision:
        raise StaleDraft
    steps = design.steps
    found = (
        steps.filter(number__gt=design.step).order_by("number").first()
        if forward
        else steps.filter(number__lt=design.step).order_by("-number").first()
    )
    if found is None:
        raise NoFurtherStep
    design.document, design.step = found.document, found.number
    design.revision += 1
    design.changed_at = clock.now()
    design.save(update_fields=["document", "revision", "step", "changed_at"])
    record("design_changed", design, by=by, reseller_id=design.reseller_id)
    return design


@transaction.atomic
def restore_version(*, design: Design, version: Version, revision: int, by: Actor) -> Design:
    """Make a version's document the draft again. Raises StaleDraft."""
    return keep_draft(
        design=design, document=read_document(version.document), revision=revision, by=by
    )


@transaction.atomic
def save_brand(
    *, customer: Customer, fields: dict[str, Any], logo: bytes | None, by: Actor
) -> Brand:
    """Keep a customer's brand; `logo` is a new one. Raises images.Refused.

    Drafts show it at once, what is published when it is published again; what signatures say of
    the company is everywhere at once.
    """
    brand, _new = Brand.objects.get_or_create(
        customer=customer, defaults={"reseller_id": customer.reseller_id}
    )
    brand = Brand.objects.select_for_update(of=("self",)).get(pk=brand.pk)
    before = {name: getattr(brand, name) for name in fields}
    for name, value in fields.items():
        setattr(brand, name, value)
    changed = sorted(name for name in fields if before[name] != fields[name])
    if logo is not None:
        brand.logo = keep_picture(customer=customer, data=logo)
        changed.append("logo")
    brand.save()
    if changed:
        record(
            "brand_changed",
            customer,
            by=by,
            reseller_id=customer.reseller_id,
            after={"fields": changed},
        )
    return brand


def keep_picture(*, customer: Customer, data: bytes) -> Picture:
    """Keep an uploaded picture; the same one twice is kept once. Raises images.Refused."""
    made = make_picture(data, most=PICTURE_PIXELS)
    digest = hashlib.sha256(made.content).hexdigest()
    picture, _new = Picture.objects.get_or_create(
        customer=customer,
        digest=digest,
        defaults={
            "reseller_id": customer.reseller_id,
            "created_at": clock.now(),
            **made._asdict(),
        },
    )
    return picture


@transaction.atomic
def publish_design(*, design: Design, by: Actor, for_everybody: bool | None = None) -> Version:
    """Publish the draft as the next version; who has the design gets it, as the rules say.

    With `for_everybody`, the rule for everybody leads to it from then on. Left open, that is so
    unless a rule leads to it already or there are rules for some only.
    """
    customer = lock_rules(design.customer_id)
    design = Design.objects.select_related("customer__brand__logo").get(pk=design.pk)
    last = design.versions.first()
    version = Version.objects.create(
        reseller_id=design.reseller_id,
        design=design,
        number=last.number + 1 if last else 1,
        content=design.draft(),
        document=design.document,
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


def _locked(design: Design) -> Design:
    rows = Design.objects.select_for_update(of=("self",))
    return rows.select_related("customer__brand__logo").get(pk=design.pk)


def _note_step(design: Design, *, block: str, by: Actor) -> bool:
    """Keep the state to go back to, and drop what was undone; say whether it is a new step."""
    design.steps.filter(number__gt=design.step).delete()
    last = design.steps.filter(number=design.step).first()
    goes_on = (
        last is not None
        and block
        and (last.block, last.by_id) == (block, by.user_id)
        and design.changed_at - last.at < ONE_STEP
    )
    if goes_on and last is not None:
        last.document = design.document
        last.save(update_fields=["document"])
        return False
    design.step += 1
    DraftStep.objects.create(
        design=design,
        number=design.step,
        document=design.document,
        block=block,
        by_id=by.user_id,
        at=design.changed_at,
    )
    design.steps.filter(number__lte=design.step - MOST_STEPS).delete()
    return True
