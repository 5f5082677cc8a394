"""Issuing invoices and credit notes, keeping their documents, noting what was paid."""

import hashlib
import logging
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal, localcontext
from time import monotonic
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import translation
from django.utils.module_loading import import_string

from audit.actor import Actor
from audit.operations import record
from billing.drafts import Draft, draft_of
from billing.errors import (
    Blocked,
    CreditedMeanwhile,
    NotChargedYet,
    NotCreditable,
    NothingToCredit,
)
from billing.lists import (
    credited_lines,
    invoice_month,
    invoices_of_credited,
    open_charges,
    resellers_with_open_charges,
)
from billing.mail_operations import post_invoice
from billing.models import (
    MOST_TRIES,
    Document,
    ExchangeRate,
    Invoice,
    InvoicedCharge,
    InvoiceLine,
    InvoiceRun,
    Issuer,
    NumberSeries,
    due_date,
)
from billing.reminder_operations import note_what_is_overdue
from billing.vat import STANDARD, Totals, totals, vat_category
from reseller_portal import clock
from reseller_portal.queue import queue_on_commit
from resellers.models import Reseller
from subscriptions.money import round_money
from subscriptions.run_models import DailyRun

logger = logging.getLogger(__name__)

PREFIXES = {Invoice.Kind.INVOICE: "RE", Invoice.Kind.CREDIT_NOTE: "GS"}
# Longer than making the longest document takes; after that another worker may try.
DOCUMENT_LEASE = timedelta(minutes=5)
# Named, not imported: jobs call operations, so they stand above them.
MAKE_DOCUMENT = "billing.jobs.make_document"
GO_ON = "billing.jobs.go_on_with_invoices"


def preview_invoice(*, reseller: Reseller, month: date, today: date) -> Draft | None:
    """Return what `issue_invoice` would issue, in the reseller's language; None without charges.

    Raises Blocked with the reason when nothing could be issued.
    """
    charges = list(open_charges(reseller.pk, month))
    if not charges:
        return None
    issuer = _issuer()
    if not reseller.has_invoice_address:
        raise Blocked("address")
    if {charge.currency for charge in charges} != {reseller.currency}:
        raise Blocked("currency")
    confirmed = reseller.vat_id_confirmed_on is not None and reseller.vat_id_confirmed_on <= today
    vat = vat_category(
        reseller.country,
        reseller.vat_id,
        confirmed,
        issuer_country=issuer.country,
        domestic_rate=issuer.vat_rate,
    )
    abroad = vat[0] == STANDARD and reseller.country != issuer.country
    with translation.override(reseller.language):
        draft = draft_of(
            charges,
            currency=reseller.currency,
            vat=vat,
            language=reseller.language,
            warnings=["vat_id"] if abroad else [],
        )
    _tax_in_euro(draft.sums.tax, reseller.currency, month)
    return draft


@transaction.atomic
def issue_invoice(*, reseller: Reseller, month: date, today: date, by: Actor) -> Invoice | None:
    """Issue the month's invoice over all charges due before `month`; a sum below zero is credited.

    None when there are no charges, or the month has its invoice already. Raises Blocked.
    """
    # One after the other for one reseller: the second finds what the first one issued.
    reseller = Reseller.objects.select_for_update(no_key=True).get(pk=reseller.pk)
    if Invoice.objects.filter(reseller=reseller, month=month).exists():
        return None
    draft = preview_invoice(reseller=reseller, month=month, today=today)
    if draft is None:
        return None
    invoice = _write(
        draft.sums,
        kind=Invoice.Kind.CREDIT_NOTE if draft.is_credit_note else Invoice.Kind.INVOICE,
        today=today,
        reseller=reseller,
        issuer=_issuer(),
        month=month,
        language=reseller.language,
        currency=reseller.currency,
        seller=_issuer().as_seller(),
        buyer=as_buyer(reseller),
        preceding=[
            [each.number, each.issued_on.isoformat()]
            for each in invoices_of_credited([line.charge for line in draft.lines])
        ]
        if draft.is_credit_note
        else [],
        tax_in_euro=_tax_in_euro(draft.sums.tax, reseller.currency, month),
    )
    lines = InvoiceLine.objects.bulk_create(
        InvoiceLine(
            reseller=reseller,
            invoice=invoice,
            position=position,
            charge=line.charge,
            subscription_id=line.charge.subscription_id,
            customer_name=line.customer_name,
            title=line.title,
            details=line.details,
            seats=line.seats,
            quantity=line.quantity,
            unit_price=line.unit_price,
            net=line.net,
            vat_category=draft.vat_category,
            vat_rate=draft.vat_rate,
            service_from=line.service_from,
            service_until=line.service_until,
        )
        for position, line in enumerate(draft.lines, start=1)
    )
    InvoicedCharge.objects.bulk_create(
        InvoicedCharge(charge_id=line.charge_id, line=line) for line in lines
    )
    return _give_number(invoice, by=by)


@transaction.atomic
def credit_invoice(
    *,
    invoice: Invoice,
    reason: str,
    today: date,
    by: Actor,
    amounts: Mapping[int, Decimal] | None = None,
    free_charges: bool = False,
    stood: Decimal | None = None,
) -> Invoice:
    """Issue a credit note over everything that is left of an invoice, or over some of its lines.

    `amounts` are line id → net to give back. With `free_charges`, once nothing is left of the
    invoice, its charges go on the next one (a correction); else they stay closed (a cancellation).
    `stood` is what was credited when somebody decided: CreditedMeanwhile if it is more by now.
    Raises NotCreditable for a credit note, NothingToCredit when nothing is left or asked for.
    """
    invoice = Invoice.objects.select_for_update(of=("self",)).get(pk=invoice.pk)
    if stood is not None and invoice.credited != stood:
        raise CreditedMeanwhile
    credit = _credit_of(invoice, amounts)
    sums = credit.sums
    note = _write(
        sums,
        kind=Invoice.Kind.CREDIT_NOTE,
        today=today,
        reseller=invoice.reseller,
        issuer=invoice.issuer,
        credits=invoice,
        reason=reason,
        language=invoice.language,
        currency=invoice.currency,
        seller=_issuer().as_seller() if invoice.issuer == _issuer() else invoice.seller,
        buyer=invoice.buyer,
        preceding=[[invoice.number, invoice.issued_on.isoformat()]],
        tax_in_euro=_tax_in_euro(sums.tax, invoice.currency, invoice.month),
        # It settles its invoice, so that nothing of it is left to pay out by itself.
        credited=sums.gross,
    )
    InvoiceLine.objects.bulk_create(
        _credit_line(note, line, net, position)
        for position, (line, net) in enumerate(credit.lines, start=1)
    )
    invoice.credited += sums.gross
    invoice.save(update_fields=["credited"])
    invoice.refresh_from_db(fields=["open_amount"])
    note_what_is_overdue(invoice=invoice)
    if free_charges and credit.is_all_that_was_left:
        InvoicedCharge.objects.filter(line__invoice=invoice).delete()
    return _give_number(note, by=by, after={"reason": reason, "credits": invoice.number})


def run_invoices(*, today: date, by: Actor) -> InvoiceRun:
    """Issue this month's invoices wherever charges wait; safe to stop, to repeat, to run twice."""
    run = _new_run(today, by)
    go_on_with_run(run=run)
    run.refresh_from_db()
    return run


@transaction.atomic
def ask_for_run(*, today: date, by: Actor) -> InvoiceRun:
    """Let a worker issue this month's invoices; the run's row tells how far it is.

    Raises NotChargedYet before the daily run of the day: what it charges belongs on them, too.
    """
    if not DailyRun.objects.filter(business_date=today, is_complete=True).exists():
        raise NotChargedYet
    run = _new_run(today, by)
    record("invoice_run_asked", run, by=by)
    queue_on_commit(import_string(GO_ON), run.pk)
    return run


def go_on_with_run(*, run: InvoiceRun, seconds: float | None = None) -> bool:
    """Issue what the run has not issued yet; say whether it is finished.

    Each reseller is a transaction of its own: one that cannot be invoiced is reported in the run
    and stops nobody else. Begins no other after so many seconds, if given.
    """
    end = None if seconds is None else monotonic() + seconds
    by = Actor(name=run.by_name, hat=run.by_hat, user_id=run.by_id)
    done = Invoice.objects.filter(month=run.month).values("reseller_id")
    blocked, warnings = list(run.blocked), list(run.warnings)
    tried = [pk for pk, _name, _reason in blocked]
    finished = True
    rows = resellers_with_open_charges(run.month).exclude(pk__in=done).exclude(pk__in=tried)
    for reseller in rows:
        if end is not None and monotonic() > end:
            finished = False
            break
        try:
            invoice = issue_invoice(
                reseller=reseller, month=run.month, today=run.business_date, by=by
            )
        except Blocked as refusal:
            blocked.append([reseller.pk, reseller.name, refusal.reason])
        except Exception:
            logger.exception("no invoice for reseller %s", reseller.pk)
            blocked.append([reseller.pk, reseller.name, "failed"])
        else:
            if invoice is not None:
                InvoiceRun.objects.filter(pk=run.pk).update(issued=F("issued") + 1)
                if _is_abroad_with_vat(invoice):
                    warnings.append([reseller.pk, reseller.name, "vat_id"])
    run.blocked, run.warnings = blocked, warnings
    run.finished_at = clock.now() if finished else None
    run.save(update_fields=["finished_at", "blocked", "warnings"])
    return finished


def _new_run(today: date, by: Actor) -> InvoiceRun:
    return InvoiceRun.objects.create(
        business_date=today,
        month=invoice_month(today),
        started_at=clock.now(),
        by_id=by.user_id,
        by_name=by.name,
        by_hat=by.hat,
    )


def preview_credit(*, invoice: Invoice, amounts: Mapping[int, Decimal] | None = None) -> Totals:
    """Return the sums of the credit note that `credit_invoice` would issue; raises as it does."""
    return _credit_of(invoice, amounts).sums


@transaction.atomic
def claim_document(*, invoice_id: int) -> Invoice | None:
    """Take the making of a document for a while; None when it is made, being made or given up."""
    missing = Document.objects.missing().select_for_update(skip_locked=True)
    document = missing.filter(pk=invoice_id).first()
    if document is None:
        return None
    Document.objects.filter(pk=invoice_id).update(
        tries=F("tries") + 1, next_try_at=Now() + DOCUMENT_LEASE
    )
    return Invoice.objects.get(pk=invoice_id)


@transaction.atomic
def note_document_failure(*, invoice: Invoice, words: str) -> None:
    """Write down why a document could not be made; it is tried again, less and less often."""
    document = Document.objects.select_for_update().get(pk=invoice.pk)
    if document.stored_at is not None:
        return
    document.failure = words[:500]
    document.next_try_at = (
        None
        if document.tries >= MOST_TRIES
        else Now() + min(timedelta(seconds=10 * 2**document.tries), timedelta(hours=6))
    )
    document.save(update_fields=["failure", "next_try_at"])


@transaction.atomic
def store_document(*, invoice: Invoice, pdf: bytes, xml: bytes) -> bool:
    """Keep the documents of an invoice for good, and mail it; False when they are there already."""
    document = Document.objects.select_for_update().get(pk=invoice.pk)
    if document.stored_at is not None:
        return False
    document.pdf, document.xml = pdf, xml
    document.pdf_sha256 = hashlib.sha256(pdf).hexdigest()
    document.xml_sha256 = hashlib.sha256(xml).hexdigest()
    document.stored_at = clock.now()
    document.next_try_at = None
    document.failure = ""
    document.save()
    post_invoice(invoice=Invoice.objects.select_related("reseller").get(pk=invoice.pk))
    return True


@transaction.atomic
def record_export(*, first: date, last: date, kind: str, by: Actor) -> None:
    """Write down that somebody took the papers of these days out for the accounts."""
    after = {"kind": kind, "from": first.isoformat(), "until": last.isoformat()}
    record("accounts_exported", _issuer(), by=by, after=after)


def as_buyer(reseller: Reseller) -> dict[str, str]:
    """Return the reseller's data as they stand in an invoice."""
    return {
        "name": reseller.invoice_name or reseller.name,
        "street": reseller.invoice_street,
        "postcode": reseller.invoice_postcode,
        "city": reseller.invoice_city,
        "country": reseller.country,
        "vat_id": reseller.vat_id,
    }


def _issuer() -> Issuer:
    issuer = Issuer.objects.current()
    if issuer is None:
        raise Blocked("issuer")
    return issuer


def _write(sums: Totals, *, kind: str, today: date, **facts: Any) -> Invoice:
    """Write an invoice that has no number yet, and the document that is to be made of it."""
    invoice = Invoice.objects.create(
        kind=kind,
        issued_on=today,
        due_on=due_date(today) if kind == Invoice.Kind.INVOICE else today,
        net=sums.net,
        tax=sums.tax,
        gross=sums.gross,
        groups=[
            [category, None if rate is None else str(rate), str(taxable), str(tax)]
            for category, rate, taxable, tax in sums.groups
        ],
        issued_at=clock.now(),
        **facts,
    )
    Document.objects.create(invoice=invoice)
    queue_on_commit(import_string(MAKE_DOCUMENT), invoice.pk)
    return invoice


def _give_number(invoice: Invoice, *, by: Actor, after: dict | None = None) -> Invoice:
    """Number a paper as the last step, so that the counter is locked for a moment only."""
    invoice.number = _take_number(invoice.issuer, invoice.kind, invoice.issued_on)
    invoice.save(update_fields=["number"])
    record(
        "invoice_issued",
        invoice,
        by=by,
        reseller_id=invoice.reseller_id,
        after={"gross": str(invoice.gross), "currency": invoice.currency} | (after or {}),
    )
    invoice.refresh_from_db()
    return invoice


def _take_number(issuer: Issuer, kind: str, issued_on: date) -> str:
    """Raise the counter under its lock: what is rolled back leaves no gap."""
    key = {"issuer": issuer, "prefix": PREFIXES[Invoice.Kind(kind)], "year": issued_on.year}
    NumberSeries.objects.bulk_create([NumberSeries(**key)], ignore_conflicts=True)
    series = NumberSeries.objects.select_for_update().get(**key)
    if series.last_issued_on and issued_on < series.last_issued_on:
        raise Blocked("date")
    series.last += 1
    series.last_issued_on = issued_on
    series.save(update_fields=["last", "last_issued_on"])
    return f"{series.prefix}-{series.year}-{series.last:06}"


def _tax_in_euro(tax: Decimal, currency: str, month: date | None) -> Decimal | None:
    """Return the tax in euro where the invoice is in another currency and bears any.

    At the rate of the month whose charges are invoiced, the one before `month`.
    """
    if currency == "EUR" or not tax or month is None:
        return None
    of_month = (month - timedelta(days=1)).replace(day=1)
    rate = ExchangeRate.objects.filter(month=of_month, currency=currency).first()
    if rate is None:
        raise Blocked("rate")
    with localcontext(prec=60):
        return round_money(tax / rate.per_euro, "EUR")


class Credit(NamedTuple):
    """What a credit note would say: the lines, each with what is given back of it."""

    lines: list[tuple[InvoiceLine, Decimal]]
    sums: Totals
    is_all_that_was_left: bool


def _credit_of(invoice: Invoice, amounts: Mapping[int, Decimal] | None) -> Credit:
    if invoice.is_credit_note:
        raise NotCreditable
    given = credited_lines(invoice)
    originals = list(invoice.lines.all())
    left = {line.pk: line.net - given.get(line.pk, Decimal(0)) for line in originals}
    wanted = dict(left if amounts is None else amounts)
    _check_creditable(wanted, left)
    lines = [(line, wanted[line.pk]) for line in originals if wanted.get(line.pk)]
    sums = totals(
        [(net, line.vat_category, line.vat_rate) for line, net in lines], invoice.currency
    )
    if sums.net < 0:
        raise NothingToCredit
    return Credit(lines, sums, all(left[line.pk] == wanted.get(line.pk, 0) for line in originals))


def _check_creditable(wanted: Mapping[int, Decimal], left: Mapping[int, Decimal]) -> None:
    if not any(wanted.values()) or not set(wanted) <= set(left):
        raise NothingToCredit
    for line, amount in wanted.items():
        if abs(amount) > abs(left[line]) or amount * left[line] < 0:
            raise NothingToCredit


def _credit_line(note: Invoice, line: InvoiceLine, net: Decimal, position: int) -> InvoiceLine:
    whole = net == line.net
    return InvoiceLine(
        reseller_id=note.reseller_id,
        invoice=note,
        position=position,
        charge_id=line.charge_id,
        subscription_id=line.subscription_id,
        credits=line,
        customer_name=line.customer_name,
        title=line.title,
        details=line.details,
        seats=line.seats,
        quantity=line.quantity if whole else (1 if net >= 0 else -1),
        unit_price=line.unit_price if whole else abs(net),
        net=net,
        vat_category=line.vat_category,
        vat_rate=line.vat_rate,
        service_from=line.service_from,
        service_until=line.service_until,
    )


def _is_abroad_with_vat(invoice: Invoice) -> bool:
    abroad = invoice.buyer["country"] != invoice.seller["country"]
    return abroad and any(group[0] == STANDARD for group in invoice.groups)
