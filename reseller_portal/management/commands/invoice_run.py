from django.core.management.base import BaseCommand, CommandError

from audit.actor import SYSTEM
from billing.drafts import reason_words
from billing.operations import run_invoices
from reseller_portal import clock


class Command(BaseCommand):
    help = (
        "Issue this month's invoices: for each reseller one over all charges due before the month"
        " that no invoice bears. Safe to stop, to repeat and to run twice at once. Exit code 1 if"
        " a reseller could not be invoiced."
    )

    def handle(self, *args, **options):
        run = run_invoices(today=clock.today(), by=SYSTEM)
        self.stdout.write(f"{run.issued} issued for charges due before {run.month}.")
        for _pk, name, reason in run.warnings:
            self.stdout.write(f"{name}: {reason_words(reason)}")
        for _pk, name, reason in run.blocked:
            self.stderr.write(f"{name}: {reason_words(reason)}")
        if run.blocked:
            raise CommandError(f"{len(run.blocked)} could not be invoiced.")
