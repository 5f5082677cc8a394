"""A PowerShell script that makes an Exchange transport rule appending the signature. Pure.

Exchange fills its own tokens such as %%DisplayName%% from the directory. It takes at most 5,000
characters with tags, and cannot leave out a line whose token is empty.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from signatures.budgets import TRANSPORT_RULE

# Placeholder → Exchange's token, and the longest value its directory keeps for it.
TOKENS: Mapping[str, tuple[str, int]] = {
    "name": ("DisplayName", 256),
    "first_name": ("FirstName", 64),
    "last_name": ("LastName", 64),
    "title": ("Title", 128),
    "department": ("Department", 64),
    "email": ("Email", 256),
    "phone": ("PhoneNumber", 64),
    "mobile": ("MobileNumber", 64),
    "fax": ("FaxNumber", 64),
    "street": ("Street", 1024),
    "postcode": ("ZipCode", 40),
    "city": ("City", 128),
    "country": ("Country", 128),
    "office": ("Office", 128),
}
_TOKEN = re.compile(r"%%([A-Za-z]+)%%")
_LONGEST = dict(TOKENS.values())


class TooLong(Exception):
    """The rule would have more characters than Exchange takes."""

    def __init__(self, length: int):
        super().__init__(length)
        self.length = length


class Rule(NamedTuple):
    """The script, and how many characters the signature has as written and at worst."""

    script: str
    written: int
    at_worst: int


def token_values(company: Mapping[str, str]) -> dict[str, str]:
    """Return placeholder → token, or the company's own value; what Exchange lacks is empty.

    >>> token_values({"company": "Brot"})["name"], token_values({})["title"]
    ('%%DisplayName%%', '%%Title%%')
    """
    return {**company, **{name: f"%%{token}%%" for name, (token, _most) in TOKENS.items()}}


def longest_expansion(html: str) -> int:
    """Return the characters of the HTML when each token stands for the longest it can.

    >>> longest_expansion("<b>%%LastName%%</b>")
    71
    """
    return len(_TOKEN.sub(lambda found: "x" * _LONGEST.get(found[1], len(found[0])), html))


def tokens_in(html: str) -> list[str]:
    """Return the tokens of the HTML, each once, in order."""
    return list(dict.fromkeys(_TOKEN.findall(html)))


def make_rule(html: str, *, name: str, marker: str) -> Rule:
    """Return the script; mails that contain `marker` already are left alone.

    Raises TooLong when Exchange would refuse it.
    """
    # A token inside a link's address was quoted as an address is.
    html = re.sub(r"%25%25([A-Za-z]+)%25%25", r"%%\1%%", html)
    html = f'{html}<span style="font-size:1px;color:#ffffff;">{marker}</span>'
    at_worst = longest_expansion(html)
    if at_worst > TRANSPORT_RULE:
        raise TooLong(at_worst)
    script = _SCRIPT.format(name=quoted(name), html=quoted(html), marker=quoted(marker))
    return Rule(script.replace("\n", "\r\n"), len(html), at_worst)


def quoted(text: str) -> str:
    """Return a PowerShell string in which no sign has a meaning.

    In single quotes only a single quote ends the text, and PowerShell takes four typographic ones
    for it; a doubled one stands for itself. Control characters become blanks.

    >>> quoted("O'Neil $(calc)")
    "'O''Neil $(calc)'"
    """
    text = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", " ", text)
    return "'" + re.sub("(['\u2018\u2019\u201a\u201b])", r"\1\1", text) + "'"


_SCRIPT = """\
# Makes or changes one transport rule in Exchange Online. Needs the module ExchangeOnlineManagement
# and the role Transport Rules.  Undo: Remove-TransportRule -Identity $name
$ErrorActionPreference = 'Stop'
$name = {name}
$html = {html}
$marker = {marker}
Connect-ExchangeOnline
$settings = @{{
    FromScope = 'InOrganization'
    ApplyHtmlDisclaimerText = $html
    ApplyHtmlDisclaimerLocation = 'Append'
    ApplyHtmlDisclaimerFallbackAction = 'Wrap'
    ExceptIfSubjectOrBodyContainsWords = $marker
}}
if (Get-TransportRule | Where-Object {{ $_.Name -eq $name }}) {{
    Set-TransportRule -Identity $name @settings
}} else {{
    New-TransportRule -Name $name @settings
}}
"""
