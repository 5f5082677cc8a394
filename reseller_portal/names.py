"""What a name may be, and the keys by which names are compared and sorted."""

import unicodedata

import idna

# Folding accents apart leaves these letters whole; German sorts them as written here.
_SORTED_AS = str.maketrans(
    {"ß": "ss", "æ": "ae", "ø": "o", "å": "a", "đ": "d", "ł": "l", "œ": "oe"}
)


def tidy(name: str) -> str:
    """Return the name without outer blanks, inner runs of white space folded to one blank.

    >>> tidy("  Bäckerei\\u00a0  Sonne ")
    'Bäckerei Sonne'
    """
    return " ".join(unicodedata.normalize("NFC", name).split())


def name_key(name: str) -> str:
    """Return what two spellings of one name share: case and spacing folded.

    >>> name_key("BÄCKEREI  Sonne") == name_key("Bäckerei Sonne ")
    True
    """
    return unicodedata.normalize("NFC", tidy(name).casefold())


def sort_key(name: str) -> str:
    """Return what a name sorts by: `name_key` with accents folded too, so Äpfel stand at A.

    >>> sorted(["Zoo", "Äpfel", "apfel"], key=sort_key)
    ['Äpfel', 'apfel', 'Zoo']
    """
    letters = unicodedata.normalize("NFKD", name_key(name).translate(_SORTED_AS))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def email_key(address: str) -> str:
    """Return the form under which an address is unique: lower case, the domain in ASCII.

    Only ASCII may stand before the @, so look-alikes such as the Kelvin sign never meet an
    ordinary letter. Raises ValueError when it is no address at all.

    >>> email_key("Clara@HafenBäckerei.example")
    'clara@xn--hafenbckerei-lcb.example'
    """
    local, at, domain = address.strip().rpartition("@")
    if not at or not local or not local.isascii():
        raise ValueError("not an e-mail address")
    try:
        host = idna.encode(domain, uts46=True, transitional=False).decode()
    except idna.IDNAError:
        raise ValueError("not an e-mail address") from None
    return f"{local.lower()}@{host.lower()}"


def holds_control_characters(text: str) -> bool:
    """Say whether the text has line breaks, NULs or marks that turn the writing direction."""
    return any(unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for letter in text)
