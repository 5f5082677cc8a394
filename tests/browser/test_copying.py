"""The personal page in a browser: what lands on the clipboard is the signature."""

from audit.actor import SYSTEM
from rollout.jobs import mail_pages
from rollout.models import Arrival, PersonalPage
from rollout.page_operations import wish_pages
from signatures.models import signature_of
from tests.browser.conftest import link_in

READ_BACK = """async () => {
  const [item] = await navigator.clipboard.read();
  const read = async (kind) => (await item.getType(kind)).text();
  return [await read("text/html"), await read("text/plain")];
}"""


def test_the_signature_is_copied_as_html_and_as_text(page, portal, problems, mails):
    jonas = portal.bakery.people.get(name="Jonas Petersen")
    mail_pages(wish_pages(customer=portal.bakery, codes=[jonas.code], by=SYSTEM).pk)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(link_in(mails()[0]))
    with page.expect_response("**/my-signature/copied/"):
        page.get_by_role("button", name="Copy the signature").click()
    page.get_by_text("Copied. Paste it").wait_for()
    html, text = page.evaluate(READ_BACK)
    wanted = signature_of(portal.bakery.designs.get().versions.get().content, jonas.values())
    assert "Bäckermeister" in html
    assert "<table" in html
    assert "font-family" in html  # inline styles survive
    assert text.splitlines() == wanted.text.splitlines()
    assert Arrival.objects.get().person == jonas
    assert PersonalPage.objects.get().copied_at is not None
