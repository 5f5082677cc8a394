"""What a password must be, and how to make it better."""

import gzip
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha1
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

LEAST = 15
LEAST_WITH_SECOND_FACTOR = 12
MOST = 128
COMPOSED = 4 * MOST  # what the longest password may have before its letters are composed
LEAST_OF_ITS_OWN = 8  # letters and digits besides names that others know
PRODUCT_WORDS = ("Microsoft 365", "Google Workspace", "Signature", "Signatur", "Reseller Portal")
GOOD_ENOUGH = 3  # of zxcvbn's 0 to 4
# zxcvbn's time grows fast with the length; what comes after these letters only makes it stronger.
JUDGED = 72
HINT = gettext_lazy(
    "At least 15 characters. A few words you do not forget are better than signs you do."
)


class Strength(NamedTuple):
    """How well a password withstands guessing, 0 to 4, in words, and what would improve it."""

    score: int
    words: str
    advice: list[str]


def normalised(password: str) -> str:
    """Return the one form in which a password is hashed, whatever keyboard wrote it.

    What is far longer than any password may be stays as it is: composing the letters of a long text
    can take minutes, and it opens nothing.

    >>> normalised("a\\u0308") == "ä"
    True
    """
    return unicodedata.normalize("NFC", password) if len(password) <= COMPOSED else password


def problems(password: str, *, words: Iterable[str] = (), second_factor: bool = False) -> list[str]:
    """Return what is wrong with the password, each with what to do; nothing when it may be used.

    `words` are the person's name, address and companies, which others can guess. With a second
    factor it may be shorter.
    """
    password = normalised(password)
    words = list(words)
    least = LEAST_WITH_SECOND_FACTOR if second_factor else LEAST
    found = []
    if len(password) < least:
        missing = least - len(password)
        found.append(
            ngettext(
                "It needs one more character: at least %(least)d.",
                "It needs %(missing)d more characters: at least %(least)d.",
                missing,
            )
            % {"missing": missing, "least": least}
        )
    if len(password) > MOST:
        found.append(_("It has more than %(most)d characters. Make it shorter.") % {"most": MOST})
    if is_known(password):
        found.append(_("It is on a list of stolen passwords. Choose another one."))
    if word := _mostly(password, words):
        found.append(
            _("Others can guess it, as it holds little more than “%(word)s”. Add other words.")
            % {"word": word}
        )
    if not found and (weak := strength(password, words)).score < GOOD_ENOUGH:
        found.append(" ".join([_("It is too easy to guess."), *weak.advice]))
    return found


def strength(password: str, words: Iterable[str] = ()) -> Strength:
    """Return how strong the password is, judged without asking anybody outside."""
    from zxcvbn import zxcvbn  # its dictionaries cost 20 MB, which only the few who choose pay

    guessable = [part for word in words for part in _parts(word)]
    result = zxcvbn(normalised(password)[:JUDGED], user_inputs=guessable)
    labels = [_("very weak"), _("weak"), _("fair"), _("good"), _("strong")]
    score = result["score"]
    return Strength(score, labels[score], [] if score >= GOOD_ENOUGH else _advice(result))


def is_known(password: str) -> bool:
    """Say whether the password is on a list of stolen ones: ours, or the operator's larger one."""
    return password.lower() in _known() or _listed(password, settings.BREACHED_PASSWORDS_FILE)


class PasswordRules:
    """The rules as Django asks for them, wherever a password is set."""

    def validate(self, password: str, user: Any = None) -> None:
        check(password, user)

    def get_help_text(self) -> str:
        return str(HINT)


def check(password: str, user: Any = None, *, companies: Iterable[str] = ()) -> None:
    """Raise ValidationError with all that is wrong with a password for this user.

    `companies` are those of somebody who does not belong to them yet.
    """
    words = [*companies, *words_of(user)]
    second_factor = bool(user and user.pk and user.has_second_factor)
    if found := problems(password, words=words, second_factor=second_factor):
        raise ValidationError(found, code="password_refused")


def words_of(user: Any) -> list[str]:
    if user is None:
        return []
    names = import_string(settings.PASSWORD_CONTEXT)(user) if user.pk else []
    return [word for word in [user.name, user.email, *names] if word]


def _parts(word: str) -> list[str]:
    return [part for part in re.split(r"[\W_]+", word.casefold()) if len(part) >= 4]


def _mostly(password: str, words: list[str]) -> str:
    """Return a word that is in the password when, without such words, little is left of it."""
    left, found = password.casefold(), ""
    for word in [*words, *PRODUCT_WORDS]:
        for part in [re.sub(r"\s", "", word.casefold()), *_parts(word)]:
            if len(part) >= 4 and part in left:
                left, found = left.replace(part, ""), found or part
    return found if len(re.sub(r"[\W_]", "", left)) < LEAST_OF_ITS_OWN else ""


def _advice(result: dict[str, Any]) -> list[str]:
    """Return what is weak about the longest part that was recognised, and the cure."""
    longest: dict[str, Any] = max(
        result["sequence"], key=lambda match: len(match["token"]), default={}
    )
    reasons = {
        "dictionary": _("It holds a word or name that everybody knows."),
        "spatial": _("Keys that lie side by side are easy to guess."),
        "repeat": _("Repeating something hardly helps."),
        "sequence": _("Sequences such as abc or 6543 are easy to guess."),
        "regex": _("Years are easy to guess."),
        "date": _("Dates are easy to guess."),
    }
    reason = reasons.get(longest.get("pattern", ""), "")
    return [*([reason] if reason else []), _("Add one or two unusual words.")]


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    packed = resources.files("accounts").joinpath("data/known-passwords.txt.gz").read_bytes()
    return frozenset(gzip.decompress(packed).decode().split("\n"))


def _listed(password: str, file: str) -> bool:
    """Look a password up in a file of upper-case SHA-1 hashes in order, one `HASH:count` a line."""
    if not file:
        return False
    wanted = sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    with Path(file).open("rb") as hashes:
        low, high = 0, hashes.seek(0, 2)
        while low < high:  # the first line whose start lies at `low` or after is not below wanted
            middle = (low + high) // 2
            hashes.seek(middle)
            if middle:
                hashes.readline()
            line = hashes.readline()
            if line and line[:40] < wanted:
                low = middle + 1
            else:
                high = middle
        hashes.seek(low)
        if low:
            hashes.readline()
        return hashes.readline()[:40] == wanted
