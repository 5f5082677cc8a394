"""What changes around people: groups, departments, the customer's own fields, its settings."""

from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, connection, transaction

from audit.actor import Actor
from audit.operations import record
from customers.models import Customer
from reseller_portal.names import name_key, sort_key, tidy
from signatures.errors import FieldTwice, GroupInUse, GroupTwice, NotCorrectable
from signatures.models import AreaSettings, Group, GroupMember, OwnField, Person
from signatures.operations import save_person
from signatures.rule_lists import settings_of
from signatures.rule_operations import lock_rules


@transaction.atomic
def save_group(*, customer: Customer, group: Group | None, name: str, by: Actor) -> Group:
    """Add a group, or rename one. Raises GroupTwice when there is one of this name."""
    is_new = group is None
    group = group or Group(reseller_id=customer.reseller_id, customer=customer)
    group.name = tidy(name)
    group.name_key, group.sort_key = name_key(name), sort_key(name)
    try:
        with transaction.atomic():
            group.save()
    except IntegrityError as refusal:
        raise GroupTwice from refusal
    record(
        "group_added" if is_new else "group_changed",
        group,
        by=by,
        reseller_id=group.reseller_id,
        after={"name": group.name},
    )
    return group


@transaction.atomic
def change_members(
    *, group: Group, shown: Iterable[int], ticked: Iterable[int], by: Actor
) -> tuple[int, int]:
    """Let those of the shown people be in the group that are ticked; the others stay as they are.

    Returns how many came and how many left.
    """
    lock_rules(group.customer_id)
    people = Person.objects.filter(customer_id=group.customer_id, pk__in=list(shown))
    present = set(group.members.filter(person__in=people).values_list("person_id", flat=True))
    wanted = set(people.filter(pk__in=list(ticked)).values_list("pk", flat=True))
    group.members.filter(person_id__in=present - wanted).delete()
    GroupMember.objects.bulk_create(
        GroupMember(
            reseller_id=group.reseller_id,
            customer_id=group.customer_id,
            group=group,
            person_id=person_id,
        )
        for person_id in sorted(wanted - present)
    )
    came, left = len(wanted - present), len(present - wanted)
    if came or left:
        record(
            "group_changed",
            group,
            by=by,
            reseller_id=group.reseller_id,
            after={"came": came, "left": left},
        )
    return came, left


@transaction.atomic
def remove_group(*, group: Group, by: Actor) -> None:
    """Remove a group; its people stay. Raises GroupInUse while a rule names it."""
    lock_rules(group.customer_id)
    if group.rules.exists():
        raise GroupInUse
    record("group_removed", group, by=by, reseller_id=group.reseller_id)
    group.delete()


@transaction.atomic
def rename_department(*, customer: Customer, old: str, new: str, by: Actor) -> int:
    """Rename a department with everybody in it, and in the rules; return how many people."""
    lock_rules(customer.pk)
    renamed = customer.people.filter(department=old).update(department=new)
    customer.rules.filter(department=old).update(department=new)
    record(
        "department_renamed",
        customer,
        by=by,
        reseller_id=customer.reseller_id,
        before={"department": old},
        after={"department": new, "people": renamed},
    )
    return renamed


@transaction.atomic
def add_own_field(*, customer: Customer, key: str, label: str, by: Actor) -> OwnField:
    """Add a field to the customer's people. Raises FieldTwice when the short name is taken."""
    own = OwnField(reseller_id=customer.reseller_id, customer=customer, key=key, label=label)
    try:
        with transaction.atomic():
            own.save()
    except IntegrityError as refusal:
        raise FieldTwice from refusal
    record("own_field_added", own, by=by, reseller_id=customer.reseller_id, after={"label": label})
    return own


@transaction.atomic
def remove_own_field(*, own: OwnField, by: Actor) -> None:
    """Remove a field and what people have in it. Placeholders naming it stay empty.

    Nobody may correct it any more, nor another one that gets its short name later.
    """
    lock_rules(own.customer_id)
    settings = AreaSettings.objects.filter(customer=own.customer_id).first()
    if settings and f"own_{own.key}" in settings.correctable:
        settings.correctable.remove(f"own_{own.key}")
        settings.save(update_fields=["correctable"])
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE signatures_person SET own = own - %s WHERE customer_id = %s AND own ? %s",
            [own.key, own.customer_id, own.key],
        )
    record("own_field_removed", own, by=by, reseller_id=own.reseller_id)
    own.delete()


@transaction.atomic
def correct_person(
    *,
    person: Person,
    columns: dict[str, Any],
    own: dict[str, str],
    by: Actor,
    photo: bytes | None = None,
    remove_photo: bool = False,
) -> Person:
    """Let a person change what the customer lets them; own fields come by their short names.

    What somebody else changed meanwhile stays. Raises NotCorrectable when one of them is not, or
    no more, theirs to change; images.Refused for a photo that is none.
    """
    people = Person.objects.select_for_update(of=("self",), no_key=True)
    person = people.select_related("customer").get(pk=person.pk)
    allowed = set(settings_of(person.customer).correctable)
    wished = {*columns, *(f"own_{key}" for key in own)}
    if photo is not None or remove_photo:
        wished.add("photo")
    if not wished <= allowed - {"email"}:
        raise NotCorrectable
    kept = {key: value for key, value in (person.own | own).items() if value}
    return save_person(
        customer=person.customer,
        person=person,
        fields=columns | {"own": kept},
        photo=photo,
        remove_photo=remove_photo,
        by=by,
    )


@transaction.atomic
def change_area_settings(*, customer: Customer, fields: dict[str, Any], by: Actor) -> AreaSettings:
    """Keep what the customer decided for its area."""
    lock_rules(customer.pk)
    settings, _new = AreaSettings.objects.update_or_create(
        customer=customer, defaults=fields, create_defaults=fields | {"reseller": customer.reseller}
    )
    record("area_settings_changed", customer, by=by, reseller_id=customer.reseller_id, after=fields)
    return settings
