"""The dashboard, the form and a subscription's page."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from audit.operations import record
from customers.models import Customer
from customers.operations import set_customer_edits
from invitations.errors import SentTooOften
from invitations.operations import let_customer_edit
from invitations.presentation import refusal_words
from reseller_portal import clock
from reseller_portal.names import sort_key
from reseller_portal.templatetags.portal import STATE_ICONS, icon, state_icon
from resellers.access import changer_required, member_actor, member_required
from subscriptions import exports
from subscriptions.errors import AlreadySubscribed, FormAlreadyUsed, NoPrice
from subscriptions.forms import EditingForm, FilterForm, NewSubscriptionForm
from subscriptions.lists import Asked, asked_for, count_capped, count_needs, one_page
from subscriptions.models import State, Subscription
from subscriptions.operations import offer_subscription, start_subscription
from subscriptions.presentation import attention_line, columns, counted, overdue_line, row_words
from subscriptions.rows import table_rows
from subscriptions.wordings import title_for_several

SUGGESTIONS = 8
SEVERAL = ("hold", "resume", "cancel", "uncancel")  # what can be done to ticked ones


@member_required
@require_GET
def dashboard(request):
    asked, today, language = Asked.read(request.GET), clock.today(), get_language()
    rows = asked_for(request.member, asked, today)
    page = one_page(rows, asked)
    needs, marks = count_needs(request.member, clock.now(), [row[0] for row in page.rows])
    tickable = request.member.may_change and asked.state != State.ENDED
    context = {
        "asked": asked,
        "several": [(act, title_for_several(act)) for act in SEVERAL] if tickable else [],
        "page": page,
        "rows": table_rows(
            page.rows,
            base=reverse("dashboard"),
            words=row_words(),
            icons={state: state_icon(state) for state in STATE_ICONS},
            language=language,
            marks=marks,
            mark_icons={"invitation": icon("envelope-exclamation"), "users": icon("people")},
            ticked_in="several" if tickable else "",
        ),
        "columns": columns(asked),
        "count": counted(count_capped(rows), language),
        "attention": attention_line(needs, asked),
        "overdue": overdue_line(request.member),
        "filters": FilterForm.base_fields,  # their words; what was asked for is in `asked`
    }
    return render(request, "subscriptions/dashboard.html", context)


@member_required
@require_GET
def export(request, kind):
    rows = asked_for(request.member, Asked.read(request.GET), clock.today())
    record(
        "subscriptions_exported",
        request.member.reseller,
        by=member_actor(request),
        reseller_id=request.member.reseller_id,
        after={"kind": kind},
    )
    answer = exports.answer(kind, rows)
    answer["Content-Disposition"] = f'attachment; filename="subscriptions-{clock.today()}.{kind}"'
    return answer


@changer_required
def new_subscription(request):
    form = NewSubscriptionForm(
        request.POST if request.method == "POST" else None, member=request.member
    )
    if form.is_valid() and "preview" not in request.POST:
        try:
            subscription = start_subscription(
                reseller=request.member.reseller,
                order=form.order,
                invitee=form.invitee,
                today=clock.today(),
                by=member_actor(request),
                form_key=form.cleaned_data["form_key"],
            )
        except AlreadySubscribed as refusal:
            form.refuse_double(refusal.subscription)
        except FormAlreadyUsed as refusal:
            form.refuse_used(refusal.subscription)
        except SentTooOften as refusal:
            form.add_error("contact_email", refusal_words(refusal))
        except NoPrice:
            form.add_error("start", _("There is no price for this yet. Start with a trial."))
        else:
            messages.success(request, started_message(subscription, form.invitee))
            return redirect(subscription)
    return render(
        request,
        "subscriptions/new_subscription.html",
        {"form": form} | offer_context(request, form),
    )


@changer_required
@require_GET
def new_subscription_offer(request):
    form = NewSubscriptionForm(request.GET, member=request.member)
    return render(request, "subscriptions/offer.html", offer_context(request, form))


@changer_required
@require_GET
def known_customers(request):
    words = sort_key(request.GET.get("company_name", "").replace("\0", ""))
    rows = Customer.objects.for_member(request.member).filter(sort_key__startswith=words)
    names = rows.order_by("sort_key").values_list("name", flat=True)[:SUGGESTIONS] if words else []
    return render(request, "subscriptions/known_customers.html", {"names": names})


@changer_required
def subscription_editing(request, code):
    subscription = find(request, code)
    customer = subscription.customer
    form = EditingForm(
        request.POST if request.method == "POST" else None,
        initial={"customer_edits": customer.customer_edits, "contact_language": get_language()},
        invitee_needed=not customer.contacts.with_access().exists(),
    )
    if form.is_valid():
        try:
            done = change_editing(request, subscription, form)
        except SentTooOften as refusal:
            form.add_error("contact_email", refusal_words(refusal))
        else:
            messages.success(request, done % {"name": customer.name})
            return redirect(subscription)
    return render(
        request,
        "subscriptions/subscription_editing.html",
        {"form": form, "subscription": subscription, "customer": customer},
    )


def change_editing(request, subscription, form) -> str:
    """Let the customer edit, or not, as the form says; return what to say about it."""
    customer, by = subscription.customer, member_actor(request)
    if not form.cleaned_data["customer_edits"]:
        set_customer_edits(customer=customer, allowed=False, by=by)
        return _("%(name)s no longer edits its signatures.")
    let_customer_edit(customer=customer, invitee=form.invitee, product=subscription.product, by=by)
    return _("%(name)s may edit its signatures.")


@member_required
@require_GET
def subscription_signatures(request, code):
    return redirect("signatures", find(request, code).customer.code)


def find(request, code) -> Subscription:
    rows = Subscription.objects.for_member(request.member).select_related("customer")
    return get_object_or_404(rows, code=code)


def offer_context(request, form) -> dict:
    order = form.offerable_order if form.is_bound else None
    if order is None:
        return {"offer": None}
    reseller = request.member.reseller
    known = Customer.objects.for_member(request.member).named(order.company_name).first()
    return {
        "order": order,
        "offer": offer_subscription(reseller=reseller, order=order, today=clock.today()),
        "known_customer": known,
        "invites": bool(form.data.get("customer_edits")),
        "invited_address": form.cleaned_data.get("contact_email", ""),
    }


def started_message(subscription, invitee) -> str:
    if invitee is None:
        return _("The subscription for %(name)s is ready.") % {"name": subscription.customer_name}
    return _(
        "The subscription for %(name)s is ready. An invitation is on its way to %(email)s."
    ) % {
        "name": subscription.customer_name,
        "email": invitee.email,
    }
