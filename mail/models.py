"""The outbox: every mail the portal sends is a row here first."""

import secrets
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex, OpClass
from django.db import models
from django.db.models import Case, F, Max, Q, Subquery, Value, When
from django.db.models.functions import Coalesce, Greatest, Now, Upper
from django.utils.translation import gettext_lazy as _

MOST_CLAIMS = 8  # without a result, in a row: a mail whose workers keep dying is given up

OPEN = Q(handed_over_at=None, failed_at=None, withdrawn_at=None, next_try_at__isnull=False)


def new_message_id() -> str:
    host = urlsplit(settings.BASE_URL).hostname
    return f"<mail-{secrets.token_hex(12)}@{host}>"


class Priority(models.IntegerChoices):
    """How soon a mail must leave; the lower goes first."""

    AWAITED = 0, _("Somebody waits for it")
    IN_TIME = 10, _("It has time")


class State(models.TextChoices):
    QUEUED = "queued", _("Queued")
    SENDING = "sending", _("Sending")
    HANDED_OVER = "handed_over", _("Handed to the mail server")
    UNCERTAIN = "uncertain", _("Uncertain")
    FAILED = "failed", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    BOUNCED = "bounced", _("Came back")


class Bounce(models.TextChoices):
    """What a mail service reports after it has taken a mail."""

    BOUNCED = "bounced", _("Came back")
    COMPLAINED = "complained", _("Reported as unwanted")


class OutgoingMailQuerySet(models.QuerySet["OutgoingMail"]):
    def for_object(self, kind: str, object_id: int) -> "OutgoingMailQuerySet":
        return self.filter(kind=kind, object_id=object_id)

    def open(self) -> "OutgoingMailQuerySet":
        """Return those that wait for another try; an uncertain one is tried once more."""
        return self.filter(OPEN)

    def due(self) -> "OutgoingMailQuerySet":
        """Return those to try now, by the database's clock: nobody holds a lease on them."""
        free = Q(lease_until=None) | Q(lease_until__lte=Now())
        return self.open().filter(free, next_try_at__lte=Now())

    def in_turn(self) -> "OutgoingMailQuerySet":
        """Return the most urgent first; equally urgent ones by turn, one per lane and turn."""
        return self.order_by("priority", "turn", "id")

    def next_turn(self, *, priority: int, lane: int) -> Coalesce:
        """Return, for an INSERT, the turn that is given to a new mail.

        It is that of the mail now first in the queue, or the one after the last of its own lane:
        so the lanes take turns, however many mails one of them has waiting.
        """
        rivals = self.open().filter(priority=priority)
        first = rivals.order_by("turn").values("turn")[:1]
        own = rivals.filter(lane=lane).order_by("-turn").values("turn")[:1]
        return Coalesce(Greatest(Subquery(first), Subquery(own) + 1), Value(0))

    def longest_wait(self) -> timedelta | None:
        """Return how long the mail that is due longest has waited; None when nothing is due.

        More than a minute means that no worker or no scheduler runs.
        """
        waited = Now() - Greatest(F("next_try_at"), F("lease_until"))  # null counts as nothing
        return self.due().aggregate(longest=Max(waited))["longest"]


class OutgoingMail(models.Model):
    """A mail to send and its story; never its words, a link or a secret.

    The words are made when it is sent, by the builder that settings.MAIL_BUILDERS names for its
    kind. Leases go by the database's clock, `written_at` and `give_up_at` by the business.
    """

    kind = models.CharField(_("kind"), max_length=40)
    object_id = models.BigIntegerField(_("object"))
    generation = models.BigIntegerField(_("generation"))
    recipient = models.EmailField(_("recipient"))
    recipient_name = models.CharField(_("name"), max_length=120, blank=True)
    language = models.CharField(_("language"), max_length=5)
    priority = models.SmallIntegerField(_("priority"), choices=Priority.choices, default=0)
    # Whose mails take turns with those of others: a reseller's id, or 0 for the portal's own.
    lane = models.BigIntegerField(default=0, db_default=0, editable=False)
    turn = models.BigIntegerField(default=0, db_default=0, editable=False)
    message_id = models.CharField(
        _("Message-ID"), max_length=200, unique=True, default=new_message_id
    )
    written_at = models.DateTimeField(_("written"))
    give_up_at = models.DateTimeField(_("given up after"))
    queued_at = models.DateTimeField(_("queued"), db_default=Now())
    next_try_at = models.DateTimeField(_("next try"), db_default=Now(), null=True)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    fence = models.PositiveIntegerField(default=0, editable=False)
    # Claims since the last one that had a result, this one included.
    open_claims = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    claimed_at = models.DateTimeField(_("claimed"), null=True)
    lease_until = models.DateTimeField(_("being sent until"), null=True)
    data_at = models.DateTimeField(_("text handed over since"), null=True)
    handed_over_at = models.DateTimeField(_("handed to the mail server"), null=True)
    server_reply = models.CharField(_("the server's reply"), max_length=500, blank=True)
    uncertain_at = models.DateTimeField(_("uncertain since"), null=True)
    failed_at = models.DateTimeField(_("refused"), null=True)
    failure = models.CharField(_("why not"), max_length=500, blank=True)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True)
    bounced_at = models.DateTimeField(_("came back"), null=True)
    bounce = models.CharField(_("how it came back"), max_length=10, choices=Bounce, blank=True)
    bounce_words = models.CharField(_("the report's words"), max_length=500, blank=True)
    state = models.GeneratedField(
        expression=Case(
            When(bounced_at__isnull=False, then=Value("bounced")),
            When(handed_over_at__isnull=False, then=Value("handed_over")),
            When(failed_at__isnull=False, then=Value("failed")),
            When(withdrawn_at__isnull=False, then=Value("withdrawn")),
            When(uncertain_at__isnull=False, then=Value("uncertain")),
            When(lease_until__isnull=False, then=Value("sending")),
            default=Value("queued"),
            output_field=models.CharField(),
        ),
        output_field=models.CharField(max_length=12, choices=State.choices),
        db_persist=True,
        verbose_name=_("state"),
    )

    objects = OutgoingMailQuerySet.as_manager()

    class Meta:
        verbose_name = _("outgoing mail")
        verbose_name_plural = _("outgoing mails")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "object_id", "generation"], name="mail_once_per_generation"
            ),
            models.CheckConstraint(
                condition=Q(lease_until=None) | Q(fence__gt=0), name="mail_lease_has_a_fence"
            ),
            models.CheckConstraint(
                condition=Q(handed_over_at=None) | Q(failed_at=None, withdrawn_at=None),
                name="mail_ends_once",
            ),
            models.CheckConstraint(
                condition=Q(bounced_at=None, bounce="")
                | Q(bounced_at__isnull=False, bounce__in=Bounce.values),
                name="mail_bounce_says_how",
            ),
        ]
        indexes = [
            models.Index(
                fields=["priority", "turn", "id", "next_try_at"], condition=OPEN, name="mail_turns"
            ),
            models.Index(fields=["lane", "priority", "turn"], condition=OPEN, name="mail_lanes"),
            models.Index(
                fields=["kind", "object_id"],
                condition=Q(failed_at__isnull=False)
                | Q(uncertain_at__isnull=False)
                | Q(withdrawn_at__isnull=False)
                | Q(bounced_at__isnull=False),
                name="mail_troubles",
            ),
            # What staff look for: by the beginning of an address, by age, what was withdrawn.
            models.Index(
                OpClass(Upper("recipient"), name="text_pattern_ops"), name="mail_recipient"
            ),
            BrinIndex(fields=["queued_at"], name="mail_queued"),
            models.Index(
                fields=["id"], condition=Q(withdrawn_at__isnull=False), name="mail_withdrawn"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} · {self.recipient}"


class DeliveryReport(models.Model):
    """A report of the mail service that could not be put to a mail; kept and counted, 90 days."""

    class Problem(models.TextChoices):
        MALFORMED = "malformed", _("Cannot be read")
        UNKNOWN = "unknown", _("No such mail here")

    received_at = models.DateTimeField(_("received"), db_default=Now())
    problem = models.CharField(_("problem"), max_length=10, choices=Problem.choices)
    message_id = models.CharField(_("Message-ID"), max_length=200, blank=True)
    body = models.TextField(_("report"), blank=True)

    class Meta:
        verbose_name = _("delivery report")
        verbose_name_plural = _("delivery reports")
        ordering = ["-id"]
        indexes = [models.Index(fields=["received_at"], name="report_by_age")]

    def __str__(self) -> str:
        return f"{self.problem} · {self.message_id}"
