"""Changing several ticked subscriptions: what it costs and what cannot be done, then doing it."""

from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import Http404, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from reseller_portal import clock
from reseller_portal.words import format_money
from resellers.access import changer_required, member_actor
from subscriptions import changing, wordings
from subscriptions.change_views import OPERATIONS
from subscriptions.errors import Refused
from subscriptions.life import Preview
from subscriptions.lists import PAGE
from subscriptions.models import HoldReason, Subscription
from subscriptions.views import SEVERAL


class Line(NamedTuple):
    """A ticked subscription: what would come of it, or came of it, or why nothing does."""

    subscription: Subscription
    facts: list[wordings.Compared]
    cost: str
    words: str
    seen: str
    refusal: str


@changer_required
def subscriptions_change(request):
    """Look at what an act would do to the ticked ones by GET; do it by POST, each whole or not."""
    asked = request.POST if request.method == "POST" else request.GET
    act, codes = asked.get("act", ""), list(dict.fromkeys(asked.getlist("code")))
    if act not in SEVERAL or len(codes) > PAGE:  # more than a page has boxes
        return HttpResponseBadRequest()
    if not codes:
        messages.error(request, _("Tick the subscriptions that you want to change."))
        return redirect("dashboard")
    own = Subscription.objects.for_member(request.member).filter(code__in=codes)
    rows = list(own.select_related("reseller").order_by("sort_key", "id"))
    if len(rows) != len(codes):
        raise Http404
    values = {"reason": HoldReason.ASKED} if act == "hold" else {}
    is_done = request.method == "POST"
    lines = (done if is_done else shown)(request, rows, act, values)
    page = {
        "act": act,
        "title": wordings.title_for_several(act),
        "lines": lines,
        "is_done": is_done,
        "is_dangerous": act == "cancel",
        "possible": sum(not line.refusal for line in lines),
        "refused": sum(bool(line.refusal) for line in lines),
    }
    return render(request, "subscriptions/subscriptions_change.html", page | page_costs(lines))


def shown(request, rows: list[Subscription], act: str, values: dict) -> list[Line]:
    today = clock.today()
    previews = changing.preview_changes(
        subscriptions=rows, act=act, today=today, by=member_actor(request), **values
    )
    return [_line(row, preview, act, today) for row, preview in zip(rows, previews, strict=True)]


def done(request, rows: list[Subscription], act: str, values: dict[str, Any]) -> list[Line]:
    """Do it to each by itself, as it was shown; one that is refused keeps no other from it."""
    lines = []
    for row in rows:
        try:
            changed = OPERATIONS[act](
                subscription=row,
                today=clock.today(),
                by=member_actor(request),
                seen=request.POST.get(f"seen-{row.code}", ""),
                **values,
            )
        except Refused as reason:
            lines.append(Line(row, [], "", "", "", wordings.refusal(reason)))
        else:
            change = changed.changes.order_by("-id")[0]
            lines.append(Line(changed, [], "", wordings.done(changed, change), "", ""))
    return lines


def page_costs(lines: list[Line]) -> dict:
    return {"has_costs": any(line.cost for line in lines)}


def _line(row: Subscription, preview: Preview | Refused, act: str, today: date) -> Line:
    if isinstance(preview, Refused):
        return Line(row, [], "", "", "", wordings.refusal(preview))
    changed = [fact for fact in wordings.comparison(preview) if fact.before != fact.after]
    if act in {"cancel", "uncancel"} and not preview.after.ended_on:
        changed.append(wordings.ends(preview))
    charges = preview.after.charges
    total = sum((charge.amount for charge in charges), Decimal())
    cost = format_money(total, preview.after.currency, get_language()) if charges else ""
    return Line(row, changed, cost, "", preview.seen, "")
