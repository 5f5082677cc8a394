"""Tables of people that were uploaded, and what was found in them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from reseller_portal.codes import import_code
from resellers.models import Reseller


class PeopleImport(models.Model):
    """A table of people that was uploaded: read, given its columns, checked row by row, applied.

    What is read waits in chunks, what was found about each row in lines; both go when it is done.
    """

    reseller = models.ForeignKey(Reseller, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="people_imports")
    code = models.CharField(_("code"), max_length=12, unique=True, default=import_code)
    file_name = models.CharField(_("file"), max_length=120)
    content = models.BinaryField(_("content"), null=True)
    language = models.CharField(_("language"), max_length=5)
    by = models.JSONField(_("by"))
    started_at = models.DateTimeField(_("uploaded"))
    tries = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(_("why not"), max_length=500, blank=True)
    head = models.JSONField(_("headings"), default=list)
    sample = models.JSONField(_("first rows"), default=list)
    rows = models.PositiveIntegerField(_("rows"), default=0)
    read_at = models.DateTimeField(_("read"), null=True)
    mapping = models.JSONField(_("fields of the columns"), default=list)
    clears = models.BooleanField(_("empty cells delete"), default=False)
    mapped_at = models.DateTimeField(_("columns given"), null=True)
    checked = models.PositiveIntegerField(_("rows checked"), default=0)
    checked_at = models.DateTimeField(_("checked"), null=True)
    removes = models.PositiveIntegerField(_("people to remove"), null=True)
    wished_at = models.DateTimeField(_("to be applied"), null=True)
    applied_at = models.DateTimeField(_("applied"), null=True)
    counts = models.JSONField(_("how many"), default=dict)

    class Meta:
        verbose_name = _("import of people")
        verbose_name_plural = _("imports of people")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(applied_at=None, problem=""),
                name="people_import_one_open_per_customer",
            )
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def waits_for_worker(self) -> bool:
        """Whether the next step is not a person's."""
        if self.problem or self.applied_at:
            return False
        return bool(not self.read_at or (self.mapped_at and not self.checked_at) or self.wished_at)


class ImportChunk(models.Model):
    """Some rows of an uploaded table, each with its number there, as they were read."""

    people_import = models.ForeignKey(PeopleImport, models.CASCADE, related_name="chunks")
    first = models.PositiveIntegerField()
    rows = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["people_import", "first"], name="people_chunk_once")
        ]

    def __str__(self) -> str:
        return f"{self.people_import} · {self.first}"


class ImportLine(models.Model):
    """What was found about a row: whom it would add or change and how, or what is wrong."""

    class Verdict(models.TextChoices):
        NEW = "new", _("Added")
        CHANGED = "changed", _("Changed")
        SAME = "same", _("Unchanged")
        WRONG = "wrong", _("Wrong")

    people_import = models.ForeignKey(PeopleImport, models.CASCADE, related_name="lines")
    number = models.PositiveIntegerField(_("row"))
    verdict = models.CharField(_("result"), max_length=7, choices=Verdict)
    email_key = models.CharField(max_length=254, blank=True)
    name = models.CharField(_("name"), max_length=120, blank=True)
    values = models.JSONField(_("values"), default=dict)
    words = models.TextField(_("what"), blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["people_import", "number"], name="people_line_once"),
            models.UniqueConstraint(
                fields=["people_import", "email_key"],
                condition=~Q(verdict="wrong"),
                name="people_line_one_per_address",
            ),
        ]
        indexes = [
            models.Index(
                fields=["people_import", "verdict", "number"], name="people_line_by_verdict"
            )
        ]

    def __str__(self) -> str:
        return f"{self.people_import} · {self.number}"
