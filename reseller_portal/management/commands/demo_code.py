"""Staff's second factor for whoever tries the demo without an authenticator app."""

from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from reseller_portal.management.cast import DORAS_SECRET


class Command(BaseCommand):
    help = "Show the six digits that Dora's authenticator app would show now."

    def handle(self, *args, **options):
        if settings.PRODUCTION:
            raise CommandError("Only a demo has Dora's authenticator.")
        self.stdout.write(current_code())


def current_code(secret: str = DORAS_SECRET) -> str:
    """Return the six digits that an app with this secret shows now."""
    (counter,) = yield_hotp_counters_from_time()
    return format_hotp_value(hotp_value(secret, counter))
