"""A finished signature's HTML, read again: elements, declarations, colours. Pure.

Takes what `clean_signature` lets through; anything else may be read otherwise than a browser would.
lxml is loaded with the first signature: most processes never need it.
"""

import colorsys
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import tinycss2
from tinycss2.color3 import parse_color

if TYPE_CHECKING:
    from lxml.html import HtmlElement

WHITE, BLACK = "#ffffff", "#000000"


class Words(NamedTuple):
    """A piece of text and the element that it stands in."""

    text: str
    element: "HtmlElement"


def read(html: str) -> "HtmlElement":
    """Return a root that holds the elements of the signature."""
    from lxml.html import fragment_fromstring

    return fragment_fromstring(html, create_parent="div")


def write(root: "HtmlElement") -> str:
    """Return the HTML inside the root, as `read` took it."""
    from lxml.html import tostring

    return tostring(root, encoding="unicode").removeprefix("<div>").removesuffix("</div>")


def declarations(element: "HtmlElement") -> dict[str, str]:
    """Return property → value of the element's own style."""
    found = tinycss2.parse_blocks_contents(element.get("style", ""))
    return {
        each.lower_name: tinycss2.serialize(each.value).strip()
        for each in found
        if each.type == "declaration"
    }


def set_declarations(element: "HtmlElement", style: dict[str, str]) -> None:
    if style:
        element.set("style", ";".join(f"{name}:{value}" for name, value in style.items()))
    else:
        element.attrib.pop("style", None)


def words(root: "HtmlElement") -> Iterator[Words]:
    """Yield every piece of text that somebody sees, in order."""
    if root.text and root.text.strip():
        yield Words(root.text.strip(), root)
    for child in root:
        yield from words(child)
        if child.tail and child.tail.strip():
            yield Words(child.tail.strip(), root)


def inherited(element: "HtmlElement", name: str, otherwise: str) -> str:
    """Return the value of a property here: the element's own, or that of the nearest above."""
    for each in [element, *element.iterancestors()]:
        value = declarations(each).get(name)
        if value:
            return value
    return otherwise


def ground(element: "HtmlElement", otherwise: str) -> str:
    """Return the background colour behind the element."""
    for each in [element, *element.iterancestors()]:
        value = declarations(each).get("background-color") or each.get("bgcolor")
        if value and hexadecimal(value):
            return hexadecimal(value)
    return otherwise


def hexadecimal(colour: str) -> str:
    """Return a CSS colour as #rrggbb, "" when it is none.

    >>> hexadecimal("teal"), hexadecimal("#abc"), hexadecimal("2px")
    ('#008080', '#aabbcc', '')
    """
    parsed = parse_color(colour)
    if not isinstance(parsed, tuple):
        return ""
    return "#" + "".join(f"{round(part * 255):02x}" for part in parsed[:3])


def lightness(colour: str) -> float:
    """Return how light #rrggbb is, from 0 to 1."""
    return colorsys.rgb_to_hls(*_parts(colour))[1]


def turned(colour: str) -> str:
    """Return the colour with its lightness turned round, as programs do in the dark.

    >>> turned("#000000"), turned("#ff0000")
    ('#ffffff', '#ff0000')
    """
    hue, light, saturation = colorsys.rgb_to_hls(*_parts(colour))
    parts = colorsys.hls_to_rgb(hue, 1 - light, saturation)
    return "#" + "".join(f"{round(part * 255):02x}" for part in parts)


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21, as WCAG 2.2 defines it.

    >>> round(contrast("#000000", "#ffffff")), round(contrast("#777777", "#ffffff"), 2)
    (21, 4.48)
    """
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in _parts(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _parts(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue
