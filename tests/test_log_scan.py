"""What web and worker write into the log while people sign in, are invited, and things fail.

Nothing in it names a person or is a secret: not in the lines, not in what exceptions say.
"""

import io
import logging
import re
from contextlib import contextmanager

import pytest
from celery import shared_task
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse

from accounts.models import EmailChange, User
from accounts.operations import ask_for_email_change
from audit.actor import SYSTEM
from invitations.models import Invitation
from invitations.operations import Invitee, invite_contact
from mail.models import OutgoingMail
from mail.schedule import queue_due_mail
from mail.tasks import deliver_due
from privacy.jobs import go_through_history
from privacy.lists import about_address
from privacy.operations import erase
from reseller_portal.logs import formatter
from tests.planted import PLANTED
from tests.test_bounces import KEY, report, signature

LINK = re.compile(r"http://\S+?(/[^\s\"<>]*)")


@contextmanager
def log():
    """Collect what the log's own formatter writes, from every logger and level that it has."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(formatter())
    logging.getLogger().addHandler(handler)
    try:
        yield text
    finally:
        logging.getLogger().removeHandler(handler)


def links(smtp) -> list[str]:
    """Return the paths of the links in the mails that arrived."""
    return [
        path
        for mail in smtp.mails
        for path in LINK.findall(mail.get_body(("plain",)).get_content())
    ]


@pytest.fixture
def quirin(cast) -> Invitation:
    return invite_contact(
        customer=cast.bakery,
        invitee=Invitee(PLANTED.name, PLANTED.email, "de"),
        product="m365",
        by=SYSTEM,
    )


def come_in(client, smtp, quirin) -> str:
    """Follow the invitation's link, stumble, accept, and sign in; return the token."""
    queue_due_mail()
    (link,) = links(smtp)
    client.get(link)
    form = {"name": PLANTED.name, "phone": PLANTED.phone, "job_title": "", "language": "de"}
    page = reverse("invitation")
    client.get(page)
    for password in (PLANTED.name, PLANTED.password):
        client.post(page, {**form, "password1": password, "password2": password})
    assert User.objects.by_email(PLANTED.email), "the invitation is accepted"
    client.get(link)  # used up
    sign_in = reverse("account_login")
    client.post(sign_in, {"login": PLANTED.email, "password": PLANTED.wrong_password})
    client.post(sign_in, {"login": PLANTED.email, "password": PLANTED.password})
    assert "_auth_user_id" in client.session
    return link


def forget_the_password(client, smtp) -> str:
    client.post(reverse("account_reset_password"), {"email": PLANTED.email})
    queue_due_mail()
    link = links(smtp)[-1]
    page = client.get(link, follow=True)
    for password in ("kurz", PLANTED.password + "!"):
        client.post(page.request["PATH_INFO"], {"password1": password, "password2": password})
    client.get(f"{link}x")
    return link


def get_lost(client) -> None:
    """Meet each page that says no, with the address in path, query, form and host."""
    client.raise_request_exception = False
    for address in (
        f"/nowhere/{PLANTED.email}/",
        f"/invitation/{PLANTED.email}/",
        f"/subscriptions/{PLANTED.email}/",
        f"{reverse('dashboard')}?q={PLANTED.email}",
        f"/{django_settings.ADMIN_PATH}/{PLANTED.email}/",
    ):
        client.get(address)
        client.post(address, {"q": PLANTED.email})
    assert client.get("/", headers={"host": f"{PLANTED.email}.evil.example"}).status_code == 400
    assert client.get("/fails/", {"q": PLANTED.email}).status_code == 500
    assert client.get("/fails-in-the-database/").status_code == 500
    guarded = Client(enforce_csrf_checks=True)
    assert guarded.post(f"/sign-in/?next=/{PLANTED.email}", {}).status_code == 403


@pytest.mark.urls("tests.log_scan_urls")
def test_no_line_of_the_web_names_anybody(cast, client, smtp, quirin, settings):
    settings.MAIL_WEBHOOK_KEY = KEY
    with log() as text:
        secrets = [come_in(client, smtp, quirin), client.session.session_key]
        secrets.append(client.cookies[settings.SESSION_COOKIE_NAME].value)
        ask_for_email_change(
            user=User.objects.by_email(PLANTED.email), email=PLANTED.new_email, by=SYSTEM
        )
        change = EmailChange.objects.get()
        secrets += [change.token, change.nonce]
        confirm = reverse("email_confirmation", args=[change.token])
        client.get(confirm)
        client.get(confirm.replace(change.token, change.token[:-1]))
        get_lost(client)
        rolf = Client()
        rolf.force_login(cast.rolf)
        assert rolf.get(reverse("new_subscription"), {"q": PLANTED.email}).status_code == 403
        client.post(reverse("account_logout"))
        secrets.append(forget_the_password(client, smtp))
        mail = OutgoingMail.objects.first()
        for body in (report(mail), {**report(mail), "severity": PLANTED.email}, PLANTED.email):
            sent = {"signature": signature(), "event-data": body}
            client.post(reverse("mail_reports"), sent, "application/json")
    written = text.getvalue()
    for logger in ("portal.request", "django.request", "django.security"):
        assert f'"logger": "{logger}' in written
    assert "UniqueViolation 23505 accounts_user_email_key_key" in written
    assert_tells_nothing(written, [*secrets, quirin.token(), quirin.nonce])


@shared_task
def a_task_that_fails() -> None:
    raise LookupError(f"{PLANTED.name} <{PLANTED.email}>")


def letter_that_fails(outgoing):
    raise KeyError(f"{outgoing.recipient_name} {outgoing.recipient}")


def test_no_line_of_the_worker_names_anybody(cast, smtp, quirin, settings):
    smtp.says = PLANTED.email
    with log() as text:
        for answer in ("refuse", "later", "reject", "drop", "break off", "unwilling", "accept"):
            smtp.answer = answer
            OutgoingMail.objects.update(
                failed_at=None, uncertain_at=None, handed_over_at=None, lease_until=None
            )
            OutgoingMail.objects.update(next_try_at=quirin.created_at)
            deliver_due()
        settings.EMAIL_HOST = "no-such-host.invalid"
        OutgoingMail.objects.update(handed_over_at=None, next_try_at=quirin.created_at)
        deliver_due()
        settings.MAIL_BUILDERS = {"invitation": "tests.test_log_scan.letter_that_fails"}
        OutgoingMail.objects.update(next_try_at=quirin.created_at)
        deliver_due()
        a_task_that_fails.apply(throw=False)
        go_through_history(erase(found=about_address(PLANTED.email), by=SYSTEM).pk)
        logging.getLogger("gunicorn.error").error("Error handling request %s", "/invitation/t-1/")
        logging.getLogger("gunicorn.error").handlers.clear()
    written = text.getvalue()
    for words in ("cannot be written", "LookupError", "does not serve us", "Error handling"):
        assert words in written
    assert_tells_nothing(written, [quirin.token(), quirin.nonce, "/invitation/t-1/"])


def assert_tells_nothing(written: str, secrets: list[str]) -> None:
    """Show that neither secrets nor anything planted is in the log, nor anybody of the cast."""
    planted = [*vars(PLANTED).values(), "quirin", "zwetschgen", "pflaumenmus", "apfelmus"]
    others = ["@nordlicht.example", "@hafenbaeckerei.example", "@portal.example", "Nissen"]
    for line in written.splitlines():
        for secret in (*secrets, *planted, *others):
            assert secret.lower() not in line.lower(), line
