"""Partner companies, and the people who work for them."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class Currency(models.TextChoices):
    EUR = "EUR", "EUR"
    USD = "USD", "USD"
    GBP = "GBP", "GBP"
    CHF = "CHF", "CHF"


class Role(models.TextChoices):
    OWNER = "owner", _("Owner")
    MEMBER = "member", _("Member")
    READ_ONLY = "read_only", _("Read only")


RANKS = {Role.READ_ONLY: 1, Role.MEMBER: 2, Role.OWNER: 3}


class Reseller(models.Model):
    """A partner company: it owns customers and is billed for their subscriptions."""

    name = models.CharField(_("name"), max_length=200)
    country = models.CharField(_("country"), max_length=2, default="DE")
    vat_id = models.CharField(_("VAT id"), max_length=16, blank=True)
    address = models.TextField(_("address"), blank=True)
    currency = models.CharField(
        _("currency"), max_length=3, choices=Currency.choices, default=Currency.EUR
    )
    language = models.CharField(
        _("language"), max_length=5, choices=settings.LANGUAGES, default="de"
    )
    # What stands on invoices, and where they go; empty `invoice_name`: the reseller's own name.
    invoice_name = models.CharField(
        _("name on invoices"), max_length=200, blank=True, default="", db_default=""
    )
    invoice_street = models.CharField(
        _("street and number"), max_length=200, blank=True, default="", db_default=""
    )
    invoice_postcode = models.CharField(
        _("postcode"), max_length=20, blank=True, default="", db_default=""
    )
    invoice_city = models.CharField(
        _("town"), max_length=100, blank=True, default="", db_default=""
    )
    invoice_email = models.EmailField(
        _("e-mail address for invoices"),
        blank=True,
        default="",
        db_default="",
        help_text=_("Empty: invoices go to the owners."),
    )
    vat_id_confirmed_on = models.DateField(_("VAT id confirmed on"), null=True, blank=True)
    vat_id_evidence = models.CharField(
        _("evidence of the confirmation"),
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text=_("As in the number of the tax office's answer."),
    )
    # Since when an invoice is overdue; billing keeps it, other rooms show it.
    overdue_since = models.DateField(_("payment overdue since"), null=True, editable=False)
    trial_days = models.PositiveSmallIntegerField(_("trial days"), default=14)
    second_factor_required = models.BooleanField(_("members need a second factor"), default=False)
    # How mails to its customers and members look; empty where the portal's own words do.
    mail_name = models.CharField(_("name in mails"), max_length=60, blank=True)
    mail_reply_to = models.EmailField(_("address for answers"), blank=True)
    mail_intro_de = models.CharField(_("first line, German"), max_length=300, blank=True)
    mail_intro_en = models.CharField(_("first line, English"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("created"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("reseller")
        verbose_name_plural = _("resellers")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint("name", name="reseller_name_unique"),
            models.CheckConstraint(
                condition=models.Q(country__regex=r"^[A-Z]{2}$"),
                name="reseller_country_two_capitals",
            ),
            models.CheckConstraint(
                condition=models.Q(trial_days__lte=365), name="reseller_trial_at_most_a_year"
            ),
            models.CheckConstraint(
                condition=models.Q(vat_id_confirmed_on=None) | ~models.Q(vat_id=""),
                name="reseller_confirmed_a_vat_id",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def has_invoice_address(self) -> bool:
        """Whether an invoice can be addressed to it."""
        return bool(self.invoice_street and self.invoice_postcode and self.invoice_city)

    def mail_intro(self, language: str) -> str:
        """Return the reseller's own first line of its mails in this language, or nothing."""
        return self.mail_intro_de if language.startswith("de") else self.mail_intro_en


class MailLogo(models.Model):
    """A reseller's logo in its mails, as the portal has redrawn it."""

    reseller = models.OneToOneField(
        Reseller, models.CASCADE, primary_key=True, related_name="mail_logo"
    )
    content = models.BinaryField()
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()

    def __str__(self) -> str:
        return f"{self.reseller_id} · {self.width} × {self.height}"


class MemberQuerySet(models.QuerySet["Member"]):
    def of_user(self, user: User) -> "MemberQuerySet":
        return self.filter(user=user).select_related("reseller", "user").order_by("pk")

    def owners(self) -> "MemberQuerySet":
        return self.filter(role=Role.OWNER)


class Member(models.Model):
    """A person of a reseller, in one role."""

    reseller = models.ForeignKey(Reseller, models.PROTECT, related_name="members")
    user = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    role = models.CharField(_("role"), max_length=10, choices=Role.choices)
    created_at = models.DateTimeField(_("since"), db_default=Now(), editable=False)

    objects = MemberQuerySet.as_manager()

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [
            models.UniqueConstraint(fields=["reseller", "user"], name="member_once_per_reseller"),
            models.CheckConstraint(
                condition=models.Q(role__in=Role.values), name="member_role_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user.email} · {self.reseller}"

    @property
    def is_owner(self) -> bool:
        """Whether this member looks after members and the reseller's own data."""
        return self.role == Role.OWNER

    def may_give(self, role: str) -> bool:
        """Whether this member may invite somebody in a role: never above the own one."""
        return self.may_change and RANKS[Role(role)] <= RANKS[Role(self.role)]

    @property
    def may_change(self) -> bool:
        """Whether this member may add and change, not only look."""
        return self.role in {Role.OWNER, Role.MEMBER}

    @property
    def sees_prices(self) -> bool:
        """Whether prices are shown: the one place that decides, for pages and exports."""
        return self.may_change
