"""A mail's words, and the message made of them. Pure."""

import re
from base64 import b64encode, encodebytes
from datetime import datetime
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.quoprimime import body_encode
from email.utils import format_datetime, parseaddr
from typing import NamedTuple

import idna

# What is left as it is. All else becomes encoded words, in which no sign has a meaning.
PLAIN = re.compile(r"[A-Za-z0-9 ]{1,60}")
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,50}")
# Many servers take no mail above 10 MB, and in a mail files grow by a third.
MOST_ATTACHED = 7_000_000
# Lines are broken where `_encoded` broke them: folding again is where Python 3.11 lets headers in.
POLICY = SMTP.clone(refold_source="none")
LINE_BREAK = "\r\n "


class AsItIs(EmailPolicy):
    """For writing a message of ours out: its headers need no parsing, which takes most time."""

    def header_fetch_parse(self, name: str, value: str) -> str:
        return value


WRITTEN = AsItIs(linesep="\r\n", refold_source="none")


class Attachment(NamedTuple):
    """A file that goes with a mail. Its name is plain ASCII, as in `RE-2026-000001.pdf`."""

    name: str
    content_type: str
    content: bytes


class Letter(NamedTuple):
    """What a mail says: one line of subject, the text part, the same as HTML, who gets answers.

    `sender_name` stands before the portal's own address. `logo` is a PNG that the HTML shows as
    `cid:logo`; it travels inside the mail, so that opening the mail tells nobody anything.
    `attachments` are MOST_ATTACHED bytes at most in all.
    """

    subject: str
    text: str
    html: str
    reply_to: str = ""
    sender_name: str = ""
    logo: bytes = b""
    attachments: tuple[Attachment, ...] = ()


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
    """Return the message, the same bytes each time it is tried again; its headers are ASCII.

    Raises ValueError for an address that cannot be written, and for files that are too large.
    """
    # Not by chance, as it would be, and in no text: quoted-printable never has "=_".
    boundary = "=_" + message_id.strip("<>").partition("@")[0]
    message = EmailMessage(policy=POLICY)
    # Past EmailMessage's own parser, which would decode what names pretend to have encoded.
    name, address = parseaddr(sender)
    message.set_raw("From", _mailbox("From", letter.sender_name or name, address))
    message.set_raw("To", _mailbox("To", recipient_name, recipient))
    if letter.reply_to:
        message.set_raw("Reply-To", _mailbox("Reply-To", *parseaddr(letter.reply_to)))
    message.set_raw("Subject", _encoded("Subject", letter.subject))
    message.set_raw("Date", format_datetime(written_at))
    message.set_raw("Message-ID", message_id)
    message.set_raw("Auto-Submitted", "auto-generated")
    message.set_raw("X-Auto-Response-Suppress", "All")
    message.set_raw("MIME-Version", "1.0")
    words = message
    if letter.attachments:
        whole = f'multipart/mixed;{LINE_BREAK}boundary="{boundary}-files"'
        message.set_raw("Content-Type", whole)
        words = EmailMessage(policy=POLICY)
        message.set_payload([words, *_files(letter.attachments)])
    words.set_raw("Content-Type", f'multipart/alternative;{LINE_BREAK}boundary="{boundary}"')
    message.set_raw("Content-Language", language)
    words.attach(_part("plain", letter.text))
    html = _part("html", letter.html)
    words.attach(_with_logo(html, letter.logo, boundary) if letter.logo else html)
    return message


def html_to_show(letter: Letter) -> str:
    """Return the HTML with its picture inside, for a page that shows the mail."""
    picture = f"data:image/png;base64,{b64encode(letter.logo).decode()}"
    return letter.html.replace("cid:logo", picture) if letter.logo else letter.html


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


def _files(attachments: tuple[Attachment, ...]) -> list[EmailMessage]:
    if sum(len(each.content) for each in attachments) > MOST_ATTACHED:
        raise ValueError("the files are too large for a mail")
    parts = []
    for each in attachments:
        if not FILE_NAME.fullmatch(each.name):
            raise ValueError("this name of a file cannot be written")
        part = EmailMessage(policy=POLICY)
        part.set_raw("Content-Type", f'{each.content_type};{LINE_BREAK}name="{each.name}"')
        part.set_raw("Content-Transfer-Encoding", "base64")
        part.set_raw("Content-Disposition", f'attachment;{LINE_BREAK}filename="{each.name}"')
        part.set_payload(encodebytes(each.content).decode())
        parts.append(part)
    return parts


def _with_logo(html: EmailMessage, logo: bytes, boundary: str) -> EmailMessage:
    """Put the picture beside the HTML part that shows it; again the same bytes each time."""
    picture = EmailMessage(policy=POLICY)
    picture.set_raw("Content-Type", "image/png")
    picture.set_raw("Content-Transfer-Encoding", "base64")
    picture.set_raw("Content-ID", "<logo>")
    picture.set_raw("Content-Disposition", "inline")
    picture.set_payload(encodebytes(logo).decode())
    related = EmailMessage(policy=POLICY)
    related.set_raw("Content-Type", f'multipart/related;{LINE_BREAK}boundary="{boundary}-logo"')
    related.set_payload([html, picture])
    return related


def _part(subtype: str, text: str) -> EmailMessage:
    part = EmailMessage(policy=POLICY)
    part.set_raw("Content-Type", f'text/{subtype}; charset="utf-8"')
    part.set_raw("Content-Transfer-Encoding", "quoted-printable")
    # As latin-1, each byte of the text is one character, which is what body_encode takes.
    in_bytes = "\r\n".join(text.splitlines() + [""]).encode().decode("latin-1")
    part.set_payload(body_encode(in_bytes, eol="\r\n"))
    return part


def _mailbox(header: str, name: str, address: str) -> str:
    name, address = _encoded(header, name), f"<{bare_address(address)}>"
    fits = len(name.rpartition("\n")[2]) + len(address) <= 65
    return f"{name}{' ' if fits else LINE_BREAK}{address}" if name else address


def _encoded(header: str, words: str) -> str:
    words = " ".join(words.split())
    if PLAIN.fullmatch(words) or not words:
        return words
    return Header(words, "utf-8", maxlinelen=75, header_name=header).encode(linesep="\r\n")
