"""Invoices as papers, pages and mails need them."""

from datetime import date
from decimal import Decimal

from billing.models import Invoice
from billing.paper import Paper, PaperLine


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
