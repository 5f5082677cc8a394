"""How long a signature may be for each way it is rolled out. Pure.

The limits are those that the vendors name for the HTML, in characters.
"""

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

GMAIL = 10_000
ADDIN = 30_000
TRANSPORT_RULE = 5_000
OUR_TARGET = 8_000  # threads repeat a signature, and Gmail clips long mails


class Budget(NamedTuple):
    label: str | Promise
    most: int


BUDGETS = (
    Budget(_("Gmail"), GMAIL),
    Budget(_("Outlook add-in"), ADDIN),
    Budget(_("Aim for every program"), OUR_TARGET),
)


def exceeded(length: int) -> list[Budget]:
    """Return what a signature of this many characters is too long for.

    >>> [budget.most for budget in exceeded(9_000)]
    [8000]
    """
    return [budget for budget in BUDGETS if length > budget.most]
