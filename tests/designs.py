"""Designs as tests write them: blocks without names, and a draft that says exactly that."""

import io
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from audit.actor import SYSTEM
from signatures.design_operations import keep_draft
from signatures.document import Document, read_document
from signatures.models import Design

LOGO = {"key": "00000000-0000-4000-8000-000000000001", "width": 240, "height": 80}


def document(*blocks: dict[str, Any], **style: str) -> Document:
    """Return a document with these blocks; `columns` hold lists of blocks."""
    numbers = iter(range(1, 1_000))

    def named(block):
        name = f"b{next(numbers)}"
        if "columns" in block:
            columns = [[named(each) for each in column] for column in block["columns"]]
            block = block | {"columns": columns}
        return {"id": name} | block

    return read_document({"schema": 1, "blocks": [named(block) for block in blocks], **style})


def text(lines: str, **facts: Any) -> dict[str, Any]:
    return {"type": "text", "lines": lines, **facts}


def say(design: Design, *blocks: dict[str, Any], **style: str) -> Design:
    """Make these blocks the design's draft."""
    fresh = Design.objects.get(pk=design.pk)
    return keep_draft(
        design=fresh, document=document(*blocks, **style), revision=fresh.revision, by=SYSTEM
    )


def a_picture(kind: str = "PNG", size: tuple[int, int] = (300, 100)) -> SimpleUploadedFile:
    """Return a picture to upload, with a name that tries to leave its folder."""
    file = io.BytesIO()
    Image.new("RGB", size, "teal").save(file, kind)
    return SimpleUploadedFile("../../logo.png", file.getvalue(), "image/png")
