"""Thousands of ways to smuggle in a script, in a browser that obeys no policy: none of them works.

`DEEP=1` plays all of tests/xss.py in every field; without it a sample, spread over the fields.
"""

import csv
import io
import os
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse

from accounts.models import User
from audit.actor import SYSTEM, Actor
from audit.models import Entry
from billing.models import Invoice
from billing.operations import run_invoices
from customers.models import Contact, Customer
from invitations.models import Invitation
from mail.models import OutgoingMail
from reseller_portal import clock
from reseller_portal.tables import Row
from resellers.models import Member, Role
from signatures.document import CONTACTS, as_json
from signatures.import_operations import give_columns, start_import
from signatures.models import Brand, Design, Group, OwnField, Person, Rule, signature_of
from signatures.placeholders import PLACEHOLDERS
from signatures.sanitise import clean_signature
from subscriptions.importing import upload_import
from subscriptions.models import Subscription
from tests.billing import charge_period, sell
from tests.designs import LOGO, document, text
from tests.xss import EVIL, sample, vectors

DEEP = bool(os.environ.get("DEEP"))
ROWS = 50 if DEEP else 15  # a page shows 50
A_DOCUMENT = 250  # signatures shown at once
MAILS = "http://mails.example"  # where a mail program shows signatures
# What the signature may load: its banner, and the icons of the networks it names.
OWN = re.compile(
    re.escape(f"{django_settings.BASE_URL}/pictures/")
    + rf"({LOGO['key']}|icon-(linkedin|xing)-[0-9a-f]{{6}})\.png"
)

# What a page must not hold; what a vector leaves as text is no harm.
STRANGE = r"""() => {
  const address = /^(href|src|srcset|action|formaction|data|poster|background|ping|xlink:href)$/i
  const scheme = /^(javascript|vbscript|data|blob|feed|view-source):/i
  const tags = /^(applet|base|embed|frame|frameset|math|mglyph|object|param|custom-x|xss|xmp)$/i
  const found = []
  for (const element of document.querySelectorAll("*")) {
    let bad = tags.test(element.tagName)
    for (const { name, value } of element.attributes) {
      const plain = value.replace(/[\u0000-\u0020]/g, "")
      bad ||= /^on/i.test(name) || (address.test(name) && scheme.test(plain))
      bad ||= name === "srcdoc" || (name === "style" && /url|expression|@import/i.test(value))
    }
    const from = new URL(element.src || "none:", location).href.replace(location.origin, "")
    bad ||= element.tagName === "SCRIPT" && !/^\/(static|admin\/jsi18n)\//.test(from)
    if (bad) found.push(element.outerHTML.slice(0, 200))
  }
  return found
}"""


@pytest.fixture
def watched(browser):
    """A page without Content-Security-Policy, and what happened in it that must not."""
    context = browser.new_context(bypass_csp=True, locale="en")
    happened: list[str] = []
    context.expose_function("hit", lambda *_: happened.append("a script ran"))
    page = context.new_page()
    page.on("dialog", lambda dialog: (happened.append("a dialog"), dialog.dismiss()))
    page.on("popup", lambda popup: happened.append(f"a window: {popup.url}"))
    yield page, happened
    context.close()


def documents(parts: list[str]) -> Iterator[str]:
    for start in range(0, len(parts), A_DOCUMENT):
        some = parts[start : start + A_DOCUMENT]
        yield "<!doctype html><meta charset=utf-8><body>" + "".join(
            f"<div class=v>{part}</div>" for part in some
        )


def show_in_mail_program(page, happened, html: str) -> None:
    """Show signatures as a mail program does; note whatever they ask the network for."""

    def answer(route):
        if route.request.url == f"{MAILS}/":
            route.fulfill(body=html, content_type="text/html; charset=utf-8")
        elif route.request.url == f"{MAILS}/favicon.ico" or OWN.fullmatch(route.request.url):
            route.abort()
        else:
            happened.append(f"a request: {route.request.url}")
            route.abort()

    page.unroute_all()
    page.route("**/*", answer)
    page.goto(f"{MAILS}/")


def test_the_watch_sees_what_is_not_cleaned(watched):
    page, happened = watched
    show_in_mail_program(page, happened, next(documents(sample(100)[::5])))
    page.wait_for_function("document.readyState === 'complete'")
    show_in_mail_program(page, happened, "<img src=x onerror=hit(1)>")
    page.wait_for_load_state("networkidle")
    assert page.evaluate(STRANGE)
    assert "a script ran" in happened
    assert any("a request" in each for each in happened)


def test_no_signature_runs_or_fetches_anything(watched):
    page, happened = watched
    tried = vectors() if DEEP else sample(200)
    images = f"{MAILS}/pictures/"
    cleaned = [clean_signature(vector, images_from=images) for vector in tried]
    assert [clean_signature(html, images_from=images) for html in cleaned] == cleaned
    for html in documents(cleaned + [filled_in(vector) for vector in tried]):
        show_in_mail_program(page, happened, html)
        many = html.count("<div class=v>")
        for _round_trip in range(2):
            assert page.evaluate("document.querySelectorAll('body > div.v').length") == many
            assert page.evaluate(STRANGE) == []
            page.evaluate(
                "for (const each of document.querySelectorAll('div.v'))"
                " each.innerHTML = each.innerHTML"
            )
        assert happened == []


def filled_in(vector: str) -> str:
    """Return the signature of a person who is called like that, in a design that says that."""
    said = document(
        text(f"{{{{ name }}}}\n{vector[:1_900]}\n{{{{ company }}}} {{{{ phone }}}}"),
        text("{{ title }}", link=vector[:500]),
        {"type": "contact", "fields": list(CONTACTS)},
        {"type": "social", "links": {"linkedin": "{{ linkedin }}", "xing": vector[:500]}},
        {"type": "button", "words": vector[:60], "link": "{{ booking_link }}"},
        {"type": "banner", "picture": LOGO, "alt": vector[:120], "link": vector[:500]},
        {"type": "disclaimer", "lines": vector[:2_000]},
        {"type": "company"},
        {"type": "html", "html": vector[:20_000]},
        {"type": "html", "html": "<a href='{{ website }}'>{{ name }}</a>"},
    )
    values = dict.fromkeys([*PLACEHOLDERS, "photo"], vector)
    return signature_of(as_json(said), values).html


class Rows:
    """Rows that pages list, whose every text can be made a vector."""

    def __init__(self, cast) -> None:
        self.cast = cast
        reseller, customer = cast.nordlicht, cast.bakery
        self.texts: list[tuple[list, list[str]]] = []
        sold = [
            sell(reseller, f"Kunde {number}", anchor=clock.today(), seats=1)
            for number in range(ROWS)
        ]
        users = User.objects.bulk_create(
            User(email=f"u{n}@x.example", email_key=f"u{n}@x.example", name="x")
            for n in range(ROWS)
        )
        Member.objects.bulk_create(
            Member(reseller=reseller, user=user, role=Role.MEMBER) for user in users[: ROWS // 2]
        )
        contacts = Contact.objects.bulk_create(
            Contact(reseller=reseller, customer=customer, user=user, name="x") for user in users
        )
        Person.objects.filter(customer=customer).delete()
        persons = Person.objects.bulk_create(
            Person(reseller=reseller, customer=customer, name="x", sort_key=f"{n:03}",
                   email=f"p{n}@x.example", email_key=f"p{n}@x.example")
            for n in range(ROWS)
        )  # fmt: skip
        invitations = Invitation.objects.bulk_create(
            Invitation(reseller=reseller, customer=customer, email=f"i{n}@x.example",
                       email_key=f"i{n}@x.example", name="x", language="de",
                       created_at=clock.now(), expires_at=clock.now())
            for n in range(ROWS)
        )  # fmt: skip
        mails = OutgoingMail.objects.bulk_create(
            OutgoingMail(kind="invitation", object_id=invitation.pk, generation=1, language="de",
                         recipient=invitation.email, written_at=clock.now(),
                         give_up_at=clock.now(), failed_at=clock.now(), next_try_at=None)
            for invitation in invitations
        )  # fmt: skip
        groups = Group.objects.bulk_create(
            Group(reseller=reseller, customer=customer, name="x", name_key=f"g{n}", sort_key=f"{n}")
            for n in range(ROWS)
        )
        own_fields = OwnField.objects.bulk_create(
            OwnField(reseller=reseller, customer=customer, key=f"own{n}", label="x")
            for n in range(5)
        )
        designs = list(Design.objects.filter(customer=customer))
        rules = Rule.objects.bulk_create(
            Rule(reseller=reseller, customer=customer, position=100 + n, design=designs[0],
                 attribute="title", comparison="contains", text="x")
            for n in range(ROWS)
        )  # fmt: skip
        brand, _made = Brand.objects.get_or_create(customer=customer, reseller=reseller)
        self.texts = [
            (groups, ["name"]),
            (own_fields, ["label"]),
            (rules, ["text", "department"]),
            ([brand], ["company", "street", "city", "register", "leaders"]),
            (sold, ["customer_name"]),
            ([each.customer for each in sold], ["name"]),
            (users, ["name", "email"]),
            (contacts, ["name", "phone", "job_title"]),
            (persons, ["name", "first_name", "title", "department", "phone", "mobile", "email"]),
            (invitations, ["name", "email"]),
            (mails, ["recipient", "recipient_name", "failure", "server_reply"]),
            (designs, ["name"]),
            ([reseller], ["name", "mail_name", "mail_intro_de", "mail_intro_en"]),
        ]
        self.fields = sum(len(names) for _rows, names in self.texts)

    def write(self, tried: list[str], start: int, step: int) -> set[str]:
        """Write vectors from `start` on into every text, and into the history; return them."""
        written, offset = set(), start
        for rows, names in self.texts:
            model = type(rows[0])
            for name in names:
                longest = model._meta.get_field(name).max_length or 2_000
                for number, row in enumerate(rows):
                    vector = tried[(offset + number) % len(tried)]
                    setattr(row, name, vector[:longest])
                    written.add(vector)
                offset += step
            model.objects.bulk_update(rows, names)
        by = Actor(name=tried[start % len(tried)][:200], hat="member", user_id=self.cast.anna.pk)
        Entry.objects.bulk_create(
            Entry(at=clock.now(), action="customer_added", actor_name=by.name, actor_hat=by.hat,
                  reseller_id=self.cast.nordlicht.pk, subject="customer",
                  subject_id=self.cast.bakery.pk, label=vector[:250],
                  before={"name": vector}, after={"name": vector, "email": vector})
            for vector in tried[start : start + ROWS]
        )  # fmt: skip
        return written

    def pages(self) -> dict[str, list[str]]:
        """Return who sees which pages."""
        customer = self.cast.bakery
        subscription = Subscription.objects.filter(customer_name__contains="<").first()
        person, design = Person.objects.first(), Design.objects.first()
        group, rule = Group.objects.first(), Rule.objects.first()
        assert group is not None
        assert rule is not None
        assert person is not None
        assert design is not None
        assert subscription is not None
        area = [customer.code]
        lists = (Customer, Contact, Person, User, Entry, OutgoingMail, Invitation, Subscription)
        return {
            "anna": [
                reverse("dashboard"),
                reverse("subscription", args=[subscription.code]),
                reverse("contacts", args=area),
                reverse("members"),
                reverse("history"),
                reverse("mail_brand"),
                reverse("invitations"),
                reverse("calendar"),
                reverse("known_customers") + "?q=%3C",
                reverse("signatures", args=area),
                reverse("designs", args=area),
                reverse("new_design", args=area),
                reverse("brand", args=area),
                reverse("groups", args=area),
                reverse("group", args=[customer.code, group.code]),
                reverse("departments", args=area),
                reverse("own_fields", args=area),
                reverse("rules", args=area),
                reverse("rule", args=[customer.code, rule.code]),
                reverse("rule_calendar", args=area),
                reverse("rollout", args=area),
                reverse("rollout_status", args=area),
                reverse("people", args=area),
                reverse("person", args=[customer.code, person.code]),
                reverse("person_erasure", args=[customer.code, person.code]),
                reverse("person_signature", args=[customer.code, person.code]),
                reverse("design", args=[customer.code, design.code]),
            ],
            "dora": [
                reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_changelist")
                + ("?state=failed" if model is OutgoingMail else "")
                for model in (lists if DEEP else lists[:1])
            ],
        }


def stay_inside(watched, portal):
    """Let the page ask the portal only; whatever else it asks has happened."""
    page, happened = watched

    def answer(route):
        if route.request.url.startswith(portal.url):
            route.continue_()
        else:
            happened.append(f"a request: {route.request.url}")
            route.abort()

    page.route("**/*", answer)
    return page, happened


def test_no_page_runs_what_somebody_has_uploaded_or_was_charged_for(watched, portal):
    page, happened = stay_inside(watched, portal)
    tried = [vector.replace("\0", "") for vector in sample(3 * ROWS)]
    names, cells = tried[:ROWS], iter(tried[ROWS:])
    for name in names:
        charge_period(sell(portal.nordlicht, name[:200], anchor=clock.today(), seats=1), 0)
    run_invoices(today=clock.today() + timedelta(days=40), by=SYSTEM)
    invoice = Invoice.objects.get(reseller=portal.nordlicht)
    table = upload_import(
        member=portal.anna.memberships.get(),
        file_name=f"{tried[-1][:100]}.csv",
        language="en",
        head=["Customer", "Product", "Number of users"],
        rows=[Row(2 + n, [name[:200], next(cells), next(cells)]) for n, name in enumerate(names)],
        by=SYSTEM,
    )
    lines = io.StringIO()
    csv.writer(lines).writerows(
        [
            ("Name", "E-mail", tried[-2]),
            *((name, f"x{n}@x.example", name) for n, name in enumerate(names)),
        ]
    )
    people = start_import(
        customer=portal.bakery,
        content=lines.getvalue().encode(),
        file_name=f"{tried[-3][:100]}.csv",
        language="en",
        by=SYSTEM,
    )
    area = [portal.bakery.code, people.code]
    sign_in(page, portal, "anna")

    def look(name: str, *codes: str) -> None:
        assert page.goto(portal.url + reverse(name, args=codes)).status == 200, name
        assert any(part in page.content() for part in ("hit", EVIL)), name
        assert page.evaluate(STRANGE) == [], name
        assert happened == [], name

    look("invoice", invoice.code)
    look("import", table.code)
    look("people_import", *area)
    give_columns(people_import=people, mapping=["name", "email", "title"], clears=False, by=SYSTEM)
    look("people_import", *area)


def test_no_page_runs_what_somebody_has_typed(watched, portal):
    page, happened = stay_inside(watched, portal)
    rows = Rows(portal)
    tried = [vector.replace("\0", "") for vector in (vectors() if DEEP else sample(ROWS * 25))]
    step, rounds = (len(tried) // rows.fields, len(tried) // ROWS + 1) if DEEP else (ROWS, 1)
    written: set[str] = set()
    asked = showing = 0
    for turn in range(rounds):
        written |= rows.write(tried, turn * ROWS, step)
        for visitor, addresses in rows.pages().items():
            sign_in(page, portal, visitor)
            for address in addresses:
                answered = page.goto(portal.url + address)
                assert answered.status == 200, address
                asked += 1
                showing += any(part in page.content() for part in ("hit", EVIL))
                assert page.evaluate(STRANGE) == [], address
                assert happened == [], address
    assert showing > 0.8 * asked  # some of them hide the call
    assert len(written) >= (len(set(tried)) if DEEP else 200)


def sign_in(page, portal, visitor: str) -> None:
    client = Client()
    client.force_login(getattr(portal, visitor))
    name = django_settings.SESSION_COOKIE_NAME
    cookie = {"name": name, "value": client.cookies[name].value, "url": portal.url}
    page.context.add_cookies([cookie])
