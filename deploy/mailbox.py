"""The demo's mail server: it accepts every mail and keeps it as a file, delivering nothing.

python -m deploy.mailbox PORT FOLDER
"""

import asyncio
import itertools
import sys
from datetime import UTC, datetime
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session


class Mailbox:
    """Keeps each mail as `<time>-<n>.eml`, so that names sort by arrival."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.numbers = itertools.count(1)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Write one mail with its envelope, which headers alone do not show."""
        moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        file = self.folder / f"{moment}-{next(self.numbers)}.eml"
        recipients = ", ".join(envelope.rcpt_tos)
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        head = f"X-MailFrom: {envelope.mail_from}\r\nX-RcptTo: {recipients}\r\n"
        # Under another name first: whoever looks into the folder sees whole mails only.
        new = file.with_suffix(".new")
        new.write_bytes(head.encode() + content)
        new.replace(file)
        return "250 kept"


async def serve(port: int, folder: Path) -> None:
    """Accept mails on 127.0.0.1 until the process ends."""
    mailbox = Mailbox(folder)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(mailbox, enable_SMTPUTF8=True, hostname="localhost"), "127.0.0.1", port
    )
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
