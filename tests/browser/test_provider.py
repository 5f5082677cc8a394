"""To Microsoft and back in a browser, whose policy knows where forms may lead."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import sign_in


def test_an_account_is_connected_and_signs_in(page: Page, portal, provider, problems):
    sign_in(page, portal.url, portal.anna.email)
    page.goto(f"{portal.url}/account/")
    page.get_by_role("link", name="Connect an account").click()
    page.get_by_role("button", name="Connect an account").click()
    expect(page.get_by_text("From now on it signs you in")).to_be_visible()
    expect(page.get_by_role("rowheader", name="anna@work.example")).to_be_visible()
    page.goto(f"{portal.url}/sign-out/")
    page.locator("main form .btn-primary").click()
    page.get_by_role("button", name="Sign in with Microsoft").click()
    expect(page.get_by_role("heading", name="Customer subscriptions")).to_be_visible()
