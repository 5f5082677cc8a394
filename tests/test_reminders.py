"""When an invoice stays unpaid: three reminders, a hold, and the way back with the payment."""

import threading
from datetime import date, timedelta
from decimal import Decimal
from email import message_from_bytes, policy

import pytest
from django.core.management import call_command
from django.db import connections
from django.urls import reverse

from audit.actor import SYSTEM, Actor
from billing import check_lists, reminder_operations
from billing.deadlines import hold_on, reminder_due
from billing.models import DunningHold, Invoice, Reminder
from billing.operations import credit_invoice, run_invoices
from billing.payment_operations import note_payment, take_back_payment
from billing.reminder_operations import go_on_with_reminders, run_reminders, stop_reminders
from mail.models import OutgoingMail
from mail.schedule import queue_due_mail
from reseller_portal import clock
from resellers.models import Reseller
from subscriptions.changing import hold_subscription, resume_subscription
from subscriptions.errors import PaymentMissing
from subscriptions.models import Subscription
from tests.billing import charge_period, sell

MAY = date(2026, 5, 1)  # due on 15 May, as the billing rules' example
FIRST, SECOND, THIRD = date(2026, 5, 18), date(2026, 5, 29), date(2026, 6, 5)
STAFF = Actor(name="Dora", hat="staff")


@pytest.fixture
def unpaid(cast) -> Invoice:
    """An invoice of 1 May over two customers' subscriptions."""
    for name in ("Bäckerei Brot", "Mühle"):
        charge_period(sell(cast.nordlicht, name, anchor=date(2026, 4, 10), seats=10), 0)
    run_invoices(today=MAY, by=SYSTEM)
    return Invoice.objects.get()


def days(first: date, last: date):
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def levels() -> list[tuple[int, date]]:
    return list(Reminder.objects.order_by("pk").values_list("level", "sent_on"))


def states() -> set[str]:
    rows = Subscription.objects.filter(customer_name__in=["Bäckerei Brot", "Mühle"])
    return set(rows.values_list("state", flat=True))


def dunned(until: date = THIRD) -> None:
    for day in (FIRST, SECOND, THIRD):
        if day <= until:
            run_reminders(today=day)


def pay(invoice: Invoice, capture, amount: Decimal | None = None, day: date = THIRD):
    invoice.refresh_from_db()
    with clock.travel(f"{day}T06:00:00Z"), capture(execute=True):
        return note_payment(
            invoice=invoice, amount=amount or invoice.open_amount, received_on=day, by=STAFF
        )


def test_reminders_come_on_their_days_and_the_hold_with_the_last(unpaid):
    for day in days(MAY, THIRD):
        run = run_reminders(today=day)
        assert states() == ({"on_hold"} if day == THIRD else {"active"})
    assert run.held == 2
    assert levels() == [(1, FIRST), (2, SECOND), (3, THIRD)]
    for _time in range(2):
        again = run_reminders(today=THIRD)
        assert (again.reminded, again.held) == (0, 0)
    assert list(check_lists.wrong(THIRD)) == []


def test_a_run_three_days_late_sends_the_highest_only_and_holds_never_unannounced(unpaid):
    run_reminders(today=date(2026, 6, 8))
    run_reminders(today=date(2026, 6, 14))
    assert (levels(), states()) == ([(2, date(2026, 6, 8))], {"active"})
    run_reminders(today=date(2026, 6, 15))
    assert levels()[-1] == (3, date(2026, 6, 15))
    assert states() == {"on_hold"}


@pytest.mark.parametrize(
    ("today", "sent", "level"),
    [
        (date(2026, 5, 17), {}, 0),
        (FIRST, {}, 1),
        (FIRST, {1: FIRST}, 0),
        (SECOND, {}, 2),
        (THIRD, {1: FIRST}, 2),
        (THIRD, {2: SECOND}, 3),
        (THIRD, {2: date(2026, 5, 30)}, 0),
        (date(2026, 6, 6), {2: date(2026, 5, 30)}, 3),
        (date(2027, 1, 1), {3: THIRD, 2: SECOND}, 0),
    ],
)
def test_which_reminder_is_due(today, sent, level):
    assert reminder_due(date(2026, 5, 15), today, sent) == level


def test_the_second_announces_the_day_of_the_hold():
    assert hold_on(date(2026, 5, 15), SECOND) == THIRD
    assert hold_on(date(2026, 5, 15), THIRD) == date(2026, 6, 12)


def test_a_payment_lifts_exactly_these_holds(unpaid, cast, django_capture_on_commit_callbacks):
    other = sell(cast.nordlicht, "Eigener Wunsch", anchor=date(2026, 4, 10), seats=1)
    hold_subscription(subscription=other, today=SECOND, by=STAFF)
    dunned()
    part = Decimal("10")
    pay(unpaid, django_capture_on_commit_callbacks, part)
    assert states() == {"on_hold"}
    pay(unpaid, django_capture_on_commit_callbacks)
    assert states() == {"active"}
    other.refresh_from_db()
    assert other.state == "on_hold"
    assert not DunningHold.objects.filter(lifted_on=None).exists()


def test_a_credit_note_lifts_them_too(unpaid, django_capture_on_commit_callbacks):
    dunned()
    with clock.travel("2026-06-05T06:00:00Z"), django_capture_on_commit_callbacks(execute=True):
        credit_invoice(invoice=unpaid, reason="Storno", today=THIRD, by=STAFF)
    assert states() == {"active"}


def test_two_unpaid_invoices_hold_until_both_are_paid(
    unpaid, cast, django_capture_on_commit_callbacks
):
    bakery = Subscription.objects.get(customer_name="Bäckerei Brot")
    bakery.price = Decimal("1.45")
    charge_period(bakery, 1)
    run_invoices(today=date(2026, 6, 1), by=SYSTEM)
    second = Invoice.objects.order_by("pk").last()
    late = second.due_on + timedelta(days=21)
    for day in days(FIRST, late):
        run_reminders(today=day)
    assert DunningHold.objects.count() == 3
    pay(unpaid, django_capture_on_commit_callbacks, day=late)
    bakery.refresh_from_db()
    assert bakery.state == "on_hold"
    assert Subscription.objects.get(customer_name="Mühle").state == "active"
    pay(second, django_capture_on_commit_callbacks, day=late)
    bakery.refresh_from_db()
    assert bakery.state == "active"


def test_the_reseller_cannot_lift_it_and_what_staff_lift_stays_lifted(unpaid):
    dunned()
    row = Subscription.objects.get(customer_name="Mühle")
    with pytest.raises(PaymentMissing):
        resume_subscription(subscription=row, today=THIRD, by=Actor(name="Anna", hat="member"))
    resume_subscription(subscription=row, today=THIRD, by=STAFF)
    run_reminders(today=THIRD + timedelta(days=1))
    row.refresh_from_db()
    assert row.state == "active"


def test_stopped_reminders_send_and_hold_nothing_until_they_go_on(unpaid):
    dunned(FIRST)
    stop_reminders(invoice=unpaid, reason="Ratenzahlung", today=FIRST, by=STAFF)
    dunned()
    assert (levels(), states()) == ([(1, FIRST)], {"active"})
    go_on_with_reminders(invoice=unpaid, by=STAFF)
    run_reminders(today=THIRD)
    assert levels()[-1] == (2, THIRD)


def test_a_lift_that_was_lost_is_made_up_for_by_the_next_run(unpaid):
    dunned()
    unpaid.refresh_from_db()
    note_payment(invoice=unpaid, amount=unpaid.open_amount, received_on=THIRD, by=STAFF)
    assert states() == {"on_hold"}  # nobody told the worker
    assert run_reminders(today=THIRD).resumed == 2
    assert states() == {"active"}


def test_one_that_cannot_be_held_stops_no_other(unpaid, monkeypatch):
    hold = reminder_operations.hold_subscription

    def fails_once(*, subscription, **values):
        if subscription.customer_name == "Mühle":
            raise ValueError("broken")
        return hold(subscription=subscription, **values)

    monkeypatch.setattr(reminder_operations, "hold_subscription", fails_once)
    dunned(SECOND)
    run = run_reminders(today=THIRD)
    assert (run.held, len(run.blocked)) == (1, 1)
    monkeypatch.undo()
    assert run_reminders(today=THIRD).held == 1


@pytest.mark.django_db(transaction=True)
def test_runs_at_once_remind_and_hold_once(unpaid):
    for day in (FIRST, SECOND, THIRD):

        def run(day=day):
            run_reminders(today=day)
            connections.close_all()

        threads = [threading.Thread(target=run) for _n in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert levels() == [(1, FIRST), (2, SECOND), (3, THIRD)]
    assert OutgoingMail.objects.filter(kind="invoice_reminder").count() == 3
    assert (DunningHold.objects.count(), states()) == (2, {"on_hold"})


def test_the_mails_say_what_is_open_and_what_follows(unpaid, smtp):
    Reseller.objects.update(language="en")
    dunned()
    queue_due_mail()
    mails = [
        message_from_bytes(bytes(each.content), policy=policy.default) for each in smtp.envelopes
    ]
    assert [mail["Subject"] for mail in mails] == [
        "Reminder: invoice RE-2026-000001 is not paid yet",
        "Second reminder: invoice RE-2026-000001",
        "Last reminder: invoice RE-2026-000001, subscriptions on hold",
    ]
    texts = [mail.get_body(("plain",)).get_content() for mail in mails]
    assert all("€34.51" in text for text in texts)
    assert "Please pay before 5 Jun 2026" in texts[1]
    assert {mail["To"].addresses[0].addr_spec for mail in mails} == {"rechnungen@nordlicht.example"}


def test_a_reminder_of_what_is_paid_meanwhile_is_not_sent(
    unpaid, smtp, django_capture_on_commit_callbacks
):
    dunned(FIRST)
    pay(unpaid, django_capture_on_commit_callbacks, day=FIRST)
    queue_due_mail()
    assert smtp.envelopes == []
    assert OutgoingMail.objects.get(kind="invoice_reminder").state == "withdrawn"


def test_the_reseller_knows_since_when_something_is_overdue(
    unpaid, cast, client, django_capture_on_commit_callbacks
):
    def since():
        return Reseller.objects.get(pk=cast.nordlicht.pk).overdue_since

    run_reminders(today=date(2026, 5, 15))
    assert since() is None
    run_reminders(today=date(2026, 5, 16))
    assert since() == date(2026, 5, 15)
    client.force_login(cast.anna)
    words = "payment overdue since 15 May 2026"
    english = {"accept-language": "en"}
    assert words in client.get(reverse("dashboard"), headers=english).content.decode()
    client.force_login(cast.rolf)  # who reads only sees nothing of money
    assert words not in client.get(reverse("dashboard"), headers=english).content.decode()
    payment = pay(unpaid, django_capture_on_commit_callbacks, day=FIRST)
    assert since() is None
    with clock.travel("2026-05-20T06:00:00Z"):
        take_back_payment(payment=payment, note="Rücklastschrift", today=FIRST, by=STAFF)
    assert since() == date(2026, 5, 15)


def test_reminders_and_holds_stand_on_the_pages(unpaid, cast, client):
    dunned()
    client.force_login(cast.anna)
    page = client.get(unpaid.get_absolute_url(), headers={"accept-language": "en"})
    text = page.content.decode()
    assert "Second reminder" in text
    assert "2 subscriptions are on hold until this invoice is paid" in text
    client.force_login(cast.dora)
    address = reverse("admin:billing_invoice_reminders", args=[unpaid.pk])
    client.post(address, {"note": "Ratenzahlung"})
    admin = client.get(reverse("admin:billing_invoice_change", args=[unpaid.pk]))
    assert "Ratenzahlung" in admin.content.decode()
    client.post(address)
    unpaid.refresh_from_db()
    assert unpaid.reminders_stopped_on is None


def test_the_daily_run_reminds(unpaid, capsys):
    with clock.travel("2026-05-18T06:00:00Z"):
        call_command("daily_run")
    assert "1 reminders" in capsys.readouterr().out
    assert levels() == [(1, FIRST)]
