"""The icons of networks as mails show them: white on a round in any colour. Pure.

The drawings are those of Bootstrap Icons (MIT); their licence lies beside them.
"""

import io
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageColor, ImageDraw

from signatures.document import NETWORKS
from signatures.markup import contrast

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
    file = io.BytesIO()
    icon.save(file, "PNG", optimize=True)
    return file.getvalue()


def _middle(size: tuple[int, int]) -> tuple[int, int]:
    return (SIDE - size[0]) // 2, (SIDE - size[1]) // 2
