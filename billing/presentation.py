"""Invoices as papers, pages and mails need them."""

from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import NamedTuple

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.drafts import reason_words
from billing.errors import (
    AlreadyNoted,
    Blocked,
    CreditedMeanwhile,
    NobodyToMail,
    NotChargedYet,
    NotCreditable,
    NothingToCredit,
    NotPayable,
    NotReversible,
    OtherMoney,
    TooMuch,
)
from billing.lists import shares_of
from billing.models import Invoice, InvoiceLine
from billing.paper import Paper, PaperLine
from mail.models import OutgoingMail, State


def paper_of(invoice: Invoice) -> Paper:
    """Return what a stored invoice says, for the makers of its documents."""
    return Paper(
        number=invoice.number or "",
        is_credit_note=invoice.is_credit_note,
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        language=invoice.language,
        currency=invoice.currency,
        net=invoice.net,
        tax=invoice.tax,
        gross=invoice.gross,
        groups=[
            (category, None if rate is None else Decimal(rate), Decimal(taxable), Decimal(tax))
            for category, rate, taxable, tax in invoice.groups
        ],
        tax_in_euro=invoice.tax_in_euro,
        seller=invoice.seller,
        buyer=invoice.buyer,
        preceding=[(number, date.fromisoformat(day)) for number, day in invoice.preceding],
        reason=invoice.reason,
        lines=[
            PaperLine(
                position=line.position,
                customer_name=line.customer_name,
                title=line.title,
                details=line.details,
                quantity=line.quantity,
                unit_price=line.unit_price,
                net=line.net,
                vat_category=line.vat_category,
                vat_rate=line.vat_rate,
                service_from=line.service_from,
                service_until=line.service_until,
            )
            for line in invoice.lines.all()
        ],
    )


# So many lines stand on an invoice's page; the files have all.
MOST_LINES = 300


class Row(NamedTuple):
    """An invoice in a list: its words, its state as icon, word and colour."""

    invoice: Invoice
    kind: str
    standing: str
    label: str
    icon: str
    css: str
    paid_on: date | None = None


def invoice_row(invoice: Invoice, today: date, paid_on: date | None = None) -> Row:
    standing = invoice.standing(today)
    label, icon, css = {
        "credit_note": (_("Credit note"), "arrow-counterclockwise", "state-ended"),
        "paid": (_("Paid"), "check-circle-fill", "state-active"),
        "open": (_("To be paid"), "hourglass-split", "state-trial"),
        "partly": (_("Partly paid"), "hourglass-split", "state-trial"),
        "overdue": (_("Overdue"), "exclamation-triangle", "state-on_hold"),
    }[standing]
    return Row(invoice, str(invoice.get_kind_display()), standing, label, icon, css, paid_on)


class SentMail(NamedTuple):
    """A mail about an invoice: what, to whom, since when, how far it got."""

    kind: str
    recipient: str
    at: datetime
    state: str


def mails_of(invoice: Invoice) -> list[SentMail]:
    """Return the mails about an invoice, the newest first."""
    reminders = {each.pk: each.level for each in invoice.reminders.all()}
    rows = OutgoingMail.objects.filter(
        Q(kind="invoice", object_id=invoice.pk)
        | Q(kind="invoice_reminder", object_id__in=list(reminders))
    ).order_by("-pk")[:20]
    kind = str(invoice.get_kind_display())
    return [
        SentMail(
            kind if row.kind == "invoice" else level_words(reminders[row.object_id]),
            row.recipient,
            row.written_at,
            str(State(row.state).label),
        )
        for row in rows
    ]


def level_words(level: int) -> str:
    """Name a reminder."""
    return {1: _("First reminder"), 2: _("Second reminder"), 3: _("Last reminder")}[level]


class Bar(NamedTuple):
    """A customer's share of an invoice, as words and as a bar of so many per cent."""

    label: str
    net: Decimal
    percent: int
    width: str


def bars_of(invoice: Invoice) -> list[Bar]:
    """Return a chart of what the customers cost; nothing when it would say nothing."""
    shares = shares_of(invoice)
    longest = max((share.net for share in shares), default=Decimal(0))
    if longest <= 0 or invoice.net <= 0:
        return []
    return [
        Bar(
            share.name
            or ngettext("%d other customer", "%d other customers", share.customers)
            % share.customers,
            share.net,
            round(100 * share.net / invoice.net),
            f"{100 * share.net / longest:.1f}",
        )
        for share in shares
    ]


class CustomerLines(NamedTuple):
    name: str
    total: Decimal
    lines: list[InvoiceLine]


def customers_of(invoice: Invoice) -> tuple[list[CustomerLines], int]:
    """Return the first lines by customer, and how many more there are."""
    lines = list(invoice.lines.all()[:MOST_LINES])
    groups = [
        CustomerLines(name, sum((line.net for line in found), Decimal(0)), found)
        for name, rows in groupby(lines, key=lambda line: line.customer_name)
        for found in [list(rows)]
    ]
    more = invoice.lines.count() - len(lines) if len(lines) == MOST_LINES else 0
    return groups, more


def refusal_words(reason: Exception) -> str:
    """Say why something about an invoice is refused."""
    if isinstance(reason, Blocked):
        return reason_words(reason.reason)
    words: dict[type[Exception], str] = {
        NobodyToMail: _("There is nobody to mail it to, or its PDF is not made yet."),
        AlreadyNoted: _("This payment is noted already."),
        NotPayable: _("A credit note asks for no money. Choose an invoice."),
        NotReversible: _("That is taken back already."),
        OtherMoney: _("That is another currency, or another reseller's invoice."),
        TooMuch: _("That is more than is there."),
        NotChargedYet: _("Today's charges are not written yet. Do the daily run first."),
        NothingToCredit: _("Nothing of that is left to give back."),
        NotCreditable: _("A credit note is not credited."),
        CreditedMeanwhile: _("Somebody has credited this invoice meanwhile. Look at it again."),
    }
    return words[type(reason)]
