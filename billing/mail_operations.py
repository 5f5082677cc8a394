"""Mailing invoices: to the reseller's address for them, or to its owners."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Max

from audit.actor import Actor
from audit.operations import record
from billing.errors import NobodyToMail
from billing.models import Document, Invoice, Reminder
from mail.models import OutgoingMail, Priority
from mail.operations import post_mail
from reseller_portal import clock
from resellers.models import Reseller

MAIL_LIFE = timedelta(days=3)
KIND, REMINDER = "invoice", "invoice_reminder"


@transaction.atomic
def post_invoice(*, invoice: Invoice) -> list[OutgoingMail]:
    """Put an invoice's mail into the outbox, one to each who gets it; its text is made later."""
    return _post(KIND, invoice.pk, invoice.reseller)


@transaction.atomic
def post_reminder(*, reminder: Reminder) -> list[OutgoingMail]:
    """Put a reminder's mail into the outbox, one to each who gets it."""
    return _post(REMINDER, reminder.pk, reminder.reseller)


@transaction.atomic
def send_invoice_again(*, invoice: Invoice, by: Actor) -> list[OutgoingMail]:
    """Mail an invoice once more, to whom it goes by now.

    Raises NobodyToMail without an address, and while its document is being made.
    """
    rows = Invoice.objects.select_for_update(of=("self",), no_key=True)
    invoice = rows.select_related("reseller").get(pk=invoice.pk)
    is_made = Document.objects.filter(pk=invoice.pk, stored_at__isnull=False).exists()
    mails = post_invoice(invoice=invoice) if is_made else []
    if not mails:
        raise NobodyToMail
    record("invoice_sent_again", invoice, by=by, reseller_id=invoice.reseller_id)
    return mails


def _post(kind: str, object_id: int, reseller: Reseller) -> list[OutgoingMail]:
    mails = OutgoingMail.objects.for_object(kind, object_id)
    last = mails.aggregate(last=Max("generation"))["last"] or 0
    return [
        post_mail(
            kind=kind,
            object_id=object_id,
            generation=generation,
            recipient=address,
            recipient_name=name,
            language=reseller.language,
            give_up_at=clock.now() + MAIL_LIFE,
            priority=Priority.IN_TIME,
            lane=reseller.pk,
        )
        for generation, (address, name) in enumerate(recipients(reseller), start=last + 1)
    ]


def recipients(reseller: Reseller) -> list[tuple[str, str]]:
    """Return address and name of everybody whom invoices and reminders are mailed to."""
    if reseller.invoice_email:
        return [(reseller.invoice_email, (reseller.invoice_name or reseller.name)[:120])]
    owners = reseller.members.owners().filter(user__is_active=True).select_related("user")
    return [(owner.user.email, owner.user.name) for owner in owners.order_by("pk")]
