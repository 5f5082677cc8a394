"""How published signatures reach mail programs, and what is known of where they arrived."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
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
