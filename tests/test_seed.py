"""Demo data are data that the portal could have come to by itself."""

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from customers.models import Customer
from reseller_portal import clock
from reseller_portal.management.demo import add_subscriptions
from subscriptions import periods
from subscriptions.models import Subscription
from subscriptions.operations import keep_area_facts
from subscriptions.run_models import DailyRun


@pytest.mark.django_db
def test_seeding_once_twice_makes_no_double():
    call_command("seed", "--once", verbosity=0)
    count = Subscription.objects.count()
    call_command("seed", "--once", verbosity=0)
    assert Subscription.objects.count() == count == 76


@pytest.mark.django_db
def test_a_new_demo_has_nothing_overdue():
    call_command("seed", "--once", verbosity=0)
    run = DailyRun.objects.get()
    assert (run.business_date, run.is_complete, run.blocked) == (clock.today(), True, 0)


def test_every_row_obeys_the_rules_of_dates(cast):
    with clock.travel("2026-03-30T10:00:00Z"):
        add_subscriptions(cast.nordlicht, 500, seed=3)
        today = clock.today()
    rows = Subscription.objects.exclude(pk=cast.bakery_subscription.pk)
    assert {row.state for row in rows} == {"trial", "active", "on_hold", "ended"}
    for row in rows:
        last = row.ended_on or row.hold_since or today
        if row.charged_through:
            assert periods.periods_due(row.anchor, row.term, row.charged_through, last) == (
                [
                    (
                        row.charged_through,
                        periods.next_payment_date(row.anchor, row.term, row.ended_on),
                    )
                ]
                if row.ended_on
                else []
            )
            charge = row.charges.get()
            assert (charge.period_start, charge.period_end) == periods.period_containing(
                row.anchor, row.term, charge.period_start
            )
            assert charge.period_end == row.charged_through
        if row.state == "active" and row.cancel_on is None:
            assert row.next_payment_on > today
        if row.state == "ended":
            assert periods.archive_visible(row.ended_on, today)


def test_area_facts_are_those_the_operation_would_write(cast):
    add_subscriptions(cast.nordlicht, 200, seed=4)
    for customer in Customer.objects.all():
        before = (customer.signatures_held_since, customer.signatures_open_until)
        keep_area_facts(customer=customer)
        assert (customer.signatures_held_since, customer.signatures_open_until) == before


@pytest.mark.django_db
def test_production_gets_no_demo_data(settings):
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="production"):
        call_command("seed")


def test_a_demo_from_before_second_factors_gets_doras(db):
    call_command("seed", "--once")
    dora = User.objects.by_email("dora@portal.example")
    dora.authenticator_set.all().delete()
    for _again in range(2):
        call_command("seed", "--once")
    assert dora.authenticator_set.count() == 1
