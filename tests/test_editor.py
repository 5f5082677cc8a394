"""The editor of designs: what is typed is kept, nobody writes over another, all can be undone."""

import io
import json
import re
from typing import get_args

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as some
from PIL import Image

from audit.actor import SYSTEM
from audit.models import Entry
from signatures import outline
from signatures.block_forms import FORMS
from signatures.design_operations import go_to_step, keep_draft, publish_design
from signatures.differences import differences
from signatures.document import (
    CONTACTS,
    FONTS,
    KINDS,
    NETWORKS,
    Columns,
    DocumentRefused,
    FontName,
    Network,
    as_json,
    every_block,
    json_schema,
    read_document,
)
from signatures.errors import StaleDraft
from signatures.models import Brand, Design, Picture
from signatures.presentation import KIND_WORDS
from tests.designs import a_picture, document, say, text

PHONE = {"type": "text", "lines": "Tel. {{ phone }}"}


@pytest.fixture
def clara(client, cast):
    client.force_login(cast.clara)
    return client


@pytest.fixture
def design(cast) -> Design:
    columns = {"type": "columns", "columns": [[text("links")], [text("rechts"), PHONE]]}
    return say(cast.bakery.designs.get(), text("{{ name }}"), columns, {"type": "divider"})


def at(name, cast, *codes):
    return reverse(name, args=[cast.bakery.code, *codes])


def post(client, cast, design, do, block="", headers=None, **fields):
    """Send the editor's form as it stands, with what is typed and what is clicked."""
    fresh = Design.objects.get(pk=design.pk)
    given = {"revision": fresh.revision, "do": do, "block": block, **fields}
    if block and "panel" not in fields:
        given["panel"] = "block"
    return client.post(at("design", cast, design.code), given, headers=headers)


def typed(lines, **more):
    start = {"lines": lines, "size": 13, "tone": "text", "align": "left", "above": 0}
    return start | more


def order(design) -> str:
    """Return the blocks' names in order, columns in brackets."""
    fresh = read_document(Design.objects.get(pk=design.pk).document)

    def name(block):
        inner = "|".join(" ".join(map(name, column)) for column in getattr(block, "columns", ()))
        return f"{block.id}[{inner}]" if isinstance(block, Columns) else block.id

    return " ".join(map(name, fresh.blocks))


def test_what_is_typed_in_a_block_is_kept_whatever_is_clicked_next(clara, cast, design):
    for do, lines in (("save", "A"), ("open:b2", "B"), ("up:b6", "C"), ("choose:end", "D")):
        assert post(clara, cast, design, do, "b1", **typed(lines)).status_code == 302
        kept = read_document(Design.objects.get(pk=design.pk).document)
        assert outline.find(kept, "b1").lines == lines


def test_blocks_are_added_copied_moved_and_removed(clara, cast, design):
    assert order(design) == "b1 b2[b3|b4 b5] b6"
    answer = post(clara, cast, design, "add:logo", at="b2.0")
    assert answer["Location"].endswith("?block=b7")
    assert order(design) == "b1 b2[b3 b7|b4 b5] b6"
    post(clara, cast, design, "copy:b5")
    assert order(design) == "b1 b2[b3 b7|b4 b5 b8] b6"
    post(clara, cast, design, "up:b6")
    assert order(design) == "b1 b2[b3 b7|b4 b5 b8 b6]"
    post(clara, cast, design, "down:b6")
    assert order(design) == "b1 b2[b3 b7|b4 b5 b8] b6"
    post(clara, cast, design, "drop:b4@/0")
    assert order(design) == "b4 b1 b2[b3 b7|b5 b8] b6"
    post(clara, cast, design, "remove:b2")
    assert order(design) == "b4 b1 b6"


def test_undo_and_redo_go_back_and_forth_until_something_new_is_done(clara, cast, design):
    before = order(design)
    post(clara, cast, design, "remove:b6")
    post(clara, cast, design, "remove:b2")
    post(clara, cast, design, "undo")
    post(clara, cast, design, "undo")
    assert order(design) == before
    post(clara, cast, design, "redo")
    assert order(design) == "b1 b2[b3|b4 b5]"
    post(clara, cast, design, "remove:b1")
    post(clara, cast, design, "redo")
    assert order(design) == "b2[b3|b4 b5]"


def test_typing_in_one_block_is_one_step_to_undo(clara, cast, design):
    steps = design.steps.count()
    for lines in ("M", "Mo", "Moi"):
        post(clara, cast, design, "autosave", "b1", **typed(lines))
    assert design.steps.count() == steps + 1
    post(clara, cast, design, "undo")
    assert outline.find(read_document(Design.objects.get(pk=design.pk).document), "b1").lines == (
        "{{ name }}"
    )


def test_nobody_writes_over_what_they_have_not_seen(client, clara, cast, design):
    old = Design.objects.get(pk=design.pk).revision
    say(design, text("{{ name }}"), text("neu von Anna"))
    answer = post(clara, cast, design, "save", "b1", revision=old, **typed("von Clara"))
    page = answer.content.decode()
    assert "while you were working on it" in page
    assert "von Clara" in page, "what was typed is not lost"
    kept = json.dumps(Design.objects.get(pk=design.pk).document)
    assert "neu von Anna" in kept
    assert "von Clara" not in kept
    # The page that said so has seen the other's change: saving it puts both together.
    post(clara, cast, design, "save", "b1", **typed("von Clara"))
    kept = json.dumps(Design.objects.get(pk=design.pk).document)
    assert "neu von Anna" in kept
    assert "von Clara" in kept


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        (typed("{{ settings.SECRET_KEY }}"), "lines"),
        (typed("{{ schuhgröße }}"), "lines"),
        (typed("{{ field.unknown }}"), "lines"),
        (typed("x", size=9), "size"),
        (typed("x", size="groß"), "size"),
        (typed("x", tone="red"), "tone"),
        (typed("x", above=-1), "above"),
        (typed("x", when="shoe"), "when"),
        (typed("x", link="javascript:alert(1)"), "link"),
        (typed("x", link="ftp://x.example"), "link"),
        (typed("x", link="https://x.example/a b"), "link"),
    ],
)
def test_a_block_that_is_not_right_is_refused_at_its_field(clara, cast, design, fields, wrong):
    before = Design.objects.get(pk=design.pk).document
    answer = post(clara, cast, design, "save", "b1", **fields)
    assert list(answer.context["form"].errors) == [wrong]
    assert Design.objects.get(pk=design.pk).document == before


@pytest.mark.parametrize("do", ["drop:b9@/0", "up:b9", "copy:b9", "remove:b9", "drop:b1@b7.0/0"])
def test_a_block_that_is_gone_is_said_to_be(clara, cast, design, do):
    answer = post(clara, cast, design, do)
    assert "This block is not there any more." in answer.content.decode()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_block_has_a_form_and_keeps_what_it_began_with(clara, cast, design, kind):
    post(clara, cast, design, f"add:{kind}", at="end")
    block = read_document(Design.objects.get(pk=design.pk).document).blocks[-1]
    assert type(block) is KINDS[kind]
    page = clara.get(at("design", cast, design.code), {"block": block.id})
    form = page.context["form"]
    assert type(form) is FORMS[kind]
    # Boxes to tick are boxes of their own, each with its words; the group has a name.
    for name, field in form.fields.items():
        if isinstance(field, forms.MultipleChoiceField):
            ticked = re.findall(
                rf'<input type="checkbox" name="{name}"[^>]*>', page.content.decode()
            )
            assert len(ticked) == len(field.choices)
            assert sum(" checked" in box for box in ticked) == len(form.initial[name])
            assert all('class="form-check-input"' in box for box in ticked)
    given = {name: value for name, value in form.initial.items() if name in form.fields}
    given = {
        name: value for name, value in given.items() if value is not None and value is not False
    }
    if kind == "button":
        given |= {"words": "Termin"}
    if kind == "disclaimer":
        given |= {"lines": "Klein"}
    answer = post(clara, cast, design, "save", block.id, **given)
    assert answer.status_code == 302, answer.context["form"].errors
    kept = read_document(Design.objects.get(pk=design.pk).document).blocks[-1]
    assert [
        each.field for each in differences(document(as_json(block)), document(as_json(kept)))
    ] == {"button": ["words"], "disclaimer": ["lines"]}.get(kind, [])
    assert kind in KIND_WORDS


def test_a_logo_is_written_anew_kept_once_and_anybody_may_load_it(clara, client, cast):
    brand = {"accent": "#aa0011", "text": "#222222", "font": "Georgia", "company": "Hafen GmbH"}
    for _twice in range(2):
        clara.post(at("brand", cast), brand | {"new_logo": a_picture("JPEG")})
    kept = Picture.objects.get()
    client.logout()
    answer = client.get(reverse("signature_picture", args=[kept.key]))
    assert (answer["Content-Type"], answer["Cross-Origin-Resource-Policy"]) == (
        "image/png",
        "cross-origin",
    )
    assert Image.open(io.BytesIO(answer.content)).size == (300, 100)
    assert "immutable" in answer["Cache-Control"]


@pytest.mark.parametrize(
    "data", [b"<svg onload=alert(1)>", b"%PDF-1.7", b"\x89PNG\r\n\x1a\n broken", b"x" * 2_100_000]
)
def test_what_is_no_picture_is_refused(clara, cast, design, data):
    post(clara, cast, design, "add:banner", at="end")
    upload = SimpleUploadedFile("x.png", data)
    given = {"upload": upload, "width": 300, "above": 0, "alt": "x"}
    answer = post(clara, cast, design, "save", "b7", **given)
    assert list(answer.context["form"].errors) == ["upload"]
    assert Picture.objects.count() == 0


def test_the_brand_is_in_drafts_at_once_and_in_versions_once_published(clara, cast, design):
    say(design, text("{{ company }} {{ company_leaders }}", tone="accent"))
    first = publish_design(design=design, by=SYSTEM)
    brand = {"accent": "#aa0011", "text": "#222222", "font": "Georgia"}
    clara.post(at("brand", cast), brand | {"company": "Hafen GmbH", "leaders": "Clara Hansen"})
    draft = clara.get(at("design_frame", cast, design.code)).content.decode()
    assert "#aa0011" in draft
    assert "Hafen GmbH Clara Hansen" in draft
    version = clara.get(at("version_frame", cast, design.code, first.number)).content.decode()
    assert "#aa0011" not in version
    assert "Hafen GmbH Clara Hansen" in version
    second = publish_design(design=design, by=SYSTEM)
    assert second.content["accent"] == "#aa0011"


@pytest.mark.parametrize("field", ["accent", "text"])
@pytest.mark.parametrize("value", ["red", "#12345", "#fff;background:url(x)", ""])
def test_a_colour_that_is_none_is_refused(clara, cast, field, value):
    brand = {"accent": "#aa0011", "text": "#222222", "font": "Georgia", field: value}
    answer = clara.post(at("brand", cast), brand)
    assert list(answer.context["form"].errors) == [field]
    assert not Brand.objects.exists()


def test_versions_say_what_changed_and_lead_back(clara, cast, design):
    publish_design(design=design, by=SYSTEM)
    say(design, text("{{ name }}, {{ title }}"), {"type": "divider"})
    publish_design(design=design, by=SYSTEM)
    page = clara.get(at("design_versions", cast, design.code)).content.decode()
    for words in ("Text: Lines", "{{ name }}, {{ title }}", "Columns: removed", "The same as"):
        assert words in page
    restoration = at("version_restoration", cast, design.code, 2)
    seen = clara.get(restoration)
    clara.post(restoration, {"revision": seen.context["design"].revision})
    assert order(design) == "b1 b2[b3|b4 b5] b6"
    stale = clara.post(restoration, {"revision": 1}, follow=True)
    assert "Somebody changed the draft meanwhile" in stale.content.decode()


def test_a_copy_is_a_design_of_its_own(clara, cast, design):
    clara.post(at("design_copy", cast, design.code))
    copy = cast.bakery.designs.exclude(pk=design.pk).get()
    assert copy.document == Design.objects.get(pk=design.pk).document
    assert copy.name.endswith("(copy)")
    assert not copy.in_use


def test_own_html_is_reduced_when_it_is_kept(clara, cast, design):
    post(clara, cast, design, "add:html", at="end")
    html = '<script>alert(1)</script><b onclick=x>{{ name }}</b><a href="{{ website }}">w</a>'
    post(clara, cast, design, "save", "b7", html=html, above=0)
    kept = Design.objects.get(pk=design.pk).document["blocks"][-1]["html"]
    assert kept.startswith("<b>{{ name }}</b>")
    assert 'href="{{ website }}"' in kept
    assert "script" not in kept


def test_of_two_who_saw_the_same_draft_the_second_is_told(cast, design):
    seen = Design.objects.get(pk=design.pk)
    keep_draft(design=seen, document=document(text("A")), revision=seen.revision, by=SYSTEM)
    with pytest.raises(StaleDraft):
        keep_draft(design=seen, document=document(text("B")), revision=seen.revision, by=SYSTEM)
    with pytest.raises(StaleDraft):
        go_to_step(design=seen, forward=False, revision=seen.revision, by=SYSTEM)
    assert Design.objects.get(pk=design.pk).document["blocks"][0]["lines"] == "A"


def test_what_was_refused_is_not_saved_by_typing_on(clara, cast, design):
    old = Design.objects.get(pk=design.pk).revision
    say(design, text("von Anna"))
    htmx = {"HX-Request": "true"}
    for _key in range(2):
        answer = post(
            clara, cast, design, "autosave", "b1", htmx, revision=old, **typed("von Clara")
        )
        assert "Not saved: somebody else changed this design" in answer.content.decode()
        assert answer.context["revision"] == old, "what the next key sends"
    assert Design.objects.get(pk=design.pk).document["blocks"][0]["lines"] == "von Anna"


def test_who_may_only_look_still_chooses_for_whom(client, cast, design):
    client.force_login(cast.rolf)
    jonas = cast.bakery.people.get(name="Jonas Petersen")
    page = client.get(at("design", cast, design.code), {"person": jonas.code}).content.decode()
    assert f"?person={jonas.code}" in page
    assert '<form method="get" class="editor"' in page
    assert "hx-post" not in page


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("accent", "red"),
        ("text", "#12345"),
        ("font", "Comic Sans"),
        ("language", "x"),
    ],
)
def test_a_style_that_is_not_right_is_refused_at_its_field(clara, cast, design, field, value):
    style = {"name": "Haus", "accent": "#aa0011", "text": "#222222", "font": "", "language": "de"}
    answer = post(clara, cast, design, "save", panel="style", **style | {field: value})
    assert list(answer.context["form"].errors) == [field]
    post(clara, cast, design, "save", panel="style", own_colours="on", **style)
    assert Design.objects.get(pk=design.pk).document["accent"] == "#aa0011"


def test_undoing_is_in_the_history(clara, cast, design):
    post(clara, cast, design, "remove:b6")
    before = Entry.objects.filter(action="design_changed").count()
    post(clara, cast, design, "undo")
    assert Entry.objects.filter(action="design_changed").count() == before + 1


@pytest.mark.parametrize(
    "raw",
    [
        None,
        [],
        {"schema": 2},
        {"blocks": [{"type": "text"}]},
        {"blocks": [{"type": "text", "id": "x"}]},
        {"blocks": [{"type": "text", "id": "b1", "shoe": 1}]},
        {"blocks": [{"type": "text", "id": "b1", "lines": "x" * 2_001}]},
        {"blocks": [{"type": "columns", "id": "b1", "columns": [[]]}]},
        {"accent": "red"},
        {"blocks": [{"type": "logo", "id": "b1"}, {"type": "photo", "id": "b1"}]},
        {"blocks": [{"type": "divider", "id": f"b{number}"} for number in range(1, 62)]},
    ],
)
def test_what_is_no_document_is_refused(raw):
    with pytest.raises(DocumentRefused):
        read_document(raw)


def test_the_schema_names_every_kind_and_what_there_is_to_choose():
    schema = json.dumps(json_schema())
    for kind in KINDS:
        assert f'"const": "{kind}"' in schema or f'"enum": ["{kind}"]' in schema
    for name in [*FONTS, *CONTACTS]:
        assert f'"{name}"' in schema
    assert set(get_args(FontName)) == {"", *FONTS}
    assert set(get_args(Network)) == set(NETWORKS)


LEAVES = some.sampled_from([text("A"), PHONE, {"type": "logo"}, {"type": "divider"}])
BLOCKS = LEAVES | some.lists(some.lists(LEAVES, max_size=2), min_size=2, max_size=3).map(
    lambda columns: {"type": "columns", "columns": columns}
)


@given(some.lists(BLOCKS, min_size=1, max_size=4), some.data())
def test_moving_loses_nothing_and_the_way_back_is_the_other_way(blocks, data):
    before = document(*blocks)
    name = data.draw(some.sampled_from([block.id for block in every_block(before)]))
    way = data.draw(some.sampled_from(["up", "down"]))
    after = outline.moved(before, name, way)
    assert {block.id for block in every_block(after)} == {block.id for block in every_block(before)}
    if after != before:
        assert outline.moved(after, name, "down" if way == "up" else "up") == before
