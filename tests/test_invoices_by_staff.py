"""What staff do about invoices in the administration: look first, issue, credit; nothing else."""

import re
from datetime import date
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.urls import reverse

from accounts.models import User
from audit.models import Entry
from billing.models import Invoice, InvoicedCharge, InvoiceRun, Issuer
from reseller_portal import clock
from reseller_portal.management.cast import PASSWORD, give_dora_her_app
from resellers.models import Reseller
from resellers.vat_ids import BadVatId, checked_vat_id
from subscriptions.renewals import run_day
from tests.billing import charge_period, sell

APRIL = date(2026, 4, 1)
MORNING = "2026-04-01T06:00:00Z"


@pytest.fixture
def dora(client, cast):
    client.force_login(cast.dora)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


@pytest.fixture
def waiting(cast):
    """Ten users of one customer and two of another, charged in March."""
    with clock.travel(MORNING):
        bakery = sell(cast.nordlicht, "Bäckerei Brot", anchor=date(2026, 3, 16), seats=10)
        charge_period(bakery, 0)
        mill = sell(cast.nordlicht, "Mühle", anchor=date(2026, 3, 16), seats=2)
        charge_period(mill, 0)
        yield bakery, mill


def shown(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.fixture
def issue(dora, waiting, django_capture_on_commit_callbacks):
    """Return a function that issues the month's invoices as staff do, with their documents."""

    def do() -> Invoice | None:
        run_day(today=APRIL)
        with django_capture_on_commit_callbacks(execute=True):
            dora.post(reverse("admin:billing_invoicerun_preview"))
        return Invoice.objects.first()

    return do


def staff_with(*rights: str) -> User:
    user = User.objects.create_user("sven@portal.example", PASSWORD, name="Sven", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    give_dora_her_app(user)
    return user


def test_the_run_is_seen_before_it_is_issued_and_issues_what_was_seen(dora, cast, issue):
    preview = reverse("admin:billing_invoicerun_preview")
    seen = shown(dora.get(preview))
    assert "Nordlicht 2 €17.40 €3.31 €20.71 Invoice" in seen
    one = shown(dora.get(reverse("admin:billing_invoicerun_preview_one", args=[cast.nordlicht.pk])))
    assert "€17.40 net + €3.31 VAT = €20.71" in one
    dora.post(preview)
    assert not Invoice.objects.exists()  # today's charges may be missing
    invoice = issue()
    assert (invoice.gross, invoice.number) == (Decimal("20.71"), "RE-2026-000001")
    run = InvoiceRun.objects.get()
    assert (run.issued, run.by_name, run.finished_at is not None) == (1, "Dora Lindqvist", True)
    assert "There is nothing to issue" in shown(dora.get(preview))
    entry = Entry.objects.get(action="invoice_issued")
    assert (entry.actor_name, entry.actor_hat) == ("Dora Lindqvist", "staff")


@pytest.mark.parametrize(
    ("mend", "words"),
    [
        (lambda: Reseller.objects.update(invoice_city=""), "invoice address is not complete"),
        (lambda: Issuer.objects.update(is_current=False), "No issuer is set up"),
    ],
)
def test_what_is_blocked_says_why(dora, issue, mend, words):
    mend()
    assert words in shown(dora.get(reverse("admin:billing_invoicerun_preview")))
    assert issue() is None
    run = InvoiceRun.objects.get()
    assert words in shown(dora.get(reverse("admin:billing_invoicerun_change", args=[run.pk])))


def test_a_credit_note_shows_its_sums_first_and_is_issued_once(dora, issue):
    invoice = issue()
    address = reverse("admin:billing_invoice_credit", args=[invoice.pk])
    line = invoice.lines.get(customer_name="Mühle")
    wish = {
        "reason": "Doppelt bestellt",
        "whole": "no",
        "free_charges": "no",
        "stood": "0",
        f"line_{line.pk}": "1.00",
    }
    assert "€1.00 net + €0.19 VAT = €1.19" in shown(dora.post(address, wish))
    assert Invoice.objects.count() == 1
    for _time in range(2):  # the second click comes too late
        answer = dora.post(address, wish | {"confirmed": "1"}, follow=True)
    assert "Somebody has credited this invoice meanwhile" in shown(answer)
    note = invoice.credit_notes.get()
    assert (note.gross, note.reason) == (Decimal("1.19"), "Doppelt bestellt")
    rest = wish | {"whole": "yes", "free_charges": "yes", "stood": "1.19", "confirmed": "1"}
    dora.post(address, rest)
    assert not InvoicedCharge.objects.exists()  # free for the next invoice
    assert "Nothing of that is left" in shown(dora.post(address, rest | {"stood": "20.71"}))


def test_nothing_issued_can_be_added_changed_or_removed(dora, issue):
    invoice = issue()
    for name in ("invoice", "invoiceline", "invoicerun", "numberseries"):
        assert dora.get(reverse(f"admin:billing_{name}_add")).status_code == 403
    for act in ("change", "delete"):
        address = reverse(f"admin:billing_invoice_{act}", args=[invoice.pk])
        assert dora.post(address, {"number": "X"}).status_code == 403
    issuer = Issuer.objects.get()
    assert dora.get(reverse("admin:billing_issuer_delete", args=[issuer.pk])).status_code == 403


def test_staff_need_the_right_for_each_act(client, issue):
    invoice = issue()
    client.force_login(staff_with("view_invoice"))
    assert client.get(reverse("admin:billing_invoice_change", args=[invoice.pk])).status_code == 200
    for address in (
        reverse("admin:billing_invoicerun_preview"),
        reverse("admin:billing_invoice_credit", args=[invoice.pk]),
    ):
        assert client.get(address).status_code == 403
        assert client.post(address).status_code == 403


def test_staff_download_the_documents(dora, issue):
    invoice = issue()
    pdf = dora.get(reverse("admin:billing_invoice_pdf", args=[invoice.pk]))
    assert pdf.content[:5] == b"%PDF-"
    assert dora.get(reverse("admin:billing_invoice_xml", args=[invoice.pk])).status_code == 200
    for strange in (0, invoice.pk + 1):
        assert dora.get(reverse("admin:billing_invoice_pdf", args=[strange])).status_code == 404


@pytest.mark.parametrize(
    ("text", "country", "stored"),
    [
        ("de 136.695.976", "DE", "DE136695976"),
        ("EL094014201", "GR", "EL094014201"),
        ("CHE-107.787.577 MWST", "CH", "CHE107787577MWST"),
        ("980 7806 84", "GB", "GB980780684"),
        ("DE136695975", "DE", None),
        ("DE136695976", "AT", None),
        ("CHE-107.787.578", "CH", None),
    ],
)
def test_vat_ids_are_checked_by_their_digits(text, country, stored):
    if stored is None:
        with pytest.raises(BadVatId):
            checked_vat_id(text, country)
    else:
        assert checked_vat_id(text, country) == stored


def test_staff_cannot_enter_a_vat_id_that_is_none(dora, cast):
    address = reverse("admin:resellers_reseller_change", args=[cast.nordlicht.pk])
    form = dora.get(address).context["adminform"].form
    data = {name: value for name, value in form.initial.items() if value is not None}
    data |= {"members-TOTAL_FORMS": "0", "members-INITIAL_FORMS": "0"}
    assert "This is no VAT id" in shown(dora.post(address, data | {"vat_id": "DE123"}))
    dora.post(address, data | {"vat_id": "DE 136 695 976", "invoice_city": "Bremen"})
    cast.nordlicht.refresh_from_db()
    assert (cast.nordlicht.vat_id, cast.nordlicht.invoice_city) == ("DE136695976", "Bremen")


def test_a_demo_from_before_there_were_invoices_is_mended(cast):
    Issuer.objects.all().delete()
    Reseller.objects.update(invoice_street="", invoice_city="")
    call_command("seed", once=True)
    assert Issuer.objects.current() is not None
    assert Reseller.objects.get(name="Südwind").invoice_city == "Wien"
