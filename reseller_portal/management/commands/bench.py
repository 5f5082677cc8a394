import re
import time
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from pathlib import Path

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from accounts.models import User
from customers.models import Customer
from reseller_portal import clock
from reseller_portal.management.door_figures import DoorFigures
from reseller_portal.management.invoice_figures import InvoiceFigures
from reseller_portal.management.mail_figures import Figures
from reseller_portal.management.plain_list import PlainList
from reseller_portal.management.renewal_figures import RenewalFigures
from resellers.models import Member
from subscriptions.lists import SORTS
from subscriptions.models import Subscription

PLAIN = "plain ListView page"
TICK = 0.01  # seconds of one tick in /proc/PID/stat on Linux


class Command(BaseCommand):
    help = (
        "Measure the dashboard against a plain ListView page, at two sizes: CPU milliseconds of"
        " this process and its database backend, interleaved, as ratios; and how fast invitations"
        " leave against a task that does nothing. For an empty database."
    )

    def add_arguments(self, parser):
        parser.add_argument("--small", type=int, default=1_000)
        parser.add_argument("--large", type=int, default=100_000)
        parser.add_argument("--rounds", type=int, default=60)
        parser.add_argument("--only", choices=("pages", "mail", "invoices", "renewals", "doors"))
        parser.add_argument("--invoices", type=int, default=1_000)
        parser.add_argument("--renewals", type=int, nargs="+", default=[20_000, 100_000])

    def handle(
        self,
        *args,
        small: int,
        large: int,
        rounds: int,
        only: str,
        renewals: list[int],
        invoices: int,
        **options,
    ):
        if Subscription.objects.exists():
            raise CommandError("This database has subscriptions; `make bench` takes its own.")
        call_command("collectstatic", interactive=False, verbosity=0)
        call_command("seed", verbosity=0)
        anna = User.objects.by_email("anna@nordlicht.example")
        self.member = Member.objects.select_related("reseller").get(user=anna)
        self.client = Client(headers={"host": "127.0.0.1", "accept-language": "en"})
        self.client.force_login(anna)
        if only == "invoices":
            InvoiceFigures(self.stdout, invoices, 50, 2_000).run()
            return
        if only == "doors":
            DoorFigures(self.stdout, rounds).run()
            return
        if only == "renewals":
            RenewalFigures(self.stdout, renewals).run()
            return
        if only != "pages":
            bakery = Customer.objects.get(name="Hafenbäckerei")
            Figures(self.stdout, bakery).run(tasks=3_000, mails=400, backlog=10_000, rounds=3)
        if only != "mail":
            self._pages(small, large, rounds)
        if only is None:
            RenewalFigures(self.stdout, renewals).run()

    def _pages(self, small: int, large: int, rounds: int) -> None:
        self._queries(few=True)
        pages = {}
        for size in (small, large):
            started = time.perf_counter()
            call_command("seed", subscriptions=size - Subscription.objects.count(), verbosity=0)
            self.stdout.write(
                f"{size:,} subscriptions made in {time.perf_counter() - started:.0f} s"
            )
            with connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE")
            pages[size] = self._measure(rounds)
        self._queries(few=False)
        self._table(pages, small, large)

    def _queries(self, *, few: bool) -> None:
        self.client.get("/subscriptions/")  # a session's first page asks once for the hats
        with CaptureQueriesContext(connection) as asked:
            self.client.get("/subscriptions/?q=Hafenb" if few else "/subscriptions/")
        self.stdout.write(f"queries with {'1 row' if few else '50 rows'}: {len(asked)}")

    def _measure(self, rounds: int) -> dict[str, float]:
        """Return name of a page → CPU milliseconds of one, each taken in turn."""
        plain = PlainList.as_view()
        factory = RequestFactory(headers={"host": "127.0.0.1"})

        def plain_page() -> HttpResponse:
            return plain(self._prepared(factory.get("/subscriptions/")))

        things: dict[str, Callable[[], HttpResponse]] = {
            PLAIN: plain_page,
            "dashboard": lambda: self._dashboard(factory, ""),
        }
        for sort in SORTS:
            things[f"sort by {sort}"] = lambda sort=sort: self._dashboard(factory, f"?sort={sort}")
            things[f"sort by {sort}, falling"] = lambda sort=sort: self._dashboard(
                factory, f"?sort=-{sort}"
            )
        deep = self._deep_address()
        soon = clock.today() + timedelta(days=7)
        for name, query in {
            "deep page": deep,
            "state on hold": "?state=on_hold",
            "archive": "?state=ended",
            "one product": "?product=gws",
            "due within a week": f"?due={soon}",
            "search part of a name": "?q=rauerei",
            "search two letters": "?q=br",
        }.items():
            things[name] = lambda query=query: self._dashboard(factory, query)
        for thing in things.values():
            assert thing().status_code == 200
        spent = dict.fromkeys(things, 0.0)
        for _ in range(rounds):
            for name, thing in things.items():
                before = time.process_time(), database_ticks()
                thing()
                spent[name] += (
                    time.process_time() - before[0] + (database_ticks() - before[1]) * TICK
                )
        return {name: seconds / rounds * 1_000 for name, seconds in spent.items()}

    def _dashboard(self, factory: RequestFactory, query: str) -> HttpResponse:
        from subscriptions.views import dashboard

        return dashboard(self._prepared(factory.get("/subscriptions/" + query)))

    def _prepared(self, request: HttpRequest) -> HttpRequest:
        """Return the request as the middleware would hand it on; both pages cost the same there."""
        translation.activate("en")
        request.user, request.member, request.all_members = (
            self.member.user,
            self.member,
            [self.member],
        )
        request.session = self.client.session
        request.session["has_contacts"] = False
        request.htmx = False
        request._messages = ()
        return request

    def _deep_address(self) -> str:
        """Return the address of page 20 by number of users, as a reader would get there."""
        address = "?sort=seats"
        for _ in range(19):
            page = self.client.get("/subscriptions/" + address).content.decode()
            following = re.search(r'rel="next" href="([^"]+)"', page)
            address = unescape(following.group(1)) if following else address
        return address

    def _table(self, pages: dict[int, dict[str, float]], small: int, large: int) -> None:
        self.stdout.write(
            f"\n{'CPU milliseconds a page':28}{small:>10,}{large:>10,}{'growth':>9}"
            f"{'÷ plain, at each size':>23}"
        )
        for name, few in pages[small].items():
            many = pages[large][name]
            ratios = [pages[size][name] / pages[size][PLAIN] for size in (small, large)]
            self.stdout.write(
                f"{name:28}{few:>10.2f}{many:>10.2f}{many / few:>9.2f}"
                f"{ratios[0]:>14.2f}{ratios[1]:>9.2f}"
            )
        self.stdout.write("Goals: dashboard ÷ plain ≤ 0.35, growth ≤ 1.20, search ÷ dashboard ≤ 4.")


def database_ticks() -> int:
    """Return the CPU ticks that this connection's PostgreSQL backend has used, on this machine."""
    if not hasattr(database_ticks, "pid"):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            database_ticks.pid = cursor.fetchone()[0]
    fields = Path(f"/proc/{database_ticks.pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
