"""Inviting, sending again, revoking, accepting."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now

from accounts.models import User
from audit.actor import Actor
from audit.operations import record
from customers.models import Contact, Customer
from customers.operations import give_access_back, set_customer_edits
from invitations.errors import (
    AccessWithdrawn,
    AlreadyInvited,
    EditingNotAllowed,
    InvitationClosed,
    NothingToCorrect,
    RoleTooHigh,
    SentTooOften,
    UnknownInvitation,
    WrongAccount,
)
from invitations.limits import COOL_DOWN, SCOPES, Limit, limits
from invitations.models import BulkLine, BulkSending, Invitation, Sending, new_nonce
from mail.models import Priority
from mail.operations import post_mail, withdraw_mail
from reseller_portal import clock
from reseller_portal.names import email_key, tidy
from resellers.models import Member, Reseller
from resellers.operations import tell_new_owner

CONTACT_LIFE = timedelta(days=7)
MEMBER_LIFE = timedelta(hours=24)


@dataclass(frozen=True)
class Invitee:
    """Whom to invite: name, address, and the language the mail is written in."""

    name: str
    email: str
    language: str


@dataclass(frozen=True)
class Acceptance:
    """What somebody typed when accepting. `password` is None for an account that exists already."""

    name: str
    language: str
    phone: str = ""
    job_title: str = ""
    password: str | None = None


@transaction.atomic
def let_customer_edit(
    *, customer: Customer, invitee: Invitee | None, product: str, by: Actor
) -> Invitation | None:
    """Let the customer's contacts edit, and invite one.

    Returns the invitation, or None when nobody needs inviting: nobody named, or a contact already,
    who gets withdrawn access back. Raises SentTooOften.
    """
    customer = set_customer_edits(customer=customer, allowed=True, by=by)
    if invitee is None:
        return None
    try:
        return invite_contact(customer=customer, invitee=invitee, product=product, by=by)
    except AccessWithdrawn as known:
        give_access_back(contact=known.contact, by=by)
    except AlreadyInvited:
        pass
    return None


@transaction.atomic
def invite_contact(*, customer: Customer, invitee: Invitee, product: str, by: Actor) -> Invitation:
    """Invite a person of the customer; the mail leaves after the commit.

    Raises AlreadyInvited when the address has an open invitation here or is a contact
    (AccessWithdrawn when of the past), EditingNotAllowed, SentTooOften.
    """
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    if not customer.customer_edits:
        raise EditingNotAllowed
    _refuse_known_contact(customer, email_key(invitee.email))
    return _invite(
        by=by,
        invitee=invitee,
        life=CONTACT_LIFE,
        reseller=customer.reseller,
        customer=customer,
        product=product,
    )


@transaction.atomic
def invite_member(*, reseller: Reseller, invitee: Invitee, role: str, by: Actor) -> Invitation:
    """Invite somebody to work for the reseller in a role.

    Raises AlreadyInvited when the address has an open invitation here or is a member, RoleTooHigh
    when it is above the role of whoever invites, SentTooOften.
    """
    reseller = Reseller.objects.select_for_update(no_key=True).get(pk=reseller.pk)
    _refuse_higher_role(reseller.pk, role, by)
    _refuse_known_member(reseller, email_key(invitee.email))
    return _invite(by=by, invitee=invitee, life=MEMBER_LIFE, reseller=reseller, role=role)


@transaction.atomic
def send_invitation_again(*, invitation: Invitation, by: Actor) -> Invitation:
    """Send a new link and end the older ones; the invitation holds its full time again.

    Raises InvitationClosed when it was accepted or revoked, EditingNotAllowed, SentTooOften.
    """
    invitation = _locked(invitation)
    _renew(invitation, by=by)
    record("invitation_sent_again", invitation, by=by, reseller_id=invitation.reseller_id)
    _post(invitation)
    return invitation


@transaction.atomic
def correct_invitation(*, invitation: Invitation, name: str, email: str, by: Actor) -> Invitation:
    """Change whom an invitation is for, before it is accepted; older links end at once.

    Raises NothingToCorrect, and what inviting and sending again raise.
    """
    key = email_key(email)
    if invitation.customer_id:  # locked before its invitations, as everywhere
        customer = Customer.objects.select_for_update(no_key=True).get(pk=invitation.customer_id)
        invitation = _locked(invitation)
        _refuse_known_contact(customer, key, but=invitation)
    else:
        reseller = Reseller.objects.select_for_update(no_key=True).get(pk=invitation.reseller_id)
        invitation = _locked(invitation)
        _refuse_known_member(reseller, key, but=invitation)
    before = {"name": invitation.name, "email": invitation.email}
    after = {"name": tidy(name), "email": email.strip()}
    if before == after:
        raise NothingToCorrect
    elsewhere = key != invitation.email_key
    invitation.name, invitation.email, invitation.email_key = *after.values(), key
    _renew(invitation, by=by, elsewhere=elsewhere)
    invitation.save(update_fields=["name", "email", "email_key"])
    record(
        "invitation_corrected",
        invitation,
        by=by,
        reseller_id=invitation.reseller_id,
        before={name: value for name, value in before.items() if after[name] != value},
        after={name: value for name, value in after.items() if before[name] != value},
    )
    _post(invitation)
    return invitation


@transaction.atomic
def remind_of_invitation(*, invitation: Invitation, by: Actor) -> bool:
    """Mail the same link once more shortly before it ends; say whether it was due.

    Two schedulers remind once: the row is locked, and keeps when.
    """
    invitation = _locked(invitation)
    now = clock.now()
    if not Invitation.objects.to_remind(now).filter(pk=invitation.pk).exists():
        return False
    invitation.reminded_at = now
    invitation.save(update_fields=["reminded_at"])
    record("invitation_reminded", invitation, by=by, reseller_id=invitation.reseller_id)
    _post(invitation, kind="invitation_reminder", priority=Priority.IN_TIME)
    return True


@transaction.atomic
def tell_of_failure(*, invitation: Invitation) -> None:
    """Tell whoever invited that the mail is given up, once for each link; else an owner."""
    members = Member.objects.filter(reseller_id=invitation.reseller_id, user__is_active=True)
    members = members.select_related("user")
    inviter = members.filter(user=invitation.invited_by).first()
    told = inviter or members.owners().order_by("pk").first()
    if told is None:
        return
    post_mail(
        kind="invitation_failed",
        object_id=invitation.pk,
        generation=invitation.generation,
        recipient=told.user.email,
        recipient_name=told.user.name,
        language=told.user.language or invitation.reseller.language,
        give_up_at=clock.now() + timedelta(days=3),
        priority=Priority.IN_TIME,
        lane=invitation.reseller_id,
    )


@transaction.atomic
def wish_sendings(*, member: Member, codes: Collection[str], by: Actor) -> BulkSending:
    """Note which invitations are to be sent again; the worker does it one after the other.

    Raises UnknownInvitation when one of them is not the member's reseller's: nothing happens then.
    """
    wished = set(codes)
    found = list(Invitation.objects.for_member(member).filter(code__in=wished).order_by("pk"))
    if not wished or len(found) != len(wished):
        raise UnknownInvitation
    bulk = BulkSending.objects.create(
        reseller_id=member.reseller_id, wished_by=member.user, created_at=clock.now()
    )
    BulkLine.objects.bulk_create(
        BulkLine(reseller_id=member.reseller_id, bulk=bulk, invitation=each) for each in found
    )
    record(
        "invitations_sent_again",
        bulk,
        by=by,
        reseller_id=member.reseller_id,
        after={"invitations": len(found)},
    )
    return bulk


@transaction.atomic
def send_next_of(*, bulk: BulkSending) -> bool:
    """Send the next of several invitations; say whether there was one.

    Several workers take different ones. What may not be sent keeps why and is passed over.
    """
    open_lines = BulkLine.objects.filter(bulk=bulk, bulk__cancelled_at=None, done_at=None)
    line = open_lines.select_for_update(skip_locked=True, of=("self",)).first()
    if line is None:
        return False
    line.problem = _send_line(line, bulk)
    line.done_at = clock.now()
    line.save(update_fields=["problem", "done_at"])
    return True


@transaction.atomic
def cancel_sendings(*, bulk: BulkSending, by: Actor) -> BulkSending:
    """Stop what is not sent yet; what was sent stays sent."""
    bulk = BulkSending.objects.select_for_update().get(pk=bulk.pk)
    if bulk.cancelled_at is None and bulk.lines.filter(done_at=None).exists():
        bulk.cancelled_at = clock.now()
        bulk.save(update_fields=["cancelled_at"])
        record("sendings_cancelled", bulk, by=by, reseller_id=bulk.reseller_id)
    return bulk


@transaction.atomic
def revoke_invitation(*, invitation: Invitation, by: Actor) -> Invitation:
    """End the invitation's links; revoking twice keeps the first time.

    Raises InvitationClosed when it was accepted already.
    """
    invitation = _locked(invitation)
    if invitation.accepted_at:
        raise InvitationClosed
    if invitation.revoked_at is None:
        invitation.revoked_at = clock.now()
        invitation.save(update_fields=["revoked_at"])
        withdraw_mail(kind="invitation", object_id=invitation.pk)
        withdraw_mail(kind="invitation_reminder", object_id=invitation.pk)
        record("invitation_revoked", invitation, by=by, reseller_id=invitation.reseller_id)
    return invitation


def note_opened(*, invitation: Invitation) -> None:
    """Keep when a person first did something on the page; a mail scanner never gets here."""
    Invitation.objects.filter(pk=invitation.pk, opened_at=None).update(opened_at=clock.now())


@transaction.atomic
def accept_invitation(
    *, invitation: Invitation, acceptance: Acceptance, user: User | None, by: Actor
) -> User:
    """Make the invited person a contact or a member, with a new account or their own.

    `invitation` is as the link found it. `user` is who is signed in, or None. Raises
    InvitationClosed when the link ended meanwhile, WrongAccount when the address has an account
    that is not the one signed in.
    """
    generation = invitation.generation
    invitation = _locked(invitation)
    if invitation.generation != generation or not invitation.may_be_accepted(
        clock.now(), clock.today()
    ):
        raise InvitationClosed
    user = _account(invitation, acceptance, user)
    new_owner = None
    if invitation.customer_id:
        contact, new = Contact.objects.get_or_create(
            customer=invitation.customer,
            user=user,
            defaults={
                "reseller": invitation.reseller,
                "name": acceptance.name,
                "phone": acceptance.phone,
                "job_title": acceptance.job_title,
            },
        )
        if not new:
            give_access_back(contact=contact, by=by)
    else:
        member, new = Member.objects.get_or_create(
            reseller=invitation.reseller, user=user, defaults={"role": invitation.role}
        )
        new_owner = member if new and member.is_owner else None
    invitation.accepted_at = clock.now()
    invitation.accepted_by = user
    invitation.opened_at = invitation.opened_at or invitation.accepted_at
    invitation.save(update_fields=["accepted_at", "accepted_by", "opened_at"])
    entry = record("invitation_accepted", invitation, by=by, reseller_id=invitation.reseller_id)
    if new_owner:
        tell_new_owner(member=new_owner, generation=entry.pk)
    return user


def _invite(*, by: Actor, invitee: Invitee, life: timedelta, **fields) -> Invitation:
    now = clock.now()
    invitation = Invitation.objects.create(
        email=invitee.email.strip(),
        email_key=email_key(invitee.email),
        name=tidy(invitee.name),
        language=invitee.language,
        invited_by_id=by.user_id,
        created_at=now,
        expires_at=now + life,
        **fields,
    )
    _count_sending(invitation, by=by)
    record("invitation_made", invitation, by=by, reseller_id=invitation.reseller_id)
    _post(invitation)
    return invitation


def _renew(invitation: Invitation, *, by: Actor, elsewhere: bool = False) -> None:
    """Make a new link for its full time, in the row the caller holds; older links end."""
    if not invitation.is_pending:
        raise InvitationClosed
    if invitation.customer and not invitation.customer.customer_edits:
        raise EditingNotAllowed
    if invitation.customer is None:
        _refuse_higher_role(invitation.reseller_id, invitation.role, by)
    _count_sending(invitation, by=by, elsewhere=elsewhere)
    now = clock.now()
    invitation.generation += 1
    invitation.nonce = new_nonce()
    invitation.sent_again_at = now
    invitation.opened_at = invitation.reminded_at = None
    invitation.expires_at = now + (CONTACT_LIFE if invitation.customer_id else MEMBER_LIFE)
    invitation.save(
        update_fields=[
            "generation",
            "nonce",
            "sent_again_at",
            "opened_at",
            "reminded_at",
            "expires_at",
        ]
    )


def _count_sending(invitation: Invitation, *, by: Actor, elsewhere: bool = False) -> None:
    """Count that a link is sent, or raise SentTooOften.

    Whoever sends for the same reseller or to the same address waits here for its turn, so that
    requests at the same moment see each other's rows. These locks are always the last taken.
    """
    # The portal itself is not limited, and staff only as to one invitation.
    counted: set[str] = {"system": set(), "staff": {"invitation"}}.get(by.hat, set(SCOPES))
    with connection.cursor() as cursor:
        for kind, name in (("reseller", invitation.reseller_id), ("to", invitation.email_key)):
            lock = f"invitations.{kind}.{name}"
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [lock])
    for limit in limits():
        # Who corrects a slip at once does not send twice to anybody.
        if limit.scope not in counted or (limit == COOL_DOWN and elsewhere):
            continue
        sent = Sending.objects.filter(
            **_scope(limit, invitation), sent_at__gt=Now() - limit.window
        ).order_by("-sent_at")
        times = sent.values_list("sent_at", flat=True)[limit.most - 1 : limit.most]
        if times:
            raise SentTooOften(limit, times[0] + limit.window)
    Sending.objects.create(
        reseller_id=invitation.reseller_id, invitation=invitation, email_key=invitation.email_key
    )


def _scope(limit: Limit, invitation: Invitation) -> dict[str, Any]:
    scopes: dict[str, dict[str, Any]] = {
        "invitation": {"invitation_id": invitation.pk},
        "reseller": {"reseller_id": invitation.reseller_id},
        "recipient": {"email_key": invitation.email_key},
    }
    return scopes[limit.scope]


def _post(
    invitation: Invitation, *, kind: str = "invitation", priority: int = Priority.AWAITED
) -> None:
    for older in ("invitation", "invitation_reminder"):
        withdraw_mail(kind=older, object_id=invitation.pk, before_generation=invitation.generation)
    post_mail(
        kind=kind,
        object_id=invitation.pk,
        generation=invitation.generation,
        recipient=invitation.email,
        recipient_name=invitation.name,
        language=invitation.language,
        give_up_at=min(invitation.expires_at, clock.now() + timedelta(days=3)),
        priority=priority,
        lane=invitation.reseller_id,
    )


def _send_line(line: BulkLine, bulk: BulkSending) -> str:
    """Send one of several invitations again; return the problem that kept it from being sent."""
    member = (
        Member.objects.filter(reseller_id=bulk.reseller_id, user_id=bulk.wished_by_id)
        .select_related("user")
        .first()
    )
    if member is None or not member.may_change or not member.user.is_active:
        return BulkLine.Problem.NO_RIGHT
    by = Actor(name=member.user.name, hat="member", user_id=member.user_id)
    try:
        send_invitation_again(invitation=line.invitation, by=by)
    except InvitationClosed:
        return BulkLine.Problem.CLOSED
    except EditingNotAllowed:
        return BulkLine.Problem.NOT_ALLOWED
    except SentTooOften:
        return BulkLine.Problem.LIMITED
    return ""


def _refuse_higher_role(reseller_id: int, role: str, by: Actor) -> None:
    if by.hat != "member" or by.user_id is None:
        return  # staff and the portal itself are no members
    inviter = Member.objects.filter(reseller_id=reseller_id, user_id=by.user_id).first()
    if inviter is None or not inviter.may_give(role):
        raise RoleTooHigh


def _refuse_known_contact(customer: Customer, key: str, *, but: Invitation | None = None) -> None:
    invited = customer.invitations.pending().filter(email_key=key)
    if (invited.exclude(pk=but.pk) if but else invited).exists():
        raise AlreadyInvited
    if contact := customer.contacts.filter(user__email_key=key).first():
        raise AccessWithdrawn(contact) if contact.withdrawn_at else AlreadyInvited()


def _refuse_known_member(reseller: Reseller, key: str, *, but: Invitation | None = None) -> None:
    invited = reseller.invitations.pending().filter(customer=None, email_key=key)
    if (invited.exclude(pk=but.pk) if but else invited).exists():
        raise AlreadyInvited
    if reseller.members.filter(user__email_key=key).exists():
        raise AlreadyInvited


def _locked(invitation: Invitation) -> Invitation:
    rows = Invitation.objects.select_related("customer", "reseller")
    return rows.select_for_update(of=("self",)).get(pk=invitation.pk)


def _account(invitation: Invitation, acceptance: Acceptance, signed_in: User | None) -> User:
    """Return the account of the invited address: a new one, or the one that is signed in."""
    existing = User.objects.filter(email_key=invitation.email_key).first()
    if existing is None and signed_in is None and acceptance.password:
        try:
            with transaction.atomic():
                return User.objects.create_user(
                    invitation.email,
                    acceptance.password,
                    name=acceptance.name,
                    language=acceptance.language,
                )
        except IntegrityError as other:  # the address got an account at this very moment
            raise WrongAccount from other
    if existing is None or existing != signed_in:
        raise WrongAccount
    return existing
