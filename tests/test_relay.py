"""Many mails at once: one connection, each reseller in its turn, nobody held up by another."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now

from mail import smtp as conversation
from mail import tasks
from mail.backoff import wait_before
from mail.letters import Letter
from mail.models import OutgoingMail, Priority
from mail.operations import post_mail, retry_mails, withdraw_mail
from mail.schedule import queue_due_mail
from mail.tasks import claim, deliver_due
from reseller_portal import clock

NOTICE = {"notice": "tests.test_relay.notice"}


def notice(outgoing: OutgoingMail) -> Letter:
    return Letter("Notice", "Hello", "<p>Hello")


@pytest.fixture
def posted(db, settings):
    """Return a function that puts mails for some addresses into the outbox, unsent."""
    settings.MAIL_BUILDERS = settings.MAIL_BUILDERS | NOTICE

    def post(*names: str, **fields) -> None:
        for name in names:
            post_mail(
                kind="notice",
                object_id=OutgoingMail.objects.count() + 1,
                generation=1,
                recipient=f"{name}@example.org",
                language="en",
                give_up_at=clock.now() + timedelta(days=3),
                **fields,
            )

    return post


def names(mails) -> list[str]:
    return [mail.recipient.partition("@")[0] for mail in mails]


def arrived(smtp) -> list[str]:
    return [envelope.rcpt_tos[0].partition("@")[0] for envelope in smtp.envelopes]


def stories() -> dict[str, tuple[str, int]]:
    return {
        mail.recipient.partition("@")[0]: (mail.state, mail.tries)
        for mail in OutgoingMail.objects.all()
    }


def test_many_mails_leave_by_one_connection(posted, smtp):
    posted("ada", "bea", "cora")
    deliver_due()
    posted("dana")
    deliver_due()
    assert arrived(smtp) == ["ada", "bea", "cora", "dana"]
    assert smtp.said[1:] == [["MAIL"] * 4]  # the first connection was the test's own, to see it run


def test_a_refused_address_is_cleared_away_before_the_next(posted, smtp):
    smtp.answers = {"bea@example.org": "refuse", "cora@example.org": "later"}
    posted("ada", "bea", "cora", "dana")
    deliver_due()
    assert arrived(smtp) == ["ada", "dana"]
    assert smtp.said[1:] == [["MAIL", "MAIL", "RSET", "MAIL", "RSET", "MAIL"]]
    assert stories() == {
        "ada": ("handed_over", 1),
        "bea": ("failed", 1),
        "cora": ("queued", 1),
        "dana": ("handed_over", 1),
    }


def test_an_address_at_which_the_server_hangs_holds_up_nobody(posted, smtp, settings):
    settings.EMAIL_TIMEOUT = 0.3
    smtp.answers = {"bea@example.org": "hang"}
    posted("ada", "bea", "cora")
    deliver_due()
    assert arrived(smtp) == ["ada", "cora"]
    assert stories()["bea"] == ("queued", 1)


def test_a_server_that_has_had_enough_is_called_again_and_no_mail_is_blamed(posted, smtp):
    smtp.most = 2
    posted("ada", "bea", "cora", "dana", "elsa")
    deliver_due()
    assert arrived(smtp) == ["ada", "bea", "cora", "dana", "elsa"]
    assert smtp.said[1:] == [["MAIL"] * 2, ["MAIL"] * 2, ["MAIL"]]
    assert set(stories().values()) == {("handed_over", 1)}


def test_a_connection_that_broke_meanwhile_is_replaced_and_no_mail_is_blamed(posted, smtp):
    posted("ada")
    deliver_due()
    conversation._kept.line.server.sock.shutdown(2)
    posted("bea")
    deliver_due()
    assert (arrived(smtp), stories()["bea"]) == (["ada", "bea"], ("handed_over", 1))


@pytest.mark.parametrize("limit", ["IDLE", "MOST_MAILS"])
def test_a_connection_is_left_politely_when_it_has_served_its_time(
    posted, smtp, monkeypatch, limit
):
    monkeypatch.setattr(conversation, limit, 0)
    posted("ada", "bea")
    deliver_due()
    assert smtp.said[1:] == [["MAIL", "QUIT"], ["MAIL"]]


def test_a_server_that_does_not_serve_us_is_asked_for_one_mail_not_for_each(
    posted, smtp, settings, monkeypatch
):
    monkeypatch.setattr(tasks, "REST", 60)
    smtp.answer = "unwilling"
    posted("ada", "bea", "cora")
    deliver_due()
    deliver_due()
    assert stories() == {"ada": ("queued", 1), "bea": ("queued", 0), "cora": ("queued", 0)}
    assert not OutgoingMail.objects.filter(lease_until__isnull=False).exists()
    # Not as after many refusals of the address: its turn comes as soon as the server is back.
    OutgoingMail.objects.filter(tries=1).update(tries=9, next_try_at=Now())
    tasks._rest_until.clear()
    deliver_due()
    blamed = OutgoingMail.objects.get(tries=10)
    assert blamed.next_try_at - blamed.claimed_at < timedelta(seconds=73)


def test_the_urgent_leave_before_those_that_have_time(posted):
    posted("reminder", "notice", priority=Priority.IN_TIME)
    posted("invitation", "reset")
    assert names(claim(9)) == ["invitation", "reset", "reminder", "notice"]


def test_resellers_take_turns_however_much_one_of_them_sends(posted):
    posted("a1", "a2", "a3", "a4", lane=1)
    posted("b1", lane=2)
    posted("c1", "c2", lane=3)
    assert names(claim(9)) == ["a1", "b1", "c1", "a2", "c2", "a3", "a4"]


def test_who_comes_while_another_is_being_served_waits_for_one_mail_of_his(posted):
    posted("a1", "a2", "a3", "a4", lane=1)
    OutgoingMail.objects.filter(recipient__in=["a1@example.org", "a2@example.org"]).update(
        handed_over_at=Now(), next_try_at=None
    )
    posted("b1", "b2", lane=2)
    assert names(claim(9)) == ["a3", "b1", "a4", "b2"]


def test_turns_are_counted_apart_for_each_urgency(posted):
    posted("slow1", "slow2", lane=1, priority=Priority.IN_TIME)
    posted("fast1", lane=1)
    posted("fast2", lane=2)
    assert set(OutgoingMail.objects.values_list("recipient", "turn")) == {
        ("slow1@example.org", 0),
        ("slow2@example.org", 1),
        ("fast1@example.org", 0),
        ("fast2@example.org", 0),
    }


def test_finding_whose_turn_it_is_walks_an_index(posted):
    posted(*(f"n{number}" for number in range(40)))
    with connection.cursor() as cursor:
        cursor.execute(
            "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off;"
            " SET LOCAL enable_sort = off"
        )
    plan = OutgoingMail.objects.due().in_turn()[:10].explain()
    assert "mail_turns" in plan
    assert "Sort" not in plan


def test_what_was_claimed_and_not_begun_is_given_back(posted, smtp, monkeypatch):
    monkeypatch.setattr(tasks, "ROUND", 0.2)
    smtp.answers = {"ada@example.org": "hang"}
    monkeypatch.setattr(conversation, "BEFORE_TEXT", 0.4)
    posted("ada", "bea")
    monkeypatch.setattr(tasks, "queue_now", lambda task: None)
    deliver_due()
    bea = OutgoingMail.objects.get(recipient="bea@example.org")
    assert (bea.state, bea.tries, bea.open_claims) == ("queued", 0, 0)
    assert names(claim(9)) == ["bea"]


def test_a_worker_interrupted_amid_a_conversation_begins_a_new_one(posted, smtp, monkeypatch):
    """Else the answer to one mail's text would be taken for the answer to the next mail."""

    class Interrupted(Exception):
        pass

    def interrupted(self):
        raise Interrupted

    posted("ada", "bea", "cora")
    with monkeypatch.context() as once:
        once.setattr(conversation.Line, "_reply_to_text", interrupted)
        with pytest.raises(Interrupted):
            deliver_due()
    assert stories() == {"ada": ("sending", 1), "bea": ("queued", 0), "cora": ("queued", 0)}
    deliver_due()
    assert smtp.said[1:] == [["MAIL"], ["MAIL", "MAIL"]]
    assert stories()["bea"] == stories()["cora"] == ("handed_over", 1)


def test_a_full_round_is_followed_by_another(posted, smtp, monkeypatch):
    woken = []
    monkeypatch.setattr(tasks, "ROUND", 0)
    monkeypatch.setattr(tasks, "queue_now", woken.append)
    posted("ada")
    deliver_due()
    assert (woken, arrived(smtp)) == ([deliver_due], [])


def test_what_a_dead_worker_held_is_claimed_one_by_one(posted, smtp):
    posted("ada", "bea", "cora")
    claim(9)
    OutgoingMail.objects.update(lease_until=Now() - timedelta(seconds=1))
    assert [names(claim(9)) for _ in range(4)] == [["ada"], ["bea"], ["cora"], []]


def test_what_is_withdrawn_while_a_worker_holds_it_is_not_sent(posted, smtp, monkeypatch, caplog):
    def withdrawn_meanwhile(message, **words):
        withdraw_mail(kind="notice", object_id=1)
        return conversation.hand_over(message, **words)

    monkeypatch.setattr(tasks, "hand_over", withdrawn_meanwhile)
    posted("ada")
    deliver_due()
    assert (stories(), smtp.mails) == ({"ada": ("withdrawn", 1)}, [])


def test_what_staff_try_again_is_tried_first(posted, smtp, django_capture_on_commit_callbacks):
    posted("ada", "bea", "cora")
    with django_capture_on_commit_callbacks(execute=True):
        retry_mails(rows=OutgoingMail.objects.filter(recipient="cora@example.org"))
    assert arrived(smtp) == ["cora", "ada", "bea"]


def test_two_schedulers_wake_as_many_workers_as_there_is_work_for(posted, monkeypatch):
    woken = []
    monkeypatch.setattr("mail.schedule.queue_now", lambda task: woken.append(task) or True)
    queue_due_mail()
    assert woken == []
    posted(*(f"n{number}" for number in range(11)))
    queue_due_mail()
    assert woken == [deliver_due] * 2


def test_waiting_grows_from_a_minute_to_six_hours_and_varies():
    minutes = [wait_before(number).total_seconds() / 60 for number in range(2, 14)]
    for wait, least in zip(minutes, [1, 2, 5, 15, 30, 60, 180, 360, 360, 360], strict=False):
        assert least <= wait <= least * 1.2
    assert len({wait_before(9) for _ in range(20)}) > 1


@pytest.mark.django_db(transaction=True)
def test_a_result_is_written_though_the_database_breaks_off_just_then(posted, smtp, monkeypatch):
    def broken_off(message, **words):
        reply = conversation.hand_over(message, **words)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            (pid,) = cursor.fetchone()
        other = connection.copy()
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
        other.close()
        return reply

    monkeypatch.setattr(tasks, "hand_over", broken_off)
    posted("ada")
    deliver_due()
    assert stories()["ada"] == ("handed_over", 1)
