from datetime import date, timedelta

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from reseller_portal import clock


class Command(BaseCommand):
    help = "Move a demo's date forward, doing the daily run of every day that passes."

    def add_arguments(self, parser):
        how_far = parser.add_mutually_exclusive_group(required=True)
        how_far.add_argument("--days", type=int, help="so many days")
        how_far.add_argument("--to", type=date.fromisoformat, help="to this day, YYYY-MM-DD")

    def handle(self, *args, days: int | None, to: date | None, **options):
        if settings.PRODUCTION or not settings.TEST_CLOCK:
            raise CommandError("Only the date of a demo can be moved.")
        today = clock.today()
        wanted = to or today + timedelta(days=days or 0)
        if not today < wanted <= today + timedelta(days=3_700):
            raise CommandError("The date moves forward only, by ten years at most.")
        blocked = 0
        while clock.today() < wanted:
            clock.move_forward(days=1)
            try:
                call_command("daily_run", stdout=self.stdout, stderr=self.stderr)
            except CommandError:
                blocked += 1
        self.stdout.write(f"Today is {clock.today()}.")
        if blocked:
            raise CommandError(f"On {blocked} days something could not be done.")
