"""What staff type about issuers, credit notes and payments."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _
from stdnum import iban
from stdnum.exceptions import ValidationError

from billing.bankfiles import MOST_BYTES, BankFile, read_bank_file
from billing.errors import BadFile
from billing.lists import credited_lines
from billing.models import Invoice, Issuer
from resellers.vat_ids import check_vat_id

# More lines are not credited one by one on a page, only all of them.
MOST_LINES = 300
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class IssuerForm(forms.ModelForm):
    class Meta:
        model = Issuer
        fields: list[str] = []  # those of the page

    def clean_iban(self):
        try:
            return iban.format(iban.validate(self.cleaned_data["iban"]))
        except ValidationError as problem:
            raise forms.ValidationError(
                _("This is no IBAN: a letter or digit is wrong, missing or too many.")
            ) from problem

    def clean(self):
        data = super().clean() or {}
        check_vat_id(self, data)
        return data


class CreditForm(forms.Form):
    """How much of an invoice is given back, and why. `amounts` is None for all that is left."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        help_text=_("It stands on the credit note, in the reseller's language."),
    )
    whole = forms.TypedChoiceField(
        label=_("How much"),
        choices=[("yes", _("All that is left of it")), ("no", _("The amounts given by line"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        initial="yes",
    )
    free_charges = forms.TypedChoiceField(
        label=_("What becomes of the charges when nothing is left"),
        choices=[
            ("no", _("They stay closed: a cancellation")),
            ("yes", _("They go on the next invoice: a correction")),
        ],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        initial="no",
    )
    stood = forms.DecimalField(max_digits=15, decimal_places=2, widget=forms.HiddenInput)

    def __init__(self, data=None, *, invoice: Invoice):
        super().__init__(data, initial={"stood": invoice.credited})
        given = credited_lines(invoice)
        self.lines = []
        self.has_more_lines = invoice.lines.count() > MOST_LINES
        for line in [] if self.has_more_lines else invoice.lines.all():
            left = line.net - given.get(line.pk, Decimal(0))
            name = f"line_{line.pk}"
            self.fields[name] = forms.DecimalField(
                label=_("To give back of line %(position)s") % {"position": line.position},
                required=False,
                max_digits=15,
                decimal_places=2,
            )
            self.lines.append((line, left, self[name]))

    @property
    def amounts(self) -> dict[int, Decimal] | None:
        if self.cleaned_data["whole"]:
            return None
        return {
            line.pk: amount
            for line, _left, field in self.lines
            if (amount := self.cleaned_data.get(field.name))
        }


class AmountField(forms.DecimalField):
    """An amount above zero, with a comma or a point before the cents."""

    def __init__(self, **kwargs):
        super().__init__(
            max_digits=15,
            decimal_places=2,
            min_value=Decimal("0.01"),
            localize=True,
            widget=forms.TextInput(attrs={"inputmode": "decimal"}),
            **kwargs,
        )


class DayField(forms.DateField):
    """A day that has come."""

    def __init__(self, **kwargs):
        super().__init__(widget=DAY, **kwargs)


class KeyedForm(forms.Form):
    """A form whose key lets it be done once, however often it is sent."""

    form_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, data=None, *, today: date, initial: dict | None = None, **kwargs):
        self.today = today
        super().__init__(data, initial={"form_key": uuid4(), **(initial or {})}, **kwargs)

    def past(self, name: str) -> date:
        """Return a day of the form; raises ValidationError when it is still to come."""
        day = self.cleaned_data[name]
        if not date(1990, 1, 1) <= day <= self.today:
            raise forms.ValidationError(_("This day is still to come, or long gone."))
        return day


class PaymentForm(KeyedForm):
    amount = AmountField(label=_("Amount"))
    received_on = DayField(label=_("Received on"))
    reference = forms.CharField(
        label=_("Reference of the bank"),
        max_length=140,
        required=False,
        help_text=_("If given, it can be noted once only."),
    )
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def clean_received_on(self):
        return self.past("received_on")


class PayBackForm(KeyedForm):
    amount = AmountField(label=_("Amount"))
    paid_on = DayField(label=_("Paid back on"))
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def clean_paid_on(self):
        return self.past("paid_on")


class MoveCreditForm(KeyedForm):
    target = forms.ModelChoiceField(Invoice.objects.none(), label=_("To the invoice"))
    amount = AmountField(label=_("Amount"))

    def __init__(self, data=None, *, source: Invoice, **kwargs):
        super().__init__(data, **kwargs)
        field: Any = self.fields["target"]
        field.queryset = (
            Invoice.objects.unpaid()
            .filter(reseller_id=source.reseller_id, currency=source.currency)
            .exclude(pk=source.pk)
            .order_by("due_on", "pk")
        )


class NoteForm(forms.Form):
    note = forms.CharField(label=_("Why"), max_length=200)


class AssignForm(forms.Form):
    """To which invoice a receipt belongs, and how much of it."""

    number = forms.CharField(label=_("Number of the invoice"), max_length=20)
    amount = AmountField(label=_("Amount"))

    def clean_number(self):
        number = self.cleaned_data["number"].strip().upper()
        found = list(Invoice.objects.filter(number=number)[:2])
        if len(found) != 1:
            raise forms.ValidationError(_("There is no invoice of this number."))
        self.invoice = found[0]
        return number


class BankFileForm(forms.Form):
    """A CSV file of the bank; `found` is what it holds."""

    file = forms.FileField(
        label=_("CSV file of the bank"),
        help_text=_(
            "The transactions as your bank exports them, up to 5 MB. Needed are booking date,"
            " amount and purpose; payer, currency and reference are read where they are."
        ),
    )
    found: BankFile

    def clean_file(self):
        upload = self.cleaned_data["file"]
        try:
            if upload.size > MOST_BYTES:
                raise BadFile([str(_("The file is larger than 5 MB."))])
            self.found = read_bank_file(upload.read())
        except BadFile as problem:
            raise forms.ValidationError(list(problem.problems)) from problem
        return upload


class ExportForm(forms.Form):
    """Which days' papers to export, and as what."""

    first = forms.DateField(label=_("From"), widget=DAY)
    last = forms.DateField(label=_("Until"), widget=DAY)
    kind = forms.ChoiceField(
        label=_("As"),
        choices=[
            ("xlsx", _("Excel, with the totals on a second sheet")),
            ("csv", _("CSV: each paper by VAT rate")),
            ("totals", _("CSV: totals by month and VAT rate")),
        ],
    )

    def clean(self):
        data = super().clean() or {}
        if data.get("first") and data.get("last") and data["first"] > data["last"]:
            self.add_error("last", _("This day is before the first one."))
        return data
