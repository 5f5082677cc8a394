"""A mail server for the tests: a real SMTP conversation whose answers the test decides."""

import asyncio
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.processes import free_port
from mail.smtp import hang_up


class Sink:
    """Keeps what it takes in `mails` and `envelopes`; `answer` says how it takes it.

    accept · unwilling (550 to the sender) · refuse (550 to the recipient) · later (451) · hang (no
    reply to the recipient) · break off (before the text) · reject (550 to the text) · drop (breaks
    off after the text, before its reply) · hang up (takes it, and breaks off before QUIT's reply)

    `answers` says so for single recipients. A connection ends with 421 after `most` mails. `said`
    holds the verbs of each connection.
    """

    def __init__(self) -> None:
        self.answer = "accept"
        self.answers: dict[str, str] = {}
        self.most = 1_000
        self.said: list[list[str]] = []
        self.mails: list[EmailMessage] = []
        self.envelopes: list[Envelope] = []

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list
    ) -> str:
        if self.answer == "unwilling":
            return "550 5.7.1 We do not know you"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list
    ) -> str:
        answer = self.answers.get(address, self.answer)
        if answer == "refuse":
            return "550 5.1.1 User unknown"
        if answer == "later":
            return "451 4.7.1 Greylisted, try again"
        if answer == "hang":
            await asyncio.sleep(60)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.answer == "reject":
            return "550 5.7.1 Content not wanted"
        message = message_from_bytes(bytes(envelope.content or b""), policy=policy.default)
        self.mails.append(message)
        self.envelopes.append(envelope)
        if self.answer == "drop":
            server.transport.abort()
        return "250 2.0.0 OK queued as 4Q7"

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.answer == "hang up":
            server.transport.abort()
        return "221 Bye"


class Server(SMTP):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.said: list[str] = []
        self.event_handler.said.append(self.said)

    async def smtp_RSET(self, arg: str) -> None:
        self.said.append("RSET")
        await super().smtp_RSET(arg)

    async def smtp_MAIL(self, arg: str) -> None:
        if self.said.count("MAIL") >= self.event_handler.most:
            await self.push("421 4.7.0 Too many mails, try again")
            self.transport.close()
            return
        self.said.append("MAIL")
        await super().smtp_MAIL(arg)

    async def smtp_QUIT(self, arg: str) -> None:
        self.said.append("QUIT")
        await super().smtp_QUIT(arg)

    async def smtp_DATA(self, arg: str) -> None:
        if self.event_handler.answer == "break off":
            self.transport.abort()
        else:
            await super().smtp_DATA(arg)


class SinkController(Controller):
    def factory(self) -> SMTP:
        return Server(self.handler)


@pytest.fixture
def smtp(settings):
    """A running mail server that the portal sends to."""
    sink = Sink()
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    controller = SinkController(sink, hostname=settings.EMAIL_HOST, port=settings.EMAIL_PORT)
    controller.start()
    yield sink
    hang_up()
    controller.stop()
