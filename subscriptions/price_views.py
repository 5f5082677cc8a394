"""The page on which a reseller looks its prices up."""

from django.shortcuts import render
from django.views.decorators.http import require_GET

from reseller_portal import clock
from resellers.access import payer_required
from subscriptions.price_lists import price_list


@payer_required
@require_GET
def prices(request):
    reseller = request.member.reseller
    lines = price_list(reseller=reseller, today=clock.today())
    return render(request, "subscriptions/prices.html", {"lines": lines, "reseller": reseller})
