"""The whole journey in a real browser: see, add, invite, accept, sign. In both languages."""

import re
from types import SimpleNamespace

import pytest
from playwright.sync_api import Page, expect

from invitations.models import Invitation
from reseller_portal.management.cast import PASSWORD
from subscriptions.models import Subscription
from tests.browser.conftest import link_in, sign_in

ENGLISH = SimpleNamespace(
    language="en",
    new="New customer subscription",
    product="Product",
    gws="Signatures for Google Workspace",
    company="Customer company name",
    seats="Number of users",
    edits="Let customers edit signatures?",
    contact="Customer contact name",
    email="Customer email address",
    create="Create",
    price="€32.50",
    columns=["Customer", "Number of users", "Status", "Next payment date"],
    subject="invites you to edit",
    password="Password",
    again="Password again",
    accept="Accept the invitation",
    closed="This link does not work",
    people="People",
    add_person="Add the first person",
    name="Name",
    address="E-mail address",
    save="Save",
    template="Choose a template",
    use="Use “Classic”",
    save_draft="Save the draft",
    publish="Publish",
    publish_design="Publish the design",
    copy="Copy the signature",
    copied="Copied. Paste it in your mail program now.",
    accepted="Accepted",
    opened="Page opened",
)
GERMAN = SimpleNamespace(
    language="de",
    new="Neues Kundenabonnement",
    product="Produkt",
    gws="Signaturen für Google Workspace",
    company="Firmenname des Kunden",
    seats="Anzahl der Benutzer",
    edits="Kunden Signaturen bearbeiten lassen?",
    contact="Kontaktname des Kunden",
    email="Kunden-E-Mail-Adresse",
    create="Erstellen",
    price="32,50\u00a0€",
    columns=["Kunde", "Anzahl der Benutzer", "Status", "Datum der nächsten Zahlung"],
    subject="lädt Sie ein",
    password="Passwort",
    again="Passwort wiederholen",
    accept="Einladung annehmen",
    closed="Dieser Link funktioniert nicht",
    people="Personen",
    add_person="Erste Person hinzufügen",
    name="Name",
    address="E-Mail-Adresse",
    save="Speichern",
    template="Vorlage wählen",
    use="„Klassisch“ verwenden",
    save_draft="Entwurf speichern",
    publish="Veröffentlichen",
    publish_design="Entwurf veröffentlichen",
    copy="Signatur kopieren",
    copied="Kopiert. Fügen Sie die Signatur jetzt in Ihr Mailprogramm ein.",
    accepted="Angenommen",
    opened="Seite geöffnet",
)


@pytest.fixture(params=[GERMAN, ENGLISH], ids=["de", "en"])
def words(request):
    return request.param


@pytest.fixture(params=[True, False], ids=["with-scripts", "without-scripts"])
def scripts(request):
    return request.param


@pytest.fixture
def browser_context_args(browser_context_args, words, scripts):
    return {
        **browser_context_args,
        "locale": words.language,
        "java_script_enabled": scripts,
        "permissions": ["clipboard-read", "clipboard-write"],
    }


def test_from_the_dashboard_to_a_copied_signature(
    page: Page, portal, mails, problems, words, scripts
):
    sign_in(page, portal.url, "anna@nordlicht.example")
    expect(page.locator("thead th a")).to_have_text(words.columns)

    # Add
    page.get_by_role("link", name=words.new).click()
    page.get_by_label(words.product).select_option(label=words.gws)
    page.get_by_label(words.company).fill("Blumen  Rot")
    page.get_by_label(words.seats).fill("25")
    if scripts:
        expect(page.get_by_label(words.email)).to_be_hidden()
        expect(page.locator("#offer")).to_contain_text(words.price)
    page.get_by_label(words.edits).check()
    page.get_by_label(words.contact).fill("Rosa Rot")
    page.get_by_label(words.email).fill("rosa@blumen-rot.example")
    page.get_by_role("button", name=words.create, exact=True).click()
    expect(page.locator("h1")).to_have_text("Blumen Rot")

    # Invite
    (mail,) = mails()
    assert words.subject in mail.subject
    assert words.gws in mail.text
    subscription = Subscription.objects.get(customer__name="Blumen Rot")
    page.context.clear_cookies()

    # Accept
    page.goto(link_in(mail))
    expect(page).to_have_url(f"{portal.url}/invitation/")
    expect(page.locator("#id_email")).to_have_value("rosa@blumen-rot.example")
    expect(page.locator("#id_email")).to_be_disabled()
    page.get_by_label(words.password, exact=True).fill("ein-langes-neues-wort-9")
    page.get_by_label(words.again).fill("ein-langes-neues-wort-9")
    page.get_by_role("button", name=words.accept).click()
    page.goto(link_in(mail))
    expect(page.locator("h1")).to_have_text(words.closed)
    sign_in(page, portal.url, "rosa@blumen-rot.example", "ein-langes-neues-wort-9")

    # Sign
    expect(page).to_have_url(re.compile(f"/signatures/{subscription.customer.code}/"))
    page.get_by_role("link", name=words.add_person).click()
    page.get_by_label(words.name, exact=True).fill("Rosa Rot")
    page.get_by_label(words.address).fill("rosa@blumen-rot.example")
    page.get_by_role("button", name=words.save, exact=True).click()
    page.goto(f"{portal.url}/signatures/{subscription.customer.code}/designs/new/")
    page.get_by_role("button", name=words.use).click()
    page.locator("#open-b4").click()
    page.locator("#id_lines").fill("blumen-rot.example")
    page.locator("#id_link").fill("https://blumen-rot.example")
    page.get_by_role("button", name=words.save_draft).click()
    page.get_by_role("link", name=words.publish).click()
    page.get_by_role("button", name=words.publish_design).click()
    page.get_by_role("link", name="Rosa Rot").click()
    expect(page.frame_locator("iframe").locator("body")).to_contain_text("blumen-rot.example")
    if scripts:
        page.get_by_role("button", name=words.copy).click()
        expect(page.locator("#copy-said")).to_have_text(words.copied)
        page.evaluate(
            "addEventListener('paste', e => window.pasted = e.clipboardData.getData('text/html'))"
        )
        page.keyboard.press("Control+V")
        html = page.evaluate("window.pasted")
        assert "font-family:Arial" in html.replace(" ", "")
        assert "https://blumen-rot.example" in html

    # And back at the reseller's
    page.context.clear_cookies()
    sign_in(page, portal.url, "anna@nordlicht.example")
    page.goto(portal.url + subscription.get_absolute_url())
    expect(page.locator(".timeline")).to_contain_text(words.accepted)
    expect(page.locator(".timeline")).to_contain_text(words.opened)


def test_somebody_with_an_account_adds_the_company_to_it(
    page: Page, portal, mails, problems, words, scripts
):
    sign_in(page, portal.url, "ben@suedwind.example")
    page.goto(f"{portal.url}/subscriptions/new/")
    page.get_by_label(words.product).select_option("m365")
    page.get_by_label(words.company).fill("Hafenverein")
    page.get_by_label(words.seats).fill("3")
    page.get_by_label(words.edits).check()
    page.get_by_label(words.contact).fill("Clara Hansen")
    page.get_by_label(words.email).fill("CLARA@hafenbaeckerei.example")
    page.get_by_role("button", name=words.create, exact=True).click()
    page.context.clear_cookies()
    page.goto(link_in(mails()[0]))
    page.locator("main .btn-primary").click()
    page.locator("[name=login]").fill("clara@hafenbaeckerei.example")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main form .btn-primary").click()
    page.get_by_role("button", name=words.accept).click()
    expect(page).to_have_url(re.compile("/signatures/"))
    assert portal.clara.contacts.count() == 2
    assert Invitation.objects.get().accepted_by == portal.clara
