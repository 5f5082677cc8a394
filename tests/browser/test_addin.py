"""The add-in's code in a browser, with a stand-in for Outlook's own library."""

import pytest

from audit.actor import SYSTEM
from rollout.operations import renew_addin

# Notes what is called, in order; the sender is set by the test.
OFFICE = """
window.calls = [];
window.sender = "jonas@hafenbaeckerei.example";
const answer = (value) => ({ status: "succeeded", value });
window.Office = {
  AsyncResultStatus: { Succeeded: "succeeded" },
  CoercionType: { Html: "html" },
  actions: { associate: (name, handler) => { window[`on_${name}`] = handler; } },
  context: { mailbox: { item: {
    from: { getAsync: (done) => done(answer({ emailAddress: window.sender })) },
    disableClientSignatureAsync: (done) => { calls.push("disable"); done(answer()); },
    body: { setSignatureAsync: (html, options, done) => {
      calls.push(["set", html, options.coercionType]); done(answer());
    } },
  } } },
};
"""
RUN = """(sender) => new Promise((resolve) => {
  window.sender = sender;
  window.on_setSignature({ completed: () => resolve(window.calls) });
})"""


@pytest.fixture
def outlook(page, portal, problems):
    page.route(
        "https://appsforoffice.microsoft.com/**",
        lambda route: route.fulfill(body=OFFICE, content_type="text/javascript"),
    )
    token = renew_addin(customer=portal.bakery, by=SYSTEM).token()
    page.goto(f"{portal.url}/add-in/{token}/")
    return page


def test_a_new_mail_gets_the_signature_after_outlooks_own_is_off(outlook):
    first, (kind, html, coercion) = outlook.evaluate(RUN, "jonas@hafenbaeckerei.example")
    assert (first, kind, coercion) == ("disable", "set", "html")
    assert "Bäckermeister" in html


def test_a_sender_without_a_signature_keeps_what_is_there(outlook):
    assert outlook.evaluate(RUN, "nobody@hafenbaeckerei.example") == []
