"""Conversations with the mail server, in which it is always known how far one got.

The connection is kept for the next mail, as greeting and encryption cost more than a mail does.
"""

import re
import smtplib
import ssl
import threading
from collections.abc import Callable
from time import monotonic

from django.conf import settings
from django.core.mail.utils import DNS_NAME

from mail.errors import NotTaken, RecipientRefused, TryLater, Uncertain, Unserved

GOODBYE = 2  # seconds for the last reply, on which nothing depends
IDLE = 30  # seconds after which a connection is not used again; servers allow a few minutes
MOST_MAILS = 100  # on one connection, as many servers have a limit
BEFORE_TEXT = 20  # seconds for all that comes before the text


class Gone(Exception):
    """The server closed the connection, or says that it will (421): no fault of the mail."""


class Line:
    """An open connection, for one mail after the other."""

    def __init__(self) -> None:
        self.where = server_in_use()
        self.mails = 0
        self.clean = True  # no mail is begun and not ended
        try:
            self.server = self._connected()
        except (OSError, smtplib.SMTPException) as problem:
            raise Unserved(_words(problem)) from problem

    def begin(self) -> None:
        """Note that one more mail is begun."""
        self.mails += 1
        self.used_at = monotonic()
        self.until = self.used_at + BEFORE_TEXT
        self.agreed = False  # the server has not yet agreed to hear from us

    @property
    def is_open(self) -> bool:
        return self.server.sock is not None

    @property
    def may_be_used(self) -> bool:
        fresh = monotonic() - self.used_at < IDLE and self.mails < MOST_MAILS
        return self.is_open and fresh and self.where == server_in_use()

    def envelope(self, sender: str, recipient: str) -> None:
        """Agree with the server on everything but the text. Raises Gone, or as `hand_over`."""
        if not self.clean:
            self._ask(self.server.rset)
        self.clean = False
        code, reply = self._ask(self.server.mail, sender)
        if code != 250:  # it does not want our mails at all: no fault of this address
            raise Unserved(_reply(code, reply))
        self.agreed = True
        code, reply = self._ask(self.server.rcpt, recipient)
        if code >= 500:
            raise RecipientRefused(_reply(code, reply))
        if code not in (250, 251):
            raise TryLater(_reply(code, reply))
        code, reply = self._ask(self.server.docmd, "DATA")
        if code != 354:
            raise TryLater(_reply(code, reply))

    def text(self, message: bytes, before_text: Callable[[], None]) -> str:
        """Hand over the text and return the server's reply to it."""
        before_text()
        self._wait_at_most(_patience())
        try:
            self.server.send(re.sub(rb"(?m)^\.", b"..", message) + b".\r\n")
        except (OSError, smtplib.SMTPException) as problem:
            # The dot goes last, so the server has not seen it, and without it takes nothing.
            raise TryLater(_words(problem)) from problem
        code, reply = self._reply_to_text()
        self.clean = True
        if code in (421, -1):
            self.server.close()
        if 200 <= code < 300:
            return _reply(code, reply)
        if 400 <= code < 500:
            raise TryLater(_reply(code, reply))
        if code >= 500:
            raise RecipientRefused(_reply(code, reply))
        raise Uncertain(_reply(code, reply))  # no reply that SMTP knows

    def _reply_to_text(self) -> tuple[int, bytes]:
        try:
            return self.server.getreply()
        except (OSError, smtplib.SMTPException) as problem:
            raise Uncertain(_words(problem)) from problem

    def goodbye(self) -> None:
        """End the connection; what was taken stays taken."""
        if not self.is_open:
            return
        try:
            self._wait_at_most(GOODBYE)
            self.server.quit()
        except (OSError, smtplib.SMTPException):
            self.server.close()

    def _connected(self) -> smtplib.SMTP:
        # Our own name is looked up once a process: else it may take as long as a broken DNS does.
        where = (*self.where, DNS_NAME.get_fqdn())
        server: smtplib.SMTP
        patience = _patience()
        if settings.EMAIL_USE_SSL:
            context = ssl.create_default_context()
            server = smtplib.SMTP_SSL(*where, timeout=patience, context=context)
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

    def _ask(self, verb: Callable, *words: str) -> tuple[int, bytes]:
        """Say one thing and return the answer, all within the time there is before the text."""
        try:
            self._wait_at_most(max(0.05, min(self.until - monotonic(), _patience())))
            code, reply = verb(*words)
        except (OSError, smtplib.SMTPException) as problem:
            self.server.close()
            if self.agreed and isinstance(problem.__context__, TimeoutError):
                raise TryLater("TimeoutError") from problem  # it thinks long about this address
            raise Gone(_words(problem)) from problem
        if code in (421, -1):
            self.server.close()
            raise Gone(_reply(code, reply))
        return code, reply

    def _wait_at_most(self, seconds: float) -> None:
        if self.server.sock:
            self.server.sock.settimeout(seconds)


# Of each thread its own, as a conversation has one speaker.
_kept = threading.local()


def hand_over(
    message: bytes, *, sender: str, recipient: str, before_text: Callable[[], None]
) -> str:
    """Give the message to the mail server and return its reply.

    `before_text` is called when the server has agreed to everything and only the text is missing;
    if it raises, no text is sent. Raises RecipientRefused, TryLater (Unserved when it is the
    server's trouble with us), or Uncertain when nobody can know.
    """
    try:
        return _hand_over(message, sender, recipient, before_text)
    except NotTaken:
        raise
    except BaseException:
        # Interrupted amid the conversation: the next answer would be to a question asked before.
        if hasattr(_kept, "line"):
            _kept.line.server.close()
        raise


def _hand_over(message: bytes, sender: str, recipient: str, before_text: Callable[[], None]) -> str:
    line: Line | None = getattr(_kept, "line", None)
    if line is not None and line.may_be_used:
        try:
            line.begin()
            line.envelope(sender, recipient)
        except Gone:  # a server may close what it has kept open long enough: ask again, once
            line = None
    else:
        hang_up()
        line = None
    if line is None:
        _kept.line = line = Line()
        try:
            line.begin()
            line.envelope(sender, recipient)
        except Gone as problem:
            kind = TryLater if line.agreed else Unserved
            raise kind(str(problem)) from problem
    return line.text(message, before_text)


def hang_up() -> None:
    """End this thread's connection, if it has one."""
    line: Line | None = _kept.__dict__.pop("line", None)
    if line is not None:
        line.goodbye()


def server_in_use() -> tuple[str, int]:
    """Return which mail server the settings name."""
    return settings.EMAIL_HOST, settings.EMAIL_PORT


def _patience() -> float:
    return settings.EMAIL_TIMEOUT or 15


def _reply(code: int, reply: bytes | str) -> str:
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return f"{code} {' '.join(text.split())}"[:500]


def _words(problem: Exception) -> str:
    code = getattr(problem, "smtp_code", None)
    if code:
        return _reply(code, getattr(problem, "smtp_error", b""))
    if isinstance(problem.__context__, TimeoutError):
        return "TimeoutError"
    return type(problem).__name__
