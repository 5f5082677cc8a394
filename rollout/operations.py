"""Publishing a design, taking a version back, and noting where signatures arrived."""

from collections.abc import Iterable

from django.db import transaction

from audit.actor import Actor
from audit.operations import record
from customers.models import Customer
from reseller_portal import clock
from rollout.errors import Moved, NothingBefore
from rollout.lists import published_versions
from rollout.models import AddIn, Arrival, Publication
from signatures.design_operations import publish_design
from signatures.models import Design, Person, Version
from signatures.rule_operations import lead_everybody_to, lock_rules


@transaction.atomic
def publish(*, design: Design, by: Actor) -> Version:
    """Publish the draft, and keep which design it took the place of."""
    customer = lock_rules(design.customer_id)
    before = design_for_everybody(customer)
    version = publish_design(design=design, by=by)
    after = design_for_everybody(customer)
    Publication.objects.create(
        reseller_id=design.reseller_id,
        version=version,
        replaced_id=before if before != after else None,
    )
    return version


@transaction.atomic
def take_back(*, version: Version, by: Actor) -> Version:
    """Go back to what was published before this version; nothing of the history is lost.

    The earlier version is published once more under a new number. Where this version's design had
    taken the place of another, that one is for everybody again. Raises NothingBefore, or Moved when
    this is not the design's newest version any more.
    """
    design = version.design
    customer = lock_rules(design.customer_id)
    if design.versions.values_list("pk", flat=True).first() != version.pk:
        raise Moved
    target = next(
        (each.back_to for each in published_versions(customer) if each.version.pk == version.pk),
        None,
    )
    if target is None:
        raise NothingBefore
    if target.design_id != design.pk:
        target.design.customer = customer
        lead_everybody_to(design=target.design)
        restored = target
    else:
        restored = Version.objects.create(
            reseller_id=version.reseller_id,
            design=design,
            number=version.number + 1,
            content=target.content,
            document=target.document,
            published_at=clock.now(),
            published_by_id=by.user_id,
        )
        Publication.objects.create(
            reseller_id=version.reseller_id, version=restored, repeats=target
        )
    record(
        "design_taken_back",
        design,
        by=by,
        reseller_id=design.reseller_id,
        before={"version": version.number},
        after={"version": restored.number},
    )
    return restored


def note_arrivals(*, way: str, versions: Iterable[tuple[Person, Version]]) -> None:
    """Note that these people got these versions by this way just now."""
    now = clock.now()
    Arrival.objects.bulk_create(
        [
            Arrival(
                reseller_id=version.reseller_id,
                customer_id=person.customer_id,
                person=person,
                way=way,
                version=version,
                arrived_at=now,
            )
            for person, version in versions
        ],
        update_conflicts=True,
        unique_fields=["person", "way"],
        update_fields=["version", "arrived_at", "problem"],
        batch_size=1_000,
    )


@transaction.atomic
def renew_addin(*, customer: Customer, by: Actor) -> AddIn:
    """Set up the Outlook add-in, or give it a new key; the older one ends at once."""
    addin, _new = AddIn.objects.get_or_create(
        customer=customer,
        defaults={"reseller_id": customer.reseller_id, "created_at": clock.now()},
    )
    addin = AddIn.objects.select_for_update(of=("self",)).get(pk=addin.pk)
    addin.generation += 1
    addin.save(update_fields=["generation"])
    record("addin_key_made", addin, by=by, reseller_id=customer.reseller_id)
    return addin


def design_for_everybody(customer: Customer) -> int | None:
    """Return the id of the design that the rule for everybody leads to."""
    last = customer.rules.for_everybody().order_by("-position")
    return last.values_list("design_id", flat=True).first()
