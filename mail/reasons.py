"""Why a mail did not arrive, in plain words, from what the mail server said. Pure."""

import re
from typing import NamedTuple

from django.utils.translation import gettext as _

# RFC 3463: class.subject.detail, as in "550 5.1.1 User unknown".
ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
REPLY = re.compile(r"([245]\d\d)(?:[ -]|$)")
QUEUE_ID = re.compile(
    r"(?:queued as|queued with id|\bid[=: ]+)\s*<?([\w.@+=/-]{2,80}?)>?(?=[\s.;,)]|$)",
    re.IGNORECASE,
)
# Enhanced codes first, being exact; then what servers without them usually write.
CODES = (
    (r"[45]\.1\.(1|3|6|10)", "unknown"),
    (r"[45]\.1\.2|[45]\.4\.(1|4)|[45]\.1\.8", "domain"),
    (r"[45]\.2\.1", "closed"),
    (r"[45]\.2\.2", "full"),
    (r"4\.\d+\.\d+", "later"),
    (r"5\.(2\.3|3\.4)", "size"),
    (r"5\.7\.\d+", "unwanted"),
)
WORDS = (
    (r"(host|domain)( name)? (not found|unknown)|unrout", "domain"),
    (r"quota|mailbox (is )?full|over ?limit", "full"),
    (r"spam|block(ed|list)|black ?list|policy|reputation|denied", "unwanted"),
    (r"disabled|inactive|suspended|closed", "closed"),
    (r"unknown|no such|not exist|not found|invalid (recipient|mailbox)|no mailbox", "unknown"),
)


class Reason(NamedTuple):
    """`what` happened, the `advice`, and the server's own words, empty when there are none."""

    what: str
    advice: str
    quoted: str = ""


def reason(words: str) -> Reason:
    """Return what the words of a failure mean; only what a server said is quoted as its words.

    >>> reason("550 5.1.1 User unknown").quoted
    '550 5.1.1 User unknown'
    >>> reason("interrupted").quoted
    ''
    """
    return server_reason(words) if is_reply(words) else _our_own(words)


def server_reason(words: str) -> Reason:
    """Return what these words mean, which are a server's however they begin."""
    what, advice = {
        "unknown": (
            _("There is no such mailbox."),
            _("Ask for the right address and correct it here."),
        ),
        "domain": (
            _("The part after the @ receives no mail."),
            _("Check how it is spelled, and correct the address."),
        ),
        "closed": (_("The mailbox is closed."), _("Ask for another address and correct it here.")),
        "full": (
            _("The mailbox is full."),
            _("Ask the person to make room, then send the invitation again."),
        ),
        "size": (_("The mail was too large for this mailbox."), _("Ask for another address.")),
        "unwanted": (
            _("The recipient's mail server or its filter does not let the mail in."),
            _("Ask the company to let mails of this portal in, then send the invitation again."),
        ),
        "later": (
            _("The recipient's mail server asked to try later."),
            _("If it stays so, ask whether the address is right."),
        ),
        "other": (_("The mail server refused the mail."), _("Check the address.")),
    }[_kind(words)]
    return Reason(what, advice, words)


def is_reply(words: str) -> bool:
    """Say whether these are a mail server's words: they begin with its reply code."""
    return bool(REPLY.match(words) or ENHANCED.match(words))


def queue_id(reply: str) -> str:
    """Return the number under which the server queued the mail, or nothing when it named none.

    >>> queue_id("250 2.0.0 OK queued as 4Q7")
    '4Q7'
    """
    found = QUEUE_ID.search(reply)
    return found.group(1) if found else ""


def _kind(words: str) -> str:
    code = ENHANCED.search(words)
    for pattern, kind in CODES if code else ():
        if code and re.fullmatch(pattern, code.group()):
            return kind
    if words.startswith("4"):
        return "later"
    for pattern, kind in WORDS:
        if re.search(pattern, words, re.IGNORECASE):
            return kind
    return "other"


def _our_own(words: str) -> Reason:
    """Say what went wrong before any server could answer; `words` are the portal's own."""
    if words.startswith("not an address"):
        return Reason(
            _("No mail can be sent to this address."), _("Correct the address and send again.")
        )
    if words == "not written":
        return Reason(
            _("The portal could not write the mail."), _("Please tell us; the address is fine.")
        )
    if words in {"interrupted", "not sent in time"}:
        return Reason(
            _("The mail could not be sent in time; the address may be fine."), _("Send it again.")
        )
    return Reason(
        _("The mail server could not be reached; the address may be fine."), _("Send it again.")
    )
