"""Uploaded pictures: decoded and written anew, so that nothing but the picture survives. Pure."""

import io
import warnings
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageChops, ImageDraw, ImageOps

MOST_BYTES = 2 * 1024 * 1024
MOST_PIXELS = 4_000  # a side
KEPT_PIXELS = 480  # a side: twice what a signature shows, with room to spare
PHOTO_PIXELS = 320  # a side
FORMATS = ("PNG", "JPEG", "GIF", "WEBP")


REASONS = {
    "size": _("The file is larger than 2 MB. Choose a smaller one."),
    "pixels": _("The picture is larger than 4,000 × 4,000 pixels. Make it smaller first."),
    "format": _("This is not a picture we can read. Use PNG, JPEG, GIF or WebP."),
}


class Refused(ValueError):
    """The file is no picture that can be used; says why in `reason`: size, pixels or format."""

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


class Picture(NamedTuple):
    content: bytes  # always PNG: mail programs show it everywhere
    width: int
    height: int


def make_picture(data: bytes, *, most: tuple[int, int] = (KEPT_PIXELS, KEPT_PIXELS)) -> Picture:
    """Return the upload as a PNG without metadata, made smaller if need be. Raises Refused.

    `most` is the width and height it is kept in.
    """
    drawn = _decoded(data)
    drawn.thumbnail(most)
    return _written(drawn)


def make_photo(data: bytes) -> tuple[Picture, bytes]:
    """Return the upload's middle as a square PNG, and the same cut round. Raises Refused.

    Mail programs do not cut corners, so a round photo must be a round picture.
    """
    drawn = _decoded(data)
    side = min(*drawn.size, PHOTO_PIXELS)
    drawn = ImageOps.fit(drawn, (side, side))
    square = _written(drawn)
    circle = Image.new("L", (side * 4, side * 4))  # drawn larger, so that its edge is smooth
    ImageDraw.Draw(circle).ellipse((0, 0, side * 4 - 1, side * 4 - 1), fill=255)
    circle = circle.resize((side, side), Image.Resampling.LANCZOS)
    drawn.putalpha(ImageChops.multiply(drawn.getchannel("A"), circle))
    return square, _written(drawn).content


def _decoded(data: bytes) -> Image.Image:
    """Return the picture as pixels, upright. Raises Refused."""
    if len(data) > MOST_BYTES:
        raise Refused("size")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                if max(image.size) > MOST_PIXELS:
                    raise Refused("pixels")
                image.load()
                return ImageOps.exif_transpose(image).convert("RGBA")
    except Refused:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as bomb:
        raise Refused("pixels") from bomb
    except Exception as broken:  # Pillow raises many kinds for broken files
        raise Refused("format") from broken


def _written(drawn: Image.Image) -> Picture:
    drawn.info.clear()  # or the colour profile would go along, whatever it holds
    file = io.BytesIO()
    drawn.save(file, "PNG", optimize=True)
    return Picture(file.getvalue(), *drawn.size)
