"""People whose mails get a signature, designs, what was published of them, and who gets which."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from customers.models import Customer
from reseller_portal.codes import design_code, group_code, person_code, rule_code
from reseller_portal.names import sort_key
from resellers.models import Reseller
from signatures import import_models  # noqa: F401 its models belong to this app, too
from signatures.document import ACCENT, FONTS, TEXT, BrandLook, as_json, dressed, read_document
from signatures.document import Picture as PictureFacts
from signatures.render import Signature, render_signature
from signatures.sanitise import clean_signature


class PersonQuerySet(models.QuerySet["Person"]):
    def with_company(self) -> "PersonQuerySet":
        """Fetch along what filling in a signature asks for, the company's details included."""
        return self.select_related("customer__brand")


class Person(models.Model):
    """Somebody at the customer whose mails get a signature.

    `own` holds the values of the customer's own fields by their keys, none of them empty.
    """

    reseller = models.ForeignKey(Reseller, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="people")
    code = models.CharField(_("code"), max_length=12, unique=True, default=person_code)
    name = models.CharField(_("name"), max_length=120)
    sort_key = models.CharField(max_length=250, editable=False)
    first_name = models.CharField(_("first name"), max_length=60, blank=True)
    last_name = models.CharField(_("last name"), max_length=60, blank=True)
    degree = models.CharField(_("academic degree"), max_length=60, blank=True)
    pronouns = models.CharField(_("pronouns"), max_length=40, blank=True)
    title = models.CharField(_("job title"), max_length=120, blank=True)
    department = models.CharField(_("department"), max_length=120, blank=True)
    email = models.EmailField(_("e-mail address"))
    email_key = models.CharField(max_length=254, editable=False)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    mobile = models.CharField(_("mobile"), max_length=40, blank=True)
    fax = models.CharField(_("fax"), max_length=40, blank=True)
    street = models.CharField(_("street"), max_length=120, blank=True)
    postcode = models.CharField(_("postcode"), max_length=20, blank=True)
    city = models.CharField(_("city"), max_length=80, blank=True)
    country = models.CharField(_("country"), max_length=60, blank=True)
    office = models.CharField(_("office"), max_length=80, blank=True)
    website = models.URLField(_("website"), max_length=200, blank=True)
    linkedin = models.URLField(_("LinkedIn"), max_length=200, blank=True)
    booking_link = models.URLField(_("booking link"), max_length=200, blank=True)
    language = models.CharField(_("language"), max_length=2, blank=True)
    # By its key, which its address is made of: filling in a signature reads no picture.
    photo = models.ForeignKey(
        "Picture",
        models.SET_NULL,
        to_field="key",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("photo"),
    )
    own = models.JSONField(_("own fields"), default=dict, blank=True)

    objects = PersonQuerySet.as_manager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["sort_key", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "email_key"], name="person_once_per_customer_and_address"
            ),
            # What composite foreign keys of other tables point to.
            models.UniqueConstraint(fields=["customer", "id"], name="person_of_customer"),
            models.CheckConstraint(
                condition=Q(language="") | Q(language__regex=r"^[a-z]{2}$"),
                name="person_language_is_a_code",
            ),
        ]
        indexes = [models.Index(fields=["customer", "sort_key", "id"], name="person_by_name")]

    def __str__(self) -> str:
        return self.name

    def name_to_sort_by(self) -> str:
        return sort_key(self.name)[:250]

    def values(self) -> dict[str, str]:
        """Return placeholder → what stands there for this person.

        The photo is its address; the same with "-round" before ".png" is cut round.
        """
        return {
            **{name: getattr(self, name) for name in PERSON_FIELDS},
            "photo": picture_address(self.photo_id) if self.photo_id else "",
            **self.company_values(),
            **{f"field.{key}": value for key, value in self.own.items()},
        }

    def company_values(self) -> dict[str, str]:
        return brand_of(self.customer).company_values()


# The columns of a person that placeholders name, in the order of the form.
PERSON_FIELDS = (
    "name",
    "first_name",
    "last_name",
    "degree",
    "pronouns",
    "title",
    "department",
    "email",
    "phone",
    "mobile",
    "fax",
    "street",
    "postcode",
    "city",
    "country",
    "office",
    "website",
    "linkedin",
    "booking_link",
)


class OwnField(models.Model):
    """A field a customer added for its people; designs name it `{{ field.key }}`."""

    reseller = models.ForeignKey(Reseller, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="own_fields")
    key = models.CharField(_("short name"), max_length=30)
    label = models.CharField(_("label"), max_length=60)

    class Meta:
        verbose_name = _("own field")
        verbose_name_plural = _("own fields")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["customer", "key"], name="own_field_once_per_customer"),
            models.CheckConstraint(
                condition=Q(key__regex=r"^[a-z][a-z0-9_]{0,29}$"), name="own_field_key_is_plain"
            ),
        ]

    def __str__(self) -> str:
        return self.label


class AreaSettings(models.Model):
    """What a customer decided for its signature area; without a row, the defaults hold.

    Rules begin and end at midnight in `time_zone`. `correctable` are the fields that people may
    correct themselves.
    """

    reseller = models.ForeignKey(Reseller, models.PROTECT, related_name="+")
    customer = models.OneToOneField(Customer, models.CASCADE, related_name="area_settings")
    time_zone = models.CharField(_("time zone"), max_length=40, default="Europe/Berlin")
    correctable = models.JSONField(_("fields people may correct"), default=list)

    class Meta:
        verbose_name = _("settings of a signature area")
        verbose_name_plural = _("settings of signature areas")

    def __str__(self) -> str:
        return str(self.customer)


class Group(models.Model):
    """People of a customer who belong together; a person may be in several."""

    reseller = models.ForeignKey(Reseller, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="groups")
    code = models.CharField(_("code"), max_length=12, unique=True, default=group_code)
    name = models.CharField(_("name"), max_length=80)
    name_key = models.CharField(max_length=160, editable=False)
    sort_key = models.CharField(max_length=160, editable=False)
    people = models.ManyToManyField(Person, through="GroupMember", related_name="groups")

    class Meta:
        verbose_name = _("group")
        verbose_name_plural = _("groups")
        ordering = ["sort_key", "id"]
        constraints = [
            models.UniqueConstraint(fields=["customer", "name_key"], name="group_once_by_name"),
            models.UniqueConstraint(fields=["customer", "id"], name="group_of_customer"),
        ]

    def __str__(self) -> str:
        return self.name


class GroupMember(models.Model):
    """A person is in a group of the same customer."""

    reseller = models.ForeignKey(Reseller, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="+")
    group = models.ForeignKey(Group, models.CASCADE, related_name="members")
    person = models.ForeignKey(Person, models.CASCADE, related_name="memberships")

    class Meta:
        verbose_name = _("group member")
        verbose_name_plural = _("group members")
        constraints = [
            models.UniqueConstraint(fields=["group", "person"], name="group_member_once")
        ]

    def __str__(self) -> str:
        return f"{self.group} · {self.person}"


class Picture(models.Model):
    """An uploaded logo or photo, as PNG bytes; its address cannot be guessed."""

    reseller = models.ForeignKey(Reseller, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="pictures")
    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    content = models.BinaryField(_("PNG bytes"))
    round_content = models.BinaryField(_("PNG bytes, cut round"), null=True)  # of photos
    width = models.PositiveSmallIntegerField(_("width in pixels"))
    height = models.PositiveSmallIntegerField(_("height in pixels"))
    digest = models.CharField(max_length=64, blank=True, editable=False)  # "" for photos
    created_at = models.DateTimeField(_("uploaded"))

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        constraints = [
            models.UniqueConstraint(fields=["customer", "key"], name="picture_of_customer"),
            models.UniqueConstraint(
                fields=["customer", "digest"],
                condition=~Q(digest=""),
                name="picture_once_per_customer",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} · {self.width} × {self.height}"

    def address(self) -> str:
        """Return the address as mails carry it, with the host."""
        return picture_address(self.key)

    def facts(self) -> PictureFacts:
        """Return the picture as documents name it."""
        return PictureFacts(str(self.key), self.width, self.height)


def picture_address(key: uuid.UUID) -> str:
    return settings.BASE_URL + reverse("signature_picture", args=[key])


class Brand(models.Model):
    """A customer's look, and what signatures say of the company; the defaults without a row."""

    reseller = models.ForeignKey(Reseller, models.PROTECT, related_name="+")
    customer = models.OneToOneField(Customer, models.CASCADE, related_name="brand")
    accent = models.CharField(_("accent colour"), max_length=7, default=ACCENT)
    text = models.CharField(_("text colour"), max_length=7, default=TEXT)
    font = models.CharField(
        _("font"), max_length=20, default="Arial", choices=[(name, name) for name in FONTS]
    )
    logo = models.ForeignKey(
        Picture,
        models.PROTECT,
        to_field="key",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("logo"),
    )
    company = models.CharField(_("company with its legal form"), max_length=200, blank=True)
    street = models.CharField(_("street and number"), max_length=120, blank=True)
    postcode = models.CharField(_("postcode"), max_length=20, blank=True)
    city = models.CharField(_("city"), max_length=80, blank=True)
    country = models.CharField(_("country"), max_length=60, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    email = models.EmailField(_("e-mail address"), blank=True)
    website = models.URLField(_("website"), max_length=200, blank=True)
    register = models.CharField(_("register court and number"), max_length=120, blank=True)
    leaders = models.CharField(_("managing directors or board"), max_length=300, blank=True)
    chair = models.CharField(_("chair of the supervisory board"), max_length=120, blank=True)
    vat_id = models.CharField(_("VAT id"), max_length=20, blank=True)

    class Meta:
        verbose_name = _("brand")
        verbose_name_plural = _("brands")
        constraints = [
            models.CheckConstraint(
                condition=Q(accent__regex=r"^#[0-9a-f]{6}$") & Q(text__regex=r"^#[0-9a-f]{6}$"),
                name="brand_colours_are_hexadecimal",
            ),
        ]

    def __str__(self) -> str:
        return str(self.customer)

    def company_values(self) -> dict[str, str]:
        """Return placeholder → what stands there for everybody of the company."""
        own = {f"company_{name}": getattr(self, name) for name in BRAND_DETAILS}
        return own | {"company": self.company or self.customer.name}

    def look(self) -> BrandLook:
        logo = self.logo.facts() if self.logo else None
        return BrandLook(accent=self.accent, text=self.text, font=self.font, logo=logo)


# What the brand says of the company; placeholders name it with `company_` before.
BRAND_DETAILS = (
    "street",
    "postcode",
    "city",
    "country",
    "phone",
    "email",
    "website",
    "register",
    "leaders",
    "chair",
    "vat_id",
)


def brand_of(customer: Customer) -> Brand:
    """Return the customer's brand; the defaults, unsaved, where it has none."""
    try:
        return customer.brand
    except ObjectDoesNotExist:
        return Brand(customer=customer, reseller_id=customer.reseller_id)


class Design(models.Model):
    """A signature as a document of blocks. Changes are a draft until they are published.

    `in_use` says that a rule leads to it; what changes rules writes it here. `revision` counts the
    changes of the draft, so that nobody writes over what they have not seen; `step` is the number
    of the draft step that is shown.
    """

    reseller = models.ForeignKey(Reseller, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="designs")
    code = models.CharField(_("code"), max_length=12, unique=True, default=design_code)
    name = models.CharField(_("name"), max_length=120)
    document = models.JSONField(_("document"))
    revision = models.PositiveIntegerField(_("changes"), default=1)
    step = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField(_("changed"))
    in_use = models.BooleanField(_("in use"), default=False)

    class Meta:
        verbose_name = _("design")
        verbose_name_plural = _("designs")
        ordering = ["-in_use", "-changed_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["reseller", "id"], name="design_of_reseller"),
            models.UniqueConstraint(fields=["customer", "id"], name="design_of_customer"),
            models.CheckConstraint(
                condition=Q(document__schema=1), name="design_document_has_its_schema"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def draft(self) -> dict[str, Any]:
        """Return what would be published now, as a version keeps it: in the brand's looks."""
        document = read_document(self.document)
        return as_json(dressed(document, brand_of(self.customer).look()))


class DraftStep(models.Model):
    """A state that a draft was in, to go back to and forth again."""

    design = models.ForeignKey(Design, models.CASCADE, related_name="steps")
    number = models.PositiveIntegerField()
    document = models.JSONField()
    block = models.CharField(max_length=6, blank=True)
    by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("step of a draft")
        verbose_name_plural = _("steps of drafts")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["design", "number"], name="draft_step_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.design} · {self.number}"


class Version(models.Model):
    """What was published of a design, in the looks it had then; never changed afterwards.

    `content` is what is rendered, `document` the draft as it was, to go back to.
    """

    reseller = models.ForeignKey(Reseller, models.PROTECT, related_name="+")
    design = models.ForeignKey(Design, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    content = models.JSONField(_("content"))
    document = models.JSONField(_("document"))
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


class RuleQuerySet(models.QuerySet["Rule"]):
    def for_everybody(self) -> "RuleQuerySet":
        """Return the rules without any condition."""
        return self.filter(
            person=None,
            group=None,
            department="",
            attribute="",
            domain="",
            language="",
            starts_on=None,
            ends_on=None,
        )

    def for_some(self) -> "RuleQuerySet":
        return self.exclude(pk__in=self.for_everybody().values("pk"))


class Rule(models.Model):
    """Which people get which design, and when. The first rule that holds for a person decides.

    Each condition that is set must hold; without any, the rule is for everybody. It holds from
    `starts_on` to `ends_on`, both included. `rules.py` says what the conditions mean.
    """

    class Comparison(models.TextChoices):
        EQUALS = "equals", _("is")
        CONTAINS = "contains", _("contains")

    reseller = models.ForeignKey(Reseller, models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="rules")
    code = models.CharField(_("code"), max_length=12, unique=True, default=rule_code)
    position = models.PositiveIntegerField(_("place"))
    design = models.ForeignKey(Design, models.CASCADE, related_name="rules")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+", null=True, blank=True)
    group = models.ForeignKey(Group, models.CASCADE, related_name="rules", null=True, blank=True)
    department = models.CharField(_("department"), max_length=120, blank=True)
    attribute = models.CharField(_("field"), max_length=40, blank=True)
    comparison = models.CharField(_("comparison"), max_length=8, choices=Comparison, blank=True)
    text = models.CharField(_("text"), max_length=120, blank=True)
    domain = models.CharField(_("domain of the address"), max_length=253, blank=True)
    language = models.CharField(_("language"), max_length=2, blank=True)
    starts_on = models.DateField(_("from"), null=True, blank=True)
    ends_on = models.DateField(_("to"), null=True, blank=True)

    objects = RuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("rule")
        verbose_name_plural = _("rules")
        ordering = ["customer", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "position"],
                name="rule_one_per_place",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                condition=Q(starts_on=None) | Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="rule_ends_after_its_start",
            ),
            models.CheckConstraint(
                condition=Q(attribute="", comparison="", text="")
                | (~Q(attribute="") & Q(comparison__in=["equals", "contains"]) & ~Q(text="")),
                name="rule_attribute_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.code


def signature_of(content: Mapping[str, Any], values: Mapping[str, str]) -> Signature:
    """Return the signature of a draft or a version's content, sanitised as it leaves the portal."""
    pictures_at = settings.BASE_URL + "/pictures/"
    rendered = render_signature(read_document(content), values, pictures_at=pictures_at)
    return rendered._replace(html=clean_signature(rendered.html, images_from=pictures_at))
