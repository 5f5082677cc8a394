"""The demo's mail server: it keeps mails as files and delivers nothing.

Some addresses show what else can happen to a mail, by what stands before their @, as in
`refused@firma.example` or `refused.kim@firma.example`:

refused · full (never taken) · later (taken at the third try) · unsure (the connection breaks off
before the answer) · bounce · complaint (taken, and reported to the portal some seconds later)

python -m deploy.mailbox PORT FOLDER
"""

import asyncio
import hashlib
import hmac
import itertools
import json
import os
import re
import secrets
import sys
import time
import urllib.request
from collections import Counter
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any, NamedTuple

from aiosmtpd.smtp import SMTP, Envelope, Session

SPECIAL = re.compile(r"(refused|full|later|unsure|bounce|complaint)([.+_-].*)?@", re.IGNORECASE)
REFUSALS = {
    "refused": "550 5.1.1 No such mailbox (as this demo was asked to say)",
    "full": "552 5.2.2 Mailbox full (as this demo was asked to say)",
    "later": "451 4.7.1 Greylisted, try again later (as this demo was asked to say)",
}
TRIES = 3  # `later` takes the mail at this one
PAUSE = 4  # seconds before a report, so that one sees the mail handed over first


class Service(NamedTuple):
    """Where reports go, and the key they are signed with."""

    url: str
    key: str


class Mailbox:
    """Keeps each mail as `<time>-<n>.eml`, so that names sort by arrival."""

    def __init__(self, folder: Path, service: Service | None = None) -> None:
        self.folder = folder
        self.service = service
        self.numbers = itertools.count(1)
        self.tries: Counter[str] = Counter()

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list
    ) -> str:
        """Refuse whom the demo was asked to refuse."""
        wish = wish_of(address)
        if wish == "later":
            self.tries[address] += 1
            wish = "" if self.tries[address] % TRIES == 0 else wish
        if wish in REFUSALS:
            return REFUSALS[wish]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep the mail, unless it is one that comes back."""
        wish = wish_of(envelope.rcpt_tos[0])
        if wish in {"bounce", "complaint"} and self.service:
            message = message_from_bytes(_content(envelope), policy=policy.default)
            data = report(wish, str(message["Message-ID"]), envelope.rcpt_tos[0])
            loop = asyncio.get_running_loop()
            loop.call_later(PAUSE, loop.run_in_executor, None, send_report, self.service, data)
        number = "" if wish == "bounce" else self.keep(envelope)
        if wish == "unsure" and isinstance(server.transport, asyncio.Transport):
            server.transport.abort()
        return f"250 2.0.0 kept, queued as demo-{number or next(self.numbers)}"

    def keep(self, envelope: Envelope) -> int:
        """Write one mail with its envelope, which headers alone do not show."""
        moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        number = next(self.numbers)
        file = self.folder / f"{moment}-{number}.eml"
        recipients = ", ".join(envelope.rcpt_tos)
        head = f"X-MailFrom: {envelope.mail_from}\r\nX-RcptTo: {recipients}\r\n"
        # Under another name first: whoever looks into the folder sees whole mails only.
        new = file.with_suffix(".new")
        new.write_bytes(head.encode() + _content(envelope))
        new.replace(file)
        return number


def wish_of(address: str) -> str:
    """Return what the address asks the demo to show, or nothing."""
    found = SPECIAL.match(address)
    return found.group(1).lower() if found else ""


def report(wish: str, message_id: str, recipient: str) -> dict:
    """Return what a mail service would report, in Mailgun's form."""
    event: dict[str, Any] = {
        "event": "complained" if wish == "complaint" else "failed",
        "severity": "permanent",
        "recipient": recipient,
        "timestamp": time.time(),
        "message": {"headers": {"message-id": message_id.strip("<>")}},
    }
    if wish == "bounce":
        words = "5.1.1 No such mailbox (as this demo was asked to say)"
        event |= {"reason": "bounce", "delivery-status": {"code": 550, "message": words}}
    return event


def send_report(service: Service, data: dict) -> None:
    """Post one signed report to the portal; a demo that is stopping misses it."""
    moment, token = str(int(time.time())), secrets.token_hex(25)
    signed = hmac.new(service.key.encode(), f"{moment}{token}".encode(), hashlib.sha256)
    signature = {"timestamp": moment, "token": token, "signature": signed.hexdigest()}
    body = json.dumps({"signature": signature, "event-data": data}).encode()
    # Straight to this machine, whatever proxy the environment names.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(  # noqa: S310 the demo's own address
        service.url, body, {"Content-Type": "application/json"}
    )
    try:
        opener.open(request, timeout=10).close()
    except OSError as problem:
        print(f"report not taken: {problem}", file=sys.stderr, flush=True)


def _content(envelope: Envelope) -> bytes:
    return envelope.content if isinstance(envelope.content, bytes) else b""


def service_of(environment: dict[str, str]) -> Service | None:
    """Return where and how to report, or None when the portal takes no reports."""
    base, key = environment.get("BASE_URL"), environment.get("MAIL_WEBHOOK_KEY")
    return Service(f"{base}/mail/reports/", key) if base and key else None


async def serve(port: int, folder: Path, service: Service | None) -> None:
    """Accept mails on 127.0.0.1 until the process ends."""
    mailbox = Mailbox(folder, service)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(mailbox, enable_SMTPUTF8=True, hostname="localhost"), "127.0.0.1", port
    )
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2]), service_of(dict(os.environ))))
