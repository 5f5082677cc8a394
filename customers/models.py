"""The companies that use the signatures, and their people who may sign in."""

from datetime import date
from enum import Enum

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from reseller_portal.codes import customer_code
from reseller_portal.names import name_key, sort_key, tidy
from resellers.models import Member, Reseller


class Area(Enum):
    """How far a customer's signature area is open."""

    OPEN = "open"
    READ_ONLY = "read only"
    CLOSED = "closed"


class CustomerQuerySet(models.QuerySet["Customer"]):
    def for_member(self, member: Member) -> "CustomerQuerySet":
        """Return the customers of the member's reseller."""
        return self.filter(reseller_id=member.reseller_id)

    def for_contact(self, user_id: int | None) -> "CustomerQuerySet":
        """Return the customers whose contact this user is, unless access was withdrawn."""
        return self.filter(contacts__user_id=user_id, contacts__withdrawn_at=None)

    def named(self, name: str) -> "CustomerQuerySet":
        """Return the customers of this name, case and spacing aside: at most one per reseller."""
        return self.filter(name_key=name_key(name))

    def signatures_to_delete(self, *, ended_before: date) -> "CustomerQuerySet":
        """Return those whose area closed before that day and has not been emptied since."""
        return self.filter(signatures_open_until__lt=ended_before).exclude(
            signatures_deleted_on__gt=models.F("signatures_open_until")
        )

    def start(self, *, reseller: Reseller, name: str) -> "Customer":
        """Return a new, unsaved customer with its keys made from the name."""
        name = tidy(name)
        return self.model(
            reseller=reseller, name=name, name_key=name_key(name), sort_key=sort_key(name)
        )


class Customer(models.Model):
    """A company that uses the signatures; it belongs to exactly one reseller.

    `signatures_held_since` and `signatures_open_until` are facts about its subscriptions that the
    operations of `subscriptions` write here: the first day on hold, the first day closed.
    `people_count` is how many people its signature area has; the database counts them itself, so
    that no way of adding or removing them can forget it.
    """

    reseller = models.ForeignKey(Reseller, models.PROTECT, related_name="customers")
    code = models.CharField(_("code"), max_length=12, unique=True, default=customer_code)
    name = models.CharField(_("name"), max_length=200)
    name_key = models.CharField(max_length=400, editable=False)
    sort_key = models.CharField(max_length=400, editable=False)
    customer_edits = models.BooleanField(_("customer edits signatures"), default=False)
    signatures_held_since = models.DateField(_("signatures on hold since"), null=True)
    signatures_open_until = models.DateField(_("signatures closed from"), null=True)
    signatures_deleted_on = models.DateField(_("signatures deleted on"), null=True)
    people_count = models.PositiveIntegerField(_("people"), default=0, db_default=0, editable=False)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ["sort_key", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["reseller", "name_key"], name="customer_once_per_reseller"
            ),
            # What a composite foreign key of other tables points to.
            models.UniqueConstraint(fields=["reseller", "id"], name="customer_of_reseller"),
            models.CheckConstraint(condition=~models.Q(name_key=""), name="customer_has_a_name"),
        ]
        indexes = [
            models.Index(
                fields=["signatures_open_until"],
                condition=models.Q(signatures_open_until__isnull=False),
                name="customer_closed",
            ),
            models.Index(  # for the dashboard: who has more of them than users?
                fields=["reseller"],
                condition=models.Q(people_count__gt=0),
                name="customer_with_people",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def area(self, today: date) -> Area:
        """Return how far the signature area is open today."""
        if self.signatures_open_until and self.signatures_open_until <= today:
            return Area.CLOSED
        return Area.READ_ONLY if self.signatures_held_since else Area.OPEN


class ContactQuerySet(models.QuerySet["Contact"]):
    def for_member(self, member: Member) -> "ContactQuerySet":
        return self.filter(reseller_id=member.reseller_id)

    def with_access(self) -> "ContactQuerySet":
        return self.filter(withdrawn_at=None)


class Contact(models.Model):
    """A person of a customer who may sign in to its signature area, until access is withdrawn."""

    reseller = models.ForeignKey(Reseller, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="contacts")
    user = models.ForeignKey(User, models.PROTECT, related_name="contacts")
    name = models.CharField(_("name"), max_length=120)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    job_title = models.CharField(_("job title"), max_length=120, blank=True)
    created_at = models.DateTimeField(_("since"), db_default=Now(), editable=False)
    withdrawn_at = models.DateTimeField(_("access withdrawn"), null=True, blank=True)

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints = [
            models.UniqueConstraint(fields=["customer", "user"], name="contact_once_per_customer")
        ]

    def __str__(self) -> str:
        return f"{self.name} · {self.customer}"


def company_names(user: User) -> list[str]:
    """Return the companies a user works for, which their password must not be made of."""
    return [
        *Reseller.objects.filter(members__user=user).values_list("name", flat=True),
        *Customer.objects.filter(contacts__user=user).values_list("name", flat=True),
    ]
