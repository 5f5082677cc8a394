"""What is kept about a person: which rows, and under which addresses."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Q

from accounts.models import EmailChange, User
from customers.models import Contact
from invitations.models import Invitation
from mail.models import OutgoingMail
from reseller_portal.names import email_key
from resellers.models import Member, Reseller
from signatures.models import Person

# Kinds of mail that go to whoever is invited, not to whoever invites.
TO_THE_INVITED = ["invitation", "invitation_reminder"]


@dataclass(frozen=True)
class Found:
    """What is kept about a person, as kind → ids; `addresses` are to be looked for elsewhere."""

    rows: dict[str, list[int]]
    addresses: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    reseller: Reseller | None = None

    def count(self, kind: str) -> int:
        return len(self.rows.get(kind, []))

    @property
    def user_ids(self) -> list[int]:
        return self.rows.get("user", [])

    def __bool__(self) -> bool:
        return any(self.rows.values())


def about_address(address: str) -> Found:
    """Return all that is kept about the person of this address, whoever keeps it."""
    keys = {email_key(address)}
    users = list(User.objects.filter(email_key__in=keys))
    typed = {address.strip(), *(user.email for user in users)}
    # What they were called before their address changed.
    typed |= set(Invitation.objects.filter(accepted_by__in=users).values_list("email", flat=True))
    typed |= set(EmailChange.objects.filter(user__in=users).values_list("email", flat=True))
    keys |= {email_key(each) for each in typed}
    others = User.objects.filter(email_key__in=keys).exclude(pk__in=[user.pk for user in users])
    taken = set(others.values_list("email_key", flat=True))
    keys -= taken  # by now it is somebody else's
    typed = {each for each in typed if email_key(each) not in taken}
    persons = Person.objects.filter(email_key__in=keys)
    invitations = Invitation.objects.filter(Q(email_key__in=keys) | Q(accepted_by__in=users))
    typed |= set(persons.values_list("email", flat=True))
    typed |= set(invitations.values_list("email", flat=True))
    invitation_ids = list(invitations.values_list("pk", flat=True))
    contacts = Contact.objects.filter(user__in=users)
    members = Member.objects.filter(user__in=users)
    mails = _mails_to(typed | keys) | _mails_of(invitation_ids)
    return Found(
        rows=_ids(
            user=[user.pk for user in users],
            contact=contacts.values_list("pk", flat=True),
            member=members.values_list("pk", flat=True),
            person=persons.values_list("pk", flat=True),
            invitation=invitation_ids,
            outgoingmail=mails,
        ),
        addresses=sorted({each.lower() for each in typed | keys}),
        names=_names(users, contacts, persons, invitations),
    )


def about_contact(contact: Contact) -> Found:
    """Return what a reseller's customers keep about a contact, and the account if it ends with it.

    Where they sign in for somebody else too, the account is theirs and stays.
    """
    user = contact.user
    elsewhere = (
        user.contacts.exclude(reseller_id=contact.reseller_id).exists()
        or user.memberships.exists()
        or user.is_staff
    )
    if not elsewhere:
        whole = about_address(user.email)
        return replace(whole, reseller=contact.reseller)
    own = Contact.objects.filter(user=user, reseller_id=contact.reseller_id)
    persons = Person.objects.filter(email_key=user.email_key, reseller_id=contact.reseller_id)
    invitations = Invitation.objects.filter(
        Q(email_key=user.email_key) | Q(accepted_by=user),
        reseller_id=contact.reseller_id,
        customer__isnull=False,
    )
    ids = list(invitations.values_list("pk", flat=True))
    return Found(
        rows=_ids(
            contact=own.values_list("pk", flat=True),
            person=persons.values_list("pk", flat=True),
            invitation=ids,
            outgoingmail=_mails_of(ids),
        ),
        reseller=contact.reseller,
    )


def about_person(person: Person) -> Found:
    """Return what a customer keeps about a person whose mails get a signature: that row alone."""
    return Found(rows={"person": [person.pk]}, reseller=person.reseller)


def again(rows: dict[str, list[int]]) -> Found:
    """Return what an earlier erasure found, as it stands in a restored backup."""
    users = User.objects.filter(pk__in=rows.get("user", []))
    whole = [about_address(user.email) for user in users]
    return Found(
        rows=rows,
        addresses=sorted({address for each in whole for address in each.addresses}),
        names=sorted({name for each in whole for name in each.names}),
    )


def _names(*rows: Iterable[Any]) -> list[str]:
    """Return what the person is called in these rows, the longest first."""
    return sorted({row.name for each in rows for row in each}, key=len, reverse=True)


def _mails_to(addresses: Iterable[str]) -> set[int]:
    ids: set[int] = set()
    for address in addresses:
        rows = OutgoingMail.objects.filter(recipient__iexact=address)
        ids |= set(rows.values_list("pk", flat=True))
    return ids


def _mails_of(invitation_ids: list[int]) -> set[int]:
    """Return the mails to whoever was invited, earlier addresses included."""
    rows = OutgoingMail.objects.filter(kind__in=TO_THE_INVITED, object_id__in=invitation_ids)
    return set(rows.values_list("pk", flat=True))


def _ids(**rows: Iterable[int]) -> dict[str, list[int]]:
    return {kind: sorted(ids) for kind, ids in rows.items() if ids}
