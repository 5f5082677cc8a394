"""Inviting, sending again, revoking, accepting."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction

from accounts.models import User
from audit.actor import Actor
from audit.operations import record
from customers.models import Contact, Customer
from customers.operations import set_customer_edits
from invitations.errors import AlreadyInvited, InvitationClosed, WrongAccount
from invitations.models import Invitation, new_nonce
from mail.operations import post_mail, withdraw_mail
from reseller_portal import clock
from reseller_portal.names import email_key, tidy
from resellers.models import Member, Reseller

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

    Returns the invitation, or None when nobody needs inviting: nobody named, or a contact already.
    """
    customer = set_customer_edits(customer=customer, allowed=True, by=by)
    if invitee is None:
        return None
    try:
        return invite_contact(customer=customer, invitee=invitee, product=product, by=by)
    except AlreadyInvited:
        return None


@transaction.atomic
def invite_contact(*, customer: Customer, invitee: Invitee, product: str, by: Actor) -> Invitation:
    """Invite a person of the customer; the mail leaves after the commit.

    Raises AlreadyInvited when the address has an open invitation here or is a contact.
    """
    key = email_key(invitee.email)
    customer = Customer.objects.select_for_update(no_key=True).get(pk=customer.pk)
    invited = customer.invitations.pending().filter(email_key=key).exists()
    if invited or customer.contacts.filter(user__email_key=key).exists():
        raise AlreadyInvited
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

    Raises AlreadyInvited when the address has an open invitation here or is a member.
    """
    key = email_key(invitee.email)
    reseller = Reseller.objects.select_for_update(no_key=True).get(pk=reseller.pk)
    open_ones = reseller.invitations.pending().filter(customer=None, email_key=key)
    if open_ones.exists() or reseller.members.filter(user__email_key=key).exists():
        raise AlreadyInvited
    return _invite(by=by, invitee=invitee, life=MEMBER_LIFE, reseller=reseller, role=role)


@transaction.atomic
def send_invitation_again(*, invitation: Invitation, by: Actor) -> Invitation:
    """Send a new link and end the older ones; the invitation holds its full time again.

    Raises InvitationClosed when it was accepted or revoked.
    """
    invitation = _locked(invitation)
    if not invitation.is_pending:
        raise InvitationClosed
    now = clock.now()
    invitation.generation += 1
    invitation.nonce = new_nonce()
    invitation.sent_again_at = now
    invitation.opened_at = None
    invitation.expires_at = now + (CONTACT_LIFE if invitation.customer_id else MEMBER_LIFE)
    invitation.save(
        update_fields=["generation", "nonce", "sent_again_at", "opened_at", "expires_at"]
    )
    record("invitation_sent_again", invitation, by=by, reseller_id=invitation.reseller_id)
    _post(invitation)
    return invitation


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
    if invitation.customer_id:
        Contact.objects.get_or_create(
            customer=invitation.customer,
            user=user,
            defaults={
                "reseller": invitation.reseller,
                "name": acceptance.name,
                "phone": acceptance.phone,
                "job_title": acceptance.job_title,
            },
        )
    else:
        Member.objects.get_or_create(
            reseller=invitation.reseller, user=user, defaults={"role": invitation.role}
        )
    invitation.accepted_at = clock.now()
    invitation.accepted_by = user
    invitation.opened_at = invitation.opened_at or invitation.accepted_at
    invitation.save(update_fields=["accepted_at", "accepted_by", "opened_at"])
    record("invitation_accepted", invitation, by=by, reseller_id=invitation.reseller_id)
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
    record("invitation_made", invitation, by=by, reseller_id=invitation.reseller_id)
    _post(invitation)
    return invitation


def _post(invitation: Invitation) -> None:
    withdraw_mail(
        kind="invitation", object_id=invitation.pk, before_generation=invitation.generation
    )
    post_mail(
        kind="invitation",
        object_id=invitation.pk,
        generation=invitation.generation,
        recipient=invitation.email,
        recipient_name=invitation.name,
        language=invitation.language,
        give_up_at=min(invitation.expires_at, clock.now() + timedelta(days=3)),
        lane=invitation.reseller_id,
    )


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
