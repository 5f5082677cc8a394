"""What changes who gets which design."""

from typing import Any

from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef

from audit.actor import Actor
from audit.operations import record
from customers.models import Customer
from signatures.errors import TooManyRules
from signatures.models import Design, Rule

MOST_RULES = 100


def lock_rules(customer_id: int) -> Customer:
    """Lock what a customer's rules hang on: whoever changes them or publishes waits here."""
    return Customer.objects.select_for_update(no_key=True).get(pk=customer_id)


@transaction.atomic
def save_rule(*, customer: Customer, rule: Rule | None, fields: dict[str, Any], by: Actor) -> Rule:
    """Add a rule, or change one. A new one comes before those for everybody at all times.

    Raises TooManyRules.
    """
    lock_rules(customer.pk)
    is_new = rule is None
    if rule is None:
        if customer.rules.count() >= MOST_RULES:
            raise TooManyRules
        rule = Rule(reseller_id=customer.reseller_id, customer=customer)
        default = customer.rules.for_everybody().order_by("position").first()
        rule.position = default.position if default else _last_place(customer) + 1
        customer.rules.filter(position__gte=rule.position).update(position=F("position") + 1)
    for name, value in fields.items():
        setattr(rule, name, value)
    rule.save()
    keep_designs_in_use(customer.pk)
    record(
        "rule_added" if is_new else "rule_changed",
        rule,
        by=by,
        reseller_id=rule.reseller_id,
        after={name: str(value) for name, value in fields.items() if value},
    )
    return rule


@transaction.atomic
def move_rule(*, rule: Rule, up: bool, by: Actor) -> Rule:
    """Let a rule change places with the one before or behind it, if there is one."""
    customer = lock_rules(rule.customer_id)
    rule = Rule.objects.get(pk=rule.pk)
    others = customer.rules.filter(position__lt=rule.position).order_by("-position")
    if not up:
        others = customer.rules.filter(position__gt=rule.position).order_by("position")
    other = others.first()
    if other is not None:
        rule.position, other.position = other.position, rule.position
        rule.save(update_fields=["position"])
        other.save(update_fields=["position"])
        record("rule_moved", rule, by=by, reseller_id=rule.reseller_id, after={"up": up})
    return rule


@transaction.atomic
def remove_rule(*, rule: Rule, by: Actor) -> None:
    """Remove a rule; whom it was for gets what the rules behind it say."""
    lock_rules(rule.customer_id)
    record("rule_removed", rule, by=by, reseller_id=rule.reseller_id)
    rule.delete()
    keep_designs_in_use(rule.customer_id)


def lead_everybody_to(*, design: Design) -> None:
    """Let the last rule for everybody lead to this design; the caller holds the lock."""
    rule = design.customer.rules.for_everybody().order_by("-position").first()
    if rule is None:
        rule = Rule(
            reseller_id=design.reseller_id,
            customer=design.customer,
            position=_last_place(design.customer) + 1,
        )
    rule.design = design
    rule.save()
    keep_designs_in_use(design.customer_id)


def keep_designs_in_use(customer_id: int) -> None:
    """Write to the designs whether a rule leads to them."""
    led_to = Exists(Rule.objects.filter(design=OuterRef("pk")))
    designs = Design.objects.filter(customer_id=customer_id)
    designs.filter(led_to, in_use=False).update(in_use=True)
    designs.filter(~led_to, in_use=True).update(in_use=False)


def _last_place(customer: Customer) -> int:
    return customer.rules.aggregate(last=Max("position"))["last"] or 0
