"""What scripts add, what the keyboard can do, and that axe finds nothing on any page."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import Page, expect

from audit.actor import SYSTEM
from invitations.operations import Invitee, invite_contact
from subscriptions.models import Subscription
from tests.browser.conftest import sign_in

AXE_OPTIONS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def pages(cast) -> list[str]:
    customer, design = cast.bakery.code, cast.bakery.designs.first().code
    person, subscription = cast.bakery.people.first().code, cast.bakery_subscription.code
    return [
        reverse("dashboard"),
        reverse("dashboard") + "?q=nobody",
        reverse("new_subscription"),
        reverse("subscription", args=[subscription]),
        reverse("subscription_editing", args=[subscription]),
        reverse("signatures", args=[customer]),
        reverse("people", args=[customer]),
        reverse("new_person", args=[customer]),
        reverse("person", args=[customer, person]),
        reverse("person_removal", args=[customer, person]),
        reverse("person_erasure", args=[customer, person]),
        reverse("contact_erasure", args=[customer, cast.clara.contacts.get().pk]),
        reverse("designs", args=[customer]),
        reverse("new_design", args=[customer]),
        reverse("brand", args=[customer]),
        reverse("pasted_design", args=[customer]),
        reverse("design", args=[customer, design]),
        reverse("design", args=[customer, design]) + "?block=b1",
        reverse("design", args=[customer, design]) + "?block=b4",
        reverse("design", args=[customer, design]) + "?at=end",
        reverse("design_versions", args=[customer, design]),
        reverse("version_restoration", args=[customer, design, 1]),
        reverse("design_publication", args=[customer, design]),
        reverse("design_removal", args=[customer, design]),
        reverse("rollout", args=[customer]),
        reverse("person_signature", args=[customer, person]),
        reverse("account"),
        reverse("account_change_password"),
        reverse("email_change"),
        reverse("sessions"),
        reverse("mfa_index"),
        reverse("mfa_activate_totp"),
        reverse("mfa_add_webauthn"),
        reverse("account_reauthenticate"),
        reverse("reseller_security"),
        reverse("invoices"),
        reverse("subscription_seats", args=[subscription]),
        reverse("subscription_end", args=[subscription]),
        reverse("history"),
        reverse("contacts", args=[customer]),
        reverse("new_contact", args=[customer]),
        reverse("invitations"),
        *(
            reverse("invitation_correction", args=[each.code])
            for each in cast.bakery.invitations.all()
        ),
        reverse("members"),
        reverse("new_member"),
        reverse("member_removal", args=[cast.rolf.memberships.get().pk]),
        reverse("mail_brand"),
        reverse("account_logout"),
        "/nothing/here/",
    ]


def violations(page: Page) -> list[str]:
    found = Axe().run(page, options=AXE_OPTIONS).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html'][:160]}" for each in found]


# Colours follow the theme and places the width: two runs show each of them once.
@pytest.mark.parametrize(("width", "theme"), [(390, "light"), (1280, "dark")])
def test_axe_finds_nothing_on_any_page(page: Page, portal, problems, width, theme):
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=theme)
    invitation = invite_contact(
        customer=portal.bakery,
        invitee=Invitee("Jonas Petersen", "jonas@hafenbaeckerei.example", "de"),
        product="m365",
        by=SYSTEM,
    )
    found = {}
    for address in (
        reverse("account_login"),
        reverse("account_reset_password"),
        reverse("account_reset_password_done"),
        reverse("invitation_link", args=["k1.nobody.nothing"]),
        reverse("invitation_link", args=[invitation.token()]),
    ):
        page.goto(portal.url + address)
        found[address] = violations(page)
    sign_in(page, portal.url, "anna@nordlicht.example")
    for address in pages(portal):
        page.goto(portal.url + address)
        found[address] = violations(page)
        too_wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not too_wide, f"{address} scrolls sideways at {width} px"
    assert {address: each for address, each in found.items() if each} == {}


def test_the_keyboard_alone_adds_a_subscription(page: Page, portal, problems):
    sign_in(page, portal.url, "anna@nordlicht.example")
    page.goto(f"{portal.url}/subscriptions/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.goto(f"{portal.url}/subscriptions/new/")
    page.locator("#id_product").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.type("Café Blau")
    page.keyboard.press("Tab")
    page.keyboard.type("4")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Café Blau")


def test_errors_come_first_and_lead_to_their_fields(page: Page, portal, problems):
    sign_in(page, portal.url, "anna@nordlicht.example")
    page.goto(f"{portal.url}/subscriptions/new/")
    page.get_by_label("Customer company name").fill("Café Blau")
    page.get_by_label("Let customers edit signatures?").check()
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.locator("[role=alert]")).to_be_focused()
    expect(page.locator("#id_company_name")).to_have_value("Café Blau")
    page.locator("[role=alert]").get_by_role("link", name="Number of users").click()
    expect(page.locator("#id_seats")).to_be_focused()


def test_two_browsers_pressing_create_at_once_make_one(browser, portal):
    """Two people, the same company and product, at the same moment."""
    pages = []
    for email in ("anna@nordlicht.example", "mia@nordlicht.example"):
        page = browser.new_context(locale="en").new_page()
        sign_in(page, portal.url, email)
        page.goto(f"{portal.url}/subscriptions/new/")
        page.get_by_label("Customer company name").fill("Doppel GmbH")
        page.get_by_label("Number of users").fill("2")
        pages.append(page)
    # Both send before either answer is read: the requests are under way together.
    for page in pages:
        page.evaluate("document.querySelector('#new-subscription').requestSubmit()")
    for page in pages:
        page.wait_for_load_state()
    expect(pages[0].locator("h1")).not_to_be_empty()
    expect(pages[1].locator("h1")).not_to_be_empty()
    assert Subscription.objects.filter(customer__name="Doppel GmbH").count() == 1
