"""One conversation with the mail server, in which it is always known how far it got."""

import re
import smtplib
import ssl
from collections.abc import Callable

from django.conf import settings
from django.core.mail.utils import DNS_NAME

from mail.errors import RecipientRefused, TryLater, Uncertain, Unserved

GOODBYE = 2  # seconds for the last reply, on which nothing depends


def hand_over(
    message: bytes, *, sender: str, recipient: str, before_text: Callable[[], None]
) -> str:
    """Give the message to the mail server and return its reply.

    `before_text` is called when the server has agreed to everything and only the text is missing;
    if it raises, no text is sent. Raises RecipientRefused, TryLater (Unserved when it is the
    server's trouble with us), or Uncertain when nobody can know.
    """
    try:
        server = _connected()
    except (OSError, smtplib.SMTPException) as problem:
        raise Unserved(_words(problem)) from problem
    try:
        _envelope(server, sender, recipient)
        return _text(server, message, before_text)
    finally:
        _goodbye(server)


def _connected() -> smtplib.SMTP:
    # Our own name is looked up once a process: each time it may take as long as a broken DNS does.
    where = (settings.EMAIL_HOST, settings.EMAIL_PORT, DNS_NAME.get_fqdn())
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


def _envelope(server: smtplib.SMTP, sender: str, recipient: str) -> None:
    try:
        code, reply = server.mail(sender)
        if code >= 500:  # it does not want our mails at all: no fault of this address
            raise Unserved(_reply(code, reply))
        if code != 250:
            raise TryLater(_reply(code, reply))
        code, reply = server.rcpt(recipient)
        if code >= 500:
            raise RecipientRefused(_reply(code, reply))
        if code not in (250, 251):
            raise TryLater(_reply(code, reply))
        code, reply = server.docmd("DATA")
        if code != 354:
            raise TryLater(_reply(code, reply))
    except (OSError, smtplib.SMTPException) as problem:
        raise TryLater(_words(problem)) from problem


def _text(server: smtplib.SMTP, message: bytes, before_text: Callable[[], None]) -> str:
    try:
        before_text()
    except BaseException:
        server.close()  # amid the text, where a goodbye would only be more text
        raise
    try:
        server.send(re.sub(rb"(?m)^\.", b"..", message) + b".\r\n")
    except (OSError, smtplib.SMTPException) as problem:
        # The dot goes last, so the server has not seen it, and without it takes nothing.
        raise TryLater(_words(problem)) from problem
    try:
        code, reply = server.getreply()
    except (OSError, smtplib.SMTPException) as problem:
        raise Uncertain(_words(problem)) from problem
    if 200 <= code < 300:
        return _reply(code, reply)
    if 400 <= code < 500:
        raise TryLater(_reply(code, reply))
    if code >= 500:
        raise RecipientRefused(_reply(code, reply))
    raise Uncertain(_reply(code, reply))  # no reply that SMTP knows


def _goodbye(server: smtplib.SMTP) -> None:
    try:
        if server.sock:
            server.sock.settimeout(GOODBYE)
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
