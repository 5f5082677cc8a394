from django.core.management.base import BaseCommand, CommandError

from audit.actor import SYSTEM
from billing.drafts import reason_words
from billing.operations import run_invoices
from billing.reminder_operations import run_reminders
from reseller_portal import clock
from signatures.deletion import delete_after_the_end
from signatures.moving import copy_for_moves
from subscriptions.renewals import CHUNK, run_day


class Command(BaseCommand):
    help = (
        "Do what falls due today: move customers to other resellers, charge periods, apply planned"
        " changes, end what is to end, delete the signatures of whoever ended 90 days ago, issue"
        " the month's invoices and remind of unpaid ones. Safe to stop, to repeat and to run twice"
        " at once. Exit code 1 if something could not be done."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--chunk", type=int, default=CHUNK, help="so many subscriptions in a transaction"
        )

    def handle(self, *args, chunk: int, **options):
        today = clock.today()
        run = run_day(today=today, chunk=chunk)
        self.stdout.write(f"{today}: {run.charged} charged, {run.ended} ended.")
        for code, reason in run.blocked_reasons:
            self.stderr.write(f"{code}: {reason}")
        copy_for_moves()
        delete_after_the_end(today=today)
        invoices = run_invoices(today=today, by=SYSTEM)
        self.stdout.write(f"{invoices.issued} invoices issued.")
        for _pk, name, reason in invoices.blocked:
            self.stderr.write(f"{name}: {reason_words(reason)}")
        reminders = run_reminders(today=today)
        self.stdout.write(
            f"{reminders.reminded} reminders, {reminders.held} put on hold,"
            f" {reminders.resumed} resumed."
        )
        for words in reminders.blocked:
            self.stderr.write(words)
        if blocked := run.blocked + len(invoices.blocked) + len(reminders.blocked):
            raise CommandError(f"{blocked} could not be done.")
