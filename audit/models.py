"""What happened, when, by whom: entries that can be added and read, never changed."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.words import SENTENCES


class EntryQuerySet(models.QuerySet["Entry"]):
    def about_any(self, subjects: dict[str, list[int]]) -> "EntryQuerySet":
        """Return the entries about several objects, given as kind → ids, newest first."""
        wanted = models.Q()
        for subject, ids in subjects.items():
            wanted |= models.Q(subject=subject, subject_id__in=ids)
        return self.filter(wanted).order_by("-id")


class Entry(models.Model):
    """One thing that happened. A trigger refuses UPDATE, DELETE and TRUNCATE.

    Objects are named by kind and id, not by foreign keys: the history outlives what it tells of.
    `before` and `after` hold only the fields that changed, never a secret.
    """

    at = models.DateTimeField(_("when"))
    action = models.CharField(_("action"), max_length=40)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(_("by"), max_length=200, blank=True)
    actor_hat = models.CharField(_("acting as"), max_length=10)
    ip = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=32, blank=True)
    reseller_id = models.BigIntegerField(null=True)
    subject = models.CharField(_("about"), max_length=40)
    subject_id = models.BigIntegerField()
    label = models.CharField(_("name"), max_length=250)
    before = models.JSONField(_("before"), default=dict)
    after = models.JSONField(_("after"), default=dict)

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("history entry")
        verbose_name_plural = _("history")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["subject", "subject_id", "-id"], name="entry_by_subject"),
            models.Index(fields=["reseller_id", "-id"], name="entry_by_reseller"),
        ]

    def __str__(self) -> str:
        return f"{self.action} · {self.label}"

    @property
    def sentence(self) -> str:
        """What happened, in the reader's language."""
        return str(SENTENCES.get(self.action, self.action))
