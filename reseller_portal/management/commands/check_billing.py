from collections import defaultdict

from django.core.management.base import BaseCommand, CommandError

from billing import check_lists
from reseller_portal import clock
from subscriptions.invariants import wrong
from subscriptions.models import Change, Charge, Subscription

CHUNK = 2_000


class Command(BaseCommand):
    help = (
        "Check what must hold of all subscriptions, charges, invoices and payments once the day's"
        " run has been; print each violation. Exits with 1 when there is one."
    )

    def handle(self, *args, **options):
        violations, last, today = 0, 0, clock.today()
        while rows := list(Subscription.objects.filter(pk__gt=last).order_by("pk")[:CHUNK]):
            last = rows[-1].pk
            charges = defaultdict(list)
            for charge in Charge.objects.filter(subscription__in=rows):
                charges[charge.subscription_id].append(charge)
            changes = defaultdict(list)
            for change in Change.objects.filter(subscription__in=rows):
                changes[change.subscription_id].append(change)
            for row in rows:
                for words in wrong(row, charges[row.pk], today, changes[row.pk]):
                    violations += 1
                    self.stdout.write(f"{row.code}: {words}")
        for words in check_lists.wrong(today):
            violations += 1
            self.stdout.write(words)
        if violations:
            raise CommandError(f"{violations} violations.")
        self.stdout.write("All invariants hold.")
