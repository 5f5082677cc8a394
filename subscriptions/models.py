"""What resellers sell: prices, subscriptions, and what is owed for them."""

import hashlib
from datetime import date
from decimal import Decimal

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Case, F, Func, Q, Value, When
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from customers.products import Product
from reseller_portal.codes import subscription_code
from reseller_portal.names import sort_key
from resellers.models import Currency, Member, Reseller

# Django finds the models of a room through this module.
from subscriptions import import_models, money, periods, run_models  # noqa: F401
from subscriptions.life import LONGEST_HOLD

# What stands for "no next payment" where rows are sorted: after every date there is.
NO_PAYMENT = date(9999, 12, 31)


class Term(models.TextChoices):
    MONTHLY = "monthly", _("Monthly")
    ANNUAL = "annual", _("Annual")


class State(models.TextChoices):
    TRIAL = "trial", _("Trial")
    ACTIVE = "active", _("Active")
    ON_HOLD = "on_hold", _("On hold")
    ENDED = "ended", _("Ended")


class HoldReason(models.TextChoices):
    ASKED = "asked", _("At the reseller's wish")
    STAFF = "staff", _("By staff")
    DUNNING = "dunning", _("An invoice is unpaid")


class PriceQuerySet(models.QuerySet["Price"]):
    def valid(self, *, reseller: Reseller, product: str, term: str, day: date) -> "Price | None":
        """Return the price of a period that starts on `day`; the reseller's own beats the default.

        None when there is none in the reseller's currency.
        """
        return (
            self.filter(
                Q(reseller=reseller) | Q(reseller=None),
                product=product,
                term=term,
                currency=reseller.currency,
                valid_from__lte=day,
            )
            .order_by(F("reseller").asc(nulls_last=True), "-valid_from")
            .first()
        )


class Price(models.Model):
    """The net price of a user for a whole period, from a day on; without reseller: the default."""

    reseller = models.ForeignKey(
        Reseller, models.PROTECT, related_name="prices", null=True, blank=True
    )
    product = models.CharField(_("product"), max_length=10, choices=Product.choices)
    term = models.CharField(_("term"), max_length=10, choices=Term.choices)
    currency = models.CharField(_("currency"), max_length=3, choices=Currency.choices)
    valid_from = models.DateField(_("valid from"))
    unit_price = models.DecimalField(_("price per user"), max_digits=12, decimal_places=4)

    objects = PriceQuerySet.as_manager()

    class Meta:
        verbose_name = _("price")
        verbose_name_plural = _("prices")
        ordering = ["product", "term", "currency", "-valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["reseller", "product", "term", "currency", "valid_from"],
                name="price_once_per_day",
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=Q(unit_price__gte=0), name="price_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.get_product_display()} · {self.get_term_display()} · {self.valid_from}"

    def amount(self, seats: int) -> Decimal:
        """Return what a whole period costs for so many users."""
        return money.line_amount(self.unit_price, seats, self.currency)


def _next_payment(otherwise: date | None) -> Case:
    """The day the next period is charged: the anchor in the trial, then `charged_through`."""
    due = Coalesce("charged_through", "anchor")
    return Case(
        When(Q(ended_on__isnull=False) | Q(hold_since__isnull=False), then=Value(otherwise)),
        When(cancel_on__lte=due, then=Value(otherwise)),
        default=due,
        output_field=models.DateField(null=True),
    )


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def for_member(self, member: Member) -> "SubscriptionQuerySet":
        """Return the reseller's own. The id is a constant: a join would cost the index."""
        return self.filter(reseller_id=member.reseller_id)

    def living(self) -> "SubscriptionQuerySet":
        return self.filter(ended_on=None)

    def archived(self, today: date) -> "SubscriptionQuerySet":
        """Return the ended ones that can still be brought back."""
        return self.filter(ended_on__gte=today - periods.ARCHIVE)

    def ending(self, today: date) -> "SubscriptionQuerySet":
        """Return those that end by today: cancelled, or on hold for too long."""
        over = today - LONGEST_HOLD
        return self.living().filter(Q(cancel_on__lte=today) | Q(hold_since__lte=over))

    def matching(self, words: str) -> "SubscriptionQuerySet":
        """Return those whose customer's name contains the words; short words must begin it."""
        key = sort_key(words)
        if len(key) < 3:
            return self.filter(sort_key__startswith=key)
        return self.filter(sort_key__contains=key)


class Subscription(models.Model):
    """One product for one customer, with a number of users, a term and a state.

    Its state and next payment date are generated by the database from what happened, so that they
    cannot get out of step. The customer's name stands here too, for lists that search and sort.
    """

    reseller = models.ForeignKey(Reseller, models.PROTECT, related_name="subscriptions")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="subscriptions")
    code = models.CharField(_("code"), max_length=12, unique=True, default=subscription_code)
    customer_name = models.CharField(_("customer"), max_length=200)
    sort_key = models.CharField(max_length=400, editable=False)
    product = models.CharField(_("product"), max_length=10, choices=Product.choices)
    seats = models.PositiveIntegerField(_("number of users"))
    term = models.CharField(_("term"), max_length=10, choices=Term.choices)
    anchor = models.DateField(_("first payment"))
    trial_until = models.DateField(_("last trial day"), null=True)
    trial_extended = models.BooleanField(_("trial extended"), default=False)
    charged_through = models.DateField(_("charged up to"), null=True)
    hold_since = models.DateField(_("on hold since"), null=True)
    hold_reason = models.CharField(
        _("why on hold"), max_length=20, blank=True, choices=HoldReason.choices
    )
    cancel_on = models.DateField(_("ends on"), null=True)
    ended_on = models.DateField(_("ended on"), null=True)
    form_key = models.UUIDField(null=True, unique=True, editable=False)
    created_at = models.DateTimeField(_("created"))
    state = models.GeneratedField(
        expression=Case(
            When(ended_on__isnull=False, then=Value("ended")),
            When(hold_since__isnull=False, then=Value("on_hold")),
            When(charged_through__isnull=True, then=Value("trial")),
            default=Value("active"),
            output_field=models.CharField(),
        ),
        output_field=models.CharField(max_length=10, choices=State.choices),
        db_persist=True,
        verbose_name=_("status"),
    )
    next_payment_on = models.GeneratedField(
        expression=_next_payment(None),
        output_field=models.DateField(null=True),
        db_persist=True,
        verbose_name=_("next payment date"),
    )
    payment_key = models.GeneratedField(
        expression=_next_payment(NO_PAYMENT), output_field=models.DateField(), db_persist=True
    )

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "product"],
                condition=Q(ended_on=None),
                name="subscription_one_living_per_product",
            ),
            models.UniqueConstraint(fields=["reseller", "id"], name="subscription_of_reseller"),
            models.CheckConstraint(
                condition=Q(seats__gte=1, seats__lte=100_000), name="subscription_seats_in_range"
            ),
            models.CheckConstraint(
                condition=Q(product__in=Product.values), name="subscription_product_known"
            ),
            models.CheckConstraint(
                condition=Q(term__in=Term.values), name="subscription_term_known"
            ),
            models.CheckConstraint(
                condition=Q(charged_through=None) | Q(charged_through__gte=F("anchor")),
                name="subscription_charged_from_its_anchor",
            ),
            models.CheckConstraint(
                condition=Q(charged_through__isnull=False) | Q(trial_until__isnull=False),
                name="subscription_charged_or_in_trial",
            ),
            models.CheckConstraint(
                condition=Q(trial_until=None) | Q(trial_until__lt=F("anchor")),
                name="subscription_trial_before_its_anchor",
            ),
            models.CheckConstraint(
                condition=Q(hold_since=None, hold_reason="")
                | Q(hold_since__isnull=False, charged_through__isnull=False)
                & Q(hold_reason__in=HoldReason.values),
                name="subscription_held_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(cancel_on=None)
                | Q(ended_on__isnull=False)
                | Q(cancel_on=Coalesce("charged_through", "anchor")),
                name="subscription_cancelled_to_a_payment",
            ),
        ]
        indexes = [
            models.Index(
                fields=["reseller", "sort_key", "id"],
                condition=Q(ended_on=None),
                name="subscription_by_customer",
            ),
            models.Index(
                fields=["reseller", "seats", "id"],
                condition=Q(ended_on=None),
                name="subscription_by_seats",
            ),
            models.Index(
                fields=["reseller", "state", "id"],
                condition=Q(ended_on=None),
                name="subscription_by_state",
            ),
            models.Index(
                fields=["reseller", "payment_key", "id"],
                condition=Q(ended_on=None),
                name="subscription_by_payment",
            ),
            models.Index(
                fields=["reseller", "cancel_on"],
                condition=Q(ended_on=None, cancel_on__isnull=False),
                name="subscription_ending",
            ),
            # What the daily run looks for, of all resellers, oldest first.
            models.Index(
                fields=["payment_key", "id"], condition=Q(ended_on=None), name="subscription_due"
            ),
            models.Index(
                fields=["cancel_on", "id"],
                condition=Q(ended_on=None, cancel_on__isnull=False),
                name="subscription_to_end",
            ),
            models.Index(
                fields=["hold_since", "id"],
                condition=Q(ended_on=None, hold_since__isnull=False),
                name="subscription_held",
            ),
            # Part of a name, within one reseller: btree_gin lets the id stand first.
            GinIndex(
                OpClass(F("reseller"), "int8_ops"),
                OpClass(F("sort_key"), "gin_trgm_ops"),
                name="subscription_by_part_of_name",
            ),
            models.Index(
                fields=["reseller", "ended_on", "id"],
                condition=Q(ended_on__isnull=False),
                name="subscription_archive",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_name} · {self.get_product_display()}"

    @property
    def state_label(self) -> str:
        """The state in words; Django makes no display method for generated fields."""
        return str(State(self.state).label)

    def get_absolute_url(self) -> str:
        return reverse("subscription", args=[self.code])


class Charge(models.Model):
    """What is owed for a span of days; once written, only `covered_until` may change, once.

    `period_start` and `period_end` bound the whole period; `due_on` is the first day the charge is
    for, so of added users and of credits it lies within. A credit names the charge it gives back.
    """

    class Kind(models.TextChoices):
        PERIOD = "period", _("Period")
        SEATS = "seats", _("More users")
        CREDIT = "credit", _("Credit")

    reseller = models.ForeignKey(Reseller, models.PROTECT, related_name="+")
    subscription = models.ForeignKey(Subscription, models.PROTECT, related_name="charges")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    product = models.CharField(_("product"), max_length=10, choices=Product.choices)
    term = models.CharField(_("term"), max_length=10, choices=Term.choices)
    period_start = models.DateField(_("from"))
    period_end = models.DateField(_("until, not included"))
    covered_until = models.DateField(_("covered until"))
    due_on = models.DateField(_("due"))
    seats = models.IntegerField(_("users"))
    unit_price = models.DecimalField(_("price per user"), max_digits=12, decimal_places=4)
    amount = models.DecimalField(_("amount"), max_digits=15, decimal_places=3)
    currency = models.CharField(_("currency"), max_length=3, choices=Currency.choices)
    credits = models.OneToOneField(
        "self", models.PROTECT, related_name="credited_by", null=True, verbose_name=_("gives back")
    )
    change = models.OneToOneField(
        "Change", models.PROTECT, related_name="charge", null=True, verbose_name=_("change")
    )
    created_at = models.DateTimeField(_("written"))

    class Meta:
        verbose_name = _("charge")
        verbose_name_plural = _("charges")
        ordering = ["due_on", "id"]
        constraints = [
            ExclusionConstraint(
                name="charge_periods_never_overlap",
                expressions=[
                    ("subscription", RangeOperators.EQUAL),
                    (
                        Func(
                            "period_start",
                            "covered_until",
                            function="daterange",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(kind="period"),
            ),
            models.CheckConstraint(
                condition=Q(period_start__lt=F("period_end"))
                & Q(covered_until__gte=F("period_start"))
                & Q(covered_until__lte=F("period_end")),
                name="charge_covers_days_of_its_period",
            ),
            models.CheckConstraint(
                condition=Q(kind="period", due_on=F("period_start"), seats__gte=1, amount__gte=0)
                | Q(kind="seats", seats__gte=1, amount__gte=0, change__isnull=False)
                | Q(kind="credit", seats__lte=-1, amount__lte=0, credits__isnull=False),
                name="charge_as_its_kind",
            ),
            models.CheckConstraint(
                condition=Q(kind="credit") | Q(credits=None), name="charge_only_credits_credit"
            ),
            models.CheckConstraint(
                condition=Q(due_on__gte=F("period_start"), due_on__lt=F("period_end")),
                name="charge_due_within_its_period",
            ),
        ]
        indexes = [
            models.Index(fields=["subscription", "-period_start"], name="charge_by_subscription")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.period_start} – {self.period_end}"


class ChangeQuerySet(models.QuerySet["Change"]):
    def pending(self) -> "ChangeQuerySet":
        return self.filter(done_on=None, dropped_at=None)

    def of(self, subscription: Subscription) -> "ChangeQuerySet":
        """Return a subscription's changes, newest first."""
        return self.filter(subscription=subscription).order_by("-id")


class Change(models.Model):
    """One thing that happened to a subscription or is asked for: from, to, since when, by whom.

    Neither done nor dropped, it is pending until the next payment. `cost` is what it was charged at
    once, a credit below zero; None when it cost nothing then.
    """

    class What(models.TextChoices):
        STARTED = "started", _("Subscription started")
        SEATS = "seats", _("Number of users")
        PRODUCT = "product", _("Product")
        TERM = "term", _("Term")
        TRIAL_EXTENDED = "trial_extended", _("Trial extended")
        CONVERTED = "converted", _("Trial became a paid subscription")
        HELD = "held", _("Put on hold")
        RESUMED = "resumed", _("Resumed")
        CANCELLED = "cancelled", _("Cancelled")
        UNCANCELLED = "uncancelled", _("Cancellation taken back")
        ENDED = "ended", _("Ended")
        REACTIVATED = "reactivated", _("Brought back")

    WAITING = (What.SEATS, What.PRODUCT, What.TERM)

    reseller = models.ForeignKey(Reseller, models.PROTECT, related_name="+")
    subscription = models.ForeignKey(Subscription, models.PROTECT, related_name="changes")
    what = models.CharField(_("what"), max_length=20, choices=What.choices)
    before = models.CharField(_("from"), max_length=20, blank=True)
    after = models.CharField(_("to"), max_length=20, blank=True)
    effective_on = models.DateField(_("effective"))
    cost = models.DecimalField(_("cost"), max_digits=15, decimal_places=3, null=True)
    currency = models.CharField(_("currency"), max_length=3, choices=Currency.choices)
    by_id = models.BigIntegerField(null=True)
    by_name = models.CharField(_("by"), max_length=200, blank=True)
    by_hat = models.CharField(_("acting as"), max_length=10)
    asked_at = models.DateTimeField(_("when"))
    done_on = models.DateField(_("done"), null=True)
    dropped_at = models.DateTimeField(_("dropped"), null=True)
    dropped_by = models.CharField(_("dropped by"), max_length=200, blank=True)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["subscription", "what"],
                condition=Q(done_on=None, dropped_at=None),
                name="change_one_pending_of_a_kind",
            ),
            models.CheckConstraint(
                condition=Q(done_on__isnull=False) | Q(what__in=["seats", "product", "term"]),
                name="change_pending_only_until_a_payment",
            ),
            models.CheckConstraint(
                condition=Q(done_on=None) | Q(dropped_at=None), name="change_done_or_dropped"
            ),
        ]
        indexes = [models.Index(fields=["subscription", "-id"], name="change_by_subscription")]

    def __str__(self) -> str:
        return f"{self.get_what_display()} · {self.subscription}"

    @property
    def is_pending(self) -> bool:
        return self.done_on is None and self.dropped_at is None


class CalendarFeedQuerySet(models.QuerySet["CalendarFeed"]):
    def by_token(self, token: str) -> "CalendarFeed | None":
        """Return the feed this token opens, while its member may still enter; else None."""
        rows = self.select_related("member__user", "member__reseller")
        found = rows.filter(token_hash=feed_hash(token), member__user__is_active=True).first()
        if found is None:
            return None
        wanted = found.member.reseller.second_factor_required
        return None if wanted and not found.member.user.has_second_factor else found


class CalendarFeed(models.Model):
    """A member's secret address of the calendar; only a hash of its secret is kept."""

    member = models.OneToOneField(Member, models.CASCADE, related_name="calendar_feed")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    made_at = models.DateTimeField(_("made"))

    objects = CalendarFeedQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.member)


def feed_hash(token: str) -> str:
    """Return what is kept of a secret: with 256 random bits, a plain hash is enough."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
