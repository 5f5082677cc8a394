"""Who was erased: by code, never by name."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from reseller_portal.codes import erasure_code
from resellers.models import Reseller


class ErasureQuerySet(models.QuerySet["Erasure"]):
    def unfinished(self) -> "ErasureQuerySet":
        return self.filter(done_at=None)


class Erasure(models.Model):
    """A person's wish to be forgotten, done. The code stands wherever their name stood.

    `rows` says which rows were theirs, as kind → ids, so that it can be done again in a restored
    backup. `looks_for` holds their addresses, `names` what they were called, and both only until
    the history and all other tables have been gone through.
    """

    code = models.CharField(_("code"), max_length=12, unique=True, default=erasure_code)
    # Of whose people; null when staff erased somebody everywhere.
    reseller = models.ForeignKey(
        Reseller, models.PROTECT, related_name="+", null=True, verbose_name=_("reseller")
    )
    asked_at = models.DateTimeField(_("asked"))
    asked_by_id = models.BigIntegerField(null=True)
    rows = models.JSONField(_("what was theirs"), default=dict)
    looks_for = models.JSONField(default=list, editable=False)
    names = models.JSONField(default=list, db_default=[], editable=False)
    history_through = models.BigIntegerField(default=0, editable=False)
    redacted = models.PositiveBigIntegerField(_("history entries without the name"), default=0)
    done_at = models.DateTimeField(_("done"), null=True)

    objects = ErasureQuerySet.as_manager()

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(done_at=None) | models.Q(looks_for=[], names=[]),
                name="erasure_done_knows_nobody",
            )
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def address(self) -> str:
        """Return what stands where an address is needed; nothing is ever sent to `.invalid`."""
        return f"{self.code.lower()}@erased.invalid"
