"""What changes about a person who signs in."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core import signing
from django.db import IntegrityError, transaction
from django.utils import translation

from accounts.errors import LinkEnded
from accounts.models import EmailChange, User
from audit.actor import Actor
from audit.models import Entry
from audit.operations import record
from mail.models import Priority
from mail.operations import post_mail
from mail.tasks import deliver_due
from reseller_portal import clock
from reseller_portal.names import email_key
from reseller_portal.queue import queue_on_commit

RESET_LIFE = EMAIL_CHANGE_LIFE = timedelta(hours=1)
NOTICE_LIFE = timedelta(days=3)
# Changes after which whoever else is signed in with this account must prove themselves anew.
ENDS_OTHER_SESSIONS = {
    "password_changed",
    "second_factor_added",
    "second_factor_taken",
    "passkey_added",
    "email_changed",
    "provider_connected",
    "provider_disconnected",
}
# Changes after which a link to another address, asked for before, no longer holds.
ENDS_EMAIL_CHANGE = {"password_changed", "second_factor_taken"}
# Stands in for the owner of an address without an account; nothing about it is kept.
NOBODY = User(pk=0, email="nobody@portal.example", name="Nobody")


@contextmanager
def same_work(*, kept: bool) -> Iterator[None]:
    """Do the work and the commit in any case, but keep it only if `kept` (S17).

    So the time of an answer tells nobody which addresses have an account.
    """
    with transaction.atomic(), transaction.atomic():
        yield
        if not kept:
            transaction.set_rollback(True)


@transaction.atomic
def ask_for_new_password(*, user: User | None) -> None:
    """Queue the mail with the link to choose a new password; asking twice mails twice.

    None stands for an address without an account, or with a closed one.
    """
    with same_work(kept=user is not None):
        asking, now = user or NOBODY, clock.now()
        post_mail(
            kind="password_reset",
            object_id=asking.pk,
            generation=int(now.timestamp()),
            recipient=asking.email,
            recipient_name=asking.name,
            language=_language(asking),
            give_up_at=now + RESET_LIFE,
        )
    if user is None:
        queue_on_commit(deliver_due)  # which `post_mail` wished for in what was not kept


def choose_language(*, user: User, language: str) -> None:
    """Keep the language a person reads, which their mails follow too."""
    user.language = language
    user.save(update_fields=["language"])


@transaction.atomic
def change_name(*, user: User, name: str, by: Actor) -> None:
    """Keep what a person is called; the history says what it was."""
    if name != user.name:
        record("name_changed", user, by=by, before={"name": user.name}, after={"name": name})
        user.name = name
        user.save(update_fields=["name"])


@transaction.atomic
def note_sign_in(*, user: User, user_agent: str, known_device: bool, by: Actor) -> None:
    """Write the sign-in to the history; tell its owner by mail when the device is a new one."""
    first = not Entry.objects.about_any({"user": [user.pk]}).filter(action="signed_in").exists()
    entry = record("signed_in", user, by=by, device=user_agent)
    if not known_device and not first:
        _post_notice(user, entry, recipient=user.email)


def note_refused_sign_in(*, user: User | None, by: Actor) -> None:
    """Write to the history that somebody did not know the password of `user`.

    None stands for an address without an account: nothing is written then.
    """
    with same_work(kept=user is not None):
        record("sign_in_failed", user or NOBODY, by=by)


def note_wrong_code(*, user: User, by: Actor) -> None:
    """Write to the history that somebody knew the password, but not the second factor."""
    record("second_factor_failed", user, by=by)


def note_wrong_password(*, user: User, by: Actor) -> None:
    """Write to the history that somebody signed in as `user` did not know the password."""
    record("confirmation_failed", user, by=by)


@transaction.atomic
def change_account(*, user: User, fields: dict[str, Any], by: Actor) -> User:
    """Correct what staff may of an account: name, language, whether it is open and is staff's.

    Who loses or gains a right signs in anew: closing an account ends its sessions for good.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    before = {name: getattr(user, name) for name in fields}
    changed = [name for name, value in fields.items() if before[name] != value]
    if not changed:
        return user
    for name in changed:
        setattr(user, name, fields[name])
    user.save(update_fields=changed)
    if not {"is_active", "is_staff"}.isdisjoint(changed):
        user.sessions.all().delete()
        _end_email_changes(user)
    action = "account_changed"
    if "is_active" in changed:
        action = "account_opened" if user.is_active else "account_closed"
    record(
        action,
        user,
        by=by,
        before={name: before[name] for name in changed},
        after={name: fields[name] for name in changed},
    )
    return user


@transaction.atomic
def note_account_change(
    *,
    action: str,
    user: User,
    by: Actor,
    keep_session: str | None = None,
    tell: str = "",
    after: dict[str, Any] | None = None,
) -> None:
    """Write a change of how somebody signs in to the history, and tell them by mail.

    Some changes end all sessions but `keep_session`. `tell` is an address other than the user's.
    """
    entry = record(action, user, by=by, after=after)
    if action in ENDS_OTHER_SESSIONS:
        user.sessions.exclude(pk=keep_session).delete()
    if action in ENDS_EMAIL_CHANGE:
        _end_email_changes(user)
    _post_notice(user, entry, recipient=tell or user.email)


@transaction.atomic
def take_second_factor(*, user: User, by: Actor) -> None:
    """Remove the app, passkeys and codes of somebody who has lost them, and end their sessions."""
    user.authenticator_set.all().delete()
    note_account_change(action="second_factor_taken", user=user, by=by)


@transaction.atomic
def disconnect_provider(
    *, user: User, account_id: int, keep_session: str | None, by: Actor
) -> bool:
    """End signing in by this account at a provider, and every session but `keep_session`.

    Return False when the user has no such account any more.
    """
    account = user.socialaccount_set.select_for_update().filter(pk=account_id).first()
    if account is None:
        return False
    account.delete()
    note_account_change(
        action="provider_disconnected",
        user=user,
        by=by,
        keep_session=keep_session,
        after={"provider": account.provider},
    )
    return True


@transaction.atomic
def end_sessions(
    *, user: User, by: Actor, keep_session: str | None, only: UUID | None = None
) -> int:
    """End the user's other sessions, or only the one of this number; return how many ended."""
    rows = user.sessions.exclude(pk=keep_session)
    if only is not None:
        rows = rows.filter(number=only)
    ended, _by_model = rows.delete()
    if ended:
        record("sessions_ended", user, by=by, after={"sessions": ended})
    return ended


@transaction.atomic
def ask_for_email_change(*, user: User, email: str, by: Actor) -> EmailChange:
    """Mail a link to the new address; the old one stays the user name until it is confirmed.

    Asking again ends the older link. To an address that has an account nothing is mailed, and the
    caller's answer is the same: nobody learns who has one.
    """
    now = clock.now()
    user = User.objects.select_for_update().get(pk=user.pk)  # two wishes at once: one after another
    _end_email_changes(user)
    change = EmailChange.objects.create(
        user=user,
        email=email.strip(),
        nonce=secrets.token_hex(16),
        asked_at=now,
        expires_at=now + EMAIL_CHANGE_LIFE,
    )
    record("email_change_asked", user, by=by)
    if User.objects.by_email(email) is None:
        post_mail(
            kind="email_change",
            object_id=change.pk,
            generation=1,
            recipient=change.email,
            recipient_name=user.name,
            language=_language(user),
            give_up_at=change.expires_at,
        )
    return change


def read_email_change(token: str) -> EmailChange:
    """Return the change that this link confirms. Raises LinkEnded, whatever the reason."""
    try:
        pk, nonce = signing.loads(token, salt=EmailChange.SALT)
    except (signing.BadSignature, ValueError):
        raise LinkEnded from None
    change = EmailChange.objects.select_related("user").filter(pk=pk, nonce=nonce).first()
    if change is None or change.confirmed_at or clock.now() >= change.expires_at:
        raise LinkEnded
    return change


@transaction.atomic
def confirm_email_change(*, change: EmailChange, keep_session: str | None, by: Actor) -> User:
    """Make the new address the user name, and tell the old one.

    Raises LinkEnded when it was used or replaced meanwhile, or the address got an account.
    """
    user = User.objects.select_for_update().get(pk=change.user_id)
    open_ones = EmailChange.objects.filter(pk=change.pk, confirmed_at=None)
    if not user.is_active or not open_ones.update(confirmed_at=clock.now()):
        raise LinkEnded
    old, user.email, user.email_key = user.email, change.email, email_key(change.email)
    try:
        with transaction.atomic():
            user.save(update_fields=["email", "email_key"])
    except IntegrityError as taken:
        raise LinkEnded from taken
    note_account_change(
        action="email_changed", user=user, by=by, keep_session=keep_session, tell=old
    )
    return user


def _end_email_changes(user: User) -> None:
    user.email_changes.filter(confirmed_at=None).delete()


def _post_notice(user: User, entry: Entry, *, recipient: str) -> None:
    post_mail(
        kind="account_notice",
        object_id=entry.pk,
        generation=1,
        recipient=recipient,
        recipient_name=user.name,
        language=_language(user),
        give_up_at=clock.now() + NOTICE_LIFE,
        priority=Priority.IN_TIME,
    )


def _language(user: User) -> str:
    return user.language or translation.get_language() or "en"
