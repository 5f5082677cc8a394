"""What changes about a customer: who may edit its signatures, and how far its area is open."""

from datetime import date

from django.db import transaction

from audit.actor import Actor
from audit.operations import record
from customers.models import Contact, Customer
from reseller_portal import clock
from reseller_portal.names import name_key
from resellers.models import Reseller


@transaction.atomic
def customer_named(*, reseller: Reseller, name: str, by: Actor) -> Customer:
    """Return the reseller's customer of this name, started now when there is none.

    The caller holds the reseller's row, so two members typing the same name make one customer.
    """
    customer = Customer.objects.filter(reseller=reseller, name_key=name_key(name)).first()
    if customer is None:
        customer = Customer.objects.start(reseller=reseller, name=name)
        customer.save()
        record("customer_added", customer, by=by, reseller_id=reseller.pk)
    return customer


@transaction.atomic
def set_customer_edits(*, customer: Customer, allowed: bool, by: Actor) -> Customer:
    """Let the customer's contacts edit, or not, from their next request on."""
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    if customer.customer_edits != allowed:
        customer.customer_edits = allowed
        customer.save(update_fields=["customer_edits"])
        record(
            "customer_edits_changed",
            customer,
            by=by,
            reseller_id=customer.reseller_id,
            before={"customer_edits": not allowed},
            after={"customer_edits": allowed},
        )
    return customer


@transaction.atomic
def withdraw_access(*, contact: Contact, by: Actor) -> Contact:
    """Close the signature area to a contact with the next request; a second time changes nothing.

    Where nobody may edit any more the customer's box stays as it is: the reseller decides that.
    """
    contact = Contact.objects.select_for_update(no_key=True).get(pk=contact.pk)
    if contact.withdrawn_at is None:
        contact.withdrawn_at = clock.now()
        contact.save(update_fields=["withdrawn_at"])
        record("access_withdrawn", contact, by=by, reseller_id=contact.reseller_id)
    return contact


@transaction.atomic
def give_access_back(*, contact: Contact, by: Actor) -> Contact:
    """Let a contact in again, without a new invitation."""
    contact = Contact.objects.select_for_update(no_key=True).get(pk=contact.pk)
    if contact.withdrawn_at is not None:
        contact.withdrawn_at = None
        contact.save(update_fields=["withdrawn_at"])
        record("access_given_back", contact, by=by, reseller_id=contact.reseller_id)
    return contact


@transaction.atomic
def give_access_at(*, contact: Contact, customer: Customer, by: Actor) -> Contact:
    """Let a contact in at another customer, as the same company is now somebody else's."""
    there = Contact.objects.create(
        reseller_id=customer.reseller_id,
        customer=customer,
        user_id=contact.user_id,
        name=contact.name,
        phone=contact.phone,
        job_title=contact.job_title,
    )
    record("access_given", there, by=by, reseller_id=customer.reseller_id)
    return there


@transaction.atomic
def set_area_facts(
    *, customer: Customer, held_since: date | None, open_until: date | None
) -> Customer:
    """Keep what its subscriptions say of its area: the first day on hold, the first closed."""
    customer.signatures_held_since = held_since
    customer.signatures_open_until = open_until
    customer.save(update_fields=["signatures_held_since", "signatures_open_until"])
    return customer


@transaction.atomic
def note_signatures_deleted(*, customer: Customer, on: date) -> None:
    """Keep that nothing of its signature area is left; the caller has deleted it."""
    Customer.objects.filter(pk=customer.pk).update(signatures_deleted_on=on)


@transaction.atomic
def remove_contacts(*, customer: Customer) -> None:
    """Delete a former customer's contacts; their accounts stay, as they may work elsewhere."""
    Contact.objects.filter(customer=customer).delete()
