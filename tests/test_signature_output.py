"""What leaves the signature area: right for mail programs, and harmless whatever was typed."""

import io
import re
import time
import zlib
from html.parser import HTMLParser

import nh3
import pytest
from hypothesis import example, given
from hypothesis import strategies as some
from PIL import Image

from reseller_portal.images import Refused, make_picture
from signatures.checker import findings
from signatures.document import BrandLook, Document, Picture, as_json, dressed, read_document
from signatures.gallery import TEMPLATES
from signatures.placeholders import PLACEHOLDERS, filled_parts, unknown_placeholders
from signatures.render import Signature, render_signature
from signatures.sanitise import clean_signature
from tests.designs import LOGO, document, text

AT = "https://portal.example/pictures/"
FULL = {
    "name": "Jörg Ångström",
    "title": "Leitung Vertrieb & Service",
    "department": "Vertrieb",
    "phone": "+49 (0)40 555 01-23",
    "email": "joerg@firma.example",
    "company": "Firma <Öl> GmbH",
    "company_website": "https://firma.example/über?a=1&b=2",
    "company_register": "Amtsgericht Hamburg, HRB 12345",
    "booking_link": "https://kalender.example/joerg",
    "linkedin": "http://www.linkedin.com/in/joerg",
    "photo": AT + "photo.png",
}
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


def template(key: str) -> Document:
    """Return a template as a customer with a logo has it."""
    return dressed(
        TEMPLATES[key].document(), BrandLook("#0b6b6b", "#1f2a30", "Arial", Picture(**LOGO))
    )


def render(said: Document, values) -> Signature:
    return render_signature(said, values, pictures_at=AT)


def clean(html: str) -> str:
    return clean_signature(html, images_from=AT)


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
        ("", FULL, []),
        (" \t", FULL, []),
        ("{{ settings.SECRET_KEY }}", FULL, [("text", "{{ settings.SECRET_KEY }}")]),
        ("{{ name.__class__ }}", FULL, [("text", "{{ name.__class__ }}")]),
    ],
)  # fmt: skip
def test_a_line_keeps_only_what_a_person_has(line, values, parts):
    assert filled_parts(line, values) == parts


@pytest.mark.parametrize(
    ("line", "empty", "left"),
    [
        ("{{ name }} · {{ title }} · {{ phone }}", "", "N · T · P"),
        ("{{ name }} · {{ title }} · {{ phone }}", "name", "T · P"),
        ("{{ name }} · {{ title }} · {{ phone }}", "title", "N · P"),
        ("{{ name }} · {{ title }} · {{ phone }}", "phone", "N · T"),
        ("{{ name }} · {{ title }} · {{ phone }}", "name title", "P"),
        ("{{ name }} · {{ title }} · {{ phone }}", "name title phone", ""),
        ("Tel. {{ phone }} · E-Mail: {{ email }}", "phone", "E-Mail: E"),
        ("Tel. {{ phone }} · E-Mail: {{ email }}", "email", "Tel. P"),
        ("Firma GmbH · {{ title }} · {{ name }}", "title", "Firma GmbH · N"),
        ("{{ name }}, {{ title }} | Hamburg", "title", "N | Hamburg"),
        ("{{ name }} – {{ title }} / {{ phone }}", "title", "N / P"),
        ("{{ title }} {{ name }}", "title", "N"),
        ("Herr {{ title }} {{ name }}", "title", "Herr N"),
        ("{{ name }}: {{ title }}", "title", "N"),
        ("{{ title }}: {{ name }}", "title", "N"),
        ("{{ name }} ({{ title }})", "title", "N"),
        ("{{ name }} ({{ title }}) in Hamburg", "title", "N in Hamburg"),
        ("- {{ name }}", "", "- N"),
        ("A-{{ name }}-B", "", "A-N-B"),
    ],
)
def test_around_what_a_person_has_not_nothing_dangles(line, empty, left):
    given = {name: name[0].upper() for name in PLACEHOLDERS if name not in empty.split()}
    assert "".join(text for _kind, text in filled_parts(line, given)) == left


@given(some.lists(some.sampled_from(["{{ name }}", "{{title}}", " · ", " - ", "Tel. ", "(", ", "])))
def test_a_line_for_which_everything_is_there_reads_as_it_was_typed(pieces):
    line = "".join(pieces)
    values = {"name": "Clara", "title": "Baker"}
    expected = line.replace("{{ name }}", "Clara").replace("{{title}}", "Baker").strip()
    assert "".join(text for _kind, text in filled_parts(line, values)) == expected


def test_what_is_typed_at_length_is_read_at_once():
    for line in ("{{" + " " * 2_000 + "x", "{{" * 1_000, " " * 2_000, "{{ name" + " " * 2_000):
        started = time.perf_counter()
        unknown_placeholders(line)
        filled_parts(line, FULL)
        assert time.perf_counter() - started < 0.2


def test_a_placeholder_that_stands_for_nothing_is_named():
    assert unknown_placeholders("{{ name }} {{ shoe }} {{ shoe }} {{ }}") == ["shoe", ""]


@pytest.mark.parametrize("key", TEMPLATES)
@pytest.mark.parametrize("values", [FULL, {"name": "Nur Name"}, dict.fromkeys(FULL, "x" * 120)])
def test_every_template_gives_the_same_small_clean_html_twice(key, values):
    made = render(template(key), values)
    assert made == render(read_document(as_json(template(key))), values)
    cleaned = clean(made.html)
    assert cleaned == clean(cleaned)
    assert len(cleaned) < 8_000
    # Nothing the renderer writes is taken away; links only gain their rel.
    assert cleaned.count("<td") == made.html.count("<td")
    assert cleaned.count("style=") == made.html.count("style=")
    assert cleaned.count("<a ") == cleaned.count('rel="noopener noreferrer"')
    assert "{{" not in made.html + made.text
    assert nh3.clean(cleaned, tags=set()).strip()


@pytest.mark.parametrize("key", sorted(set(TEMPLATES) - {"empty"}))
def test_the_checker_finds_nothing_in_any_template(key):
    values = FULL | {
        "company": "Firma GmbH",
        "company_leaders": "Ada Weiß",
        "title": "Leitung",
        "company_email": "post@firma.example",
    }
    made = render(template(key), values)
    assert findings(clean(made.html), made.text, company="Firma GmbH") == []


class Parsed(HTMLParser):
    """What a mail program reads: tags with their attributes, and text; `rel` left out."""

    def __init__(self, html: str):
        super().__init__()
        self.seen: list[object] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        kept = {name: value.rstrip(";") for name, value in attrs if name != "rel"}
        self.seen.append((tag, kept))

    def handle_endtag(self, tag):
        self.seen.append(tag)

    def handle_data(self, data):
        self.seen.append(data)


@pytest.mark.parametrize("key", TEMPLATES)
@pytest.mark.parametrize("values", [FULL, {}, dict.fromkeys(FULL, "ÄÖ & <ß> " * 13)])
def test_the_sanitiser_takes_nothing_away_from_what_is_rendered(key, values):
    values = values | {"photo": AT + "photo.png" if values else ""}
    html = render(template(key), values).html
    assert Parsed(clean(html)).seen == Parsed(html).seen


def test_a_website_is_linked_by_https_and_read_without_it():
    said = document({"type": "contact", "fields": ["company_website"], "labels": "none"})
    made = render(said, {"company_website": "http://firma.example/"})
    assert '<a href="https://firma.example/"' in clean(made.html)
    assert ">firma.example</a>" in made.html
    assert made.text == "http://firma.example/"


def test_a_website_of_another_kind_is_words_and_no_link():
    said = document({"type": "contact", "fields": ["website"]})
    assert "href" not in render(said, {"website": "ftp://firma.example"}).html


def test_an_address_or_a_number_cannot_say_more_than_itself_in_its_link():
    values = FULL | {"email": "a?bcc=x&subject=y%0A#z@firma.example", "phone": "on request"}
    html = render(template("classic"), values).html
    assert 'href="mailto:a%3Fbcc=x%26subject=y%250A%23z@firma.example"' in html.replace("%3D", "=")
    assert "tel:" not in html
    assert "on request" in html


@pytest.mark.parametrize(
    ("link", "values", "target"),
    [
        ("https://x.example/{{ name }}", {"name": "a/?b=c"}, "https://x.example/a%2F%3Fb%3Dc"),
        ("{{ booking_link }}", {"booking_link": "http://x.example"}, "https://x.example"),
        ("{{ booking_link }}", {"booking_link": "javascript:alert(1)"}, None),
        ("{{ booking_link }}", {}, None),
        ("{{ email }}", {"email": "a@x.example"}, "mailto:a@x.example"),
        ("{{ phone }}", {"phone": "+49 (0)40 5"}, "tel:+49405"),
        ("{{ company_website }}", {"company_website": "x.example"}, "https://x.example"),
        ("{{ company_website }}", {"company_website": "ftp://x.example"}, None),
        ("javascript:alert(1)", {}, None),
        ("data:text/html,x", {}, None),
    ],
)
def test_a_link_leads_where_the_value_says_or_nowhere(link, values, target):
    html = render(document(text("x", link=link)), values).html
    assert re.findall('href="([^"]*)"', html) == ([target] if target else [])


def test_a_block_with_a_condition_stays_away_from_whoever_lacks_it():
    said = document(text("A", when="mobile"), text("B"))
    assert render(said, {"mobile": "1"}).text == "A\nB"
    assert render(said, {}).text == "B"


def test_the_first_of_several_placeholders_that_has_something_counts():
    said = document(text('Tel. {{ mobile | phone | "040 1" }}'))
    assert render(said, {"mobile": "1", "phone": "2"}).text == "Tel. 1"
    assert render(said, {"phone": "2"}).text == "Tel. 2"
    assert render(said, {}).text == "Tel. 040 1"


def test_a_column_that_has_nothing_for_a_person_leaves_no_gap():
    said = document({"type": "columns", "columns": [[{"type": "photo"}], [text("{{ name }}")]]})
    with_photo = render(said, {"name": "A", "photo": AT + "p.png"}).html
    without = render(said, {"name": "A"}).html
    assert AT + "p-round.png" in with_photo
    assert without.count("<td") == with_photo.count("<td") - 1
    assert "16px" not in without
    assert render(said, {}).html == ""


def test_small_print_keeps_its_lines_whatever_ends_them():
    made = [
        render(document({"type": "disclaimer", "lines": f"Sitz: Hamburg{end}HRB 12345"}), FULL)
        for end in ("\n", "\r\n", "\r")
    ]
    assert made[0] == made[1] == made[2]
    assert "Sitz: Hamburg<br>HRB 12345" in clean(made[0].html)


def test_the_longest_small_print_comes_through():
    made = render(document({"type": "disclaimer", "lines": "x\n" * 999}), FULL)
    assert clean(made.html).count("<br>") == 998


def test_the_layout_stands_on_tables_and_attributes_alone():
    for key in TEMPLATES:
        html = clean(render(template(key), FULL).html)
        for word in ("<div", "<p", "class=", "rgb(", "margin", "float", "<style", "data:", "url("):
            assert word not in html, (key, word)
    html = clean(render(template("classic"), FULL).html)
    assert 'width="120" height="40"' in html
    assert 'href="tel:+49405550123"' in html
    assert "Leitung Vertrieb &amp; Service" in html


def test_the_text_part_says_the_same():
    lines = render(template("classic"), FULL).text.splitlines()
    assert lines[:2] == ["Jörg Ångström", "Leitung Vertrieb & Service"]
    assert "Firma <Öl> GmbH" in lines[-1]
    assert "HRB 12345" in lines[-1]


@pytest.mark.parametrize("attack", HOSTILE)
def test_whatever_is_typed_comes_out_as_text(attack):
    values = dict.fromkeys(FULL, attack)
    said = document(
        text("{{ name }}\n" + attack, link="{{ company_website }}"),
        {"type": "html", "html": "<b>{{ name }}</b>" + attack},
        {"type": "company"},
    )
    made = clean(render(said, values).html)
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
        ('<a href="javascript:alert(1)">x</a>', '<a rel="noopener noreferrer">x</a>'),
        ('<a href=" JaVaScRiPt:alert(1)">x</a>', '<a rel="noopener noreferrer">x</a>'),
        ('<a href="http://a.example">x</a>', '<a rel="noopener noreferrer">x</a>'),
        ('<a href="/sign-out/">x</a>', '<a rel="noopener noreferrer">x</a>'),
        ('<a href="tel:+49" target="_top">x</a>',
         '<a href="tel:+49" rel="noopener noreferrer">x</a>'),
        ('<img src="data:image/png;base64,AAAA">', "<img>"),
        ('<img src="/pictures/1.png">', "<img>"),
        ('<img src="https://p0rtal.example/pictures/1.png">', "<img>"),
        ('<img src="https://portal.example/pictures/../sign-out/">', "<img>"),
        ('<img src="https://portal.example/pictures/1.png?x=1">', "<img>"),
        ('<img src="https://portal.example.evil.example/pictures/1.png">', "<img>"),
        ('<img src="https://portal.example/pictures/1-a.png" srcset="//evil.example/p.gif 2x">',
         '<img src="https://portal.example/pictures/1-a.png">'),
        ('<img width="100000" height="-1" alt="x">', '<img alt="x">'),
        ('<span style="color:expression(alert(1))">x</span>', "<span>x</span>"),
        ('<span style="background-color:u\\72l(//evil.example)">x</span>', "<span>x</span>"),
        ('<span style="background-color:image-set(1)">x</span>', "<span>x</span>"),
        ('<span style="padding:-9px;font-size:9999px;color:red">x</span>',
         '<span style="color:red">x</span>'),
        ('<span style="font-size:1e9px">x</span>', "<span>x</span>"),
        ('<span style="color:red!important">x</span>', "<span>x</span>"),
        ("<style>@import '//evil.example'</style>x", "x"),
        ("<form action=//evil.example><input></form>x", "x"),
        ('<span class="a" id="b" title="c">x</span>', "<span>x</span>"),
        ("a&#13;b\r\nc", "a\nb\nc"),
        ("<span>" * 101 + "x", ""),
        ("<span></b>" * 101 + "x", ""),
        ("x" * 100_001, ""),
    ],
)  # fmt: skip
def test_the_sanitiser_leaves_only_what_e_mail_needs(html, left):
    assert clean(html) == left
    assert clean(left) == left


FRAGMENTS = some.sampled_from(
    ["<table>", "<tr>", "<td>", "</td>", "</table>", "<a href=https://x.example>", "</a>", "<b>"]
    + ["<span style='color:red;padding:1px'>", "<svg>", "<math>", "<style>", "<textarea>", "&#13;"]
    + ["<!--", "-->", "<img src=x>", "<br>", "x", "&lt;", "&amp;lt;", "<select>", "<template>"]
)


@given(some.lists(FRAGMENTS, max_size=25).map("".join) | some.text(max_size=60))
@example("<table><tr><td>a<table>b<tr>c")
@example("<svg><style><a title='</style><img src=x onerror=alert(1)>'>")
def test_what_was_cleaned_stays_as_it_is(html):
    once = clean(html)
    assert clean(once) == once
    assert "onerror=" not in once.replace("&gt;", "") or "<img" not in once


def test_whatever_is_accepted_is_cleaned_at_once():
    for html in ("<span>" * 100 + "x", "<b></b>" * 14_000, "<table><tr><td>" * 33, "<" * 100_000):
        started = time.perf_counter()
        clean(html)
        assert time.perf_counter() - started < 1, html[:20]  # 0.1 s on a quiet machine


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
