"""Whom to forget."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import AddressField


class AddressForm(forms.Form):
    email = AddressField(
        label=_("E-mail address of whoever asks"),
        max_length=254,
        help_text=_(
            "Make sure by another way that it is them who ask. You see first what would be erased."
        ),
    )
