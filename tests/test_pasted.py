"""A signature copied out of a mail program becomes a design with placeholders in their places."""

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as some

from signatures.document import as_json
from signatures.models import Design, signature_of
from signatures.pasted import NothingInIt, Pasted, design_of

AT = "https://portal.example/pictures/"
JONAS = {
    "name": "Jonas Petersen",
    "title": "Bäckermeister",
    "phone": "+49 40 5550124",
    "email": "jonas@hafenbaeckerei.example",
    "company": "Hafenbäckerei",
    "linkedin": "https://www.linkedin.com/in/jonas",
}
WORD = """
<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style>p{margin:0}</style></head>
<body><!--[if gte mso 9]><xml>x</xml><![endif]-->
<p class=MsoNormal><b><span style='font-size:14.0pt;color:#0B6B6B'>Jonas&nbsp;Petersen<o:p></o:p>
</span></b></p>
<p class=MsoNormal>Bäckermeister<o:p></o:p></p>
<p class=MsoNormal>Tel. 040 / 555 01-24 <o:p></o:p></p>
<p>T: +49 (0)40 555 01 24<br>
<a href="mailto:Jonas@Hafenbaeckerei.example">Jonas@Hafenbaeckerei.example</a></p>
<p><img src="file:///C:/logo.png" onerror="alert(1)"></p></body></html>
"""
GMAIL = """
<div dir="ltr"><div style="font-family:arial"><font color="#888888">Eva Nordmann</font></div>
<table><tr><td style="padding:4px">Mobil: 0170 1234567</td></tr></table>
<div>Fax 040 1234568</div><a href="https://x.example/eva">eva@firma.example</a>
<script>alert(1)</script></div>
"""


def pasted(html: str, values=None) -> Pasted:
    return design_of(html, values or {}, images_from=AT, language="de")


def html_of(found: Pasted) -> str:
    return as_json(found.document)["blocks"][0]["html"]


def test_what_is_the_persons_own_becomes_placeholders():
    found = pasted(WORD, JONAS)
    html = html_of(found)
    for name in ("name", "title", "phone"):
        assert f"{{{{ {name} }}}}" in html
    assert 'href="mailto:{{ email }}"' in html
    assert "Petersen" not in html
    assert found.pictures == 1


def test_labels_and_shapes_say_what_stands_there_when_nobody_is_chosen():
    found = pasted(GMAIL)
    assert set(found.placeholders) == {"mobile", "fax", "email"}
    assert "Mobil: {{ mobile }}" in html_of(found)
    assert "Fax {{ fax }}" in html_of(found)


def test_lines_stay_lines_and_looks_stay_looks():
    html = html_of(pasted(WORD, JONAS))
    assert "color:#0B6B6B" in html
    assert html.index("{{ title }}") < html.index("<br>", html.index("{{ title }}"))
    for word in ("<p", "mso", "o:p", "class=", "onerror", "<img", "script"):
        assert word not in html.lower()


@pytest.mark.parametrize("html", ["", " ", "<p></p>", "<img src=x>", "<!-- x -->", "<p>" * 9])
def test_what_holds_no_text_is_refused(html):
    with pytest.raises(NothingInIt):
        pasted(html)


@given(some.text(max_size=80) | some.lists(some.sampled_from(
    ["<p>", "</div>", "<table><tr><td>", "<a href=javascript:x>", "Tel. 040 123456", "<o:p>",
     "{{", "}}", "<!--", "&lt;script&gt;", "x", "<svg onload=x>", "<font color=red>"]
), max_size=12).map("".join))  # fmt: skip
def test_whatever_is_pasted_gives_a_design_or_is_refused(html):
    try:
        found = pasted(html, JONAS)
    except NothingInIt:
        return
    made = signature_of(as_json(found.document), JONAS).html
    assert "javascript:" not in made.replace("&", "") or 'href="javascript' not in made
    assert "<script" not in made
    assert "<svg" not in made


def test_a_contact_pastes_a_signature_and_is_in_the_editor(client, cast):
    client.force_login(cast.clara)
    address = reverse("pasted_design", args=[cast.bakery.code])
    jonas = cast.bakery.people.get(name="Jonas Petersen")
    answer = client.post(address, {"html": WORD, "person": jonas.code}, follow=True)
    text = answer.content.decode()
    assert "{{ phone }}" in text
    assert "1 picture was left out" in text
    design = Design.objects.latest("pk")
    assert "Jonas Petersen" in signature_of(design.draft(), jonas.values()).html
    empty = client.post(address, {"html": "<p></p>"})
    assert list(empty.context["form"].errors) == ["html"]
