"""The translation catalogues: found strings in, .po and .mo files out, without system gettext."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
# The same in every run: only words should change the file.
BEGUN = datetime(2026, 11, 23, tzinfo=UTC)
LEFT_OUT = {".venv", "var", "tests", "node_modules", "migrations"}


def po_file(language: str) -> Path:
    return Path(settings.LOCALE_PATHS[0]) / language / "LC_MESSAGES" / "django.po"


def read_catalogue(language: str) -> Catalog:
    """Return the catalogue as it lies in the repository; an empty one when there is none."""
    file = po_file(language)
    if not file.exists():
        return Catalog(locale=language, charset="utf-8")
    with file.open("rb") as source:
        return read_po(source, locale=language)


def found_strings() -> Catalog:
    """Return every string in code and templates that asks to be translated, with its places."""
    catalogue = Catalog(charset="utf-8")
    for file, source in _sources():
        for line, message, comments, context in extract(
            "python", io.BytesIO(source.encode()), keywords=KEYWORDS
        ):
            if message and (message[0] if isinstance(message, tuple) else message):
                place = (file.relative_to(settings.BASE_DIR).as_posix(), line)
                catalogue.add(message, locations=[place], auto_comments=comments, context=context)
    return catalogue


def update_catalogue(language: str) -> int:
    """Write the .po file anew with all strings found; return how many lack a translation."""
    catalogue = read_catalogue(language)
    catalogue.update(found_strings(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.project, catalogue.version = "Reseller Portal", "1"
    catalogue.header_comment = "# The portal's words; brought up to date by `make translations`."
    catalogue.msgid_bugs_address = catalogue.last_translator = ""
    catalogue.creation_date = catalogue.revision_date = BEGUN
    file = po_file(language)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as out:
        # Without line numbers: a change elsewhere in a file must not change the catalogue.
        write_po(out, catalogue, width=100, include_lineno=False, omit_header=False)
    return len(list(untranslated(catalogue)))


def compile_catalogue(language: str) -> None:
    """Write the .mo file that Django reads, unless it is newer than the .po file."""
    source = po_file(language)
    target = source.with_suffix(".mo")
    if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
        return
    made = target.with_suffix(".mo.new")
    with made.open("wb") as out:
        write_mo(out, read_catalogue(language))
    made.replace(target)  # at once: another process may be reading


def untranslated(catalogue: Catalog) -> Iterator[str]:
    """Yield the strings without a translation, or with an uncertain one."""
    for message in catalogue:
        words = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.id and (message.fuzzy or not all(words)):
            yield str(message.id)


def _sources() -> Iterator[tuple[Path, str]]:
    for file in sorted(Path(settings.BASE_DIR).rglob("*")):
        parts = file.relative_to(settings.BASE_DIR).parts
        if LEFT_OUT.intersection(parts) or not file.is_file():
            continue
        if file.suffix == ".py":
            yield file, file.read_text()
        elif "templates" in parts and file.suffix in {".html", ".txt"}:
            code = templatize(file.read_text())
            # What is left of a template is no Python block: its indentation means nothing.
            yield file, "\n".join(line.lstrip() for line in code.splitlines())
