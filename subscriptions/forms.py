"""What a reseller types about a subscription."""

import re
import uuid

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Field, Layout
from django import forms
from django.conf import settings
from django.core import signing
from django.utils import translation
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.forms import AddressField, NameField
from customers.models import Customer
from customers.products import Product
from invitations.operations import Invitee
from resellers.models import Member, Reseller
from subscriptions.models import State, Subscription, Term
from subscriptions.operations import Order

KEY_SALT = "subscriptions.form"
KEY_LIFE = 24 * 60 * 60  # seconds; a form left open over night still works


class SeatsField(forms.IntegerField):
    """A whole number of users, 1 to 100,000, typed in plain digits.

    Django's own field reads "1.000" as 1; somebody who means a thousand must not get one.
    """

    def __init__(self, **kwargs):
        super().__init__(min_value=1, max_value=100_000, **kwargs)
        self.error_messages["invalid"] = _("Enter a whole number in plain digits, such as 1000.")
        self.error_messages["required"] = _(
            "Enter how many people at the customer need a signature."
        )

    def to_python(self, value):
        text = str(value or "").strip()
        if text and not re.fullmatch(r"-?[0-9]{1,12}", text):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(text)


class InviteeFields(forms.Form):
    """Who is invited when the customer may edit; required only when the box is ticked."""

    customer_edits = forms.BooleanField(label=_("Let customers edit signatures?"), required=False)
    contact_name = NameField(label=_("Customer contact name"), max_length=120, required=False)
    contact_email = AddressField(label=_("Customer email address"), max_length=254, required=False)
    contact_language = forms.ChoiceField(
        label=_("Language of the invitation"), choices=settings.LANGUAGES, required=False
    )

    REVEALED = Div(
        Field("contact_name", autocomplete="off"),
        Field("contact_email", autocomplete="off"),
        "contact_language",
        data_reveal_by="id_customer_edits",
    )

    def clean(self):
        data = super().clean() or {}
        if data.get("customer_edits"):
            missing = {
                "contact_name": _("Enter whom to invite."),
                "contact_email": _("Enter the address that the invitation goes to."),
            }
            for name, message in missing.items():
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, message)
        else:
            for name in ("contact_name", "contact_email", "contact_language"):
                self.errors.pop(name, None)
        return data

    @property
    def invitee(self) -> Invitee | None:
        """Whom to invite, or None when the box is not ticked."""
        data = self.cleaned_data
        if not data["customer_edits"] or not data["contact_email"]:
            return None
        language = data["contact_language"] or translation.get_language() or "en"
        return Invitee(data["contact_name"], data["contact_email"], language)


class SubscriptionFields(InviteeFields):
    """What a new subscription needs: the seed's fields, then those with a sensible default."""

    product = forms.ChoiceField(
        label=_("Product"),
        choices=Product.choices,
        error_messages={"required": _("Choose a product.")},
    )
    company_name = NameField(
        label=_("Customer company name"),
        max_length=200,
        error_messages={"required": _("Enter the name of the customer's company.")},
    )
    seats = SeatsField(label=_("Number of users"))
    term = forms.ChoiceField(label=_("Term"), choices=Term.choices, required=False)
    start = forms.ChoiceField(label=_("Start"), required=False)

    def __init__(self, data=None, *, member: Member, initial=None):
        self.member = member
        super().__init__(data, initial=initial)
        trial_days = member.reseller.trial_days
        at_once = [("now", _("At once, without a trial"))]
        trial = [("trial", _("With a trial of %(days)s days") % {"days": trial_days})]
        start = self.fields["start"]
        assert isinstance(start, forms.ChoiceField)
        start.choices = [*trial, *at_once] if trial_days else at_once

    @property
    def order(self) -> Order:
        data = self.cleaned_data
        return Order(
            product=Product(data["product"]),
            company_name=data["company_name"],
            seats=data["seats"],
            term=Term(data["term"] or Term.MONTHLY),
            trial=data["start"] != "now",
        )


class NewSubscriptionForm(SubscriptionFields):
    """The seed's fields in the seed's order, then those with a sensible default."""

    form_key = forms.CharField(widget=forms.HiddenInput, required=False)

    field_order = [
        "form_key",
        "product",
        "company_name",
        "seats",
        "customer_edits",
        "contact_name",
        "contact_email",
        "contact_language",
        "term",
        "start",
    ]

    def __init__(self, data=None, *, member: Member):
        initial = {
            "form_key": new_form_key(member),
            "contact_language": translation.get_language(),
            "start": "trial" if member.reseller.trial_days else "now",
        }
        super().__init__(data, member=member, initial=initial)
        self.fields["company_name"].widget.attrs["list"] = "known-customers"
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        self.helper.layout = Layout(
            "form_key",
            "product",
            Field("company_name", autocomplete="off"),
            Field("seats", inputmode="numeric"),
            "customer_edits",
            self.REVEALED,
            "term",
            "start",
        )

    def clean_form_key(self):
        try:
            reseller_id, key = signing.loads(
                self.cleaned_data["form_key"], salt=KEY_SALT, max_age=KEY_LIFE
            )
        except (signing.BadSignature, ValueError):
            raise forms.ValidationError(
                _("This form was open for too long. Open it again and send it once more.")
            ) from None
        if reseller_id != self.member.reseller_id:
            raise forms.ValidationError(
                _("You work for another reseller by now. Open the form again to add it there.")
            )
        return uuid.UUID(key)

    @property
    def offerable_order(self) -> Order | None:
        """The order as far as it is typed already, or None while product or users are missing."""
        self.is_valid()
        data = getattr(self, "cleaned_data", {})
        if not data.get("product") or not data.get("seats"):
            return None
        return Order(
            product=Product(data["product"]),
            company_name=data.get("company_name") or "",
            seats=data["seats"],
            term=Term(data.get("term") or Term.MONTHLY),
            trial=data.get("start") != "now",
        )

    def refuse_double(self, subscription: Subscription) -> None:
        """Say that the customer has this product, with the way to it."""
        self.add_error(
            "product",
            format_html(
                '{} <a href="{}">{}</a>',
                _("%(customer)s has this product already.")
                % {"customer": subscription.customer_name},
                subscription.get_absolute_url(),
                _("Open that subscription"),
            ),
        )

    def refuse_used(self, subscription: Subscription) -> None:
        """Say that this form has created something else before."""
        self.add_error(
            None,
            format_html(
                '{} <a href="{}">{}</a>',
                _("This form has already created a subscription for %(customer)s.")
                % {"customer": subscription.customer_name},
                subscription.get_absolute_url(),
                _("Open that subscription"),
            ),
        )


class EditingForm(InviteeFields):
    """Who may edit a customer's signatures, changed later."""

    def __init__(self, data=None, *, initial=None, invitee_needed: bool):
        super().__init__(data, initial=initial)
        self.invitee_needed = invitee_needed
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        self.helper.layout = Layout("customer_edits", self.REVEALED)

    def clean(self):
        if self.invitee_needed or self.cleaned_data.get("contact_email"):
            return super().clean()
        return self.cleaned_data


class ChangeForm(forms.Form):
    """One thing to change about a subscription; `values` is what its act takes."""

    def __init__(self, data=None, *, subscription: Subscription):
        super().__init__(data, initial=self.present(subscription))
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True

    def present(self, subscription: Subscription) -> dict:
        return {name: getattr(subscription, name) for name in self.base_fields}

    @property
    def values(self) -> dict:
        return self.cleaned_data


class SeatsForm(ChangeForm):
    seats = SeatsField(label=_("Number of users"))


class ProductForm(ChangeForm):
    product = forms.ChoiceField(label=_("Product"), choices=Product.choices)


class TermForm(ChangeForm):
    term = forms.ChoiceField(label=_("Term"), choices=Term.choices)


class FilterForm(forms.Form):
    """The dashboard's search and filters."""

    q = forms.CharField(label=_("Search customers"), required=False)
    state = forms.ChoiceField(
        label=_("Status"),
        choices=[
            ("", _("All living")),
            (State.TRIAL, State.TRIAL.label),
            (State.ACTIVE, State.ACTIVE.label),
            (State.ON_HOLD, State.ON_HOLD.label),
            (State.ENDED, _("Archived")),
        ],
        required=False,
    )
    product = forms.ChoiceField(
        label=_("Product"), choices=[("", _("All products")), *Product.choices], required=False
    )
    due = forms.DateField(label=_("Due until"), required=False)


def new_form_key(member: Member) -> str:
    """Return a signed key: the same form sent twice creates one, and only for this reseller."""
    return signing.dumps([member.reseller_id, uuid.uuid4().hex], salt=KEY_SALT)


class MoveForm(forms.Form):
    """Where a customer goes, and from when on; for staff."""

    on = forms.DateField(
        label=_("First day there"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    with_credit = forms.BooleanField(
        label=_("Give the old reseller the rest of the paid periods back"), required=False
    )

    def __init__(self, *args, customer: Customer, **kwargs):
        super().__init__(*args, **kwargs)
        others = Reseller.objects.exclude(pk=customer.reseller_id).order_by("name")
        self.fields["to_reseller"] = forms.ModelChoiceField(
            label=_("To which reseller"), queryset=others
        )
        self.order_fields(["to_reseller", "on", "with_credit"])
