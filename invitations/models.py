"""Inviting somebody to set a password: a contact of a customer, or a member of a reseller."""

import secrets
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from customers.models import Area, Customer
from customers.products import Product
from invitations.links import make_token, read_token, same_token
from mail.models import OutgoingMail
from reseller_portal.codes import bulk_code, invitation_code
from resellers.models import Member, Reseller, Role

REMIND_BEFORE = timedelta(days=2)


def new_nonce() -> str:
    return secrets.token_hex(16)


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def for_member(self, member: Member) -> "InvitationQuerySet":
        """Return the invitations of the member's reseller to its customers' contacts."""
        return self.filter(reseller_id=member.reseller_id, customer__isnull=False)

    def to_members(self, member: Member) -> "InvitationQuerySet":
        """Return the invitations to work for the member's reseller."""
        return self.filter(reseller_id=member.reseller_id, customer=None)

    def with_delivery_state(self) -> "InvitationQuerySet":
        """Add `delivery_state`: the outbox's word for the present generation's mail."""
        mails = OutgoingMail.objects.filter(
            kind="invitation", object_id=OuterRef("pk"), generation=OuterRef("generation")
        )
        return self.annotate(delivery_state=Subquery(mails.values("state")[:1]))

    def undelivered(self, now: datetime) -> "InvitationQuerySet":
        """Return those that hold still but whose mail did not arrive, or may not have.

        Somebody who has opened the page got it. Whose customer may not edit needs no mail.
        """
        mails = OutgoingMail.objects.filter(
            kind="invitation",
            object_id=OuterRef("pk"),
            generation=OuterRef("generation"),
            state__in=["failed", "uncertain", "bounced", "withdrawn"],
        )
        holding = self.pending().filter(expires_at__gt=now, opened_at=None)
        return holding.filter(Exists(mails)).exclude(customer__customer_edits=False)

    def to_tell(self, now: datetime) -> "InvitationQuerySet":
        """Return those whose mail is given up, and whose inviter was not told of this one."""
        told = OutgoingMail.objects.filter(
            kind="invitation_failed", object_id=OuterRef("pk"), generation=OuterRef("generation")
        )
        given_up = OutgoingMail.objects.filter(
            kind="invitation",
            object_id=OuterRef("pk"),
            generation=OuterRef("generation"),
            state__in=["failed", "bounced"],
        )
        return self.undelivered(now).filter(Exists(given_up)).exclude(Exists(told))

    def expired(self, now: datetime) -> "InvitationQuerySet":
        """Return those whose time ran out before anybody accepted."""
        late = self.pending().filter(expires_at__lte=now)
        return late.exclude(customer__customer_edits=False)

    def to_remind(self, now: datetime) -> "InvitationQuerySet":
        """Return the contacts' that end soon, arrived as far as anybody knows, and are unanswered.

        Each is found once, since `reminded_at` is kept; a new link may be reminded of again.
        """
        mails = OutgoingMail.objects.filter(
            kind="invitation",
            object_id=OuterRef("pk"),
            generation=OuterRef("generation"),
            state="handed_over",
        )
        soon = self.pending().filter(expires_at__gt=now, expires_at__lte=now + REMIND_BEFORE)
        unanswered = soon.filter(reminded_at=None, customer__customer_edits=True)
        return unanswered.filter(Exists(mails))

    def by_token(self, token: str) -> "Invitation | None":
        """Return the invitation whose present generation this token opens, or None."""
        claimed = read_token(token)
        if claimed is None or claimed[0] not in settings.INVITATION_KEYS:
            return None
        key_id, code = claimed
        row = self.select_related("customer", "reseller").filter(code=code).first()
        return row if row is not None and same_token(row.token(key_id), token) else None

    def pending(self) -> "InvitationQuerySet":
        """Return those neither accepted nor revoked; they may have expired."""
        return self.filter(accepted_at=None, revoked_at=None)


class Invitation(models.Model):
    """The offer to somebody to set a password. It makes a contact, or a member.

    Its link is made from the row when the mail is sent and stored nowhere. A new generation
    (sent again, address corrected) ends the older links. How delivery went stands in the outbox.
    """

    reseller = models.ForeignKey(Reseller, models.PROTECT, related_name="invitations")
    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="invitations", null=True, blank=True
    )
    role = models.CharField(_("role"), max_length=10, choices=Role.choices, blank=True)
    code = models.CharField(_("code"), max_length=12, unique=True, default=invitation_code)
    email = models.EmailField(_("e-mail address"))
    email_key = models.CharField(max_length=254, editable=False)
    name = models.CharField(_("name"), max_length=120)
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES)
    product = models.CharField(_("product"), max_length=10, choices=Product.choices, blank=True)
    invited_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True)
    generation = models.PositiveIntegerField(_("times sent"), default=1)
    nonce = models.CharField(max_length=32, editable=False, default=new_nonce)
    created_at = models.DateTimeField(_("invited"))
    sent_again_at = models.DateTimeField(_("last sent"), null=True)
    expires_at = models.DateTimeField(_("holds until"))
    reminded_at = models.DateTimeField(_("reminded"), null=True)
    opened_at = models.DateTimeField(_("opened"), null=True)
    accepted_at = models.DateTimeField(_("accepted"), null=True)
    accepted_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-id"]
        constraints = [
            # What a composite foreign key of other tables points to.
            models.UniqueConstraint(fields=["reseller", "id"], name="invitation_of_reseller"),
            models.CheckConstraint(
                condition=(Q(customer__isnull=False) & Q(role=""))
                | (Q(customer__isnull=True) & Q(role__in=Role.values)),
                name="invitation_to_a_customer_or_to_a_role",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(revoked_at=None),
                name="invitation_accepted_or_revoked",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None, accepted_by=None)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False),
                name="invitation_accepted_by_somebody",
            ),
            models.UniqueConstraint(
                fields=["customer", "email_key"],
                condition=Q(accepted_at=None, revoked_at=None, customer__isnull=False),
                name="invitation_once_per_customer_and_address",
            ),
            models.UniqueConstraint(
                fields=["reseller", "email_key"],
                condition=Q(accepted_at=None, revoked_at=None, customer__isnull=True),
                name="invitation_once_per_reseller_and_address",
            ),
        ]
        indexes = [
            models.Index(
                fields=["reseller", "expires_at"],
                condition=Q(accepted_at=None, revoked_at=None),
                name="invitation_pending_until",
            ),
            models.Index(
                fields=["expires_at"],
                condition=Q(
                    accepted_at=None, revoked_at=None, reminded_at=None, customer__isnull=False
                ),
                name="invitation_to_remind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} · {self.email}"

    @property
    def is_pending(self) -> bool:
        return self.accepted_at is None and self.revoked_at is None

    def may_be_accepted(self, now: datetime, today: date) -> bool:
        """Whether its link works: neither used, revoked nor too old, and its customer may edit."""
        if not self.is_pending or now >= self.expires_at:
            return False
        customer = self.customer
        return customer is None or (
            customer.customer_edits and customer.area(today) is not Area.CLOSED
        )

    def token(self, key_id: str | None = None) -> str:
        """Return the token of the present generation."""
        owner = (
            f"customer:{self.customer_id}" if self.customer_id else f"reseller:{self.reseller_id}"
        )
        return make_token(
            settings.INVITATION_KEYS,
            code=self.code,
            generation=self.generation,
            email_key=self.email_key,
            owner=owner,
            nonce=self.nonce,
            expires_at=self.expires_at,
            key_id=key_id,
        )


class Sending(models.Model):
    """That a link was sent to an address; the limits count these rows for two days."""

    reseller = models.ForeignKey(Reseller, models.PROTECT, related_name="+")
    invitation = models.ForeignKey(Invitation, models.CASCADE, related_name="sendings")
    email_key = models.CharField(max_length=254)
    sent_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [
            models.Index(fields=["reseller", "-sent_at"], name="sending_of_reseller"),
            models.Index(fields=["email_key", "-sent_at"], name="sending_to_recipient"),
            models.Index(fields=["invitation", "-sent_at"], name="sending_of_invitation"),
            models.Index(fields=["sent_at"], name="sending_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.invitation_id} · {self.sent_at}"


class BulkSendingQuerySet(models.QuerySet["BulkSending"]):
    def for_member(self, member: Member) -> "BulkSendingQuerySet":
        return self.filter(reseller_id=member.reseller_id)

    def unfinished(self) -> "BulkSendingQuerySet":
        lines = BulkLine.objects.filter(bulk=OuterRef("pk"), done_at=None)
        return self.filter(Exists(lines), cancelled_at=None)


class BulkSending(models.Model):
    """Several invitations sent again at one wish; the worker goes through its lines."""

    reseller = models.ForeignKey(Reseller, models.PROTECT, related_name="+")
    code = models.CharField(_("code"), max_length=12, unique=True, default=bulk_code)
    wished_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(_("started"))
    cancelled_at = models.DateTimeField(_("cancelled"), null=True)

    objects = BulkSendingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reseller", "id"], name="bulk_of_reseller"),
        ]

    def __str__(self) -> str:
        return self.code


class BulkLine(models.Model):
    """One of several invitations: not done yet, sent, or left alone for a reason."""

    class Problem(models.TextChoices):
        CLOSED = "closed", _("Accepted or revoked meanwhile")
        NOT_ALLOWED = "not_allowed", _("The customer may not edit")
        LIMITED = "limited", _("Sent too often; try later")
        NO_RIGHT = "no_right", _("You may not send invitations any more")

    reseller = models.ForeignKey(Reseller, models.PROTECT, related_name="+")
    bulk = models.ForeignKey(BulkSending, models.CASCADE, related_name="lines")
    invitation = models.ForeignKey(Invitation, models.CASCADE, related_name="+")
    done_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=12, choices=Problem.choices, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["bulk", "invitation"], name="bulk_line_once"),
            models.CheckConstraint(
                condition=Q(problem="") | Q(done_at__isnull=False), name="bulk_line_problem_is_done"
            ),
        ]
        indexes = [
            models.Index(fields=["bulk"], condition=Q(done_at=None), name="bulk_line_open"),
        ]

    def __str__(self) -> str:
        return f"{self.bulk_id} · {self.invitation_id}"
