"""What staff type about issuers, credit notes and payments."""

from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _
from stdnum import iban
from stdnum.exceptions import ValidationError

from billing.lists import credited_lines
from billing.models import Invoice, Issuer
from resellers.vat_ids import BadVatId, checked_vat_id, vat_id_words

# More lines are not credited one by one on a page, only all of them.
MOST_LINES = 300


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
        if data.get("vat_id"):
            try:
                data["vat_id"] = checked_vat_id(data["vat_id"], data.get("country", ""))
            except BadVatId as problem:
                self.add_error("vat_id", vat_id_words(problem.reason))
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
