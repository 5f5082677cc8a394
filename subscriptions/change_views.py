"""The pages on which a subscription is changed: what it costs and what follows, then doing it."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from audit.models import Entry
from audit.operations import record
from invitations.models import Invitation
from invitations.presentation import stories
from reseller_portal import clock
from resellers.access import changer_required, member_actor, member_required
from subscriptions import changing, exports, forms, ledger, life, wordings
from subscriptions.errors import Refused, ShownOtherwise
from subscriptions.lists import too_few_users
from subscriptions.models import HoldReason, Subscription
from subscriptions.run_models import Move
from subscriptions.views import find

HISTORY = 50  # lines on the page; the export has all
FORMS: dict[str, type[forms.ChangeForm]] = {
    "seats": forms.SeatsForm,
    "product": forms.ProductForm,
    "term": forms.TermForm,
}
OPERATIONS: dict[str, Callable[..., Subscription]] = {
    "seats": changing.change_seats,
    "product": changing.change_product,
    "term": changing.change_term,
    "take_back": changing.take_back_change,
    "convert": changing.convert_trial,
    "hold": changing.hold_subscription,
    "resume": changing.resume_subscription,
    "cancel": changing.cancel_subscription,
    "uncancel": changing.take_back_cancellation,
    "end": changing.end_subscription,
    "reactivate": changing.reactivate_subscription,
}
ADDRESSES = {
    "seats": "subscription_seats",
    "product": "subscription_product",
    "term": "subscription_term",
    "convert": "subscription_conversion",
    "hold": "subscription_hold",
    "resume": "subscription_resumption",
    "cancel": "subscription_cancellation",
    "uncancel": "subscription_cancellation_removal",
    "end": "subscription_end",
    "reactivate": "subscription_reactivation",
}


@member_required
@require_GET
def subscription(request, code):
    found = find(request, code)
    now = clock.now()
    invitations = list(
        Invitation.objects.for_member(request.member).filter(customer=found.customer_id)[:5]
    )
    around = Entry.objects.about_any(
        {"customer": [found.customer_id], "invitation": [each.pk for each in invitations]}
    )
    page = {
        "subscription": found,
        "customer": found.customer,
        "contacts": found.customer.contacts.select_related("user"),
        "stories": stories(invitations, now),
        "may_change": request.member.may_change,
        "move": Move.objects.pending().filter(customer=found.customer_id).first(),
        "arrival": Move.objects.filter(arrived=found.customer_id).first(),
        **change_context(request, found, around),
        **match_context(request, found),
    }
    return render(request, "subscriptions/subscription.html", page)


@changer_required
def subscription_seats(request, code):
    return act_page(request, code, "seats")


@changer_required
def subscription_product(request, code):
    return act_page(request, code, "product")


@changer_required
def subscription_term(request, code):
    return act_page(request, code, "term")


@changer_required
def subscription_conversion(request, code):
    return act_page(request, code, "convert")


@changer_required
def subscription_hold(request, code):
    return act_page(request, code, "hold")


@changer_required
def subscription_resumption(request, code):
    return act_page(request, code, "resume")


@changer_required
def subscription_cancellation(request, code):
    return act_page(request, code, "cancel")


@changer_required
def subscription_end(request, code):
    return act_page(request, code, "end")


@changer_required
def subscription_reactivation(request, code):
    return act_page(request, code, "reactivate")


@changer_required
@require_POST
def subscription_cancellation_removal(request, code):
    return do(request, find(request, code), "uncancel", {})


@changer_required
@require_POST
def subscription_change_removal(request, code, what):
    return do(request, find(request, code), "take_back", {"what": what})


@member_required
@require_GET
def subscription_history(request, code):
    """All changes as CSV; without what they cost for whoever sees no prices."""
    subscription = find(request, code)
    with_prices = request.member.sees_prices
    record(
        "history_exported",
        subscription,
        by=member_actor(request),
        reseller_id=subscription.reseller_id,
    )
    lines = exports.history_lines(subscription, with_prices=with_prices)
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{subscription.code}.csv"'
    return answer


def act_page(request: Any, code: str, act: str) -> HttpResponse:
    """Show what an act would do; do it when it was sent as it was shown."""
    try:
        return _act_page(request, code, act, request.POST.get("seen"))
    except ShownOtherwise as reason:
        messages.warning(request, wordings.refusal(reason))
        return _act_page(request, code, act, None)


def _act_page(request: Any, code: str, act: str, seen: str | None) -> HttpResponse:
    subscription, today = find(request, code), clock.today()
    form = _form(request, subscription, act)
    preview = None
    if form is None or form.is_valid():
        values = form.values if form else {"reason": HoldReason.ASKED} if act == "hold" else {}
        try:
            preview = changing.preview_change(
                subscription=subscription, act=act, today=today, by=member_actor(request), **values
            )
        except Refused as reason:
            if form is None:
                messages.error(request, wordings.refusal(reason))
                return redirect(subscription)
            form.add_error(act, wordings.refusal(reason))
    if preview and seen:
        return do(request, subscription, act, values, seen=seen)
    context = _context(subscription, act, form, preview, today)
    page = "subscriptions/change_preview.html" if request.htmx else "subscriptions/change.html"
    return render(request, page, context)


def do(
    request, subscription: Subscription, act: str, values: dict, *, seen: str | None = None
) -> HttpResponse:
    """Do it and say so, or say why not. Raises ShownOtherwise when it was not `seen` like that."""
    try:
        changed = OPERATIONS[act](
            subscription=subscription,
            today=clock.today(),
            by=member_actor(request),
            seen=seen,
            **values,
        )
    except ShownOtherwise:
        raise
    except Refused as reason:
        messages.error(request, wordings.refusal(reason))
    else:
        messages.success(request, _said(changed, act, values))
    return redirect(subscription)


def change_context(request, subscription: Subscription, entries) -> dict:
    """Return what a subscription's page shows of its changes."""
    (loaded,) = ledger.load([subscription])
    now, today = loaded.life, clock.today()
    with_prices = request.member.sees_prices
    due = life.next_charge(now, ledger.prices_of(subscription.reseller)) if with_prices else None
    changes = list(subscription.changes.order_by("-id")[:HISTORY])
    lines = wordings.history_lines(changes, entries[:HISTORY], with_prices=with_prices)
    return {
        "due": due,
        "due_lines": wordings.cost_lines([due]) if due else [],
        "new_price": _new_price(now, due),
        "acts": _acts(subscription, now, today) if request.member.may_change else [],
        "pending": [
            (change, wordings.value(change.what, change.after))
            for change in reversed(changes)
            if change.is_pending
        ],
        "history": lines[:HISTORY],
        "archived_until": subscription.ended_on and subscription.ended_on + life.periods.ARCHIVE,
        "held_until": subscription.hold_since and subscription.hold_since + life.LONGEST_HOLD,
    }


def match_context(request, subscription: Subscription) -> dict:
    """Return what the page says when more people are in the signature area than users paid for.

    `match` is the number of users that covers them all, with its preview for those who may change.
    """
    too_few = None if subscription.ended_on else too_few_users(subscription.customer)
    if too_few is None:
        return {}
    seats = subscription.seats + too_few.missing
    context: dict[str, Any] = {"match": seats, "too_few_users": too_few}
    if request.member.may_change:
        try:
            preview = changing.preview_change(
                subscription=subscription,
                act="seats",
                today=clock.today(),
                by=member_actor(request),
                seats=seats,
            )
        except Refused:
            return context
        context |= {
            "match_seen": preview.seen,
            "match_lines": wordings.cost_lines(preview.after.charges),
            "match_changes": [
                row for row in wordings.comparison(preview) if row.before != row.after
            ],
        }
    return context


def _form(request, subscription: Subscription, act: str) -> forms.ChangeForm | None:
    if act not in FORMS:
        return None
    data = request.POST if request.method == "POST" else request.GET or None
    return FORMS[act](data, subscription=subscription)


def _context(subscription, act: str, form, preview, today: date) -> dict:
    context = {
        "subscription": subscription,
        "act": act,
        "title": wordings.title(act),
        "form": form,
        "preview": preview,
        "is_dangerous": act in {"end", "cancel"},
    }
    if preview:
        context |= {
            "seen": preview.seen,
            "comparison": wordings.comparison(preview),
            "cost_lines": wordings.cost_lines(preview.after.charges),
            "cost_total": wordings.cost_total(preview.after.charges),
            "consequences": wordings.consequences(act, preview, today),
        }
    return context


def _said(subscription: Subscription, act: str, values: dict) -> str:
    if act == "take_back" or not subscription.changes.exists():
        return _("%(name)s: the planned change is taken back.") % {
            "name": subscription.customer_name
        }
    change = subscription.changes.order_by("-id")[0]
    if act == "seats" and change.what == "seats" and change.after != str(values["seats"]):
        return _("%(name)s: the planned change is taken back.") % {
            "name": subscription.customer_name
        }
    return wordings.done(subscription, change)


def _acts(subscription: Subscription, now: life.Life, today: date) -> list[dict]:
    acts = life.possible_acts(now, today)
    if now.hold_reason == HoldReason.DUNNING and "resume" in acts:
        acts.remove("resume")
    return [
        {
            "address": reverse(ADDRESSES[act], args=[subscription.code]),
            "label": wordings.title(act),
            "is_post": act == "uncancel",
            "is_dangerous": act == "end",
        }
        for act in acts
    ]


def _new_price(now: life.Life, due: life.Owed | None) -> life.Owed | None:
    """Return what falls due when its price per user differs from the running period's."""
    running = now.running[0] if now.running else None
    if due is None or running is None:
        return None
    same = (running.product, running.term) == (due.product, due.term)
    return due if same and running.unit_price != due.unit_price else None
