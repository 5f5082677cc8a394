"""How fast invoices are issued and their documents made, and how large and slow a long one is."""

import logging
import os
import resource
import time
from datetime import date

from django.core.management.base import OutputWrapper

from audit.actor import SYSTEM
from billing.models import Document, Invoice
from billing.operations import run_invoices, store_document
from billing.presentation import paper_of
from customers.models import Customer
from reseller_portal.celery import app
from resellers.models import Reseller
from subscriptions.models import Charge, Subscription

FIRST, NEXT = date(2026, 3, 1), date(2026, 4, 1)


class InvoiceFigures:
    """Measures in this process alone, so that seconds of CPU are those of one core."""

    def __init__(self, output: OutputWrapper, invoices: int, lines: int, longest: int) -> None:
        self.output = output
        self.invoices, self.lines, self.longest = invoices, lines, longest

    def run(self) -> None:
        """Print how many a second are issued and get documents, and what a long one takes."""
        app.conf.task_always_eager = False
        logging.getLogger("factur-x").setLevel(logging.WARNING)
        for n in range(self.invoices):
            add_charges(add_reseller(f"Bench {n}"), self.lines)
        add_charges(add_reseller("Bench, long"), self.longest)
        began = time.process_time(), time.perf_counter()
        issued = run_invoices(today=NEXT, by=SYSTEM).issued
        self._say(f"{issued} invoices issued", issued, began)
        waiting = Document.objects.filter(stored_at=None).values("pk")
        papers = Invoice.objects.filter(pk__in=waiting).exclude(reseller__name="Bench, long")
        from billing.papers import make_papers  # large: only here

        first = papers.first()
        if first:
            make_papers(paper_of(first))  # the libraries are loaded, the rules compiled
        began = time.process_time(), time.perf_counter()
        for invoice in papers:
            made = make_papers(paper_of(invoice))
            store_document(invoice=invoice, pdf=made.pdf, xml=made.xml)
        self._say(f"{len(papers)} documents of {self.lines} lines", len(papers), began)
        long = Invoice.objects.get(reseller__name="Bench, long")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started = time.perf_counter()
        made = make_papers(paper_of(long))
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        self.output.write(
            f"{self.longest} lines: {time.perf_counter() - started:.1f} s, PDF of"
            f" {len(made.pdf) / 1e6:.1f} MB, memory at most {grown / 1024:.0f} MB"
            f" ({(grown - before) / 1024:.0f} more than before), load {os.getloadavg()[0]:.0f}"
        )

    def _say(self, what: str, number: int, began: tuple[float, float]) -> None:
        cpu, wall = time.process_time() - began[0], time.perf_counter() - began[1]
        self.output.write(
            f"{what}: {number / wall:.1f} a second ({number / cpu:.1f} a second and core of CPU)"
        )


def add_reseller(name: str) -> Reseller:
    return Reseller.objects.create(
        name=name,
        invoice_street="Weg 1",
        invoice_postcode="20095",
        invoice_city="Hamburg",
        invoice_email="bench@portal.example",
    )


def add_charges(reseller: Reseller, number: int) -> None:
    """Give a reseller so many customers, each charged for one month."""
    customers = [
        Customer.objects.start(reseller=reseller, name=f"Kunde {n}") for n in range(number)
    ]
    Customer.objects.bulk_create(customers)
    subscriptions = Subscription.objects.bulk_create(
        Subscription(
            reseller=reseller,
            customer=customer,
            customer_name=customer.name,
            sort_key=customer.sort_key,
            product="m365",
            term="monthly",
            seats=1 + n % 90,
            anchor=FIRST,
            charged_through=NEXT,
            created_at="2026-03-01T09:00:00Z",
        )
        for n, customer in enumerate(customers)
    )
    Charge.objects.bulk_create(
        Charge(
            reseller=reseller,
            subscription=row,
            kind="period",
            product=row.product,
            term=row.term,
            period_start=FIRST,
            period_end=NEXT,
            covered_until=NEXT,
            due_on=FIRST,
            seats=row.seats,
            unit_price="1.45",
            amount=f"{row.seats * 145 / 100:.2f}",
            currency="EUR",
            created_at="2026-03-01T09:00:00Z",
        )
        for row in subscriptions
    )
