"""What changes about a reseller."""

from django.db import transaction

from audit.actor import Actor
from audit.operations import record
from resellers.models import Reseller


@transaction.atomic
def require_second_factor(*, reseller: Reseller, required: bool, by: Actor) -> Reseller:
    """Say whether everybody who works for the reseller needs a second factor.

    Who has none yet is led to set one up with the next request.
    """
    reseller = Reseller.objects.select_for_update(no_key=True).get(pk=reseller.pk)
    if reseller.second_factor_required != required:
        reseller.second_factor_required = required
        reseller.save(update_fields=["second_factor_required"])
        record(
            "second_factor_rule_changed",
            reseller,
            by=by,
            reseller_id=reseller.pk,
            before={"required": not required},
            after={"required": required},
        )
    return reseller
