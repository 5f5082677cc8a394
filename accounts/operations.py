"""What changes about a person who signs in."""

from datetime import timedelta

from django.db import transaction
from django.utils import translation

from accounts.models import User
from mail.operations import post_mail
from reseller_portal import clock

RESET_LIFE = timedelta(hours=1)


@transaction.atomic
def ask_for_new_password(*, user: User) -> None:
    """Queue the mail with the link to choose a new password; asking twice mails twice."""
    now = clock.now()
    post_mail(
        kind="password_reset",
        object_id=user.pk,
        generation=int(now.timestamp()),
        recipient=user.email,
        recipient_name=user.name,
        language=user.language or translation.get_language() or "en",
        give_up_at=now + RESET_LIFE,
    )


def choose_language(*, user: User, language: str) -> None:
    """Keep the language a person reads, which their mails follow too."""
    user.language = language
    user.save(update_fields=["language"])
