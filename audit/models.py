"""What happened, when, by whom: entries that can be added and read, never changed."""

from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.words import HATS, SENTENCES, change_in_words


class CurrentTransaction(models.Func):
    """The number of the present transaction, which never comes again."""

    function = "txid_current"
    output_field = models.BigIntegerField()


class EntryQuerySet(models.QuerySet["Entry"]):
    def about_any(self, subjects: dict[str, list[int]]) -> "EntryQuerySet":
        """Return the entries about several objects, given as kind → ids, newest first."""
        wanted = models.Q()
        for subject, ids in subjects.items():
            wanted |= models.Q(subject=subject, subject_id__in=ids)
        return self.filter(wanted).order_by("-id")


class Entry(models.Model):
    """One thing that happened. Triggers refuse DELETE, TRUNCATE and nearly every UPDATE.

    Objects are named by kind and id, not by foreign keys: the history outlives what it tells of.
    `before` and `after` hold only the fields that changed, never a secret. `ip` and `device` may be
    emptied, as they are after a while; what names a person may be replaced by a Redaction.
    """

    at = models.DateTimeField(_("when"))
    action = models.CharField(_("action"), max_length=40)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(_("by"), max_length=200, blank=True)
    actor_hat = models.CharField(_("acting as"), max_length=10)
    ip = models.GenericIPAddressField(null=True)
    device = models.CharField(max_length=300, blank=True, default="", db_default="")
    request_id = models.CharField(max_length=32, blank=True)
    reseller_id = models.BigIntegerField(null=True)
    subject = models.CharField(_("about"), max_length=40)
    subject_id = models.BigIntegerField()
    label = models.CharField(_("name"), max_length=250)
    before = models.JSONField(_("before"), default=dict)
    after = models.JSONField(_("after"), default=dict)
    # Sealed with what names a person: once it is replaced, nobody can find that out by trying.
    salt = models.UUIDField(null=True, editable=False, db_default=RandomUUID())

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("history entry")
        verbose_name_plural = _("history")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["subject", "subject_id", "-id"], name="entry_by_subject"),
            models.Index(fields=["reseller_id", "-id"], name="entry_by_reseller"),
            models.Index(
                fields=["at"],
                condition=models.Q(ip__isnull=False) | ~models.Q(device=""),
                name="entry_with_traces",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} · {self.label}"

    @property
    def sentence(self) -> str:
        """What happened, in the reader's language."""
        return str(SENTENCES.get(self.action, self.action))

    @property
    def who(self) -> str:
        """Who did it, in the reader's language where it was nobody by name."""
        return self.actor_name or str(HATS.get(self.actor_hat, ""))

    @property
    def changes(self) -> list[str]:
        """What changed, a line each, in the reader's language."""
        return [
            change_in_words(field, self.before.get(field), after)
            for field, after in self.after.items()
            if field != "device"
        ]


class Seal(models.Model):
    """The history up to an entry, in one digest on top of the seal before.

    A trigger keeps seals as they are. Each digest also stands in the log, out of reach of whoever
    can change the database.
    """

    sealed_at = models.DateTimeField(_("sealed"))
    after_id = models.BigIntegerField(_("after entry"))
    through_id = models.BigIntegerField(_("through entry"), unique=True)
    entries = models.PositiveBigIntegerField(_("entries"))
    digest = models.CharField(_("digest"), max_length=64)

    class Meta:
        verbose_name = _("seal of the history")
        verbose_name_plural = _("seals of the history")
        ordering = ["through_id"]
        constraints = [
            models.UniqueConstraint(fields=["after_id"], name="seal_one_after_each"),
            models.CheckConstraint(
                condition=models.Q(through_id__gt=models.F("after_id")), name="seal_covers_entries"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.after_id + 1}–{self.through_id}"


class SealCheck(models.Model):
    """Whether the history still agreed with a seal when the portal last looked."""

    seal = models.OneToOneField(Seal, models.PROTECT, related_name="checking")
    checked_at = models.DateTimeField(_("checked"))
    holds = models.BooleanField(_("holds"))

    class Meta:
        indexes = [models.Index(fields=["checked_at"], name="seal_check_by_age")]

    def __str__(self) -> str:
        return f"{self.seal_id} · {self.holds}"


class Redaction(models.Model):
    """That what named a person in an entry was replaced; the rest of the entry is as sealed.

    The digests are of the entry's personal part. A trigger keeps these rows as they are, and lets
    an entry change only in the transaction that adds one.
    """

    entry_id = models.BigIntegerField()
    was = models.CharField(max_length=64)
    became = models.CharField(max_length=64)
    # The entry that says how many were made at once, and their digest.
    recorded_in = models.BigIntegerField()
    transaction = models.BigIntegerField(db_default=CurrentTransaction(), editable=False)

    class Meta:
        verbose_name = _("redaction of the history")
        verbose_name_plural = _("redactions of the history")
        ordering = ["id"]
        indexes = [
            models.Index(fields=["entry_id"], name="redaction_of_entry"),
            models.Index(fields=["recorded_in"], name="redaction_recorded_in"),
        ]

    def __str__(self) -> str:
        return str(self.entry_id)
