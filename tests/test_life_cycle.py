"""A subscription's acts, day by day, with what each costs: the examples of the billing rules."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from audit.actor import SYSTEM, Actor
from customers.models import Area
from customers.products import Product
from subscriptions import errors
from subscriptions.changing import (
    cancel_subscription,
    change_product,
    change_seats,
    change_term,
    convert_trial,
    end_subscription,
    extend_trial,
    hold_subscription,
    preview_change,
    reactivate_subscription,
    resume_subscription,
    take_back_cancellation,
    take_back_change,
)
from subscriptions.models import Charge, HoldReason, Price, State, Subscription, Term
from subscriptions.operations import Order, start_subscription

MIA = Actor(name="Mia Okafor", hat="member")
DORA = Actor(name="Dora Lindqvist", hat="staff")


def start(
    cast, day, *, seats=10, trial=False, term=Term.MONTHLY, name="Blumen Rot", product="m365"
):
    return start_subscription(
        reseller=cast.nordlicht,
        order=Order(Product(product), name, seats, term, trial),
        invitee=None,
        today=day,
        by=MIA,
    )


def charges(subscription):
    return [
        (charge.kind, charge.due_on, charge.seats, charge.amount)
        for charge in subscription.charges.order_by("id")
    ]


def story(subscription):
    return [
        (change.what, change.before, change.after, change.effective_on, change.cost)
        for change in subscription.changes.order_by("id")
    ]


def march(day):
    return date(2026, 3, day)


def april(day):
    return date(2026, 4, day)


def test_more_users_are_charged_to_the_day_and_the_renewal_counts_them(cast):
    subscription = start(cast, march(16))
    subscription = change_seats(subscription=subscription, seats=13, today=april(1), by=MIA)
    assert subscription.seats == 13
    with pytest.raises(errors.Unchanged):
        change_seats(subscription=subscription, seats=13, today=april(16), by=MIA)
    subscription = cancel_subscription(subscription=subscription, today=april(16), by=MIA)
    assert charges(subscription) == [
        ("period", march(16), 10, Decimal("14.50")),
        ("seats", april(1), 3, Decimal("2.10")),
        ("period", april(16), 13, Decimal("18.85")),
    ]
    assert subscription.cancel_on == date(2026, 5, 16)
    assert subscription.next_payment_on is None


def test_fewer_users_wait_for_the_payment_and_more_users_drop_them(cast):
    subscription = start(cast, march(16))
    for seats, day in ((13, april(1)), (8, april(2)), (14, april(10))):
        subscription = change_seats(subscription=subscription, seats=seats, today=day, by=MIA)
    assert subscription.seats == 14
    assert charges(subscription)[-1] == ("seats", april(10), 1, Decimal("0.28"))
    assert not subscription.changes.pending().exists()
    assert [
        (row.after, row.dropped_by) for row in subscription.changes.exclude(dropped_at=None)
    ] == [("8", "Mia Okafor")]


def test_the_present_number_takes_fewer_users_back(cast):
    subscription = start(cast, march(16))
    subscription = change_seats(subscription=subscription, seats=8, today=april(2), by=MIA)
    assert [row.effective_on for row in subscription.changes.pending()] == [april(16)]
    subscription = change_seats(subscription=subscription, seats=10, today=april(3), by=MIA)
    assert not subscription.changes.pending().exists()


def test_changes_of_users_product_and_term_come_into_force_together(cast):
    subscription = start(cast, march(16))
    subscription = change_seats(subscription=subscription, seats=8, today=april(2), by=MIA)
    subscription = change_product(subscription=subscription, product="gws", today=april(2), by=MIA)
    subscription = change_term(subscription=subscription, term="annual", today=april(2), by=MIA)
    subscription = hold_subscription(subscription=subscription, today=april(16), by=MIA)
    assert (subscription.seats, subscription.product, subscription.term) == (8, "gws", "annual")
    assert (subscription.anchor, subscription.charged_through) == (april(16), date(2027, 4, 16))
    assert charges(subscription)[-1] == ("period", april(16), 8, Decimal("112.00"))
    assert {row.done_on for row in subscription.changes.filter(what__in=["seats", "term"])} == {
        april(16)
    }


def test_a_pending_change_is_taken_back(cast):
    subscription = start(cast, march(16))
    subscription = change_term(subscription=subscription, term="annual", today=april(2), by=MIA)
    subscription = take_back_change(subscription=subscription, what="term", today=april(3), by=MIA)
    assert not subscription.changes.pending().exists()
    with pytest.raises(errors.Unchanged):
        take_back_change(subscription=subscription, what="term", today=april(3), by=MIA)


def test_nothing_is_asked_for_after_the_end(cast):
    subscription = start(cast, march(16))
    subscription = cancel_subscription(subscription=subscription, today=march(20), by=MIA)
    with pytest.raises(errors.EndsAnyway):
        change_seats(subscription=subscription, seats=8, today=march(21), by=MIA)
    subscription = take_back_cancellation(subscription=subscription, today=march(21), by=MIA)
    assert subscription.next_payment_on == april(16)
    change_seats(subscription=subscription, seats=8, today=march(21), by=MIA)


def test_a_trial_changes_at_once_and_costs_nothing(cast):
    subscription = start(cast, march(2), trial=True)
    assert (subscription.trial_until, subscription.anchor) == (march(15), march(16))
    subscription = change_seats(subscription=subscription, seats=3, today=march(3), by=MIA)
    subscription = change_product(subscription=subscription, product="gws", today=march(3), by=MIA)
    assert (subscription.seats, subscription.product, charges(subscription)) == (3, "gws", [])


def test_a_trial_is_extended_once_by_staff_and_its_cancellation_moves_along(cast):
    subscription = start(cast, march(2), trial=True)
    subscription = cancel_subscription(subscription=subscription, today=march(3), by=MIA)
    with pytest.raises(errors.StaffOnly):
        extend_trial(subscription=subscription, today=march(15), by=MIA)
    subscription = extend_trial(subscription=subscription, today=march(15), by=DORA)
    assert (subscription.trial_until, subscription.anchor) == (march(22), march(23))
    assert subscription.cancel_on == march(23)
    with pytest.raises(errors.AlreadyExtended):
        extend_trial(subscription=subscription, today=march(16), by=DORA)


def test_a_cancelled_trial_ends_on_its_day_without_a_charge(cast):
    subscription = start(cast, march(2), trial=True)
    subscription = cancel_subscription(subscription=subscription, today=march(15), by=MIA)
    with pytest.raises(errors.NotNow):
        take_back_cancellation(subscription=subscription, today=march(16), by=MIA)
    subscription = reactivate_subscription(
        subscription=subscription, today=march(16), by=MIA
    )  # the end first, in the same transaction
    assert [step[0] for step in story(subscription)] == [
        "started",
        "cancelled",
        "ended",
        "reactivated",
    ]
    assert charges(subscription) == [("period", march(16), 10, Decimal("14.50"))]


def test_a_trial_is_converted_now(cast):
    subscription = start(cast, march(2), trial=True)
    subscription = cancel_subscription(subscription=subscription, today=march(3), by=MIA)
    subscription = convert_trial(subscription=subscription, today=march(5), by=MIA)
    assert (subscription.state, subscription.anchor, subscription.cancel_on) == (
        State.ACTIVE,
        march(5),
        None,
    )
    assert charges(subscription) == [("period", march(5), 10, Decimal("14.50"))]
    assert story(subscription)[-1] == ("converted", "trial", "active", march(5), Decimal("14.5"))


def test_a_hold_within_the_paid_period_costs_and_moves_nothing(cast):
    subscription = start(cast, march(16))
    subscription = hold_subscription(subscription=subscription, today=march(20), by=MIA)
    assert subscription.next_payment_on is None
    assert subscription.customer.area(march(20)) is Area.READ_ONLY
    with pytest.raises(errors.NotNow):
        change_seats(subscription=subscription, seats=11, today=march(21), by=MIA)
    subscription = resume_subscription(subscription=subscription, today=april(5), by=MIA)
    assert (subscription.next_payment_on, len(charges(subscription))) == (april(16), 1)
    assert subscription.customer.area(april(5)) is Area.OPEN


def test_a_longer_hold_ends_in_a_new_period_with_what_was_pending(cast):
    subscription = start(cast, march(16))
    subscription = change_seats(subscription=subscription, seats=8, today=march(17), by=MIA)
    subscription = hold_subscription(subscription=subscription, today=march(20), by=MIA)
    day = date(2026, 5, 2)
    subscription = resume_subscription(subscription=subscription, today=day, by=MIA)
    assert (subscription.anchor, subscription.next_payment_on) == (day, date(2026, 6, 2))
    assert charges(subscription)[-1] == ("period", day, 8, Decimal("11.60"))


def test_a_hold_for_an_unpaid_invoice_is_lifted_by_staff_only(cast):
    subscription = start(cast, march(16))
    with pytest.raises(errors.StaffOnly):
        hold_subscription(
            subscription=subscription, today=march(20), by=MIA, reason=HoldReason.DUNNING
        )
    subscription = hold_subscription(
        subscription=subscription, today=march(20), by=SYSTEM, reason=HoldReason.DUNNING
    )
    with pytest.raises(errors.PaymentMissing):
        resume_subscription(subscription=subscription, today=march(21), by=MIA)
    assert (
        resume_subscription(subscription=subscription, today=march(21), by=DORA).state == "active"
    )


def test_a_hold_ends_after_90_days_and_cancelling_an_unpaid_one_ends_today(cast):
    subscription = start(cast, march(16))
    subscription = hold_subscription(subscription=subscription, today=march(20), by=MIA)
    with pytest.raises(errors.NotNow):
        resume_subscription(subscription=subscription, today=march(20) + timedelta(days=90), by=MIA)
    subscription = cancel_subscription(subscription=subscription, today=april(16), by=MIA)
    assert (subscription.state, subscription.ended_on) == (State.ENDED, april(16))


def test_the_end_with_credit_gives_back_the_rest_to_the_cent(cast):
    subscription = start(cast, march(16))
    subscription = change_seats(subscription=subscription, seats=13, today=april(1), by=MIA)
    with pytest.raises(errors.StaffOnly):
        end_subscription(subscription=subscription, today=april(6), by=MIA, with_credit=True)
    subscription = end_subscription(
        subscription=subscription, today=april(6), by=DORA, with_credit=True
    )
    assert charges(subscription)[2:] == [
        ("credit", april(6), -10, Decimal("-4.68")),
        ("credit", april(6), -3, Decimal("-1.40")),
    ]
    assert story(subscription)[-1] == ("ended", "active", "ended", april(6), Decimal("-6.08"))
    assert (subscription.charged_through, subscription.ended_on) == (april(6), april(6))
    assert set(
        subscription.charges.exclude(kind="credit").values_list("covered_until", flat=True)
    ) == {april(6)}
    # Brought back on the same day it starts anew, and may be ended with credit again.
    subscription = reactivate_subscription(subscription=subscription, today=april(6), by=MIA)
    assert charges(subscription)[-1] == ("period", april(6), 13, Decimal("18.85"))
    subscription = end_subscription(
        subscription=subscription, today=april(6), by=DORA, with_credit=True
    )
    assert charges(subscription)[-1] == ("credit", april(6), -13, Decimal("-18.85"))


def test_what_is_paid_is_used_up_after_bringing_it_back(cast):
    subscription = start(cast, march(16))
    subscription = change_seats(subscription=subscription, seats=8, today=march(17), by=MIA)
    subscription = end_subscription(subscription=subscription, today=march(20), by=MIA)
    assert subscription.customer.area(march(20)) is Area.CLOSED
    subscription = reactivate_subscription(subscription=subscription, today=april(1), by=MIA)
    assert (subscription.state, subscription.next_payment_on) == (State.ACTIVE, april(16))
    assert (subscription.seats, len(charges(subscription))) == (10, 1)
    assert not subscription.changes.pending().exists()
    assert subscription.customer.area(april(1)) is Area.OPEN


def test_a_trial_never_charged_comes_back_as_a_trial_while_it_would_run(cast):
    subscription = start(cast, march(2), trial=True)
    subscription = end_subscription(subscription=subscription, today=march(5), by=MIA)
    subscription = reactivate_subscription(subscription=subscription, today=march(15), by=MIA)
    assert (subscription.state, subscription.next_payment_on) == (State.TRIAL, march(16))


@pytest.mark.parametrize(("days", "back"), [(90, True), (91, False)])
def test_the_archive_gives_back_for_90_days(cast, days, back):
    subscription = start(cast, march(16))
    subscription = end_subscription(subscription=subscription, today=march(20), by=MIA)
    day = march(20) + timedelta(days=days)
    if back:
        assert reactivate_subscription(subscription=subscription, today=day, by=MIA).seats == 10
    else:
        with pytest.raises(errors.ArchiveOver):
            reactivate_subscription(subscription=subscription, today=day, by=MIA)


def test_a_product_the_customer_has_or_will_have_is_refused(cast):
    m365, gws = start(cast, march(16)), start(cast, march(16), product="gws")
    with pytest.raises(errors.AlreadySubscribed):
        change_product(subscription=m365, product="gws", today=march(17), by=MIA)
    gws = end_subscription(subscription=gws, today=march(18), by=MIA)
    change_product(subscription=m365, product="gws", today=march(18), by=MIA)
    with pytest.raises(errors.AlreadySubscribed):
        reactivate_subscription(subscription=gws, today=march(19), by=MIA)
    with pytest.raises(errors.AlreadySubscribed):
        start(cast, march(19), product="gws")


def test_without_a_price_nothing_is_charged_and_the_rest_is_refused(cast):
    subscription = start(cast, march(2), trial=True)
    Price.objects.all().delete()
    for act in (convert_trial, extend_trial):
        day = march(5) if act is convert_trial else march(16)
        with pytest.raises((errors.NoPrice, errors.NotNow)):
            act(subscription=subscription, today=day, by=DORA)
    subscription = end_subscription(subscription=subscription, today=march(20), by=MIA)
    assert (charges(subscription), subscription.ended_on) == ([], march(20))
    with pytest.raises(errors.NoPrice):
        reactivate_subscription(subscription=subscription, today=march(21), by=MIA)


REFUSED = {
    "trial": [hold_subscription, resume_subscription, reactivate_subscription],
    "active": [convert_trial, extend_trial, resume_subscription, reactivate_subscription],
    "on_hold": [convert_trial, extend_trial, hold_subscription, reactivate_subscription],
    "ended": [
        convert_trial,
        extend_trial,
        hold_subscription,
        resume_subscription,
        cancel_subscription,
        take_back_cancellation,
        end_subscription,
    ],
}


@pytest.mark.parametrize("state", REFUSED)
def test_what_a_state_does_not_allow_is_refused_and_changes_nothing(cast, state):
    subscription = start(cast, march(2), trial=state == "trial")
    if state == "on_hold":
        hold_subscription(subscription=subscription, today=march(2), by=MIA)
    if state == "ended":
        end_subscription(subscription=subscription, today=march(2), by=MIA)
    before = Subscription.objects.values().get(pk=subscription.pk)
    changes = subscription.changes.count()
    for act in REFUSED[state]:
        with pytest.raises(errors.NotNow):
            act(subscription=subscription, today=march(3), by=DORA)
    assert Subscription.objects.values().get(pk=subscription.pk) == before
    assert subscription.changes.count() == changes


def test_the_preview_says_what_the_act_then_does(cast):
    subscription = start(cast, march(16))
    seen = preview_change(subscription=subscription, act="seats", today=april(20), by=MIA, seats=13)
    assert charges(subscription) == [("period", march(16), 10, Decimal("14.50"))]
    subscription = change_seats(subscription=subscription, seats=13, today=april(20), by=MIA)
    assert [charge.amount for charge in seen.after.charges] == [charges(subscription)[-1][3]]
    assert (seen.due_before.amount, seen.due_after.amount) == (Decimal("14.50"), Decimal("18.85"))
    assert seen.after.next_payment == subscription.next_payment_on


def test_charges_stay_as_they_are(cast):
    subscription = start(cast, march(16))
    rows = Charge.objects.filter(subscription=subscription)
    for change in (
        lambda: rows.update(amount=1),
        lambda: rows.update(seats=1),
        lambda: rows.delete(),
        lambda: rows.update(covered_until=april(17)),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    rows.update(covered_until=april(1))
    with pytest.raises(DatabaseError, match="once"), transaction.atomic():
        rows.update(covered_until=march(20))


@pytest.mark.parametrize(
    "values",
    [
        {"hold_since": march(20)},
        {"hold_reason": "asked"},
        {"hold_since": march(20), "hold_reason": "whim"},
        {"cancel_on": march(20)},
        {"charged_through": march(1)},
        {"seats": 0},
        {"trial_until": march(16)},
    ],
)
def test_the_database_refuses_what_must_never_be_true(cast, values):
    subscription = start(cast, march(16))
    with pytest.raises(IntegrityError), transaction.atomic():
        Subscription.objects.filter(pk=subscription.pk).update(**values)
