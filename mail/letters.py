"""A mail's words, and the message made of them. Pure."""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import NamedTuple

import idna


class Letter(NamedTuple):
    """What a mail says: one line of subject, the text part, and the same as HTML."""

    subject: str
    text: str
    html: str


def make_message(
    letter: Letter,
    *,
    sender: str,
    recipient: str,
    recipient_name: str,
    message_id: str,
    written_at: datetime,
    language: str,
) -> EmailMessage:
    """Return the message, the same bytes each time it is tried again.

    The policy encodes what is not ASCII and refuses line breaks in headers. Raises ValueError for
    an address that cannot be written.
    """
    message = EmailMessage(policy=SMTP)
    sender_name, sender_address = parseaddr(sender)
    message["From"] = _address(sender_name, sender_address)
    message["To"] = _address(recipient_name, recipient)
    message["Subject"] = " ".join(letter.subject.split())
    message["Date"] = format_datetime(written_at)
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(letter.text, cte="quoted-printable")
    message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    # Not by chance, as it would be, and in no text: quoted-printable never has "=_".
    message.set_boundary("=_" + message_id.strip("<>").partition("@")[0])
    message["Content-Language"] = language  # after the content, which clears such headers
    return message


def bare_address(address: str) -> str:
    """Return an address as the SMTP conversation has it: the domain in ASCII.

    Raises ValueError for a domain that does not exist in ASCII, and for letters before the @ that
    are not ASCII.

    >>> bare_address("clara@hafenbäckerei.example")
    'clara@xn--hafenbckerei-lcb.example'
    """
    local, _at, domain = parseaddr(address)[1].rpartition("@")
    if not domain.isascii():
        domain = idna.encode(domain, uts46=True).decode()
    if not local.isascii():
        raise ValueError("not ASCII before the @")
    return f"{local}@{domain}"


def _address(name: str, address: str) -> Address:
    local, _at, domain = bare_address(address).rpartition("@")
    return Address(" ".join(name.split()), local, domain)
