"""What comes in and goes back: payments, receipts of the bank, credit that is moved or paid out.

Papers are locked in the order of their ids, receipts before them, so that two people at the same
time never wait for each other in a circle. `paid` of a paper is the sum of its payments always.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from time import monotonic
from typing import NamedTuple
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.module_loading import import_string

from audit.actor import SYSTEM, Actor
from audit.operations import record
from billing.bankfiles import BankLine, invoice_numbers
from billing.errors import AlreadyNoted, NotPayable, NotReversible, OtherMoney, TooMuch
from billing.models import BankReceipt, Invoice, Payment
from billing.reminder_operations import note_what_is_overdue
from reseller_portal import clock
from reseller_portal.queue import queue_on_commit

LOOK_FOR_INVOICES = "billing.jobs.assign_receipts"
Kind, Source = Payment.Kind, Payment.Source


@transaction.atomic
def note_payment(
    *,
    invoice: Invoice,
    amount: Decimal,
    received_on: date,
    by: Actor,
    note: str = "",
    reference: str = "",
    form_key: UUID | None = None,
) -> Payment:
    """Note money that came for an invoice, whatever is open of it: more leaves a credit.

    Raises AlreadyNoted for a bank reference or a form that was noted, NotPayable for credit notes.
    """
    (invoice,) = _locked(invoice)
    if invoice.is_credit_note:
        raise NotPayable
    if amount <= 0:
        raise TooMuch
    return _add(
        invoice,
        kind=Kind.RECEIPT,
        amount=amount,
        day=received_on,
        by=by,
        note=note,
        reference=reference,
        form_key=form_key,
    )


@transaction.atomic
def take_back_payment(*, payment: Payment, note: str, today: date, by: Actor) -> Payment:
    """Reverse a payment by a row of its own; of a move of credit, both its rows.

    Raises NotReversible when it is taken back already or is itself a reversal.
    """
    payment = Payment.objects.select_related("invoice").get(pk=payment.pk)
    if payment.kind == Kind.REVERSAL:
        raise NotReversible
    rows = [payment]
    if payment.kind == Kind.TRANSFER:
        other = payment.moved_from or Payment.objects.get(moved_from=payment)
        rows.append(other)
    if payment.receipt_id:
        BankReceipt.objects.select_for_update().get(pk=payment.receipt_id)
    papers = {paper.pk: paper for paper in _locked(*(row.invoice for row in rows))}
    if Payment.objects.filter(reverses__in=rows).exists():
        raise NotReversible
    done = [
        _add(
            papers[row.invoice_id],
            kind=Kind.REVERSAL,
            amount=-row.amount,
            day=today,
            by=by,
            note=note,
            source=Source(row.source),
            reverses=row,
            receipt=row.receipt,
        )
        for row in sorted(rows, key=lambda row: row.pk)
    ]
    return done[0]


@transaction.atomic
def move_credit(
    *,
    source: Invoice,
    target: Invoice,
    amount: Decimal,
    today: date,
    by: Actor,
    form_key: UUID | None = None,
) -> Payment:
    """Use what was paid too much, or a credit note, for another invoice of the same reseller.

    Raises OtherMoney for another reseller or currency, TooMuch beyond the credit or what is open.
    """
    if source.pk == target.pk:
        raise OtherMoney
    papers = {paper.pk: paper for paper in _locked(source, target)}
    source, target = papers[source.pk], papers[target.pk]
    if (source.reseller_id, source.currency) != (target.reseller_id, target.currency):
        raise OtherMoney
    if target.is_credit_note:
        raise NotPayable
    if not 0 < amount <= min(source.credit_left, target.open_amount):
        raise TooMuch
    taken = _add(
        source,
        kind=Kind.TRANSFER,
        amount=amount if source.is_credit_note else -amount,
        day=today,
        by=by,
        note=str(target),
        form_key=form_key,
    )
    return _add(
        target,
        kind=Kind.TRANSFER,
        amount=amount,
        day=today,
        by=by,
        note=str(source),
        moved_from=taken,
    )


@transaction.atomic
def pay_back(
    *,
    invoice: Invoice,
    amount: Decimal,
    paid_on: date,
    by: Actor,
    note: str = "",
    form_key: UUID | None = None,
) -> Payment:
    """Note that credit was paid back to the reseller; raises TooMuch beyond what it has."""
    (invoice,) = _locked(invoice)
    if not 0 < amount <= invoice.credit_left:
        raise TooMuch
    return _add(
        invoice,
        kind=Kind.PAYOUT,
        amount=amount if invoice.is_credit_note else -amount,
        day=paid_on,
        by=by,
        note=note,
        form_key=form_key,
    )


class Read(NamedTuple):
    """How many lines of a bank file were new, and how many had been read before."""

    new: int
    known: int


@transaction.atomic
def keep_receipts(*, lines: Iterable[BankLine], file_name: str, by: Actor) -> Read:
    """Keep the lines of a bank file that were never read; a worker looks for their invoices."""
    lines = list(lines)
    asked = {line.fingerprint for line in lines}
    rows = BankReceipt.objects.filter(fingerprint__in=asked)
    before = rows.count()
    BankReceipt.objects.bulk_create(
        (
            BankReceipt(
                **{name: getattr(line, name) for name in BankLine.__dataclass_fields__},
                file_name=file_name[:200],
                noted_at=clock.now(),
                by_name=by.name,
            )
            for line in lines
        ),
        ignore_conflicts=True,
        batch_size=1_000,
    )
    new = rows.count() - before
    last = rows.order_by("-pk").first()
    if last is not None:
        after = {"file": file_name[:200], "new": new, "known": len(asked) - new}
        record("bank_file_read", last, by=by, after=after)
    queue_on_commit(import_string(LOOK_FOR_INVOICES))
    return Read(new, len(asked) - new)


def assign_new_receipts(*, seconds: float) -> bool:
    """Look for the invoices of receipts that were not looked at yet; say whether all are done.

    One transaction each: killed anywhere, the rest is looked at later.
    """
    end = monotonic() + seconds
    while monotonic() < end:
        with transaction.atomic():
            rows = BankReceipt.objects.select_for_update(skip_locked=True).filter(looked_at=None)
            receipt = rows.order_by("pk").first()
            if receipt is None:
                return True
            for invoice, amount in _invoices_meant(receipt):
                _book(receipt, invoice, amount, SYSTEM)
            receipt.looked_at = clock.now()
            receipt.save(update_fields=["looked_at"])
    return False


@transaction.atomic
def assign_receipt(
    *, receipt: BankReceipt, invoice: Invoice, amount: Decimal, by: Actor
) -> Payment:
    """Put a receipt, or a part of it, to an invoice; more than is open leaves a credit there.

    Raises TooMuch beyond what is left of the receipt, OtherMoney for another currency.
    """
    receipt = BankReceipt.objects.select_for_update().get(pk=receipt.pk)
    (invoice,) = _locked(invoice)
    if invoice.is_credit_note:
        raise NotPayable
    if invoice.currency != receipt.currency:
        raise OtherMoney
    if not 0 < amount <= receipt.left or receipt.set_aside_on:
        raise TooMuch
    return _book(receipt, invoice, amount, by)


@transaction.atomic
def set_receipt_aside(*, receipt: BankReceipt, reason: str, today: date, by: Actor) -> BankReceipt:
    """Say that (the rest of) a receipt pays for no invoice; an empty reason takes that back."""
    receipt = BankReceipt.objects.select_for_update().get(pk=receipt.pk)
    receipt.set_aside_on = today if reason else None
    receipt.set_aside_because = reason
    receipt.save(update_fields=["set_aside_on", "set_aside_because"])
    record("receipt_set_aside", receipt, by=by, after={"reason": reason})
    return receipt


def _invoices_meant(receipt: BankReceipt) -> list[tuple[Invoice, Decimal]]:
    """Return the invoices a receipt pays for, as far as it can be known without doubt.

    Those that its purpose names: one that is not paid yet takes all the money, in part or too much;
    several take it if the sum of what is open is exactly the amount.
    """
    named = invoice_numbers(receipt.purpose)
    found = list(
        Invoice.objects.filter(
            number__in=named, kind=Invoice.Kind.INVOICE, currency=receipt.currency
        ).order_by("pk")[: len(named) + 1]
    )
    if not named or len(found) != len(named):
        return []
    papers = _locked(*found)
    if len({paper.reseller_id for paper in papers}) > 1 or any(
        paper.open_amount <= 0 for paper in papers
    ):
        return []
    if len(papers) == 1:
        return [(papers[0], receipt.amount)]
    if sum(paper.open_amount for paper in papers) == receipt.amount:
        return [(paper, paper.open_amount) for paper in papers]
    return []


def _book(receipt: BankReceipt, invoice: Invoice, amount: Decimal, by: Actor) -> Payment:
    payment = _add(
        invoice,
        kind=Kind.RECEIPT,
        amount=amount,
        day=receipt.received_on,
        by=by,
        source=Source.BANK,
        receipt=receipt,
    )
    receipt.refresh_from_db(fields=["assigned", "left"])
    return payment


def _locked(*invoices: Invoice) -> list[Invoice]:
    """Return the papers as they are now, locked in the order of their ids."""
    rows = Invoice.objects.select_for_update(of=("self",), no_key=True)
    return list(rows.filter(pk__in={paper.pk for paper in invoices}).order_by("pk"))


def _add(
    invoice: Invoice,
    *,
    kind: Payment.Kind,
    amount: Decimal,
    day: date,
    by: Actor,
    source: Payment.Source = Payment.Source.HAND,
    note: str = "",
    reference: str = "",
    receipt: BankReceipt | None = None,
    reverses: Payment | None = None,
    moved_from: Payment | None = None,
    form_key: UUID | None = None,
) -> Payment:
    """Add a row to a locked paper, and count it to the paper and to its receipt."""
    try:
        with transaction.atomic():
            payment = Payment.objects.create(
                reseller_id=invoice.reseller_id,
                invoice=invoice,
                kind=kind,
                amount=amount,
                received_on=day,
                source=source,
                note=note,
                reference=reference,
                receipt=receipt,
                reverses=reverses,
                moved_from=moved_from,
                form_key=form_key,
                noted_at=clock.now(),
                by_id=by.user_id,
                by_name=by.name,
            )
    except IntegrityError as problem:
        if "payment_once_per_bank_reference" in str(problem) or "form_key" in str(problem):
            raise AlreadyNoted from problem
        raise
    invoice.paid += amount
    invoice.save(update_fields=["paid"])
    if receipt is not None:
        now = BankReceipt.objects.get(pk=receipt.pk)
        now.assigned += amount
        now.save(update_fields=["assigned"])
    record(
        f"payment_{kind}",
        invoice,
        by=by,
        reseller_id=invoice.reseller_id,
        after={"amount": str(amount), "date": day.isoformat(), "currency": invoice.currency},
    )
    invoice.refresh_from_db()
    note_what_is_overdue(invoice=invoice)
    return payment
