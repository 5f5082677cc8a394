"""How often links may be sent. Pure; what was sent is counted in the database, by its clock."""

from datetime import timedelta
from typing import NamedTuple

from django.conf import settings


class Limit(NamedTuple):
    """At most `most` sendings within `window`, counted per `scope`."""

    scope: str
    window: timedelta
    most: int


SCOPES = ("invitation", "reseller", "recipient")
COOL_DOWN = Limit("invitation", timedelta(minutes=1), 1)


def limits() -> tuple[Limit, ...]:
    """Return every limit, the one that ends soonest first."""
    return (
        COOL_DOWN,
        Limit("reseller", timedelta(hours=1), settings.INVITATIONS_AN_HOUR),
        Limit("invitation", timedelta(days=1), 5),
        Limit("recipient", timedelta(days=1), settings.INVITATIONS_A_DAY_TO_ONE_ADDRESS),
    )
