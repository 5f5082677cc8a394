"""One conversation with the mail server, in which it is always known how far it got."""

import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage

from django.conf import settings

from mail.errors import RecipientRefused, TryLater, Uncertain


def hand_over(
    message: EmailMessage, *, sender: str, recipient: str, before_text: Callable[[], None]
) -> str:
    """Give the message to the mail server and return its reply.

    `before_text` is called when the server has agreed to everything and only the text is missing.
    Raises RecipientRefused, TryLater, or Uncertain when nobody can know.
    """
    try:
        server = _connected()
    except (OSError, smtplib.SMTPException) as problem:
        raise TryLater(_words(problem)) from problem
    try:
        return _conversation(server, message, sender, recipient, before_text)
    finally:
        _goodbye(server)


def _connected() -> smtplib.SMTP:
    where = (settings.EMAIL_HOST, settings.EMAIL_PORT)
    patience = settings.EMAIL_TIMEOUT or 15
    server: smtplib.SMTP
    if settings.EMAIL_USE_SSL:
        server = smtplib.SMTP_SSL(*where, timeout=patience, context=ssl.create_default_context())
    else:
        server = smtplib.SMTP(*where, timeout=patience)
    try:
        if settings.EMAIL_USE_TLS:
            server.starttls(context=ssl.create_default_context())
        if settings.EMAIL_HOST_USER:
            server.login(settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD)
        server.ehlo_or_helo_if_needed()
    except (OSError, smtplib.SMTPException):
        server.close()
        raise
    return server


def _conversation(
    server: smtplib.SMTP,
    message: EmailMessage,
    sender: str,
    recipient: str,
    before_text: Callable[[], None],
) -> str:
    try:
        code, reply = server.mail(sender)
        if code != 250:  # it does not want our mails at all: no fault of this address
            raise TryLater(_reply(code, reply))
        code, reply = server.rcpt(recipient)
        if code >= 500:
            raise RecipientRefused(_reply(code, reply))
        if code not in (250, 251):
            raise TryLater(_reply(code, reply))
    except (OSError, smtplib.SMTPException) as problem:
        raise TryLater(_words(problem)) from problem
    before_text()
    return _text(server, message)


def _text(server: smtplib.SMTP, message: EmailMessage) -> str:
    try:
        code, reply = server.data(message.as_bytes())
    except smtplib.SMTPDataError as refusal:  # refused before the text was sent
        raise TryLater(_reply(refusal.smtp_code, refusal.smtp_error)) from refusal
    except (OSError, smtplib.SMTPException) as problem:
        raise Uncertain(_words(problem)) from problem
    if code >= 500:
        raise RecipientRefused(_reply(code, reply))
    if code != 250:
        raise TryLater(_reply(code, reply))
    return _reply(code, reply)


def _goodbye(server: smtplib.SMTP) -> None:
    try:
        server.quit()
    except (OSError, smtplib.SMTPException):
        server.close()  # what was taken stays taken


def _reply(code: int, reply: bytes | str) -> str:
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return f"{code} {' '.join(text.split())}"[:500]


def _words(problem: Exception) -> str:
    code = getattr(problem, "smtp_code", None)
    if code:
        return _reply(code, getattr(problem, "smtp_error", b""))
    return type(problem).__name__
