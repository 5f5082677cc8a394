"""Signatures as the files that classic Outlook keeps, and many of them as a ZIP. Pure.

Outlook reads `Name.htm`, `Name.rtf` and `Name.txt` from its folder of signatures; the name of the
files is the name that people see there.
"""

import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

LONGEST_NAME = 60
# What Windows cannot have in a file's name, or takes for a device.
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]')
_DEVICES = {"con", "prn", "aux", "nul"} | {
    f"{kind}{n}" for kind in ("com", "lpt") for n in "123456789"
}


class Files(NamedTuple):
    """The three files of one signature, as bytes."""

    htm: bytes
    rtf: bytes
    txt: bytes


def signature_files(html: str, text: str) -> Files:
    """Return the files of one signature; the HTML names its encoding, the text begins with it."""
    page = (
        '<!DOCTYPE html>\r\n<html><head><meta http-equiv="Content-Type"'
        ' content="text/html; charset=utf-8"></head>\r\n<body>' + html + "</body></html>\r\n"
    )
    lines = text.splitlines()
    return Files(
        page.encode("utf-8"),
        _rich_text(lines).encode("ascii"),
        ("\r\n".join([*lines, ""])).encode("utf-8-sig"),
    )


def safe_name(name: str, otherwise: str, longest: int = LONGEST_NAME) -> str:
    """Return a name that every Windows takes for a file, or `otherwise` when nothing is left.

    >>> safe_name("../A/B: \\"C\\"?", "x")
    'A B C'
    >>> safe_name("CON", "x")
    'x'
    """
    name = _FORBIDDEN.sub(" ", unicodedata.normalize("NFC", name))
    name = "".join(sign for sign in name if not "\ud800" <= sign <= "\udfff")
    name = " ".join(name.split())[:longest].strip(". ")
    return otherwise if not name or name.partition(".")[0].lower() in _DEVICES else name


def streamed_zip(files: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    """Yield a ZIP of these (name, content), each as soon as it is there."""
    out: Any = _Outlet()  # a file as far as zipfile asks, which can write where nothing is sought
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            # A fixed date: the same signatures give the same bytes.
            entry = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
            yield out.take()
    yield out.take()


class _Outlet:
    """What zipfile writes to: kept until it is taken; nothing can be gone back to."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._waiting.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits anywhere else."""

    def take(self) -> bytes:
        taken, self._waiting = b"".join(self._waiting), []
        return taken


def _rich_text(lines: list[str]) -> str:
    body = "\\line\r\n".join("".join(map(_in_rtf, line)) for line in lines)
    return (
        "{\\rtf1\\ansi\\ansicpg1252\\deff0\\uc1{\\fonttbl{\\f0\\fswiss Arial;}}\r\n\\f0\\fs20 "
        + body
        + "\\par\r\n}\r\n"
    )


def _in_rtf(sign: str) -> str:
    if sign in "\\{}":
        return "\\" + sign
    if " " <= sign <= "~":
        return sign
    if sign < " ":
        return " "
    units = sign.encode("utf-16-le", "replace")
    numbers = (
        int.from_bytes(units[at : at + 2], "little", signed=True) for at in range(0, len(units), 2)
    )
    return "".join(f"\\u{number}?" for number in numbers)


# Beside the folders in the ZIP. It takes its data from file names alone.
INSTALL_SCRIPT = """\
# Copies the signature of the person signed in to Outlook's folder and makes it the default.
# Run it as that person, for instance as a logon script:
#   powershell -ExecutionPolicy Bypass -File install.ps1
# or for another address:  install.ps1 -Address anna@firma.example
param([string]$Address = "")
$ErrorActionPreference = "Stop"
if (-not $Address) { $Address = (whoami.exe /upn) }
$folder = Get-ChildItem -LiteralPath $PSScriptRoot -Directory |
    Where-Object { $_.Name -ieq $Address }
if (-not $folder) { Write-Error "No signature for $Address here."; exit 1 }
$target = Join-Path $env:APPDATA "Microsoft\\Signatures"
New-Item -ItemType Directory -Path $target -Force | Out-Null
$page = Get-ChildItem -LiteralPath $folder.FullName -Filter *.htm | Select-Object -First 1
Get-ChildItem -LiteralPath $folder.FullName -File | ForEach-Object {
    Copy-Item -LiteralPath $_.FullName -Destination $target -Force
}
$settings = "HKCU:\\Software\\Microsoft\\Office\\16.0\\Common\\MailSettings"
if (-not (Test-Path $settings)) { New-Item -Path $settings -Force | Out-Null }
foreach ($name in "NewSignature", "ReplySignature") {
    Set-ItemProperty -Path $settings -Name $name -Value $page.BaseName
}
"""
README = """\
DEUTSCH
Je Person ein Ordner mit dem Namen ihrer E-Mail-Adresse; darin die Signatur als .htm, .rtf und .txt.
Von Hand: die drei Dateien nach %APPDATA%\\Microsoft\\Signatures kopieren, dann in Outlook unter
Datei, Optionen, E-Mail, Signaturen auswaehlen.
Fuer alle: diesen Ordner auf eine Freigabe legen und install.ps1 als Anmeldeskript ausfuehren.
Grenzen: nur das klassische Outlook fuer Windows. Sind Roaming-Signaturen eingeschaltet, nimmt
Outlook die Dateien nicht; sie lassen sich mit dem Wert DisableRoamingSignaturesTemporaryToggle
abschalten.

ENGLISH
One folder per person, named after the e-mail address; in it the signature as .htm, .rtf and .txt.
By hand: copy the three files to %APPDATA%\\Microsoft\\Signatures, then choose it in Outlook under
File, Options, Mail, Signatures.
For everybody: put this folder on a share and run install.ps1 as a logon script.
Limits: classic Outlook for Windows only. While roaming signatures are on, Outlook does not take the
files; the value DisableRoamingSignaturesTemporaryToggle switches them off.
"""


def extras() -> list[tuple[str, bytes]]:
    """Return what lies beside the folders: the script, and how it is used."""
    return [
        # Windows PowerShell takes a script without a byte order mark for cp1252.
        ("install.ps1", INSTALL_SCRIPT.replace("\n", "\r\n").encode("utf-8-sig")),
        ("README.txt", README.replace("\n", "\r\n").encode("utf-8-sig")),
    ]
