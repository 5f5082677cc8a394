"""What people type about rules, groups and the customer's own fields."""

from collections.abc import Iterable
from typing import Any
from zoneinfo import available_timezones

from crispy_forms.layout import Field, Fieldset
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import AddressField, NameField
from customers.models import Customer
from reseller_portal.names import email_key
from signatures.fields import LABELS, field_labels, language_choices
from signatures.models import PERSON_FIELDS, Design, Group, OwnField, Rule
from signatures.people_forms import PlainField, helper_of

ZONES = sorted(
    zone
    for zone in available_timezones()
    if zone.split("/")[0] in {"Africa", "America", "Asia", "Atlantic", "Australia", "Europe",
                              "Indian", "Pacific"}
    or zone == "UTC"
)  # fmt: skip


class DayField(forms.DateField):
    def __init__(self, **kwargs):
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        super().__init__(required=False, widget=widget, **kwargs)

    def clean(self, value):
        day = super().clean(value)
        if day and not 2000 <= day.year <= 2200:
            raise forms.ValidationError(_("Choose a day between 2000 and 2200."))
        return day


class RuleForm(forms.Form):
    """Who gets which design, and when. Whatever stays empty is no condition."""

    design = forms.ModelChoiceField(
        queryset=Design.objects.none(), label=_("Design"), empty_label=None
    )
    group = forms.ModelChoiceField(
        queryset=Group.objects.none(), label=_("Group"), required=False, empty_label=_("Any")
    )
    department = forms.ChoiceField(label=_("Department"), required=False)
    person_email = AddressField(
        label=_("Only this person"),
        max_length=254,
        required=False,
        help_text=_("The e-mail address of one person in the list."),
    )
    domain = PlainField(
        label=_("Domain of the address"),
        max_length=253,
        help_text=_("Like firma.example: people whose address ends with @firma.example."),
    )
    language = forms.ChoiceField(label=_("Language"), required=False)
    attribute = forms.ChoiceField(label=_("Field"), required=False)
    comparison = forms.ChoiceField(
        label=_("Comparison"), required=False, choices=Rule.Comparison.choices
    )
    text = PlainField(
        label=_("Text"), max_length=120, help_text=_("Capital and small letters are the same.")
    )
    starts_on = DayField(label=_("From"))
    ends_on = DayField(label=_("To"), help_text=_("This day included."))

    def __init__(self, *args, customer: Customer, rule: Rule | None, **kwargs):
        super().__init__(*args, **kwargs)
        self.customer = customer
        fields: dict[str, Any] = self.fields
        fields["design"].queryset = customer.designs.all()
        fields["group"].queryset = customer.groups.all()
        departments = set(
            customer.people.exclude(department="")
            .order_by("department")
            .values_list("department", flat=True)
            .distinct()[:500]
        )
        departments |= {rule.department} if rule and rule.department else set()
        fields["department"].choices = [
            ("", _("Any")),
            *((name, name) for name in sorted(departments, key=str.casefold)),
        ]
        fields["language"].choices = [("", _("Any")), *language_choices()[1:]]
        labels = field_labels(customer.own_fields.all())
        fields["attribute"].choices = [("", _("None")), *labels.items()]
        self.helper = helper_of(
            Field("design"),
            Fieldset(_("For whom"), "group", "department", "domain", "language", "person_email"),
            Fieldset(_("A field of the person"), "attribute", "comparison", "text"),
            Fieldset(_("When"), "starts_on", "ends_on"),
        )

    def clean_person_email(self):
        address = self.cleaned_data["person_email"]
        if not address:
            return None
        person = self.customer.people.filter(email_key=email_key(address)).first()
        if person is None:
            raise forms.ValidationError(_("Nobody in the list has this address."))
        return person

    def clean_domain(self):
        domain = self.cleaned_data["domain"].removeprefix("@")
        if not domain:
            return ""
        try:
            return email_key(f"x@{domain}").removeprefix("x@")
        except ValueError:
            raise forms.ValidationError(_("Write the domain like firma.example.")) from None

    def clean(self):
        data = super().clean() or {}
        if data.get("attribute") and not data.get("text") and "text" not in self.errors:
            self.add_error("text", _("Write what the field is compared with."))
        if data.get("text") and not data.get("attribute"):
            self.add_error("attribute", _("Choose the field that is compared."))
        starts_on, ends_on = data.get("starts_on"), data.get("ends_on")
        if starts_on and ends_on and ends_on < starts_on:
            self.add_error("ends_on", _("This day is before the first one."))
        return data

    @property
    def rule_fields(self) -> dict:
        fields = dict(self.cleaned_data)
        fields["person"] = fields.pop("person_email")
        if not fields["attribute"]:
            fields["comparison"] = ""
        elif not fields["comparison"]:
            fields["comparison"] = Rule.Comparison.EQUALS
        return fields

    @staticmethod
    def initial_of(rule: Rule) -> dict:
        shown = {name: getattr(rule, name) for name in RuleForm.base_fields if hasattr(rule, name)}
        return shown | {"person_email": rule.person.email if rule.person else ""}


class DayForm(forms.Form):
    on = DayField(label=_("Day"))


class GroupForm(forms.Form):
    name = NameField(label=_("Name of the group"), max_length=80)


class DepartmentForm(forms.Form):
    old = forms.CharField(max_length=120)
    new = NameField(label=_("New name"), max_length=120)


class OwnFieldForm(forms.Form):
    label = NameField(label=_("Label"), max_length=60)
    key = forms.RegexField(
        regex=r"^[a-z][a-z0-9_]{0,29}$",
        label=_("Short name"),
        max_length=30,
        help_text=_("What designs name it by: small letters, digits and _, like extension."),
        error_messages={"invalid": _("Small letters a to z, digits and _; a letter first.")},
    )


class AreaSettingsForm(forms.Form):
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=[(zone, zone.replace("_", " ")) for zone in ZONES],
        help_text=_("Rules begin and end at midnight there."),
    )
    correctable = forms.MultipleChoiceField(
        label=_("What people may correct themselves"),
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
        help_text=_(
            "On their personal page, which they open by the link in their mail. It applies at once;"
            " the history says who it was."
        ),
    )

    def __init__(self, *args, own_fields: Iterable[OwnField], **kwargs):
        super().__init__(*args, **kwargs)
        fields: Any = self.fields["correctable"]
        fields.choices = [
            *((name, LABELS[name]) for name in PERSON_FIELDS if name != "email"),
            ("photo", _("Photo")),
            *((f"own_{own.key}", own.label) for own in own_fields),
        ]
        self.helper = helper_of("time_zone", "correctable")
