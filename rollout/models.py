"""How published signatures reach mail programs, and what is known of where they arrived."""

import secrets
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from customers.models import Customer
from invitations.links import make_token, read_token, same_token
from reseller_portal.codes import bulk_code
from resellers.models import Reseller
from signatures.models import Design, Person, Version


class Publication(models.Model):
    """What one published version stands for, so that it can be taken back.

    `repeats` is the earlier version that it says again; `replaced` the design that was for
    everybody before.
    """

    reseller = models.ForeignKey(Reseller, models.PROTECT, related_name="+")
    version = models.OneToOneField(Version, models.CASCADE, related_name="publication")
    repeats = models.ForeignKey(Version, models.CASCADE, related_name="+", null=True)
    replaced = models.ForeignKey(Design, models.SET_NULL, related_name="+", null=True)

    class Meta:
        verbose_name = _("publication")
        verbose_name_plural = _("publications")
        constraints = [
            models.CheckConstraint(
                condition=Q(repeats=None) | Q(replaced=None), name="publication_repeats_or_replaces"
            )
        ]

    def __str__(self) -> str:
        return str(self.version)


class Way(models.TextChoices):
    """How a signature gets into a mail program."""

    PAGE = "page", _("Copied from the personal page")
    FILES = "files", _("Files for classic Outlook")
    RULE = "rule", _("Transport rule")
    ADDIN = "addin", _("Outlook add-in")
    GMAIL = "gmail", _("Google Workspace")


class Arrival(models.Model):
    """The version a person got last by one way, and when; `problem` says why it did not arrive."""

    reseller = models.ForeignKey(Reseller, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, models.CASCADE, related_name="arrivals")
    way = models.CharField(_("way"), max_length=5, choices=Way.choices)
    version = models.ForeignKey(Version, models.CASCADE, related_name="+", null=True)
    arrived_at = models.DateTimeField(_("since"), null=True)
    problem = models.CharField(_("problem"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("arrival")
        verbose_name_plural = _("arrivals")
        ordering = ["way"]
        constraints = [
            models.UniqueConstraint(fields=["person", "way"], name="arrival_once_per_way"),
            models.CheckConstraint(
                condition=Q(version=None, arrived_at=None)
                | Q(version__isnull=False, arrived_at__isnull=False),
                name="arrival_of_a_version_has_its_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} · {self.way}"


def new_nonce() -> str:
    return secrets.token_hex(16)


class PersonalPageQuerySet(models.QuerySet["PersonalPage"]):
    def by_token(self, token: str, now: datetime) -> "PersonalPage | None":
        """Return the page whose present link this token is, unless it is too old."""
        claimed = read_token(token)
        if claimed is None or claimed[0] not in settings.INVITATION_KEYS:
            return None
        key_id, code = claimed
        row = self.select_related("person__customer__brand").filter(person__code=code).first()
        if row is None or row.expires_at <= now:
            return None
        return row if same_token(row.token(key_id), token) else None


class PersonalPage(models.Model):
    """Where somebody copies their own signature, by a link of their own and without signing in.

    The link is made from the row when the mail is sent, and stored nowhere. Sending it again makes
    a new generation and ends the older link; so does another address of the person.
    """

    reseller = models.ForeignKey(Reseller, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    person = models.OneToOneField(Person, models.CASCADE, related_name="page")
    generation = models.PositiveIntegerField(_("times sent"), default=0)
    nonce = models.CharField(max_length=32, editable=False, default=new_nonce)
    sent_at = models.DateTimeField(_("last sent"), null=True)
    expires_at = models.DateTimeField(_("holds until"))
    copied_at = models.DateTimeField(_("copied"), null=True)

    objects = PersonalPageQuerySet.as_manager()

    class Meta:
        verbose_name = _("personal page")
        verbose_name_plural = _("personal pages")

    def __str__(self) -> str:
        return str(self.person)

    def token(self, key_id: str | None = None) -> str:
        """Return the token of the present generation."""
        return make_token(
            settings.INVITATION_KEYS,
            code=self.person.code,
            generation=self.generation,
            email_key=self.person.email_key,
            owner=f"personal page:{self.person_id}",
            nonce=self.nonce,
            expires_at=self.expires_at,
            key_id=key_id,
        )


class PageSendingQuerySet(models.QuerySet["PageSending"]):
    def unfinished(self) -> "PageSendingQuerySet":
        lines = PageLine.objects.filter(sending=OuterRef("pk"), done_at=None)
        return self.filter(Exists(lines), cancelled_at=None)


class PageSending(models.Model):
    """Personal pages mailed to several people at one wish; the worker goes through its lines."""

    reseller = models.ForeignKey(Reseller, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="page_sendings")
    code = models.CharField(_("code"), max_length=12, unique=True, default=bulk_code)
    wished_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True)
    created_at = models.DateTimeField(_("started"))
    cancelled_at = models.DateTimeField(_("cancelled"), null=True)

    objects = PageSendingQuerySet.as_manager()

    class Meta:
        verbose_name = _("sending of personal pages")
        verbose_name_plural = _("sendings of personal pages")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.code


class PageLine(models.Model):
    """One of several people: not done yet, mailed, or left alone for a reason."""

    class Problem(models.TextChoices):
        NOTHING = "nothing", _("No design leads to this person")
        LIMITED = "limited", _("Mailed three times today already; try tomorrow")
        CLOSED = "closed", _("The signature area is closed")

    sending = models.ForeignKey(PageSending, models.CASCADE, related_name="lines")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    done_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=8, choices=Problem.choices, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["sending", "person"], name="page_line_once"),
            models.CheckConstraint(
                condition=Q(problem="") | Q(done_at__isnull=False), name="page_line_problem_is_done"
            ),
        ]
        indexes = [
            models.Index(fields=["sending"], condition=Q(done_at=None), name="page_line_open"),
            models.Index(fields=["person", "done_at"], name="page_line_of_person"),
        ]

    def __str__(self) -> str:
        return f"{self.sending_id} · {self.person_id}"


class AddInQuerySet(models.QuerySet["AddIn"]):
    def by_token(self, token: str) -> "AddIn | None":
        """Return the add-in whose present key this is, or None."""
        claimed = read_token(token)
        if claimed is None or claimed[0] not in settings.INVITATION_KEYS:
            return None
        key_id, code = claimed
        row = self.select_related("customer").filter(customer__code=code).first()
        return row if row is not None and same_token(row.token(key_id), token) else None


class AddIn(models.Model):
    """The Outlook add-in of a customer; its key is made from the row and stored nowhere."""

    reseller = models.ForeignKey(Reseller, models.PROTECT, related_name="+")
    customer = models.OneToOneField(Customer, models.CASCADE, related_name="addin")
    generation = models.PositiveIntegerField(_("keys made"), default=0)
    nonce = models.CharField(max_length=32, editable=False, default=new_nonce)
    created_at = models.DateTimeField(_("set up"))

    objects = AddInQuerySet.as_manager()

    class Meta:
        verbose_name = _("Outlook add-in")
        verbose_name_plural = _("Outlook add-ins")

    def __str__(self) -> str:
        return str(self.customer)

    def token(self, key_id: str | None = None) -> str:
        """Return the key of the present generation; it holds until a new one is made."""
        return make_token(
            settings.INVITATION_KEYS,
            code=self.customer.code,
            generation=self.generation,
            email_key="",
            owner=f"add-in:{self.customer_id}",
            nonce=self.nonce,
            expires_at=self.created_at,
            key_id=key_id,
        )
