"""Whether the time of an answer tells a stranger which addresses have an account (S17)."""

import time
from itertools import product
from random import Random
from statistics import median

from django.core.cache import cache
from django.core.management.base import OutputWrapper
from django.test import Client
from django.urls import reverse

from accounts.models import User

UNKNOWN = "unknown"


class DoorFigures:
    """Asks with addresses of each kind in turns, and compares each kind with the unknown."""

    def __init__(self, output: OutputWrapper, rounds: int) -> None:
        self.output = output
        self.rounds = rounds
        User.objects.filter(email_key="ben@suedwind.example").update(is_active=False)
        self.addresses = {
            UNKNOWN: "nobody-we-know@nordlicht.example",
            "known": "anna@nordlicht.example",
            "with a second factor": "dora@portal.example",
            "closed": "ben@suedwind.example",
        }
        missing = set(self.addresses.values()) - set(User.objects.values_list("email", flat=True))
        assert missing == {self.addresses[UNKNOWN]}, missing

    def run(self) -> None:
        pages = {
            "wrong password": lambda address: (
                reverse("account_login"),
                {"login": address, "password": "not-the-password-7"},
            ),
            "password forgotten": lambda address: (
                reverse("account_reset_password"),
                {"email": address},
            ),
        }
        seconds: dict[tuple[str, str], list[float]] = {
            key: [] for key in product(pages, self.addresses)
        }
        dice = Random(7)  # noqa: S311 no secret
        for _ in range(self.rounds):
            # In another order each round: an answer is slower or faster for what came before it.
            for page, kind in dice.sample(list(seconds), len(seconds)):
                cache.clear()  # nobody is throttled
                browser = Client(headers={"host": "127.0.0.1"})
                address, fields = pages[page](self.addresses[kind])
                began = time.perf_counter()
                browser.post(address, fields)
                seconds[page, kind].append(time.perf_counter() - began)
        self.output.write(
            f"\n{'milliseconds of an answer':42}{'median':>8}{'slower than unknown':>22}"
        )
        for (page, kind), taken in seconds.items():
            unknown = seconds[page, UNKNOWN]
            pairs = [mine > theirs for mine, theirs in product(taken, unknown)]
            share = "" if kind == UNKNOWN else f"{sum(pairs) / len(pairs):.2f}"
            self.output.write(f"{page + ', ' + kind:42}{median(taken) * 1_000:>8.1f}{share:>22}")
        self.output.write("0.50: no stranger can tell; 1.00: everybody can, in one try.")
