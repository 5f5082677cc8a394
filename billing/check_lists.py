"""What must hold of invoices and payments at any time, asked of the database as a whole.

The numbers are those of the billing rules' invariants.
"""

from collections.abc import Iterator
from datetime import date

from django.db import connection

from billing.deadlines import RETENTION_YEARS

QUESTIONS = {
    "13: a charge is on more than one line that is not credited": """
        SELECT l.charge_id::text FROM billing_invoiceline l
        JOIN billing_invoice i ON i.id = l.invoice_id
        WHERE l.credits_id IS NULL AND NOT EXISTS (
            SELECT 1 FROM billing_invoiceline c WHERE c.credits_id = l.id)
        GROUP BY l.charge_id HAVING count(*) > 1""",
    "14: net is not the sum of its lines": """
        SELECT i.number FROM billing_invoice i WHERE i.net IS DISTINCT FROM
            (SELECT sum(l.net) FROM billing_invoiceline l WHERE l.invoice_id = i.id)""",
    "14: VAT, or net, is not the sum of its rates": """
        SELECT i.number FROM billing_invoice i WHERE i.tax <> (
            SELECT sum((g->>3)::numeric) FROM jsonb_array_elements(i.groups) g)
            OR i.net <> (SELECT sum((g->>2)::numeric) FROM jsonb_array_elements(i.groups) g)""",
    "14: total is not net and VAT": """
        SELECT number FROM billing_invoice WHERE gross <> net + tax""",
    "15: a line is of another reseller or currency": """
        SELECT i.number FROM billing_invoice i
        JOIN billing_invoiceline l ON l.invoice_id = i.id
        JOIN subscriptions_charge c ON c.id = l.charge_id
        WHERE l.reseller_id <> i.reseller_id OR c.reseller_id <> i.reseller_id
            OR c.currency <> i.currency""",
    "16: a number is missing or out of turn": """
        SELECT number FROM (
            SELECT number, split_part(number, '-', 3)::int AS n, row_number() OVER (
                PARTITION BY issuer_id, split_part(number, '-', 1), split_part(number, '-', 2)
                ORDER BY split_part(number, '-', 3)::int) AS place
            FROM billing_invoice WHERE issued_on >= %(kept)s) numbered
        WHERE n <> place""",
    "16: a later number has an earlier date": """
        SELECT number FROM (
            SELECT number, issued_on, lag(issued_on) OVER (
                PARTITION BY issuer_id, split_part(number, '-', 1), split_part(number, '-', 2)
                ORDER BY split_part(number, '-', 3)::int) AS before
            FROM billing_invoice) dated
        WHERE issued_on < before""",
    "16: the counter is not at the last number": """
        SELECT s.prefix || '-' || s.year FROM billing_numberseries s
        WHERE s.year >= extract(year FROM %(kept)s::date) AND s.last <> (
            SELECT count(*) FROM billing_invoice i WHERE i.issuer_id = s.issuer_id
            AND starts_with(i.number, s.prefix || '-' || s.year || '-'))""",
    "17: a document is not the one that was stored": """
        SELECT i.number FROM billing_document d JOIN billing_invoice i ON i.id = d.invoice_id
        WHERE d.stored_at IS NOT NULL AND (
            encode(sha256(d.pdf), 'hex') <> d.pdf_sha256
            OR encode(sha256(d.xml), 'hex') <> d.xml_sha256)""",
    "18: what is paid is not the sum of its payments": """
        SELECT i.number FROM billing_invoice i WHERE i.paid <> (
            SELECT coalesce(sum(p.amount), 0) FROM billing_payment p WHERE p.invoice_id = i.id)""",
    "18: what is credited is not the sum of its credit notes": """
        SELECT i.number FROM billing_invoice i WHERE i.kind = 'invoice' AND i.credited <> (
            SELECT coalesce(sum(n.gross), 0) FROM billing_invoice n WHERE n.credits_id = i.id)""",
    "18: payments, credits and what is open are not the total": """
        SELECT number FROM billing_invoice WHERE paid + credited + open_amount <> gross""",
    "18: what is assigned of a receipt is not what its payments say": """
        SELECT r.id::text FROM billing_bankreceipt r WHERE r.assigned <> (
            SELECT coalesce(sum(p.amount), 0) FROM billing_payment p WHERE p.receipt_id = r.id)""",
    "19: on hold for an unpaid invoice, but there is none with its last reminder": """
        SELECT s.code FROM subscriptions_subscription s
        WHERE s.hold_reason = 'dunning' AND s.ended_on IS NULL AND NOT EXISTS (
            SELECT 1 FROM billing_dunninghold h
            JOIN billing_invoice i ON i.id = h.invoice_id
            JOIN billing_reminder r ON r.invoice_id = i.id AND r.level = 3
            WHERE h.subscription_id = s.id AND h.lifted_on IS NULL AND i.open_amount > 0)""",
}


def wrong(today: date) -> Iterator[str]:
    """Yield what does not hold, each with the paper's number.

    Numbers are counted in the years whose papers must all be there still.
    """
    values = {"kept": date(today.year - RETENTION_YEARS, 1, 1)}
    with connection.cursor() as cursor:
        for words, question in QUESTIONS.items():
            cursor.execute(question, values)
            for (number,) in cursor.fetchall():
                yield f"{number}: {words}"
