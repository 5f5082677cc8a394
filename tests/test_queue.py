"""Redis may be away, silent, full or read-only: creating goes on, and the mail leaves later."""

import contextlib
import os
import signal
import socket
import subprocess
import sys

import pytest
import redis
from django.db import connection
from django.urls import reverse

from deploy.processes import free_port, moments
from deploy.servers import Valkey
from mail.models import OutgoingMail
from mail.schedule import queue_due_mail
from mail.tasks import deliver_due
from reseller_portal import queue
from reseller_portal.celery import app
from subscriptions.forms import new_form_key
from subscriptions.models import Subscription

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def broker():
    """Return a function that points the portal at another broker."""
    app.conf.task_always_eager = False
    before = app.conf.broker_url

    def use(address):
        app.conf.broker_url = address
        queue._publishing.cache_clear()
        queue._rest_until = 0.0
        app.pool.force_close_all()

    yield use
    use(before)
    app.conf.task_always_eager = True


@pytest.fixture
def valkey(tmp_path):
    """A Valkey of the test's own, to be broken."""
    tmp_path.chmod(0o755)
    server = Valkey(tmp_path, log=tmp_path / "valkey.log")
    server.address = server.start()
    yield server
    server.stop()


@pytest.fixture
def silent():
    """A server that accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


@pytest.fixture
def black_hole():
    """A server too busy to accept: Linux then drops what knocks, as a firewall does."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            knock = stack.enter_context(socket.socket())
            knock.setblocking(False)
            knock.connect_ex(listener.getsockname())
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


def break_it(valkey, trouble) -> None:
    """Make a Valkey that works fail in one of the ways that Redis does."""
    control = redis.Redis.from_url(valkey.address)
    if trouble == "full":
        control.config_set("maxmemory-policy", "noeviction")
        control.config_set("maxmemory", 1)
    elif trouble == "read-only":
        control.config_set("replica-read-only", "yes")
        control.replicaof("127.0.0.1", str(free_port()))
    elif trouble == "paused":
        valkey.process.send_signal(signal.SIGSTOP)
    else:
        valkey.stop()


def mend(valkey, trouble) -> None:
    control = redis.Redis.from_url(valkey.address)
    if trouble == "full":
        control.config_set("maxmemory", 0)
    elif trouble == "read-only":
        control.replicaof("NO", "ONE")
    elif trouble == "paused":
        valkey.process.send_signal(signal.SIGCONT)
    else:
        valkey.start_again()


def waiting(valkey) -> int:
    return redis.Redis.from_url(valkey.address).llen(app.conf.task_default_queue)


def order(client, cast) -> None:
    """Add a subscription with an invitation, as Anna does in the browser."""
    client.force_login(cast.anna)
    answer = client.post(
        reverse("new_subscription"),
        {
            "form_key": new_form_key(cast.anna.memberships.get()),
            "product": "m365",
            "company_name": "Blumen Rot",
            "seats": "3",
            "customer_edits": "on",
            "contact_name": "Rosa Rot",
            "contact_email": "rosa@blumen-rot.example",
        },
    )
    assert answer.status_code == 302


@pytest.mark.parametrize("trouble", ["full", "read-only", "paused", "gone"])
def test_a_broker_that_breaks_is_not_waited_for_and_used_again_once_it_is_back(
    client, cast, broker, valkey, trouble, monkeypatch
):
    monkeypatch.setattr(queue, "REST", 0)  # else it would be left alone for a moment
    broker(valkey.address)
    assert queue.queue_now(deliver_due), "a connection is open before the trouble"
    break_it(valkey, trouble)
    try:
        assert not queue.queue_now(deliver_due)
        order(client, cast)
        assert OutgoingMail.objects.get().state == "queued"
    finally:
        mend(valkey, trouble)
    # What a paused server had received already it carries out when it wakes: let it do so first.
    redis.Redis.from_url(valkey.address).delete(app.conf.task_default_queue)
    queue_due_mail()
    assert waiting(valkey) == 1


@pytest.mark.parametrize("trouble", ["refused", "silent", "black hole", "full", "read-only"])
def test_creating_works_and_the_row_waits(
    client, cast, broker, valkey, silent, black_hole, trouble, caplog
):
    addresses = {
        "refused": f"redis://127.0.0.1:{free_port()}/0",
        "silent": silent,
        "black hole": black_hole,
    }
    if trouble not in addresses:
        break_it(valkey, trouble)
    broker(addresses.get(trouble, valkey.address))
    assert not queue.queue_now(deliver_due)
    caplog.clear()
    order(client, cast)
    assert Subscription.objects.filter(customer__name="Blumen Rot").count() == 1
    assert OutgoingMail.objects.get().state == "queued"
    assert "not queued: mail.tasks.deliver_due" in caplog.text


def test_a_broker_that_failed_is_left_alone_for_a_moment(broker, silent, valkey, caplog):
    broker(silent)
    assert not queue.queue_now(deliver_due)
    # Were the broker asked again, it would take this one.
    app.conf.broker_url = valkey.address
    queue._publishing.cache_clear()
    assert not queue.queue_now(deliver_due)
    assert "(the broker was away just now)" in caplog.text
    queue._rest_until = 0.0
    assert queue.queue_now(deliver_due)
    assert waiting(valkey) == 1


def test_the_scheduler_never_finds_the_broker_resting():
    assert app.conf.beat_schedule["deliver due mail"]["schedule"] > queue.REST


def test_whatever_goes_wrong_with_queueing_the_answer_is_sent(client, cast, monkeypatch):
    def broken(task, *ids):
        raise RuntimeError

    monkeypatch.setattr(queue, "queue_now", broken)
    order(client, cast)
    assert OutgoingMail.objects.get().state == "queued"


def test_publishing_waits_a_quarter_of_a_second_at_most():
    options = queue._publishing().transport_options
    assert options["socket_timeout"] + options["socket_connect_timeout"] <= 0.3
    assert app.conf.broker_transport_options.get("socket_timeout") is None, "the worker's own waits"


def test_with_redis_back_a_real_worker_sends_what_waited(
    client, cast, broker, valkey, smtp, settings
):
    broker(f"redis://127.0.0.1:{free_port()}/0")
    order(client, cast)
    broker(valkey.address)
    queue_due_mail()
    database = connection.settings_dict
    worker = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "reseller_portal",
            "worker",
            "-P",
            "solo",
            "-l",
            "error",
        ],
        env={
            **os.environ,
            "DATABASE_URL": "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database),
            "REDIS_URL": valkey.address,
            "EMAIL_URL": f"smtp://{settings.EMAIL_HOST}:{settings.EMAIL_PORT}",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in moments(30):
            if OutgoingMail.objects.get().state == "handed_over":
                break
        assert OutgoingMail.objects.get().state == "handed_over"
        assert len(smtp.mails) == 1
    finally:
        worker.terminate()
        worker.wait(20)


def test_with_the_mail_server_away_creating_works_and_the_mail_waits(client, cast):
    order(client, cast)  # nothing listens where the tests send mail
    mail = OutgoingMail.objects.get()
    assert (mail.state, mail.tries) == ("queued", 1)
    page = client.get(Subscription.objects.latest("pk").get_absolute_url()).content.decode()
    assert "Mail is waiting" in page
