"""The demo's mail server: it keeps mails, and some addresses show what else can happen."""

import pytest
from aiosmtpd.controller import Controller
from django.db.models.functions import Now

from audit.actor import SYSTEM
from deploy.demo import Demo
from deploy.mailbox import Mailbox, Service, report, send_report, service_of, wish_of
from deploy.processes import free_port
from invitations.operations import Invitee, invite_contact
from mail.mailbox import read_all
from mail.models import OutgoingMail
from mail.tasks import deliver


@pytest.fixture
def mailbox(tmp_path, settings):
    """A running demo mailbox that the portal sends to."""
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    box = Mailbox(tmp_path)
    server = Controller(box, hostname=settings.EMAIL_HOST, port=settings.EMAIL_PORT)
    server.start()
    yield box
    server.stop()


def send(cast, address: str) -> OutgoingMail:
    invite_contact(
        customer=cast.bakery, invitee=Invitee("Kim", address, "de"), product="", by=SYSTEM
    )
    return try_again(OutgoingMail.objects.get(recipient=address))


def try_again(mail: OutgoingMail) -> OutgoingMail:
    OutgoingMail.objects.filter(pk=mail.pk).update(next_try_at=Now())
    deliver(mail.pk)
    mail.refresh_from_db()
    return mail


@pytest.mark.parametrize(
    ("address", "wish"),
    [
        ("refused@firma.example", "refused"), ("REFUSED.kim@firma.example", "refused"),
        ("later+1@x.example", "later"), ("kim@refused.example", ""), ("refusedkim@x.example", ""),
        ("unsure@x.example", "unsure"), ("kim.bounce@x.example", ""),
    ],
)  # fmt: skip
def test_what_stands_before_the_at_decides(address, wish):
    assert wish_of(address) == wish


@pytest.mark.parametrize(
    ("address", "state", "kept"),
    [
        ("kim@firma.example", "handed_over", 1),
        ("refused@firma.example", "failed", 0),
        ("full@firma.example", "failed", 0),
        ("later@firma.example", "queued", 0),
        ("unsure@firma.example", "uncertain", 1),
        ("bounce@firma.example", "handed_over", 0),
        ("complaint@firma.example", "handed_over", 1),
    ],
)
def test_each_address_shows_its_state(cast, mailbox, address, state, kept):
    assert send(cast, address).state == state
    assert len(read_all(mailbox.folder)) == kept


def test_later_is_taken_at_the_third_try(cast, mailbox):
    mail = send(cast, "later@firma.example")
    assert try_again(mail).state == "queued"
    assert try_again(mail).state == "handed_over"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("wish", "bounce"), [("bounce", "bounced"), ("complaint", "complained")])
def test_its_reports_are_signed_as_the_portal_expects(
    cast, mailbox, settings, live_server, wish, bounce
):
    settings.MAIL_WEBHOOK_KEY = "demo-key"
    mail = send(cast, f"{wish}@firma.example")
    service = service_of({"BASE_URL": live_server.url, "MAIL_WEBHOOK_KEY": "demo-key"})
    send_report(service, report(wish, mail.message_id, mail.recipient))
    mail.refresh_from_db()
    assert (mail.state, mail.bounce) == ("bounced", bounce)
    send_report(Service(service.url, "wrong"), {})  # refused, and the mailbox lives on


def test_a_portal_without_a_key_gets_no_reports():
    assert service_of({"BASE_URL": "http://127.0.0.1:8000"}) is None


def test_a_demo_from_before_gets_the_new_secret_and_keeps_the_old_ones(tmp_path):
    demo = Demo(8000, tmp_path)
    (tmp_path / "secrets.env").write_text("SECRET_KEY=old\nINVITATION_KEYS=k1:00\n")
    first = demo._secrets()
    assert (first["SECRET_KEY"], first["INVITATION_KEYS"]) == ("old", "k1:00")
    assert len(first["MAIL_WEBHOOK_KEY"]) == 64
    assert demo._secrets() == first
