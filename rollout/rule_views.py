"""The script for a transport rule in Exchange Online."""

from django.http import HttpResponse
from django.shortcuts import render

from rollout.transport_rule import TooLong, make_rule, token_values, tokens_in
from rollout.views import form_page
from signatures.access import area_required
from signatures.budgets import TRANSPORT_RULE
from signatures.models import Design, Version, signature_of


@area_required
@form_page
def transport_rule(request, area):
    """Show what the rule would be for a design; POST answers with the script."""
    versions = list(
        Version.objects.filter(design__customer=area.customer, design__in_use=True)
        .select_related("design")
        .order_by("design_id", "-number")
        .distinct("design_id")
    )
    asked = (request.POST or request.GET).get("design", "")
    chosen = next((each for each in versions if each.design.code == asked), None)
    chosen = chosen or next(iter(versions), None)
    context = {"area": area, "versions": versions, "chosen": chosen, "most": TRANSPORT_RULE}
    if chosen is None:
        return render(request, "rollout/transport_rule.html", context)
    html = signature_of(chosen.content, token_values(company_of(area))).html
    context["tokens"] = [f"%%{token}%%" for token in tokens_in(html)]
    try:
        rule = make_rule(html, name=rule_name(area, chosen.design), marker=marker(chosen.design))
    except TooLong as refusal:
        return render(request, "rollout/transport_rule.html", context | {"over": refusal.length})
    if request.method == "POST":
        # With a byte order mark: Windows PowerShell takes a script without for cp1252.
        answer = HttpResponse(
            rule.script.encode("utf-8-sig"), content_type="application/octet-stream"
        )
        answer["Content-Disposition"] = f'attachment; filename="rule-{chosen.design.code}.ps1"'
        return answer
    return render(request, "rollout/transport_rule.html", context | {"rule": rule})


def company_of(area) -> dict[str, str]:
    """Return what is the same for everybody of the customer, as placeholders name it."""
    person = area.customer.people.model(customer=area.customer)
    return person.company_values()


def rule_name(area, design: Design) -> str:
    return f"Signature {design.code} {area.customer.name}"[:64]  # Exchange takes 64 characters


def marker(design: Design) -> str:
    return f"sig-{design.code}"
