"""People whose mails get a signature, designs, and what was published of them."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from customers.models import Customer
from reseller_portal.codes import design_code, person_code
from reseller_portal.names import sort_key
from resellers.models import Reseller
from signatures.gallery import TEMPLATES
from signatures.render import Content, Logo, Signature, render_signature
from signatures.sanitise import clean_signature


class Person(models.Model):
    """Somebody at the customer whose mails get a signature."""

    reseller = models.ForeignKey(Reseller, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="people")
    code = models.CharField(_("code"), max_length=12, unique=True, default=person_code)
    name = models.CharField(_("name"), max_length=120)
    sort_key = models.CharField(max_length=250, editable=False)
    title = models.CharField(_("job title"), max_length=120, blank=True)
    department = models.CharField(_("department"), max_length=120, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail address"))
    email_key = models.CharField(max_length=254, editable=False)

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["sort_key", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "email_key"], name="person_once_per_customer_and_address"
            )
        ]
        indexes = [models.Index(fields=["customer", "sort_key", "id"], name="person_by_name")]

    def __str__(self) -> str:
        return self.name

    def name_to_sort_by(self) -> str:
        return sort_key(self.name)[:250]

    def values(self) -> dict[str, str]:
        """Return placeholder → what stands there for this person."""
        return {
            "name": self.name,
            "title": self.title,
            "department": self.department,
            "phone": self.phone,
            "email": self.email,
            "company": self.customer.name,
        }


class Picture(models.Model):
    """An uploaded logo, kept as PNG bytes in the database; its address cannot be guessed."""

    reseller = models.ForeignKey(Reseller, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="pictures")
    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    content = models.BinaryField(_("PNG bytes"))
    width = models.PositiveSmallIntegerField(_("width in pixels"))
    height = models.PositiveSmallIntegerField(_("height in pixels"))
    created_at = models.DateTimeField(_("uploaded"))

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")

    def __str__(self) -> str:
        return f"{self.key} · {self.width} × {self.height}"

    def address(self) -> str:
        """Return the address as mails carry it, with the host."""
        return settings.BASE_URL + reverse("signature_picture", args=[self.key])


class Design(models.Model):
    """A signature's layout, colours and lines. Changes are a draft until they are published.

    `logo_alt` is what stands where the logo does not show; without it, the company's name.
    """

    reseller = models.ForeignKey(Reseller, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="designs")
    code = models.CharField(_("code"), max_length=12, unique=True, default=design_code)
    name = models.CharField(_("name"), max_length=120)
    template = models.CharField(
        _("layout"),
        max_length=20,
        choices=[(template.key, template.label) for template in TEMPLATES.values()],
    )
    accent = models.CharField(_("accent colour"), max_length=7)
    text_colour = models.CharField(_("text colour"), max_length=7)
    font = models.CharField(_("font"), max_length=20)
    lines = models.TextField(_("lines"), max_length=2_000)
    website = models.URLField(_("website"), blank=True)
    disclaimer = models.TextField(_("small print"), max_length=1_000, blank=True)
    logo = models.ForeignKey(
        Picture, models.PROTECT, related_name="+", null=True, blank=True, verbose_name=_("logo")
    )
    changed_at = models.DateTimeField(_("changed"))
    in_use = models.BooleanField(_("in use"), default=False)

    class Meta:
        verbose_name = _("design")
        verbose_name_plural = _("designs")
        ordering = ["-in_use", "-changed_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=Q(in_use=True), name="design_one_in_use_per_customer"
            ),
            models.UniqueConstraint(fields=["reseller", "id"], name="design_of_reseller"),
            models.CheckConstraint(
                condition=Q(accent__regex=r"^#[0-9a-f]{6}$")
                & Q(text_colour__regex=r"^#[0-9a-f]{6}$"),
                name="design_colours_are_hexadecimal",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def draft(self) -> dict[str, Any]:
        """Return what would be published now, as a version keeps it."""
        return {name: getattr(self, name) for name in DRAFT_FIELDS} | {"logo": self.logo_as_kept()}

    def logo_as_kept(self) -> dict[str, Any] | None:
        if self.logo is None:
            return None
        return {
            "url": self.logo.address(),
            "width": self.logo.width,
            "height": self.logo.height,
            "alt": self.customer.name,
        }


DRAFT_FIELDS = ("template", "accent", "text_colour", "font", "lines", "website", "disclaimer")


class Version(models.Model):
    """What was published of a design, word for word; never changed afterwards."""

    reseller = models.ForeignKey(Reseller, models.PROTECT, related_name="+")
    design = models.ForeignKey(Design, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    content = models.JSONField(_("content"))
    published_at = models.DateTimeField(_("published"))
    published_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True)

    class Meta:
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["design", "number"], name="version_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.design} · {self.number}"


def signature_of(content: Mapping[str, Any], values: Mapping[str, str]) -> Signature:
    """Return the signature of a draft or a version's content, sanitised as it leaves the portal."""
    logo = Logo(**content["logo"]) if content["logo"] else None
    rendered = render_signature(Content(**{**content, "logo": logo}), values)
    return rendered._replace(
        html=clean_signature(rendered.html, images_from=settings.BASE_URL + "/pictures/")
    )
