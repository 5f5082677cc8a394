"""What the mails about an invoice say."""

from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from billing.deadlines import hold_on
from billing.models import Document, Invoice, Reminder
from mail.letters import MOST_ATTACHED, Attachment, Letter
from mail.models import OutgoingMail


def invoice_email(outgoing: OutgoingMail) -> Letter | None:
    """Return the mail that brings an invoice or credit note; None while no document is made."""
    invoice = Invoice.objects.select_related("credits").filter(pk=outgoing.object_id).first()
    pdf = pdf_of(invoice) if invoice else None
    if invoice is None or pdf is None:
        return None
    with translation.override(outgoing.language):
        subject = _("Credit note %(number)s") if invoice.is_credit_note else _("Invoice %(number)s")
        return compose(
            "invoice",
            invoice,
            subject=subject % {"number": invoice.number},
            name=outgoing.recipient_name,
            pdf=pdf,
        )


def reminder_email(outgoing: OutgoingMail) -> Letter | None:
    """Return the mail of a reminder; None once the invoice is paid or staff stopped reminders."""
    reminder = _reminder(outgoing)
    invoice = reminder.invoice if reminder else None
    if invoice is None or invoice.is_settled or invoice.reminders_stopped_on:
        return None
    return _compose_reminder(outgoing, reminder) if reminder else None


def reminder_preview(outgoing: OutgoingMail) -> Letter | None:
    """Return what staff may see of it, whatever was paid since."""
    reminder = _reminder(outgoing)
    return _compose_reminder(outgoing, reminder) if reminder else None


def _reminder(outgoing: OutgoingMail) -> Reminder | None:
    rows = Reminder.objects.select_related("invoice")
    return rows.filter(pk=outgoing.object_id).first()


def _compose_reminder(outgoing: OutgoingMail, reminder: Reminder) -> Letter:
    invoice = reminder.invoice
    with translation.override(outgoing.language):
        subjects = {
            1: _("Reminder: invoice %(number)s is not paid yet"),
            2: _("Second reminder: invoice %(number)s"),
            3: _("Last reminder: invoice %(number)s, subscriptions on hold"),
        }
        return compose(
            "reminder",
            invoice,
            subject=subjects[reminder.level] % {"number": invoice.number},
            name=outgoing.recipient_name,
            pdf=pdf_of(invoice),
            reminder=reminder,
            hold_on=hold_on(invoice.due_on, reminder.sent_on),
        )


def compose(
    kind: str, invoice: Invoice, *, subject: str, name: str, pdf: bytes | None, **more: Any
) -> Letter:
    """Return a mail about an invoice in the present language, with its PDF if that is not too big.

    A larger one is on the invoice's page, and the mail says so.
    """
    fits = pdf is not None and len(pdf) <= MOST_ATTACHED
    context = {
        "invoice": invoice,
        "name": name,
        "attached": fits,
        **more,
        "label": _("Look at the credit note")
        if invoice.is_credit_note
        else _("Look at the invoice"),
        "link": settings.BASE_URL + invoice.get_absolute_url(),
    }
    files = (Attachment(f"{invoice.number}.pdf", "application/pdf", pdf or b""),) if fits else ()
    return Letter(
        subject=subject,
        text=render_to_string(f"billing/email/{kind}.txt", context),
        html=render_to_string(f"billing/email/{kind}.html", context),
        reply_to=invoice.seller["email"],
        attachments=files,
    )


def pdf_of(invoice: Invoice) -> bytes | None:
    rows = Document.objects.filter(pk=invoice.pk, stored_at__isnull=False)
    pdf = rows.values_list("pdf", flat=True).first()
    return None if pdf is None else bytes(pdf)
