"""The calendar: what falls due in which month, and the same for people's own calendars."""

import hashlib
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST, require_safe

from accounts.access import everybody
from customers.products import Product
from reseller_portal import clock
from reseller_portal.words import format_money
from resellers.access import member_actor, member_required
from subscriptions.forecast import MONTHS, Day, due_days, due_in, month_of, payments
from subscriptions.ledger import PriceBook
from subscriptions.models import CalendarFeed
from subscriptions.operations import make_feed, withdraw_feed

PAGE = 50
WIDTH, HEIGHT, GAP = 48, 120, 8  # of a bar of the chart, in its own units


class Month(NamedTuple):
    """A month's payments; `bar` is x, y and height in the chart."""

    first: date
    number: int
    total: Decimal
    bar: tuple[int, int, int]


@member_required
@require_GET
def calendar(request):
    reseller, today = request.member.reseller, clock.today()
    start, prices = month_of(today), PriceBook().price_on(reseller)
    months = by_month(
        due_days(reseller, today, month_of(today, MONTHS), prices=prices),
        start,
        by_money=request.member.sees_prices,
    )
    chosen = asked_month(request.GET.get("month", ""), start)
    number = request.GET.get("page", "1")
    number = max(1, int(number[:5])) if number.isascii() and number.isdecimal() else 1
    first, until = max(chosen, today), month_of(chosen, 1)
    rows = due_in(reseller, chosen, until)[(number - 1) * PAGE : number * PAGE + 1]
    found = payments(reseller, rows, first, until, prices=prices)
    page = {
        "months": months,
        "chosen": chosen,
        "payments": [(each, Product(each.product).label) for each in found[:PAGE]],
        "previous": number - 1,
        "following": number + 1 if len(found) > PAGE else 0,
        "width": MONTHS * (WIDTH + GAP),
        "bar_width": WIDTH,
        "height": HEIGHT,
        "currency": reseller.currency,
        "with_prices": request.member.sees_prices,
        "feed": CalendarFeed.objects.filter(member=request.member).first(),
    }
    return render(request, "subscriptions/calendar.html", page)


@member_required
@require_POST
def calendar_feed(request):
    """Make the secret address, or another one; it is shown in this answer alone."""
    token = make_feed(member=request.member, by=member_actor(request))
    address = settings.BASE_URL + reverse("calendar_file", args=[token])
    return render(request, "subscriptions/calendar_feed.html", {"address": address})


@member_required
@require_POST
def calendar_feed_removal(request):
    withdraw_feed(member=request.member, by=member_actor(request))
    messages.success(request, _("The address of your calendar no longer works."))
    return redirect("calendar")


@everybody
@require_safe
def calendar_file(request, token):
    """The calendar behind a member's secret address, for as long as they are a member."""
    feed = CalendarFeed.objects.by_token(token)
    if feed is None:
        raise Http404
    content = calendar_text(feed)
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    if etag in request.headers.get("If-None-Match", ""):
        answer = HttpResponse(status=304)
    else:
        answer = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    answer["ETag"] = etag
    answer["Cache-Control"] = "private, no-cache"
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex"
    return answer


def calendar_text(feed: CalendarFeed) -> bytes:
    """Return a day's payments as one event each; without amounts for who sees no prices."""
    # Here, not above: it is large, and one address needs it.
    from icalendar import Calendar, Event

    member, today = feed.member, clock.today()
    reseller = member.reseller
    language = member.user.language or reseller.language
    with translation.override(language):
        found = Calendar()
        found.add("prodid", "-//Reseller Portal//Payments//EN")
        found.add("version", "2.0")
        found.add("x-wr-calname", _("Payments due") + f" · {reseller.name}")
        # The same all day long, so that nothing is loaded again that has not changed.
        stamp = datetime.combine(today, time(), clock.ISSUER_ZONE)
        prices = PriceBook().price_on(reseller)
        for day in due_days(reseller, today, month_of(today, MONTHS), prices=prices):
            event = Event()
            event.add("uid", f"due-{day.on.isoformat()}-{feed.pk}@reseller-portal")
            event.add("dtstamp", stamp)
            event.add("dtstart", day.on)
            event.add("dtend", day.on + timedelta(days=1))
            event.add("summary", _summary(day, reseller.currency, language, member.sees_prices))
            event.add("url", f"{settings.BASE_URL}{reverse('calendar')}?month={day.on:%Y-%m}")
            event.add("transp", "TRANSPARENT")
            found.add_component(event)
        return found.to_ical()


def by_month(days: list[Day], start: date, *, by_money: bool) -> list[Month]:
    months = [month_of(start, later) for later in range(MONTHS)]
    counts, totals = dict.fromkeys(months, 0), dict.fromkeys(months, Decimal())
    for day in days:
        counts[day.on.replace(day=1)] += day.number
        totals[day.on.replace(day=1)] += day.total
    sizes = {each: totals[each] if by_money else Decimal(counts[each]) for each in months}
    most = max(sizes.values()) or Decimal(1)
    heights = {each: int(HEIGHT * size / most) for each, size in sizes.items()}
    return [
        Month(
            each,
            counts[each],
            totals[each],
            (place * (WIDTH + GAP), HEIGHT - heights[each], heights[each]),
        )
        for place, each in enumerate(months)
    ]


def asked_month(text: str, otherwise: date) -> date:
    """Return the month asked for; those before this one and far ones are this one."""
    try:
        asked = date.fromisoformat(f"{text}-01")
    except ValueError:
        return otherwise
    return asked if otherwise <= asked < month_of(otherwise, MONTHS) else otherwise


def _summary(day: Day, currency: str, language: str, with_prices: bool) -> str:
    words = ngettext("%(count)s payment due", "%(count)s payments due", day.number)
    words %= {"count": day.number}
    return f"{words}: {format_money(day.total, currency, language)}" if with_prices else words
