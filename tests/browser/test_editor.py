"""The editor in a browser: with scripts by mouse and by keyboard; nothing typed is lost."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from signatures.document import read_document
from signatures.models import Design
from tests.browser.test_journey import sign_in
from tests.designs import say, text


@pytest.fixture
def editor(page: Page, portal) -> tuple[Page, Design]:
    design = portal.bakery.designs.get()
    say(design, text("{{ name }}"), text("{{ title }}"), text("Hafen"))
    sign_in(page, portal.url, "clara@hafenbaeckerei.example")
    page.goto(portal.url + reverse("design", args=[portal.bakery.code, design.code]))
    return page, design


def lines(design: Design) -> list[str]:
    kept = read_document(Design.objects.get(pk=design.pk).document)
    return [getattr(block, "lines", "") for block in kept.blocks]


def test_typing_is_kept_by_itself_and_seen_in_the_preview(editor, problems):
    page, design = editor
    page.locator("#open-b3").click()
    page.locator("#id_lines").fill("Am Kai 3")
    expect(page.frame_locator("iframe").locator("body")).to_contain_text("Am Kai 3")
    expect(page.locator("#id_lines")).to_be_focused()
    assert lines(design) == ["{{ name }}", "{{ title }}", "Am Kai 3"]
    page.locator("#id_person").select_option(label="Jonas Petersen")
    expect(page.frame_locator("iframe").locator("body")).to_contain_text("Jonas Petersen")
    page.locator("#id_lines").fill("{{ shoe }}")
    expect(page.locator("#draft-state")).to_contain_text("{{ shoe }}")
    assert lines(design)[2] == "Am Kai 3"
    page.locator("#id_lines").fill("Am Kai 4")
    expect(page.frame_locator("iframe").locator("body")).to_contain_text("Am Kai 4")
    page.locator("#undo").click()
    expect(page.frame_locator("iframe").locator("body")).to_contain_text("Hafen")
    assert lines(design)[2] == "Hafen"


def test_a_block_is_dragged_to_its_place(editor, problems):
    page, design = editor
    page.locator("[data-block=b3] .grip").drag_to(page.locator("[data-block=b1] .grip"))
    expect(page.locator(".outline > li").first).to_have_attribute("data-block", "b3")
    expect(page.locator("#open-b3")).to_have_attribute("aria-current", "true")
    assert lines(design) == ["Hafen", "{{ name }}", "{{ title }}"]


def test_by_keyboard_alone_a_block_is_added_filled_and_moved(editor, problems):
    page, design = editor
    page.locator("#choose-end").focus()
    page.keyboard.press("Enter")
    page.locator("#add-divider").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#open-b4")).to_have_attribute("aria-current", "true")
    page.locator("#up-b4").focus()
    for _step in range(2):
        place = page.locator(".outline > li").nth(2 - _step)
        page.keyboard.press("Enter")
        expect(place).to_have_attribute("data-block", "b4")
        expect(page.locator("#up-b4")).to_be_focused()
    page.locator("#id_thickness").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("4")
    page.keyboard.press("Enter")
    expect(page.locator("#draft-state p .icon")).to_be_visible()
    assert Design.objects.get(pk=design.pk).document["blocks"][1]["thickness"] == 4


def test_a_placeholder_is_put_where_the_cursor_was(editor, problems):
    page, design = editor
    page.locator("#open-b3").click()
    page.locator("#id_lines").fill("Tel. ")
    page.locator("summary", has_text="latzhalter").or_(
        page.locator("summary", has_text="Placeholders")
    ).click()
    page.locator("[data-insert='{{ phone }}']").click()
    expect(page.locator("#id_lines")).to_have_value("Tel. {{ phone }}")
    expect(page.frame_locator("iframe").locator("body")).to_contain_text("Tel. +49 40 1234567")
    assert lines(design)[2] == "Tel. {{ phone }}"
