"""An uploaded table of customers and subscriptions, and what would come of each of its rows."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from reseller_portal.codes import table_code
from resellers.models import Member, Reseller


class ImportQuerySet(models.QuerySet["Import"]):
    def for_member(self, member: Member) -> "ImportQuerySet":
        return self.filter(reseller_id=member.reseller_id)

    def open(self) -> "ImportQuerySet":
        """Return those that are neither done, cancelled nor expired."""
        return self.filter(finished_at=None, cancelled_at=None, expired_at=None)

    def to_check(self) -> "ImportQuerySet":
        return self.open().filter(checked_at=None)

    def to_apply(self) -> "ImportQuerySet":
        return self.open().filter(
            checked_at__isnull=False, wished_at__isnull=False, applied_at=None
        )

    def to_invite(self, now: datetime) -> "ImportQuerySet":
        """Return those whose customers are still to be invited, and may be by now."""
        return self.open().filter(
            Q(rests_until=None) | Q(rests_until__lte=now), applied_at__isnull=False
        )


class Import(models.Model):
    """An uploaded table of customers and subscriptions: checked line by line, then applied whole.

    Its lines are staged beside it and deleted as soon as nothing more is to be done with them; what
    stays are the counts in `outcome_counts`.
    """

    reseller = models.ForeignKey(Reseller, models.PROTECT, related_name="+")
    code = models.CharField(_("code"), max_length=12, unique=True, default=table_code)
    file_name = models.CharField(_("file"), max_length=200)
    wished_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES)
    head = models.JSONField(default=list)
    total = models.PositiveIntegerField(_("rows"))
    outcome_counts = models.JSONField(default=dict)
    created_at = models.DateTimeField(_("uploaded"))
    expires_at = models.DateTimeField(_("kept until"))
    checked_at = models.DateTimeField(_("checked"), null=True)
    wished_at = models.DateTimeField(_("to be applied since"), null=True)
    changed_at = models.DateTimeField(_("looked at again"), null=True)
    applied_at = models.DateTimeField(_("applied"), null=True)
    rests_until = models.DateTimeField(_("invites again from"), null=True)
    invited = models.PositiveIntegerField(_("invited"), default=0)
    finished_at = models.DateTimeField(_("finished"), null=True)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True)
    expired_at = models.DateTimeField(_("expired"), null=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["reseller", "id"], name="import_of_reseller"),
            models.CheckConstraint(
                condition=Q(wished_at=None) | Q(checked_at__isnull=False),
                name="import_checked_before_wished",
            ),
            models.CheckConstraint(
                condition=Q(applied_at=None) | Q(wished_at__isnull=False),
                name="import_wished_before_applied",
            ),
            models.CheckConstraint(
                condition=Q(finished_at=None) | Q(applied_at__isnull=False),
                name="import_applied_before_finished",
            ),
            models.CheckConstraint(
                condition=Q(applied_at=None) | Q(cancelled_at=None), name="import_applied_stays"
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"],
                condition=Q(finished_at=None, cancelled_at=None, expired_at=None),
                name="import_open",
            ),
            models.Index(fields=["reseller", "-id"], name="import_by_reseller"),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def is_open(self) -> bool:
        return not (self.finished_at or self.cancelled_at or self.expired_at)

    def get_absolute_url(self) -> str:
        return reverse("import", args=[self.code])


class ImportLine(models.Model):
    """A row of an uploaded table, and what would come of it.

    `cells` is what was typed, `values` what it means, `problems` lists column, cell and words; no
    `outcome`: not looked at yet. `customer_key` and `product` tell rows of one subscription.
    """

    class Outcome(models.TextChoices):
        NEW = "new", _("New customer with subscription")
        ADDED = "added", _("New subscription for a customer you have")
        SEATS = "seats", _("Number of users changes")
        INVITED = "invited", _("Contact is invited")
        UNCHANGED = "unchanged", _("Is so already")
        WRONG = "wrong", _("Something is wrong")

    reseller = models.ForeignKey(Reseller, models.PROTECT, related_name="+")
    of = models.ForeignKey(Import, models.CASCADE, related_name="lines")
    number = models.PositiveIntegerField()
    cells = models.JSONField()
    values = models.JSONField(default=dict)
    customer_key = models.CharField(max_length=400, blank=True)
    product = models.CharField(max_length=10, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True)
    facts = models.JSONField(default=dict)
    invites = models.BooleanField(default=False)
    problems = models.JSONField(default=list)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["of", "number"], name="import_line_once"),
            models.CheckConstraint(
                condition=Q(outcome="wrong") | Q(problems=[]) | Q(invites=True),
                name="import_line_problem_is_wrong",
            ),
        ]
        indexes = [
            models.Index(fields=["of", "outcome", "number"], name="import_line_by_outcome"),
            models.Index(fields=["of", "customer_key", "product"], name="import_line_twice"),
        ]

    def __str__(self) -> str:
        return f"{self.of_id} · {self.number}"
