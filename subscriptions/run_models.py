"""What the daily run did and left undone, and the moves it is to make."""

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from resellers.models import Reseller


class DailyRun(models.Model):
    """What one run of the day did, and what it could not do. Unfinished: it was stopped.

    `stage`, `reached_on` and `reached_id` say how far it came; `subscriptions.renewals` reads them.
    """

    business_date = models.DateField(_("business date"))
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"), null=True)
    is_complete = models.BooleanField(_("complete"), default=False)
    stage = models.CharField(max_length=20, blank=True, editable=False)
    reached_on = models.DateField(null=True, editable=False)
    reached_id = models.BigIntegerField(default=0, editable=False)
    charged = models.PositiveIntegerField(_("charged"), default=0)
    ended = models.PositiveIntegerField(_("ended"), default=0)
    blocked = models.PositiveIntegerField(_("blocked"), default=0)
    # Pairs of a subscription's code and the reason, the first REASONS of them.
    blocked_reasons = models.JSONField(_("what was blocked, and why"), default=list)

    REASONS = 1_000

    class Meta:
        verbose_name = _("daily run")
        verbose_name_plural = _("daily runs")
        ordering = ["-id"]
        indexes = [models.Index(fields=["business_date"], name="daily_run_by_date")]

    def __str__(self) -> str:
        return str(self.business_date)


class Undone(models.Model):
    """A subscription that a run could not bring up to date, and why."""

    class Reason(models.TextChoices):
        NO_PRICE = "no price", _("There is no price for it")
        FAILED = "failed", _("It failed; the log says how")
        LEFT = "left for the next run", _("Somebody was changing it; left for the next run")
        STAYS = "could not move", _("Its move to another reseller could not be done")

    run = models.ForeignKey(DailyRun, models.CASCADE, related_name="undone")
    # No constraint: checking it would wait for whoever holds the subscription.
    subscription = models.ForeignKey(
        "subscriptions.Subscription", models.CASCADE, related_name="+", db_constraint=False
    )
    reason = models.CharField(_("reason"), max_length=30, choices=Reason.choices)

    class Meta:
        verbose_name = _("subscription left undone")
        verbose_name_plural = _("subscriptions left undone")
        constraints = [
            models.UniqueConstraint(fields=["run", "subscription"], name="undone_once_per_run")
        ]

    def __str__(self) -> str:
        return f"{self.run}: {self.subscription}"


class MoveQuerySet(models.QuerySet["Move"]):
    def pending(self) -> "MoveQuerySet":
        return self.filter(done_on=None, taken_back_at=None)

    def due(self, today: date) -> "MoveQuerySet":
        """Return those to be tried today: not done, and not tried today in vain."""
        return self.pending().filter(on__lte=today).exclude(blocked_on__gte=today)

    def deciding(self, today: date) -> "MoveQuerySet":
        """Return those whose day has come, so that nothing else may happen before the move."""
        return self.due(today).filter(blocked_on=None)


class Move(models.Model):
    """A customer goes to another reseller on a day: it ends at the one and begins at the other.

    `reseller` is the one it leaves. Once done, `arrived` is the customer at the other, and
    `copied_at` says when its people and designs were there, too.
    """

    reseller = models.ForeignKey(Reseller, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="moves")
    to_reseller = models.ForeignKey(
        Reseller, models.PROTECT, related_name="+", verbose_name=_("to reseller")
    )
    on = models.DateField(_("first day there"))
    with_credit = models.BooleanField(_("rest of the paid period given back"), default=False)
    by_id = models.BigIntegerField(null=True)
    by_name = models.CharField(_("by"), max_length=200, blank=True)
    asked_at = models.DateTimeField(_("when"))
    taken_back_at = models.DateTimeField(_("taken back"), null=True)
    blocked_on = models.DateField(_("could not be done on"), null=True)
    blocked_reason = models.CharField(_("why not"), max_length=40, blank=True)
    done_on = models.DateField(_("done"), null=True)
    arrived = models.OneToOneField(Customer, models.PROTECT, related_name="arrival", null=True)
    copied_at = models.DateTimeField(_("people and designs copied"), null=True)

    objects = MoveQuerySet.as_manager()

    class Meta:
        verbose_name = _("move to another reseller")
        verbose_name_plural = _("moves to another reseller")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(done_on=None, taken_back_at=None),
                name="move_one_pending_per_customer",
            ),
            models.CheckConstraint(
                condition=~Q(reseller=F("to_reseller")), name="move_to_another_reseller"
            ),
            models.CheckConstraint(
                condition=Q(done_on=None, arrived=None)
                | Q(done_on__isnull=False, arrived__isnull=False),
                name="move_done_has_arrived",
            ),
        ]
        indexes = [
            models.Index(
                fields=["on"], condition=Q(done_on=None, taken_back_at=None), name="move_due"
            ),
            models.Index(
                fields=["id"],
                condition=Q(done_on__isnull=False, copied_at=None),
                name="move_to_copy",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer} → {self.to_reseller}"
