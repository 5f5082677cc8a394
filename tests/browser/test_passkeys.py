"""Passkeys in a browser with an authenticator inside, and the meter beside a new password."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from tests.browser.conftest import sign_in


@pytest.fixture
def authenticator(page: Page):
    """Give the browser what a phone or a computer has: a place for passkeys, and a finger."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_a_passkey_is_added_and_opens_without_a_password(
    page: Page, portal, problems, authenticator
):
    sign_in(page, portal.url, portal.anna.email)
    page.goto(portal.url + reverse("mfa_add_webauthn"))
    page.get_by_label("Name").fill("Laptop")
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.goto(portal.url + reverse("mfa_index"))
    expect(page.get_by_text("Laptop")).to_be_visible()
    page.goto(portal.url + reverse("account_logout"))
    page.locator("main form .btn-primary").click()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Customer subscriptions")).to_be_visible()


def test_a_passkey_answers_after_the_password(page: Page, portal, problems, authenticator):
    sign_in(page, portal.url, portal.anna.email)
    page.goto(portal.url + reverse("mfa_add_webauthn"))
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.goto(portal.url + reverse("account_logout"))
    page.locator("main form .btn-primary").click()
    sign_in(page, portal.url, portal.anna.email)
    page.get_by_role("button", name="Use a passkey instead").click()
    expect(page.get_by_role("heading", name="Customer subscriptions")).to_be_visible()


def test_the_meter_follows_what_is_typed(page: Page, portal, problems):
    sign_in(page, portal.url, portal.anna.email)
    page.goto(portal.url + reverse("account_change_password"))
    field = page.get_by_label("New password", exact=True)
    field.press_sequentially("nordlicht")
    expect(page.locator("#password-strength")).to_contain_text("6 more characters")
    field.press_sequentially(" laterne am kanal")
    expect(page.locator("#password-strength")).to_contain_text("This password may be used.")
