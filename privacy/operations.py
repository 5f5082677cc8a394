"""Forgetting a person: at once wherever they stand by name, then entry by entry in the history."""

import re
from typing import Any

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.db.models import Max, Q, TextField
from django.db.models.functions import Cast, Coalesce, Now

from accounts.models import User
from audit.actor import SYSTEM, Actor
from audit.models import Entry
from audit.operations import record, redact
from customers.models import Contact
from invitations.models import Invitation, Sending
from mail.models import DeliveryReport, OutgoingMail
from privacy.errors import IsLastOwner, IsStaff, NothingKept
from privacy.lists import Found
from privacy.models import Erasure
from reseller_portal import clock
from resellers.models import Member, Reseller, Role
from signatures.models import Person
from signatures.operations import remove_person
from subscriptions.models import Change

# Values that name a person, where an entry is about one.
NAMING = {
    "department",
    "device",
    "email",
    "first_name",
    "job_title",
    "last_name",
    "name",
    "phone",
    "title",
}
CODE = re.compile(r"^[A-Z]-\w{8}(?= · )")
# Where no other row changes: accounts of money, and what a company itself wrote in its signatures.
KEPT = {"billing"}
KEPT_MODELS = {"audit.Entry", "privacy.Erasure", "signatures.Design", "signatures.Version"}
ENTRIES = 20_000  # looked at in one transaction


@transaction.atomic
def erase(*, found: Found, by: Actor, code: str | None = None) -> Erasure:
    """Forget a person: nothing but a code is left of them; what the law wants kept stays.

    The history follows in steps (`forget_in_history`). Raises NothingKept, IsStaff, or IsLastOwner
    when a reseller would have no owner.
    """
    if not found:
        raise NothingKept
    users = list(User.objects.select_for_update().filter(pk__in=found.user_ids).order_by("pk"))
    _refuse_what_must_not_go(users)
    erasure = Erasure.objects.create(
        reseller=found.reseller,
        asked_at=clock.now(),
        asked_by_id=by.user_id,
        rows=found.rows,
        looks_for=found.addresses,
        names=found.names,
        **({"code": code} if code else {}),
    )
    _forget_users(erasure, users)
    _forget_at_work(erasure, found, by)
    _forget_mails(erasure, found)
    _forget_admin_log(erasure, found)
    record(
        "person_erased",
        erasure,
        by=by,
        reseller_id=erasure.reseller_id,
        after={kind: len(ids) for kind, ids in found.rows.items()},
    )
    return erasure


@transaction.atomic
def forget_in_history(*, erasure: Erasure) -> bool:
    """Take the name out of the next ENTRIES of the history; say whether it is done with that."""
    erasure = Erasure.objects.select_for_update().get(pk=erasure.pk)
    if erasure.done_at:
        return True
    last = Entry.objects.aggregate(last=Max("pk"))["last"] or 0
    rest = Entry.objects.filter(pk__gt=erasure.history_through).order_by("pk")
    # By rows, not by numbers, which have gaps.
    through = next(iter(rest.values_list("pk", flat=True)[ENTRIES - 1 : ENTRIES]), last)
    entries = rest.filter(pk__lte=through)
    erasure.redacted += redact(
        entry_ids=list(_naming(entries, erasure).values_list("pk", flat=True)),
        rewritten=lambda entry: _rewritten(entry, erasure),
        because_of=erasure,
        by=SYSTEM,
    )
    erasure.history_through = through
    if through == last:
        _forget_elsewhere(erasure)
        erasure.looks_for, erasure.names = [], []
        erasure.done_at = clock.now()
    erasure.save(update_fields=["redacted", "history_through", "looks_for", "names", "done_at"])
    return erasure.done_at is not None


def _refuse_what_must_not_go(users: list[User]) -> None:
    if any(user.is_staff for user in users):
        raise IsStaff
    owned = Reseller.objects.filter(members__user__in=users, members__role=Role.OWNER)
    # Locked, as for every change of who owns a reseller.
    for reseller in Reseller.objects.select_for_update(no_key=True).filter(pk__in=owned):
        if not reseller.members.filter(role=Role.OWNER).exclude(user__in=users).exists():
            raise IsLastOwner([reseller.name])


def _forget_users(erasure: Erasure, users: list[User]) -> None:
    ids = [user.pk for user in users]
    resellers = Member.objects.filter(user__in=ids).values_list("reseller_id", flat=True)
    dropped = Change.objects.filter(
        dropped_by__in=[user.name for user in users], reseller__in=list(resellers)
    )
    dropped.update(dropped_by=erasure.code)
    Change.objects.filter(by_id__in=ids).update(by_name=erasure.code)
    Member.objects.filter(user__in=ids).delete()
    for relation in User._meta.related_objects:
        # Sessions, second factors, wished addresses, ways to sign in: what means nothing without.
        if relation.on_delete is models.CASCADE and relation.related_model is not LogEntry:
            rows = relation.related_model._base_manager
            rows.filter(**{f"{relation.field.name}__in": ids}).delete()
    for number, user in enumerate(users):
        user.email = user.email_key = f"{number or ''}{erasure.address}"
        user.name = erasure.code
        user.is_active = False
        user.last_login = None
        user.set_unusable_password()
        user.save(
            update_fields=["email", "email_key", "name", "is_active", "last_login", "password"]
        )


def _forget_at_work(erasure: Erasure, found: Found, by: Actor) -> None:
    Contact.objects.filter(pk__in=found.rows.get("contact", [])).update(
        name=erasure.code,
        phone="",
        job_title="",
        withdrawn_at=Coalesce("withdrawn_at", clock.now(), output_field=models.DateTimeField()),
    )
    for person in Person.objects.filter(pk__in=found.rows.get("person", [])):
        remove_person(person=person, by=by)
    invitations = Invitation.objects.filter(pk__in=found.rows.get("invitation", []))
    Sending.objects.filter(invitation__in=invitations).update(email_key=erasure.address)
    invitations.pending().update(revoked_at=clock.now())
    invitations.update(name=erasure.code, email=erasure.address, email_key=erasure.address)
    for address in found.addresses:
        Reseller.objects.filter(mail_reply_to__iexact=address).update(mail_reply_to="")
        Reseller.objects.filter(invoice_email__iexact=address).update(invoice_email="")


def _forget_mails(erasure: Erasure, found: Found) -> None:
    rows = OutgoingMail.objects.filter(pk__in=found.rows.get("outgoingmail", []))
    rows.open().update(withdrawn_at=Now(), next_try_at=None, lease_until=None)
    # What a mail server wrote may name anybody.
    rows.update(
        recipient=erasure.address,
        recipient_name=erasure.code,
        server_reply="",
        failure="",
        bounce_words="",
    )
    for address in found.addresses:
        named = Q(body__icontains=address) | Q(message_id__icontains=address)
        DeliveryReport.objects.filter(named).delete()
    # Of other mails, such as those that told somebody of an invitation that did not arrive.
    for address in found.addresses:
        others = OutgoingMail.objects.filter(recipient_name__icontains=address)
        others.update(recipient_name=erasure.code)


def _forget_admin_log(erasure: Erasure, found: Found) -> None:
    for kind, ids in found.rows.items():
        types = ContentType.objects.filter(model=kind)
        lines = LogEntry.objects.filter(content_type__in=types, object_id__in=map(str, ids))
        lines.update(object_repr=erasure.code)


def _forget_elsewhere(erasure: Erasure) -> None:
    """Replace the addresses, and the names beside them, in every other text of every table.

    So that an imported file's lines, or what a room yet to come keeps, name nobody either. The
    history goes by redaction, invoices and payments stay as the law asks.
    """
    if not erasure.looks_for:
        return
    for model in apps.get_models():
        if model._meta.app_label in KEPT or model._meta.label in KEPT_MODELS or model._meta.proxy:
            continue
        texts = [field for field in model._meta.concrete_fields if _is_text(field)]
        named = Q()
        for number, _field in enumerate(texts):
            for address in erasure.looks_for:
                named |= Q(**{f"text_{number}__icontains": address})
        as_text = {f"text_{n}": Cast(field.name, TextField()) for n, field in enumerate(texts)}
        if not texts:
            continue
        for row in model._base_manager.alias(**as_text).filter(named).order_by("pk"):
            for field in texts:
                setattr(row, field.attname, _nameless(getattr(row, field.attname), erasure))
            row.save(update_fields=[field.name for field in texts])


def _is_text(field: models.Field) -> bool:
    kinds = models.CharField | models.TextField | models.JSONField
    return isinstance(field, kinds) and not field.primary_key and not field.generated


def _nameless(value: Any, erasure: Erasure) -> Any:
    """Return a value without the person's addresses and names, however nested."""
    if isinstance(value, str):
        for name in erasure.names:
            value = re.sub(re.escape(name), erasure.code, value, flags=re.IGNORECASE)
        for address in erasure.looks_for:
            value = re.sub(re.escape(address), erasure.address, value, flags=re.IGNORECASE)
        return value
    if isinstance(value, list):
        return [_nameless(each, erasure) for each in value]
    if isinstance(value, dict):
        return {name: _nameless(each, erasure) for name, each in value.items()}
    return value


def _naming(entries: models.QuerySet[Entry], erasure: Erasure) -> models.QuerySet[Entry]:
    """Return the entries that name the person: by them, about them, or with their address."""
    wanted = Q(actor_id__in=erasure.rows.get("user", []))
    for kind, ids in erasure.rows.items():
        wanted |= Q(subject=kind, subject_id__in=ids)
    rows = entries.annotate(
        said_before=Cast("before", TextField()), said_after=Cast("after", TextField())
    )
    for address in erasure.looks_for:
        wanted |= Q(label__icontains=address) | Q(actor_name__icontains=address)
        wanted |= Q(said_before__icontains=address) | Q(said_after__icontains=address)
    return rows.filter(wanted)


def _rewritten(entry: Entry, erasure: Erasure) -> dict[str, Any] | None:
    """Return what stands in the entry instead of the person; None when nothing of them does."""
    about_them = entry.subject_id in erasure.rows.get(entry.subject, [])
    by_them = entry.actor_id in erasure.rows.get("user", [])
    # Before they had an account.
    by_them = by_them or (about_them and entry.actor_hat == "visitor" and bool(entry.actor_name))
    label = _without(entry.label, erasure)
    if about_them:
        code = CODE.match(entry.label)
        label = f"{code[0]} · {erasure.code}" if code else erasure.code
    fields = {
        "actor_name": erasure.code if by_them else _without(entry.actor_name, erasure),
        "label": label,
        "before": _values_without(entry.before, erasure, about_them=about_them),
        "after": _values_without(entry.after, erasure, about_them=about_them),
    }
    traces = by_them or entry.subject == "user"
    if not traces and all(getattr(entry, name) == value for name, value in fields.items()):
        return None
    return fields


def _values_without(values: dict, erasure: Erasure, *, about_them: bool) -> dict:
    return {
        name: erasure.code if about_them and name in NAMING else _without(value, erasure)
        for name, value in values.items()
    }


def _without(value: Any, erasure: Erasure) -> Any:
    """Return a value, however nested, with the person's addresses replaced by the code."""
    if isinstance(value, str):
        for address in erasure.looks_for:
            value = re.sub(re.escape(address), erasure.code, value, flags=re.IGNORECASE)
        return value
    if isinstance(value, list):
        return [_without(each, erasure) for each in value]
    if isinstance(value, dict):
        return {name: _without(each, erasure) for name, each in value.items()}
    return value
