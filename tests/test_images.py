"""Uploaded pictures: only what is seen survives, and nothing large is ever decoded."""

import io
import zlib
from struct import pack

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from reseller_portal import images
from reseller_portal.images import MOST_BYTES, Refused, make_picture

SECRET = "Photographed at 53.55 N by Clara"
KINDS = ["PNG", "JPEG", "GIF", "WEBP"]
MODES = ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"]
SAVED_AS = {"CMYK": "JPEG"}


def a_picture(kind="PNG", size=(30, 10), mode="RGB", colour=0, **options) -> bytes:
    file = io.BytesIO()
    Image.new(mode, size, colour).save(file, kind, **options)
    return file.getvalue()


def a_picture_with_secrets(kind: str) -> bytes:
    """Return a picture that says who made it in every way its format has."""
    exif = Image.Exif()
    exif[0x010E] = SECRET
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes() + SECRET.encode()
    chunks = PngImagePlugin.PngInfo()
    chunks.add_text("Author", SECRET)
    chunks.add_itxt("XML:com.adobe.xmp", SECRET)
    options = {
        "PNG": {"exif": exif, "icc_profile": profile, "pnginfo": chunks, "dpi": (300, 300)},
        "JPEG": {"exif": exif, "icc_profile": profile, "comment": SECRET.encode()},
        "GIF": {"comment": SECRET.encode()},
        "WEBP": {"exif": exif, "icc_profile": profile, "xmp": SECRET.encode()},
    }
    return a_picture(kind, **options[kind])


def chunk_names(png: bytes) -> list[bytes]:
    names, at = [], 8
    while at < len(png):
        names.append(png[at + 4 : at + 8])
        at += 12 + int.from_bytes(png[at : at + 4], "big")
    return names


def with_header(side: int) -> bytes:
    """Return a small PNG whose header claims to be `side` pixels wide and high."""
    small = a_picture()
    head = b"IHDR" + pack(">II", side, side) + small[24:29]
    return small[:12] + head + pack(">I", zlib.crc32(head)) + small[33:]


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_but_the_picture_survives(kind):
    data = a_picture_with_secrets(kind)
    assert zlib.crc32(data) != zlib.crc32(a_picture(kind)), "the secrets are in the upload"
    made = make_picture(data)
    assert set(chunk_names(made.content)) == {b"IHDR", b"IDAT", b"IEND"}
    with Image.open(io.BytesIO(made.content)) as image:
        assert (image.format, image.mode, image.size, image.info) == ("PNG", "RGBA", (30, 10), {})


@pytest.mark.parametrize("kind", KINDS)
def test_what_hides_behind_a_picture_is_left_behind(kind):
    made = make_picture(a_picture(kind) + b"<script>alert(1)</script><?php")
    assert made == make_picture(a_picture(kind))
    assert b"script" not in made.content


@pytest.mark.parametrize("mode", MODES)
def test_every_kind_of_colour_becomes_red_green_blue_and_opacity(mode):
    made = make_picture(a_picture(SAVED_AS.get(mode, "PNG"), mode=mode))
    with Image.open(io.BytesIO(made.content)) as image:
        assert (image.mode, image.size) == ("RGBA", (30, 10))


def test_what_is_see_through_stays_see_through():
    made = make_picture(a_picture(mode="RGBA", colour=(200, 100, 50, 0)))
    with Image.open(io.BytesIO(made.content)) as image:
        assert image.getpixel((5, 5))[3] == 0


def test_a_photo_taken_upright_stands_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    made = make_picture(a_picture("JPEG", exif=exif))
    assert (made.width, made.height) == (10, 30)


def test_of_a_moving_picture_the_first_frame_is_kept():
    file = io.BytesIO()
    frames = [Image.new("RGB", (30, 10), colour) for colour in ("red", "blue", "green")]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    moving_png = io.BytesIO()
    frames[0].save(moving_png, "PNG", save_all=True, append_images=frames[1:])
    for data in (file.getvalue(), moving_png.getvalue()):
        with Image.open(io.BytesIO(make_picture(data).content)) as image:
            assert getattr(image, "n_frames", 1) == 1
            assert image.getpixel((5, 5)) == (255, 0, 0, 255)


@pytest.mark.parametrize(
    ("size", "kept"),
    [
        ((480, 480), (480, 480)),
        ((481, 100), (480, 100)),
        ((4_000, 2_000), (480, 240)),
        ((10, 4_000), (1, 480)),
        ((4_000, 1), (480, 1)),
        ((1, 1), (1, 1)),
    ],
)
def test_a_picture_is_as_large_as_a_signature_needs(size, kept):
    made = make_picture(a_picture(size=size))
    assert (made.width, made.height) == kept
    with Image.open(io.BytesIO(made.content)) as image:
        assert image.size == kept


def test_the_same_upload_gives_the_same_bytes():
    assert make_picture(a_picture("JPEG")) == make_picture(a_picture("JPEG"))


def refusal(data: bytes) -> str:
    with pytest.raises(Refused) as refused:
        make_picture(data)
    assert str(refused.value) == refused.value.reason
    return refused.value.reason


def test_two_megabytes_are_taken_and_a_byte_more_is_not():
    data = a_picture()
    assert make_picture(data + b"\0" * (MOST_BYTES - len(data))).width == 30
    assert refusal(data + b"\0" * (MOST_BYTES - len(data) + 1)) == "size"


@pytest.mark.parametrize("side", [4_001, 10_000, 14_000, 60_000, 2**31 - 1])
def test_a_header_that_claims_too_much_is_refused_before_anything_is_decoded(side, monkeypatch):
    data = with_header(side)

    def decode(*_args):
        raise AssertionError("decoded")

    monkeypatch.setattr(images.Image.Image, "load", decode)
    monkeypatch.setattr(PngImagePlugin.PngImageFile, "load", decode)
    assert refusal(data) == "pixels"


@pytest.mark.parametrize("size", [(4_001, 1), (1, 4_001)])
def test_one_side_that_is_too_long_is_enough(size):
    assert refusal(a_picture(size=size)) == "pixels"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("share", [0.05, 0.5])
def test_a_picture_that_was_cut_off_is_refused(kind, share):
    file = io.BytesIO()
    Image.effect_noise((200, 200), 60).convert("RGB").save(file, kind)
    data = file.getvalue()
    assert refusal(data[: int(len(data) * share)]) == "format"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 100,
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<!doctype html><img src=x onerror=alert(1)>",
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj",
        b"GIF89a/*",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0",
        b"RIFF\0\0\0\0WEBP",
        a_picture("BMP"),
        a_picture("TIFF"),
        a_picture("ICO"),
        a_picture("PPM"),
    ],
    ids=lambda data: repr(data[:8]),
)
def test_what_is_no_picture_of_the_four_kinds_is_refused(data):
    assert refusal(data) == "format"
