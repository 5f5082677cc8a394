"""What the gallery and an empty preview show: an example person in the reader's language."""

from typing import Any

from django.utils.translation import gettext as _

from customers.models import Customer
from signatures.gallery import Template


def example_values(customer: Customer) -> dict[str, str]:
    """Return placeholder → value of somebody made up, at this customer."""
    return {
        "name": _("Alex Example"),
        "title": _("Head of Sales"),
        "department": _("Sales"),
        "phone": "+49 40 1234567",
        "email": "alex@firma.example",
        "company": customer.name,
    }


def template_content(template: Template) -> dict[str, Any]:
    """Return a template of the gallery as the content of a design."""
    return {
        "template": template.key,
        "accent": template.accent,
        "text_colour": template.text_colour,
        "font": template.font,
        "lines": template.lines,
        "website": "",
        "disclaimer": "",
        "logo": None,
    }
