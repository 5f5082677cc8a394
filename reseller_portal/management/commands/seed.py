from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from accounts.models import User
from reseller_portal import clock
from reseller_portal.management.cast import give_dora_her_app, make_cast, make_invoicing_possible
from reseller_portal.management.demo import add_invitations, add_subscriptions
from resellers.models import Reseller
from subscriptions.renewals import run_day

FIRST_TIME = {"Nordlicht": 64, "Südwind": 11}


class Command(BaseCommand):
    help = (
        "Make demo data: the people that `make run` names, prices, and some 75 subscriptions."
        " With --subscriptions that many more for Nordlicht, each with its customer and its last"
        " charge."
    )

    def add_arguments(self, parser):
        parser.add_argument("--once", action="store_true", help="do nothing where the people exist")
        parser.add_argument("--subscriptions", type=int, default=0, help="1 to 1,000,000")

    def handle(self, *args, once: bool, subscriptions: int, **options):
        if settings.PRODUCTION:
            raise CommandError(
                "Demo data do not belong into production: PORTAL_MODE says it is one."
            )
        if not 0 <= subscriptions <= 1_000_000:
            raise CommandError("--subscriptions takes a number from 1 to 1000000.")
        first = not User.objects.by_email("anna@nordlicht.example")
        if first:
            self._first_time()
            run_day(today=clock.today())
        elif dora := User.objects.by_email("dora@portal.example"):
            # A demo from before there were second factors, or invoices.
            give_dora_her_app(dora)
            make_invoicing_possible()
        if not (once or subscriptions or first):
            self.stdout.write("The demo's people exist already; --subscriptions N adds more.")
        if subscriptions:
            reseller = Reseller.objects.get(name="Nordlicht")
            before = reseller.customers.count()
            add_subscriptions(reseller, subscriptions, seed=before)
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")
            self.stdout.write(f"{subscriptions} subscriptions added.")

    @transaction.atomic
    def _first_time(self):
        make_cast()
        for seed, (name, count) in enumerate(FIRST_TIME.items()):
            add_subscriptions(Reseller.objects.get(name=name), count, seed=seed)
        add_invitations(Reseller.objects.get(name="Nordlicht"))
        self.stdout.write("Demo data made.")
