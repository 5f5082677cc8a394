"""What the checker finds in a signature, what it does not, and how programs show one."""

import pytest
from django.urls import reverse

from signatures.budgets import OUR_TARGET
from signatures.checker import findings
from signatures.markup import read, words
from signatures.programs import LOOKS, PROGRAMS, as_shown

PICTURE = '<img src="https://p.example/a.png" width="120" height="40" alt="Hafenbäckerei">'
SHORT = '<span style="font-size:13px;color:#222222">{}</span>'
NOTICE = "Hafen GmbH, Hamburg, Amtsgericht Hamburg, HRB 4711, Geschäftsführerin: Clara Hansen"


def rules(html: str, *, text: str = "Clara Hansen", company: str = "Hafenbäckerei") -> set[str]:
    return {each.rule for each in findings(html, text, company=company)}


CASES = {
    "too_long": (SHORT.format("x" * 5_000), SHORT.format("x" * 4_900)),
    "heavy": (SHORT.format("x" * OUR_TARGET), SHORT.format("x" * (OUR_TARGET - 100))),
    "placeholder": (SHORT.format("{{ nmae }}"), SHORT.format("name")),
    "no_alt": (PICTURE.replace("Hafenbäckerei", " "), PICTURE),
    "no_size": (PICTURE.replace(' height="40"', ""), PICTURE),
    "not_hosted": (PICTURE.replace("https", "http"), PICTURE),
    "too_wide": ('<table width="601"></table>', '<table width="600"></table>'),
    "empty_link": (
        '<a href="https://x.example"></a>',
        f'<a href="https://x.example">{PICTURE}</a>',
    ),
    "vague_link": ('<a href="https://x.example">Hier</a>', '<a href="https://x.example">x</a>'),
    "too_small": (
        '<span style="font-size:8pt">Clara</span>',
        '<span style="font-size:9pt">Clara</span>',
    ),
    "pale_light": (
        '<span style="color:#999999">Clara</span>',
        '<span style="color:#333333">Clara</span>',
    ),
    # A full blue is as dark when its lightness is turned; the page behind it is not white then.
    "pale_fully": (
        '<span style="color:#0000ee">Clara</span>',
        '<span style="color:#222222">Clara</span>',
    ),
    "left_out": (
        '<span style="padding:4px">Clara</span>',
        '<table><tr><td style="padding:4px">Clara</td></tr></table>',
    ),
}


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_finds_what_breaks_and_nothing_else(rule):
    broken, fine = CASES[rule]
    assert rule in rules(broken)
    assert rule not in rules(fine)


def test_pictures_alone_are_no_signature():
    assert "pictures_only" in rules(PICTURE, text="")
    assert "pictures_only" not in rules(PICTURE, text="Clara")


@pytest.mark.parametrize(
    "company", ["Hafen GmbH", "Hafen GmbH & Co. KG", "Nordsee AG", "Kai e. K."]
)
def test_companies_with_a_legal_form_are_reminded_of_their_details(company):
    assert "company_details" in rules("", text="Clara Hansen", company=company)
    assert "company_details" not in rules("", text=NOTICE, company=company)


@pytest.mark.parametrize("company", ["Hafenbäckerei", "Agentur Kai", "Seglerladen"])
def test_a_name_that_only_holds_such_letters_is_left_alone(company):
    assert "company_details" not in rules("", company=company)


def test_outlook_leaves_out_what_it_does_not_know():
    html = '<span style="color:#222222;padding:4px">Clara</span>'
    shown = as_shown(html, PROGRAMS["outlook"], LOOKS["light"])
    assert shown == '<span style="color:#222222">Clara</span>'
    assert as_shown(html, PROGRAMS["apple"], LOOKS["light"]) == html


def test_the_dark_turns_what_would_not_be_readable_or_everything():
    html = '<span style="color:#222222">Clara</span><span style="color:#ffeeaa">!</span>'
    partly, fully = (as_shown(html, PROGRAMS["gmail"], LOOKS[look]) for look in ("partly", "fully"))
    assert partly == html.replace("#222222", "#dddddd")
    assert fully == html.replace("#222222", "#dddddd").replace("#ffeeaa", "#554400")


def test_blocked_pictures_leave_their_words():
    shown = as_shown(PICTURE + "Clara", PROGRAMS["outlook"], LOOKS["light"], pictures=False)
    assert "<img" not in shown
    assert [each.text for each in words(read(shown))] == ["Hafenbäckerei", "Clara"]


def test_the_page_shows_whoever_has_the_longest_lines(client, cast):
    client.force_login(cast.clara)
    design = cast.bakery.designs.get()
    longest = cast.bakery.people.get(name="Jonas Petersen")
    longest.office = "Hinterhaus, zweiter Aufgang, dritter Stock links"
    longest.save()
    page = client.get(reverse("design_check", args=[cast.bakery.code, design.code]))
    assert page.context["asked"].person == longest
    frame = reverse("design_check_frame", args=[cast.bakery.code, design.code])
    answer = client.get(frame, {"program": "text", "person": longest.code})
    assert "Jonas Petersen" in answer.content.decode()
    assert "sandbox" in answer["Content-Security-Policy"]


def test_nothing_an_address_asks_for_is_a_failure(client, cast):
    client.force_login(cast.clara)
    design = cast.bakery.designs.get()
    for name in ("design_check", "design_check_frame"):
        address = reverse(name, args=[cast.bakery.code, design.code])
        asked = {"person": "%", "program": "<x>", "look": "../", "pictures": "?"}
        assert client.get(address, asked).status_code == 200
