"""Pictures that nobody uploads: networks' icons, and examples of a logo and a photo. Pure.

The drawings are those of Bootstrap Icons (MIT); their licence lies beside them.
"""

import io
import uuid
from functools import cache, lru_cache
from pathlib import Path

from PIL import Image, ImageColor, ImageDraw

from signatures.document import NETWORKS
from signatures.markup import contrast

EXAMPLE_LOGO, EXAMPLE_PHOTO = uuid.UUID(int=1), uuid.UUID(int=2)  # as if somebody had uploaded them
LOGO_SIZE = (360, 120)
SIDE = 80  # px: twice what a signature shows at most
_SMOOTH = 4
DRAWINGS = Path(__file__).parent / "drawings"


@lru_cache(maxsize=512)
def network_icon(network: str, colour: str) -> bytes:
    """Return a PNG for a network of NETWORKS on #rrggbb. Raises KeyError for another."""
    if network not in NETWORKS:
        raise KeyError(network)
    round_ = Image.new("L", (SIDE * _SMOOTH, SIDE * _SMOOTH))
    ImageDraw.Draw(round_).ellipse((0, 0, round_.width - 1, round_.height - 1), fill=255)
    round_ = round_.resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    icon = Image.new("RGBA", (SIDE, SIDE), ImageColor.getrgb(colour))
    with Image.open(DRAWINGS / f"{network}.png") as drawing:
        glyph = drawing.convert("L")
    ink = "#ffffff" if contrast(colour, "#ffffff") >= 3 else "#1f2a30"
    icon.paste(Image.new("RGBA", glyph.size, ink), _middle(glyph.size), glyph)
    icon.putalpha(round_)
    return _written(icon)


def _middle(size: tuple[int, int]) -> tuple[int, int]:
    return (SIDE - size[0]) // 2, (SIDE - size[1]) // 2


@cache
def example_picture(key: uuid.UUID, *, is_round: bool = False) -> bytes | None:
    """Return the PNG of EXAMPLE_LOGO or EXAMPLE_PHOTO, None for any other key."""
    if key == EXAMPLE_LOGO:
        return _written(_logo())
    return _written(_photo(is_round)) if key == EXAMPLE_PHOTO else None


def _logo() -> Image.Image:
    """Return a mark and two bars in grey: the place of a logo, and nobody's."""
    drawn = Image.new("RGBA", (LOGO_SIZE[0] * 2, LOGO_SIZE[1] * 2))
    pen = ImageDraw.Draw(drawn)
    pen.rounded_rectangle((8, 40, 168, 200), 40, fill="#7b878a")
    pen.ellipse((58, 90, 118, 150), fill="#ffffff")
    pen.rounded_rectangle((208, 62, 640, 114), 26, fill="#7b878a")
    pen.rounded_rectangle((208, 138, 480, 178), 20, fill="#b3bcbe")
    return drawn.resize(LOGO_SIZE, Image.Resampling.LANCZOS)


def _photo(is_round: bool) -> Image.Image:
    """Return the outline of a head before a plain ground."""
    drawn = Image.new("RGBA", (800, 800), "#dfe6e7")
    pen = ImageDraw.Draw(drawn)
    pen.ellipse((270, 170, 530, 430), fill="#7b878a")
    pen.ellipse((130, 480, 670, 1_020), fill="#7b878a")
    if is_round:
        mask = Image.new("L", drawn.size)
        ImageDraw.Draw(mask).ellipse((0, 0, 799, 799), fill=255)
        drawn.putalpha(mask)
    return drawn.resize((200, 200), Image.Resampling.LANCZOS)


def _written(drawn: Image.Image) -> bytes:
    file = io.BytesIO()
    drawn.save(file, "PNG", optimize=True)
    return file.getvalue()
