"""Where a demo keeps its things, and the settings it gives to the portal."""

import fcntl
import os
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from deploy.processes import StartError, write_private

ROOT = Path(__file__).resolve().parent.parent
PEOPLE = (
    ("anna@nordlicht.example", "owner of the reseller Nordlicht"),
    ("mia@nordlicht.example", "member there"),
    ("rolf@nordlicht.example", "may only read there"),
    ("ben@suedwind.example", "owner of another reseller, Südwind"),
    ("clara@hafenbaeckerei.example", "contact of a customer, edits signatures"),
    ("dora@portal.example", "staff: see /admin/"),
)
PASSWORD = "kieselstein-im-regen-7"  # noqa: S105 - of the demo's people, and printed
DORAS_SECRET = "KJSXGZLMNRSXEUDPOJ2GC3DEMVWW6RDP"  # noqa: S105 - of the demo's staff, and printed


@dataclass(frozen=True)
class Demo:
    """One demo: its port, and the folder with everything it keeps."""

    port: int
    folder: Path

    @classmethod
    def asked_for(cls) -> "Demo":
        """Return the demo that PORT and VAR ask for, with its folders made."""
        port = os.environ.get("PORT") or "8000"
        if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
            raise StartError(f"PORT must be a number from 1 to 65535, not {port!r}.")
        demo = cls(int(port), (ROOT / (os.environ.get("VAR") or "var")).resolve())
        if not demo.folder.exists():
            demo.folder.mkdir(parents=True)
            # Root's servers run under another account, which must pass through to its own folder.
            demo.folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
        for folder in (demo.mails, demo.log("web").parent):
            folder.mkdir(exist_ok=True)
            folder.chmod(0o700)
        return demo

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def mails(self) -> Path:
        return self.folder / "mail"

    @property
    def settings_file(self) -> Path:
        """Where `manage.py` finds the running servers; gone when they are."""
        return self.folder / "servers.env"

    def log(self, name: str) -> Path:
        """Return the file with the output of one process."""
        return self.folder / "log" / f"{name}.log"

    def lock(self) -> IO[str]:
        """Return the open lock of the folder; it ends with this process, however that ends."""
        lock = (self.folder / "run.lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise StartError(
                f"The portal is already running with its data in {self.folder}: stop it first,"
                " or choose another folder with VAR=… and another port with PORT=…."
            ) from None
        return lock

    def check_port(self) -> None:
        """Raise StartError when the port cannot be used, rather than quietly taking another."""
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", self.port))
            except PermissionError:
                raise StartError(f"This account may not use port {self.port}: set PORT.") from None
            except OSError:
                raise StartError(
                    f"Port {self.port} is taken by another program: stop that one, or choose"
                    " another port, as in `make run PORT=8001`."
                ) from None

    def write_settings(self, addresses: dict[str, str]) -> dict[str, str]:
        """Return all settings of the portal, kept in servers.env as long as it runs."""
        settings = {
            "PORTAL_MODE": "demo",
            **self._secrets(),
            **addresses,
            "BASE_URL": self.address,
            "ALLOWED_HOSTS": "127.0.0.1,localhost",
            "DEMO_MAILBOX": str(self.mails),
            "STATIC_ROOT": str(self.folder / "static"),
        }
        write_private(self.settings_file, _lines(settings))
        return settings | {
            "VAR": str(self.folder),
            "DJANGO_SETTINGS_MODULE": "reseller_portal.settings",
        }

    def _secrets(self) -> dict[str, str]:
        """Return the secrets of this folder, which stay the same from start to start."""
        file = self.folder / "secrets.env"
        lines = file.read_text().splitlines() if file.exists() else []
        kept = dict(line.split("=", 1) for line in lines if "=" in line)
        all_of_them = {
            "SECRET_KEY": secrets.token_urlsafe(50),
            "INVITATION_KEYS": f"k1:{secrets.token_hex(32)}",
            "SECOND_FACTOR_KEYS": f"k1:{secrets.token_hex(32)}",
            "MAIL_WEBHOOK_KEY": secrets.token_hex(32),
        } | kept
        if all_of_them != kept:
            write_private(file, _lines(all_of_them))
        return all_of_them

    def banner(self, *, mailbox: bool, elsewhere: Path | None) -> str:
        """Return what the person at the terminal needs to know."""
        width = max(len(email) for email, _who in PEOPLE)
        lines = [
            "",
            f"  The Reseller Portal is running at {self.address}/",
            "",
            f"  Sign in with the password {PASSWORD} as",
            *(f"    {email:<{width}}  {who}" for email, who in PEOPLE),
            "",
            f"  Dora's authenticator secret is {DORAS_SECRET}; `make code` shows the six digits",
            "",
        ]
        if mailbox:
            lines += [f"  Mails     {self.address}/dev/mail/ (files in {self.mails})"]
        lines += [f"  Logs      {self.log('web').parent}"]
        if elsewhere:
            lines += [f"  Database  {elsewhere}, as PostgreSQL may not enter {self.folder}"]
        return "\n".join([*lines, "", "  Ctrl-C stops everything; the data stay.", ""])


def _lines(settings: dict[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in settings.items())
