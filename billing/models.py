"""What resellers owe and what they paid. Issued papers never change; the database sees to it."""

from datetime import date, timedelta
from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from billing import deadlines
from reseller_portal.codes import invoice_code
from resellers.models import Currency, Member, Reseller
from subscriptions.models import Charge, Subscription

# How often rendering a document is tried before somebody has to look.
MOST_TRIES = 12


class IssuerQuerySet(models.QuerySet["Issuer"]):
    def current(self) -> "Issuer | None":
        """Return who issues invoices at present; None before staff have set that up."""
        return self.filter(is_current=True).first()


class Issuer(models.Model):
    """The company in whose name invoices are issued; its data are copied into each of them."""

    name = models.CharField(_("name"), max_length=200)
    street = models.CharField(_("street and number"), max_length=200)
    postcode = models.CharField(_("postcode"), max_length=20)
    city = models.CharField(_("town"), max_length=100)
    country = models.CharField(_("country"), max_length=2, default="DE")
    vat_id = models.CharField(_("VAT id"), max_length=16)
    tax_number = models.CharField(_("tax number"), max_length=30)
    registration = models.CharField(
        _("number in the commercial register"),
        max_length=60,
        help_text=_("As in HRB 12345. It stands in e-invoices that may not name the VAT id."),
    )
    register_court = models.CharField(_("register court"), max_length=100, blank=True)
    directors = models.CharField(_("managing directors"), max_length=200, blank=True)
    email = models.EmailField(_("e-mail address"))
    phone = models.CharField(_("phone"), max_length=40)
    iban = models.CharField(_("IBAN"), max_length=42)
    bic = models.CharField(_("BIC"), max_length=11, blank=True)
    bank = models.CharField(_("bank"), max_length=100, blank=True)
    vat_rate = models.DecimalField(
        _("VAT rate in per cent"), max_digits=5, decimal_places=2, default=Decimal("19")
    )
    is_current = models.BooleanField(_("issues invoices"), default=True)

    objects = IssuerQuerySet.as_manager()

    class Meta:
        verbose_name = _("issuer")
        verbose_name_plural = _("issuers")
        constraints = [
            models.UniqueConstraint(
                fields=["is_current"], condition=Q(is_current=True), name="issuer_one_is_current"
            ),
            models.CheckConstraint(condition=Q(vat_rate__gt=0), name="issuer_vat_rate_above_zero"),
            models.CheckConstraint(
                condition=Q(country__regex=r"^[A-Z]{2}$"), name="issuer_country_two_capitals"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def as_seller(self) -> dict[str, str]:
        """Return the data that stand in an invoice."""
        names = ["name", "street", "postcode", "city", "country", "vat_id", "tax_number"]
        names += ["registration", "register_court", "directors", "email", "phone"]
        names += ["iban", "bic", "bank"]
        return {name: getattr(self, name) for name in names}


class NumberSeries(models.Model):
    """The last number of one issuer, series and year: raised as the last step of issuing."""

    issuer = models.ForeignKey(Issuer, models.PROTECT, related_name="series")
    prefix = models.CharField(_("series"), max_length=4)
    year = models.PositiveSmallIntegerField(_("year"))
    last = models.PositiveIntegerField(_("last number"), default=0)
    last_issued_on = models.DateField(_("last issue date"), null=True)

    class Meta:
        verbose_name = _("number series")
        verbose_name_plural = _("number series")
        constraints = [
            models.UniqueConstraint(
                fields=["issuer", "prefix", "year"], name="series_once_per_year"
            )
        ]

    def __str__(self) -> str:
        return f"{self.prefix}-{self.year}"


class ExchangeRate(models.Model):
    """How much of a currency one euro was in a month, as the tax office publishes it."""

    month = models.DateField(_("month"), help_text=_("Its first day."))
    currency = models.CharField(_("currency"), max_length=3, choices=Currency.choices)
    per_euro = models.DecimalField(_("for one euro"), max_digits=12, decimal_places=6)

    class Meta:
        verbose_name = _("exchange rate")
        verbose_name_plural = _("exchange rates")
        ordering = ["-month", "currency"]
        constraints = [
            models.UniqueConstraint(fields=["month", "currency"], name="rate_once_per_month"),
            models.CheckConstraint(condition=Q(per_euro__gt=0), name="rate_above_zero"),
            models.CheckConstraint(condition=Q(month__day=1), name="rate_month_is_a_first_day"),
        ]

    def __str__(self) -> str:
        return f"{self.currency} {self.month:%Y-%m}"


class InvoiceQuerySet(models.QuerySet["Invoice"]):
    def for_member(self, member: Member) -> "InvoiceQuerySet":
        """Return the reseller's own, newest first."""
        return self.filter(reseller_id=member.reseller_id).order_by("-issued_on", "-id")

    def unpaid(self) -> "InvoiceQuerySet":
        """Return the invoices of which something is still to be paid."""
        return self.filter(kind=Invoice.Kind.INVOICE, open_amount__gt=0)

    def overdue(self, today: date) -> "InvoiceQuerySet":
        return self.unpaid().filter(due_on__lt=today)


class Invoice(models.Model):
    """An invoice or a credit note, with everything it says.

    A trigger refuses every change once it has its number, but for what is written down about its
    payment: `paid`, `credited` and the stop of reminders. Without number none is committed.
    """

    class Kind(models.TextChoices):
        INVOICE = "invoice", _("Invoice")
        CREDIT_NOTE = "credit_note", _("Credit note")

    reseller = models.ForeignKey(Reseller, models.PROTECT, related_name="invoices")
    issuer = models.ForeignKey(Issuer, models.PROTECT, related_name="invoices")
    code = models.CharField(_("code"), max_length=12, unique=True, default=invoice_code)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    number = models.CharField(_("number"), max_length=20, null=True)  # noqa: DJ001 none yet
    month = models.DateField(_("charges due before"), null=True)
    credits = models.ForeignKey(
        "self", models.PROTECT, related_name="credit_notes", null=True, verbose_name=_("credits")
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    issued_on = models.DateField(_("date"))
    due_on = models.DateField(_("due"))
    language = models.CharField(_("language"), max_length=5)
    currency = models.CharField(_("currency"), max_length=3, choices=Currency.choices)
    net = models.DecimalField(_("net"), max_digits=15, decimal_places=2)
    tax = models.DecimalField(_("VAT"), max_digits=15, decimal_places=2)
    gross = models.DecimalField(_("total"), max_digits=15, decimal_places=2)
    groups = models.JSONField(_("VAT by rate"))  # [category, rate or null, taxable, tax]
    tax_in_euro = models.DecimalField(_("VAT in euro"), max_digits=15, decimal_places=2, null=True)
    seller = models.JSONField(_("issuer"))
    buyer = models.JSONField(_("reseller"))
    preceding = models.JSONField(_("earlier invoices"), default=list)  # [number, date]
    issued_at = models.DateTimeField(_("issued"))
    # What is written down later.
    paid = models.DecimalField(_("paid"), max_digits=15, decimal_places=2, default=Decimal(0))
    credited = models.DecimalField(
        _("credited"), max_digits=15, decimal_places=2, default=Decimal(0)
    )
    reminders_stopped_on = models.DateField(_("reminders stopped"), null=True)
    reminders_stopped_because = models.CharField(_("why stopped"), max_length=200, blank=True)
    open_amount = models.GeneratedField(
        expression=F("gross") - F("credited") - F("paid"),
        output_field=models.DecimalField(max_digits=15, decimal_places=2),
        db_persist=True,
        verbose_name=_("open"),
    )

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        ordering = ["-issued_on", "-id"]
        permissions = [
            ("issue_invoices", "May issue the month's invoices"),
            ("credit_invoices", "May issue credit notes"),
            ("note_payments", "May note payments and read bank files"),
            ("remind_of_invoices", "May stop reminders and send invoices again"),
            ("export_invoices", "May export invoices for the accounts"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["reseller", "month"], name="invoice_once_per_month"),
            models.UniqueConstraint(fields=["issuer", "number"], name="invoice_number_once"),
            models.UniqueConstraint(fields=["reseller", "id"], name="invoice_of_reseller"),
            models.CheckConstraint(
                condition=Q(gross=F("net") + F("tax")), name="invoice_gross_is_net_and_tax"
            ),
            # Not bounded above: credit notes for single lines round their own tax, by cents.
            models.CheckConstraint(
                condition=Q(credited__gte=0), name="invoice_credited_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(credits=None) | Q(kind="credit_note"),
                name="invoice_only_credit_notes_credit",
            ),
            models.CheckConstraint(
                condition=Q(credits=None, month__isnull=False)
                | Q(credits__isnull=False, month=None),
                name="invoice_of_a_month_or_a_credit",
            ),
            models.CheckConstraint(
                condition=Q(due_on__gte=F("issued_on")), name="invoice_due_after_its_date"
            ),
            models.CheckConstraint(
                condition=Q(reminders_stopped_on=None, reminders_stopped_because="")
                | (Q(reminders_stopped_on__isnull=False) & ~Q(reminders_stopped_because="")),
                name="invoice_stop_says_why",
            ),
        ]
        indexes = [
            models.Index(fields=["reseller", "-issued_on", "-id"], name="invoice_by_date"),
            models.Index(
                fields=["due_on"],
                condition=Q(kind="invoice", open_amount__gt=0),
                name="invoice_unpaid",
            ),
        ]

    def __str__(self) -> str:
        return self.number or "–"

    @property
    def is_credit_note(self) -> bool:
        return self.kind == self.Kind.CREDIT_NOTE

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left to pay. A credit note never asks for money."""
        return self.is_credit_note or self.open_amount <= 0

    @property
    def credit_left(self) -> Decimal:
        """What the reseller has in its favour here: overpaid, or of a credit note not used yet."""
        credit = self.open_amount if self.is_credit_note else -self.open_amount
        return max(credit, Decimal(0))

    def standing(self, today: date) -> str:
        """Return how it stands: credit_note, paid, overdue, partly (paid) or open."""
        if self.is_credit_note:
            return "credit_note"
        if self.is_settled:
            return "paid"
        if self.due_on < today:
            return "overdue"
        return "partly" if self.paid > 0 else "open"

    def retention_until(self) -> date:
        return deadlines.retention_until(self.issued_on)

    def get_absolute_url(self) -> str:
        return reverse("invoice", args=[self.code])


class InvoiceLine(models.Model):
    """One line: one charge, or what a credit note takes back of another line.

    `service_until` is the last day included. `net` bears the sign of its paper: on a credit note
    what is given back is positive.
    """

    reseller = models.ForeignKey(Reseller, models.PROTECT, related_name="+")
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="lines")
    position = models.PositiveIntegerField(_("position"))
    charge = models.ForeignKey(Charge, models.PROTECT, related_name="+")
    subscription = models.ForeignKey(Subscription, models.PROTECT, related_name="+")
    credits = models.ForeignKey("self", models.PROTECT, related_name="credited_by", null=True)
    customer_name = models.CharField(_("customer"), max_length=200)
    title = models.CharField(_("product"), max_length=200)
    details = models.CharField(_("details"), max_length=200, blank=True)
    seats = models.IntegerField(_("number of users"))
    quantity = models.IntegerField(_("quantity"))
    unit_price = models.DecimalField(_("price"), max_digits=15, decimal_places=4)
    net = models.DecimalField(_("net"), max_digits=15, decimal_places=2)
    vat_category = models.CharField(_("VAT category"), max_length=2)
    vat_rate = models.DecimalField(_("VAT rate"), max_digits=5, decimal_places=2, null=True)
    service_from = models.DateField(_("from"))
    service_until = models.DateField(_("to"))

    class Meta:
        verbose_name = _("line")
        verbose_name_plural = _("lines")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["invoice", "position"], name="line_position_once"),
            models.CheckConstraint(condition=Q(unit_price__gte=0), name="line_price_not_negative"),
            models.CheckConstraint(
                condition=Q(service_until__gte=F("service_from")), name="line_days_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position} · {self.customer_name} · {self.title}"


class InvoicedCharge(models.Model):
    """A charge that is on an invoice. The row goes when a correction frees the charge again."""

    charge = models.OneToOneField(Charge, models.PROTECT, primary_key=True, related_name="invoiced")
    line = models.ForeignKey(InvoiceLine, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("invoiced charge")
        verbose_name_plural = _("invoiced charges")

    def __str__(self) -> str:
        return f"{self.charge_id} · {self.line_id}"


class DocumentQuerySet(models.QuerySet["Document"]):
    def missing(self) -> "DocumentQuerySet":
        """Return those still to be made, by the database's clock."""
        return self.filter(stored_at=None, next_try_at__lte=Now())


class Document(models.Model):
    """An invoice as PDF and as XML: made once after the invoice is safe, then never changed."""

    invoice = models.OneToOneField(
        Invoice, models.PROTECT, primary_key=True, related_name="document"
    )
    pdf = models.BinaryField(null=True)
    xml = models.BinaryField(null=True)
    pdf_sha256 = models.CharField(_("SHA-256 of the PDF"), max_length=64, blank=True)
    xml_sha256 = models.CharField(_("SHA-256 of the XML"), max_length=64, blank=True)
    stored_at = models.DateTimeField(_("stored"), null=True)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    next_try_at = models.DateTimeField(_("next try"), db_default=Now(), null=True)
    failure = models.CharField(_("why not"), max_length=500, blank=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        constraints = [
            models.CheckConstraint(
                condition=Q(stored_at=None, pdf=None, xml=None)
                | Q(stored_at__isnull=False, pdf__isnull=False, xml__isnull=False),
                name="document_whole_or_not_yet",
            )
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"], condition=Q(stored_at=None), name="document_missing"
            )
        ]

    def __str__(self) -> str:
        return str(self.invoice_id)


class BankReceiptQuerySet(models.QuerySet["BankReceipt"]):
    def to_assign(self) -> "BankReceiptQuerySet":
        """Return those of which something belongs to no invoice yet."""
        return self.filter(left__gt=0, set_aside_on=None)


class BankReceipt(models.Model):
    """Money that came in, as a line of a bank file tells it.

    The same line read again finds its `fingerprint`. Only what became of the money changes.
    """

    fingerprint = models.CharField(_("fingerprint"), max_length=64, unique=True, editable=False)
    received_on = models.DateField(_("received"))
    amount = models.DecimalField(_("amount"), max_digits=15, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3)
    payer = models.CharField(_("payer"), max_length=200, blank=True)
    purpose = models.CharField(_("purpose"), max_length=1000, blank=True)
    reference = models.CharField(_("reference of the bank"), max_length=140, blank=True)
    file_name = models.CharField(_("file"), max_length=200, blank=True)
    noted_at = models.DateTimeField(_("noted"))
    by_name = models.CharField(_("by"), max_length=200, blank=True)
    # What is written down later.
    looked_at = models.DateTimeField(_("looked for its invoice"), null=True)
    assigned = models.DecimalField(
        _("assigned"), max_digits=15, decimal_places=2, default=Decimal(0)
    )
    set_aside_on = models.DateField(_("set aside"), null=True)
    set_aside_because = models.CharField(_("why set aside"), max_length=200, blank=True)
    left = models.GeneratedField(
        expression=F("amount") - F("assigned"),
        output_field=models.DecimalField(max_digits=15, decimal_places=2),
        db_persist=True,
        verbose_name=_("left"),
    )

    objects = BankReceiptQuerySet.as_manager()

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        ordering = ["-received_on", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="receipt_above_zero"),
            models.CheckConstraint(
                condition=Q(assigned__gte=0, assigned__lte=F("amount")),
                name="receipt_assigned_within_it",
            ),
            models.CheckConstraint(
                condition=Q(set_aside_on=None, set_aside_because="")
                | (Q(set_aside_on__isnull=False) & ~Q(set_aside_because="")),
                name="receipt_set_aside_says_why",
            ),
        ]
        indexes = [
            models.Index(
                fields=["-received_on", "-id"],
                condition=Q(left__gt=0, set_aside_on=None),
                name="receipt_to_assign",
            ),
            models.Index(fields=["id"], condition=Q(looked_at=None), name="receipt_to_look_at"),
        ]

    def __str__(self) -> str:
        return f"{self.received_on} · {self.amount} {self.currency} · {self.payer}"


class Payment(models.Model):
    """What was paid for an invoice. Never changed: a row that reverses it takes it back.

    `amount` counts towards its paper. Money that came is positive on an invoice; what was paid
    back of an invoice is negative; on a credit note what was paid out is positive.
    """

    class Kind(models.TextChoices):
        RECEIPT = "receipt", _("Payment received")
        PAYOUT = "payout", _("Paid back")
        TRANSFER = "transfer", _("Credit moved to another invoice")
        REVERSAL = "reversal", _("Taken back")

    class Source(models.TextChoices):
        HAND = "hand", _("Noted by hand")
        BANK = "bank", _("Bank file")

    reseller = models.ForeignKey(Reseller, models.PROTECT, related_name="+")
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="payments")
    kind = models.CharField(
        _("kind"), max_length=10, choices=Kind.choices, default="receipt", db_default="receipt"
    )
    amount = models.DecimalField(_("amount"), max_digits=15, decimal_places=2)
    received_on = models.DateField(_("date"))
    source = models.CharField(_("how"), max_length=4, choices=Source.choices)
    reference = models.CharField(_("reference of the bank"), max_length=140, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    receipt = models.ForeignKey(
        BankReceipt,
        models.PROTECT,
        related_name="payments",
        null=True,
        verbose_name=_("receipt"),
    )
    reverses = models.OneToOneField(
        "self",
        models.PROTECT,
        related_name="reversed_by",
        null=True,
        verbose_name=_("takes back"),
    )
    # Of a transfer: the row of the paper that the credit came from.
    moved_from = models.OneToOneField(
        "self",
        models.PROTECT,
        related_name="moved_to",
        null=True,
        verbose_name=_("moved from"),
    )
    form_key = models.UUIDField(null=True, unique=True, editable=False)
    noted_at = models.DateTimeField(_("noted"))
    by_id = models.BigIntegerField(null=True)
    by_name = models.CharField(_("by"), max_length=200, blank=True, default="", db_default="")

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["received_on", "id"]
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="payment_of_something"),
            models.CheckConstraint(
                condition=~Q(kind="receipt") | Q(amount__gt=0), name="payment_received_above_zero"
            ),
            models.CheckConstraint(
                condition=Q(kind="reversal", reverses__isnull=False)
                | (~Q(kind="reversal") & Q(reverses=None)),
                name="payment_reversal_reverses",
            ),
            models.CheckConstraint(
                condition=Q(moved_from=None) | Q(kind="transfer"),
                name="payment_moved_is_a_transfer",
            ),
            models.UniqueConstraint(
                fields=["reference"],
                condition=~Q(reference=""),
                name="payment_once_per_bank_reference",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.received_on} · {self.amount}"


class Reminder(models.Model):
    """A reminder of an invoice that was sent; each level once."""

    reseller = models.ForeignKey(Reseller, models.PROTECT, related_name="+")
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="reminders")
    level = models.PositiveSmallIntegerField(_("level"))
    sent_on = models.DateField(_("sent"))
    open_amount = models.DecimalField(_("open then"), max_digits=15, decimal_places=2)

    class Meta:
        verbose_name = _("payment reminder")
        verbose_name_plural = _("payment reminders")
        ordering = ["sent_on", "level"]
        constraints = [
            models.UniqueConstraint(fields=["invoice", "level"], name="reminder_level_once"),
            models.CheckConstraint(condition=Q(level__gte=1, level__lte=3), name="reminder_level"),
            models.CheckConstraint(condition=Q(open_amount__gt=0), name="reminder_of_open_money"),
        ]

    def __str__(self) -> str:
        return f"{self.invoice_id} · {self.level}"


class DunningHold(models.Model):
    """A subscription that is on hold because of an unpaid invoice; lifted with its payment."""

    reseller = models.ForeignKey(Reseller, models.PROTECT, related_name="+")
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="holds")
    subscription = models.ForeignKey(Subscription, models.PROTECT, related_name="+")
    held_on = models.DateField(_("on hold since"))
    lifted_on = models.DateField(_("lifted"), null=True)

    class Meta:
        verbose_name = _("hold for an unpaid invoice")
        verbose_name_plural = _("holds for unpaid invoices")
        constraints = [
            models.UniqueConstraint(
                fields=["invoice", "subscription"], name="hold_once_per_invoice"
            ),
            models.CheckConstraint(
                condition=Q(lifted_on=None) | Q(lifted_on__gte=F("held_on")),
                name="hold_lifted_after_it_began",
            ),
        ]
        indexes = [
            models.Index(fields=["invoice"], condition=Q(lifted_on=None), name="hold_not_lifted"),
        ]

    def __str__(self) -> str:
        return f"{self.invoice_id} · {self.subscription_id}"


class InvoiceRun(models.Model):
    """One monthly run: what it issued and what it could not."""

    business_date = models.DateField(_("date"))
    month = models.DateField(_("charges due before"))
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"), null=True)
    issued = models.PositiveIntegerField(_("issued"), default=0)
    warnings = models.JSONField(_("warnings"), default=list)
    blocked = models.JSONField(_("blocked"), default=list)  # [reseller's id, name, reason]
    by_id = models.BigIntegerField(null=True)
    by_name = models.CharField(_("by"), max_length=200, blank=True, default="", db_default="")
    by_hat = models.CharField(_("acting as"), max_length=10, default="system", db_default="system")

    class Meta:
        verbose_name = _("invoice run")
        verbose_name_plural = _("invoice runs")
        ordering = ["-id"]

    def __str__(self) -> str:
        return str(self.business_date)


def due_date(issued_on: date) -> date:
    """Return the last day to pay on."""
    return issued_on + timedelta(days=deadlines.PAYMENT_DAYS)
