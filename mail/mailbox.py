"""The demo's mailbox: mails kept as files, read back for the page that shows them."""

import re
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import NamedTuple

NAME = re.compile(r"[0-9TZ.]+-[0-9]+")


class Shown(NamedTuple):
    """A mail as the page shows it; `name` is its file's name without .eml."""

    name: str
    to: str
    subject: str
    at: datetime
    text: str
    html: str
    files: list[str]


def read_all(folder: Path, most: int = 200) -> list[Shown]:
    """Return the newest mails first."""
    files = sorted(folder.glob("*.eml"), reverse=True)[:most] if folder.is_dir() else []
    return [_shown(file) for file in files]


def read_one(folder: Path, name: str) -> Shown | None:
    """Return one mail, or None when there is none of this name."""
    file = folder / f"{name}.eml"
    return _shown(file) if NAME.fullmatch(name) and file.is_file() else None


def _shown(file: Path) -> Shown:
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    return Shown(
        name=file.stem,
        to=str(message["To"]),
        subject=str(message["Subject"]),
        at=message["Date"].datetime,
        text=text.get_content() if text else "",
        html=_with_pictures(html.get_content(), message) if html else "",
        files=[part.get_filename() or "?" for part in message.iter_attachments()],
    )


def _with_pictures(html: str, message: EmailMessage) -> str:
    """Return the HTML with the pictures that travel in the mail put into it."""
    for part in message.walk():
        if part.get_content_type() == "image/png" and part["Content-ID"]:
            picture = "".join(str(part.get_payload()).split())
            name = str(part["Content-ID"]).strip("<>")
            html = html.replace(f"cid:{name}", f"data:image/png;base64,{picture}")
    return html
