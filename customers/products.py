"""What is sold: the two products a customer can have."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Product(models.TextChoices):
    M365 = "m365", _("Signatures for Microsoft 365")
    GWS = "gws", _("Signatures for Google Workspace")
