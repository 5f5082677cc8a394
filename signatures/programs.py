"""What mail programs make of a signature: what they leave out, and their colours in the dark. Pure.

What a program does not know is a table here, from the tests of caniemail.com (MIT) and the makers'
own documents; programs change, so the preview is a good guess and no promise.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from signatures.markup import (
    BLACK,
    WHITE,
    declarations,
    hexadecimal,
    lightness,
    read,
    set_declarations,
    turned,
    write,
)

if TYPE_CHECKING:
    from lxml.html import HtmlElement

# Properties → the elements on which they do work.
NOWHERE: frozenset[str] = frozenset()
CELLS = frozenset({"td", "th"})
DARK = "#1f1f1f"


class Program(NamedTuple):
    """A mail program: `works_on` names, of what it does not know everywhere, where it does."""

    key: str
    label: str | Promise
    works_on: Mapping[str, frozenset[str]]
    width: int = 640  # px of its window, as the preview draws it
    blocks_pictures: bool = False  # until the reader asks for them


PROGRAMS = {
    program.key: program
    for program in (
        Program(
            "outlook",
            _("Outlook for Windows (classic)"),
            {
                "border-radius": NOWHERE,
                "background-image": NOWHERE,
                "box-shadow": NOWHERE,
                "opacity": NOWHERE,
                "max-width": frozenset({"table"}),
                "padding": CELLS,
                "width": frozenset({"table", "td", "th", "tr"}),
                "height": frozenset({"table", "td", "th", "tr"}),
            },
            blocks_pictures=True,
        ),
        Program("new-outlook", _("New Outlook and Outlook on the web"), {}),
        Program("gmail", "Gmail", {"opacity": NOWHERE}),
        Program("apple", "Apple Mail", {}),
        Program(
            "gmx",
            "GMX, WEB.DE",
            {"border-radius": NOWHERE, "opacity": NOWHERE, "box-shadow": NOWHERE},
        ),
        Program("phone", _("Phone"), {}, width=340),
        Program("text", _("Text only"), {}),
    )
}


class Look(NamedTuple):
    """How a program colours a mail. `turns_all`: colours that would be readable as well."""

    key: str
    label: str | Promise
    page: str = WHITE
    text: str = BLACK
    turns: bool = False
    turns_all: bool = False


LOOKS = {
    look.key: look
    for look in (
        Look("light", _("Light")),
        Look("partly", _("Dark, partly turned"), DARK, "#f0f0f0", turns=True),
        Look("fully", _("Dark, fully turned"), DARK, "#f0f0f0", turns=True, turns_all=True),
    )
}


def as_shown(html: str, program: Program, look: Look, *, pictures: bool = True) -> str:
    """Return the signature as the program would show it, by its HTML alone."""
    root = read(html)
    for element in list(root.iter()):
        _leave_out(element, program)
        if look.turns:
            _turn(element, look)
        if element.tag == "img" and not pictures:
            _show_words_instead(element)
    return write(root)


def turn_colours(root: "HtmlElement", look: Look) -> None:
    """Give every element the colours that it has in this look."""
    if look.turns:
        for element in root.iter():
            _turn(element, look)


def left_out(element: "HtmlElement", program: Program) -> list[str]:
    """Return the properties of the element that do nothing in this program."""
    return [
        name
        for name in declarations(element)
        if element.tag not in program.works_on.get(name, {element.tag})
    ]


def _leave_out(element: "HtmlElement", program: Program) -> None:
    lost = left_out(element, program)
    if lost:
        style = declarations(element)
        set_declarations(element, {name: style[name] for name in style if name not in lost})


def _turn(element: "HtmlElement", look: Look) -> None:
    style = declarations(element)
    for name, value in style.items():
        if name == "background-color":
            style[name] = _in_the_dark(value, look, is_ground=True)
        elif name == "color" or name.startswith("border"):
            style[name] = " ".join(
                _in_the_dark(part, look, is_ground=False) for part in value.split()
            )
    set_declarations(element, style)
    if element.get("bgcolor"):
        element.set("bgcolor", _in_the_dark(element.get("bgcolor"), look, is_ground=True))


def _in_the_dark(value: str, look: Look, *, is_ground: bool) -> str:
    colour = hexadecimal(value)
    if not colour:
        return value
    is_wrong = lightness(colour) > 0.5 if is_ground else lightness(colour) < 0.5
    return turned(colour) if is_wrong or look.turns_all else colour


def _show_words_instead(picture: "HtmlElement") -> None:
    words = picture.get("alt", "")
    width, height = picture.get("width", ""), picture.get("height", "")
    tail, parent = picture.tail, picture.getparent()
    (box,) = read('<table border="1" cellpadding="4"><tbody><tr><td></td></tr></tbody></table>')
    (cell,) = box.iter("td")
    cell.text = words
    for name, value in (("width", width), ("height", height)):
        if value:
            cell.set(name, value)
    box.tail = tail
    parent.replace(picture, box)
