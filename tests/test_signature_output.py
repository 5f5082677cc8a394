"""What leaves the signature area: right for mail programs, and harmless whatever was typed."""

import io
import zlib

import nh3
import pytest
from PIL import Image

from signatures.gallery import TEMPLATES
from signatures.images import Refused, make_picture
from signatures.placeholders import filled_parts, unknown_placeholders
from signatures.render import Content, Logo, render_signature
from signatures.sanitise import clean_signature

FULL = {
    "name": "Jörg Ångström",
    "title": "Leitung Vertrieb & Service",
    "department": "Vertrieb",
    "phone": "+49 (0)40 555 01-23",
    "email": "joerg@firma.example",
    "company": "Firma <Öl> GmbH",
}
LOGO = Logo("https://portal.example/pictures/1.png", 240, 80, 'Die "Firma"')
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ settings.SECRET_KEY }}",
    "{% load static %}",
    "{0.__class__}",
    "javascript:alert(1)",
    "</td></table><iframe src=//evil.example>",
    "&lt;script&gt;",
]


def content(template: str, **changes) -> Content:
    start = TEMPLATES[template]
    return Content(
        template=start.key,
        accent=start.accent,
        text_colour=start.text_colour,
        font=start.font,
        lines=start.lines,
        website="https://firma.example/über?a=1&b=2",
        disclaimer="Sitz: Hamburg\nHRB 12345",
        logo=LOGO,
    )._replace(**changes)


def clean(html: str) -> str:
    return clean_signature(html, images_from="https://portal.example/pictures/")


@pytest.mark.parametrize(
    ("line", "values", "parts"),
    [
        ("{{ title }} · {{ department }}", {"title": "Baker"}, [("title", "Baker")]),
        ("{{ title }} · {{ department }}", {"department": "Shop"}, [("department", "Shop")]),
        ("Tel. {{ phone }}", {"phone": "12"}, [("text", "Tel. "), ("phone", "12")]),
        ("Tel. {{ phone }}", {"phone": " "}, []),
        ("Seit 1974", {}, [("text", "Seit 1974")]),
        ("{{name}} & {{ email }}", {"name": "A", "email": "b"}, [
            ("name", "A"), ("text", " & "), ("email", "b")]),
        ("{{ name }}", {"name": "{{ email }}", "email": "x"}, [("name", "{{ email }}")]),
    ],
)  # fmt: skip
def test_a_line_keeps_only_what_a_person_has(line, values, parts):
    assert filled_parts(line, values) == parts


def test_a_placeholder_that_stands_for_nothing_is_named():
    assert unknown_placeholders("{{ name }} {{ shoe }} {{ shoe }} {{ }}") == ["shoe", ""]


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("values", [FULL, {"name": "Nur Name"}, dict.fromkeys(FULL, "x" * 120)])
def test_every_template_gives_the_same_small_clean_html_twice(template, values):
    made = render_signature(content(template), values)
    assert made == render_signature(content(template), values)
    cleaned = clean(made.html)
    assert cleaned == clean(cleaned)
    assert len(cleaned) < (8_192 if len(values["name"]) < 50 else 10_000)
    # Nothing the renderer writes is taken away; links only gain their rel.
    assert cleaned.count("<td") == made.html.count("<td")
    assert cleaned.count("style=") == made.html.count("style=")
    assert cleaned.count("<a ") == cleaned.count('rel="noopener noreferrer"')
    assert "{{" not in made.html + made.text
    assert nh3.clean(cleaned, tags=set()).strip()


def test_the_layout_stands_on_tables_and_attributes_alone():
    for template in TEMPLATES:
        html = clean(render_signature(content(template), FULL).html)
        for word in ("<div", "<p", "class=", "rgb(", "margin", "float", "<style", "data:"):
            assert word not in html, (template, word)
        assert 'width="120" height="40"' in html
        assert 'href="tel:+49405550123"' in html
        assert "Leitung Vertrieb &amp; Service" in html


def test_the_text_part_says_the_same():
    text = render_signature(content("classic"), FULL).text
    assert text.splitlines()[:2] == ["Jörg Ångström", "Leitung Vertrieb & Service"]
    assert "Firma <Öl> GmbH" in text
    assert "HRB 12345" in text


@pytest.mark.parametrize("attack", HOSTILE)
def test_whatever_is_typed_comes_out_as_text(attack):
    values = dict.fromkeys(FULL, attack)
    made = clean(render_signature(content("classic", lines="{{ name }}\n" + attack), values).html)
    assert "<script" not in made
    assert "<iframe" not in made
    assert "onerror" not in made.replace("onerror=alert(1)&gt;", "")
    assert 'href="javascript' not in made
    if attack.startswith("{"):
        assert attack in made


@pytest.mark.parametrize(
    ("html", "left"),
    [
        ('<img src="//evil.example/p.gif">', "<img>"),
        ('<img src="https://evil.example/p.gif">', "<img>"),
        ('<a href="//evil.example">x</a>', '<a rel="noopener noreferrer">x</a>'),
        ('<a href="data:text/html,x">x</a>', '<a rel="noopener noreferrer">x</a>'),
        ('<td style="background:url(//evil.example)">x', "x"),
        ('<span style="color:#112233;position:fixed">', '<span style="color:#112233"></span>'),
        ("<span onclick=alert(1)>x</span>", "<span>x</span>"),
        ("<!-- x --><svg onload=alert(1)></svg>", ""),
    ],
)  # fmt: skip
def test_the_sanitiser_leaves_only_what_e_mail_needs(html, left):
    assert clean(html) == left


def picture(kind="PNG", size=(30, 10), **options) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "teal").save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_picture_is_written_anew_as_png_without_what_it_carried(kind):
    data = picture(kind) + b"<script>alert(1)</script>"
    made = make_picture(data)
    assert made.content.startswith(b"\x89PNG")
    assert b"script" not in made.content
    assert (made.width, made.height) == (30, 10)


def bomb(side: int) -> bytes:
    """Return a small PNG whose header claims `side` × `side` pixels, with the right checksum."""
    small = picture()
    head = b"IHDR" + side.to_bytes(4, "big") * 2 + small[24:29]
    return small[:12] + head + zlib.crc32(head).to_bytes(4, "big") + small[33:]


def test_a_large_picture_is_made_smaller():
    made = make_picture(picture(size=(3_000, 1_500)))
    assert (made.width, made.height) == (480, 240)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"x" * (2 * 1024 * 1024 + 1), "size"),
        (picture(size=(4_001, 1)), "pixels"),
        (picture()[:40], "format"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "format"),
        (b"<html>", "format"),
        (b"%PDF-1.7", "format"),
        (b"", "format"),
        # A header that claims 60,000 × 60,000 pixels: refused before anything is decoded.
        (bomb(60_000), "pixels"),
    ],
)
def test_what_is_no_usable_picture_is_refused_with_its_reason(data, reason):
    with pytest.raises(Refused) as refused:
        make_picture(data)
    assert refused.value.reason == reason
