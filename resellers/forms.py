"""What an owner chooses for the reseller, and what is looked for in its history."""

from django import forms
from django.utils.translation import gettext_lazy as _

from audit.words import SENTENCES


class SecurityForm(forms.Form):
    second_factor_required = forms.BooleanField(
        label=_("Everybody who works here needs a second factor"),
        required=False,
        help_text=_("Who has none yet is asked to set one up with the next click."),
    )


class HistoryForm(forms.Form):
    """What to show of the history; what cannot be read is left out."""

    action = forms.ChoiceField(required=False)  # filled in the reader's language below
    who = forms.CharField(label=_("Who"), required=False, max_length=120)
    since = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=_("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        sentences = sorted(((key, str(words)) for key, words in SENTENCES.items()), key=_by_words)
        self.fields["action"] = forms.ChoiceField(
            label=_("What"), required=False, choices=[("", _("Everything")), *sentences]
        )
        for field in self.fields.values():
            is_choice = isinstance(field, forms.ChoiceField)
            field.widget.attrs["class"] = "form-select" if is_choice else "form-control"


def _by_words(pair: tuple[str, str]) -> str:
    return pair[1].casefold()
