"""Deleting what a customer kept here, 90 days after its last subscription ended."""

from datetime import date
from time import monotonic

from django.db import transaction

from audit.actor import SYSTEM
from audit.operations import record
from customers.models import Customer
from customers.operations import note_signatures_deleted, remove_contacts
from signatures.belongings import kinds
from subscriptions.periods import ARCHIVE

AT_ONCE = 2_000  # rows in one transaction


def delete_after_the_end(*, today: date, seconds: float | None = None) -> bool:
    """Delete people, designs, all else of this room, and access, of those whose time is over.

    Stops after about so many seconds, if given, and goes on the next time; says whether all is
    done. Two at once share the work.
    """
    end = None if seconds is None else monotonic() + seconds
    over = Customer.objects.signatures_to_delete(ended_before=today - ARCHIVE)
    while True:
        with transaction.atomic():
            rows = over.select_for_update(no_key=True, skip_locked=True).order_by("pk")
            customer = rows.first()
            if customer is None:
                return True
            _delete_some(customer, today)
        if end is not None and monotonic() > end:
            return False


def _delete_some(customer: Customer, today: date) -> None:
    """Delete AT_ONCE rows, and note the customer as done when nothing is left."""
    room = AT_ONCE
    for kind in kinds():
        ids = list(kind.of(customer).values_list("pk", flat=True)[:room])
        if ids:
            kind.model._base_manager.filter(pk__in=ids).delete()
            room -= len(ids)
        if not room:
            break
    else:
        remove_contacts(customer=customer)
        note_signatures_deleted(customer=customer, on=today)
    if room < AT_ONCE:
        record(
            "signatures_deleted",
            customer,
            by=SYSTEM,
            reseller_id=customer.reseller_id,
            after={"rows": AT_ONCE - room},
        )
