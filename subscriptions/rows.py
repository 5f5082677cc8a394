"""The dashboard's rows as HTML: one escaped join, because templates are most of a page's cost."""

from collections.abc import Iterable, Mapping
from datetime import date

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from reseller_portal.words import format_date, format_number


def table_rows(
    rows: Iterable[tuple],
    *,
    base: str,
    words: Mapping[str, str],
    icons: Mapping[str, SafeString],
    language: str,
    marks: Mapping[str, str] | None = None,
    mark_icons: Mapping[str, SafeString] | None = None,
    ticked_in: str = "",
) -> SafeString:
    """Return `<tr>`s for rows (code, name, product, users, state, next payment, cancel, ended).

    `base` is the list's address; codes follow it. `words` holds the labels in the reader's
    language: the columns `customer`, `seats`, `status`, `payment`; each state and product;
    `manage`, `signatures`, `ends_on` and `ended_on` with `%s` for the date, `none`. `icons` holds
    each state's. `marks` says by code which rows have a mark: one of `mark_icons`, whose word is
    that of `marked_` and its name.
    With `ticked_in`, the id of a form, each row has a box to tick for it, named by the word `tick`.
    Everything else that is put in is escaped here.
    """
    words = {name: escape(word) for name, word in words.items()}
    badges = {
        state: f'<span class="state state-{state}">{icon}{words[state]}</span>'
        for state, icon in icons.items()
    }
    spans = {
        name: f' <span class="row-mark">{icon}{words[f"marked_{name}"]}</span>'
        for name, icon in (mark_icons or {}).items()
    }
    notes = {code: spans[name] for code, name in (marks or {}).items()}
    box = _box(ticked_in, words.get("tick", ""))
    no_box = ""
    return mark_safe(  # noqa: S308 every value is escaped or a number
        "".join(
            f'<tr><th scope="row" data-label="{words["customer"]}">'
            f"{box % (name, escape(code)) if box else no_box}"
            f'<a href="{address}">{name}</a>'
            f' <span class="product">{words[product]}</span></th>'
            f'<td class="number" data-label="{words["seats"]}">'
            f"{format_number(seats, language)}</td>"
            f'<td data-label="{words["status"]}">{badges[state]}'
            f"{_end(words, cancel_on, ended_on, language)}{notes.get(code, '')}</td>"
            f'<td class="number" data-label="{words["payment"]}">'
            f"{format_date(payment, language) if payment else words['none']}</td>"
            f'<td class="row-actions"><a href="{address}signatures/">{words["signatures"]}'
            f'<span class="visually-hidden"> {name}</span></a>'
            f' <a href="{address}">{words["manage"]}'
            f'<span class="visually-hidden"> {name}</span></a></td></tr>\n'
            for code, plain, product, seats, state, payment, cancel_on, ended_on in rows
            for address, name in [(escape(f"{base}{code}/"), escape(plain))]
        )
    )


def _box(form: str, word: str) -> str:
    """Return a box to tick, its row's name and code to be filled in; nothing without a form."""
    if not form:
        return ""
    return (
        f'<input class="form-check-input" type="checkbox" name="code" form="{escape(form)}"'
        f' aria-label="{word.replace("%", "%%")} %s" value="%s"> '
    )


def _end(
    words: Mapping[str, str], cancel_on: date | None, ended_on: date | None, language: str
) -> str:
    day, word = (ended_on, words["ended_on"]) if ended_on else (cancel_on, words["ends_on"])
    return f' <span class="state-note">{word % format_date(day, language)}</span>' if day else ""
