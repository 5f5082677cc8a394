"""The people and companies of the demo, and of the tests: the same few everywhere.

Anna owns Nordlicht, Mia is a member there, Rolf may only read; Ben owns Südwind, a competitor;
Clara bakes at Hafenbäckerei and edits its signatures; Dora is staff.
"""

from datetime import date
from decimal import Decimal
from types import SimpleNamespace

from allauth.mfa.totp.internal.auth import TOTP
from django.db import transaction
from msgspec import structs

from accounts.models import User
from audit.actor import SYSTEM
from billing.models import Issuer
from customers.models import Contact
from customers.operations import set_customer_edits
from customers.products import Product
from reseller_portal import clock
from resellers.models import Currency, Member, Reseller, Role
from signatures.design_operations import publish_design, start_design
from signatures.gallery import TEMPLATES
from signatures.operations import save_person
from subscriptions.models import Price, Term
from subscriptions.operations import Order, start_subscription

PASSWORD = "kieselstein-im-regen-7"  # noqa: S105 printed by `make run`, for the demo only
DORAS_SECRET = "KJSXGZLMNRSXEUDPOJ2GC3DEMVWW6RDP"  # noqa: S105 of her authenticator app, printed too
PRICES = {
    (Product.M365, Term.MONTHLY): "1.45",
    (Product.M365, Term.ANNUAL): "15.60",
    (Product.GWS, Term.MONTHLY): "1.30",
    (Product.GWS, Term.ANNUAL): "14.00",
}
INVOICES_TO = {
    "Nordlicht": {
        "invoice_name": "Nordlicht Systemhaus GmbH",
        "invoice_street": "Deichstraße 7",
        "invoice_postcode": "20459",
        "invoice_city": "Hamburg",
        "invoice_email": "rechnungen@nordlicht.example",
    },
    "Südwind": {
        "invoice_name": "Südwind IT e.U.",
        "invoice_street": "Lindengasse 12/3",
        "invoice_postcode": "1070",
        "invoice_city": "Wien",
    },
}
RATES = {Currency.EUR: "1", Currency.USD: "1.10", Currency.GBP: "0.86", Currency.CHF: "0.95"}


@transaction.atomic
def make_cast() -> SimpleNamespace:
    """Make everybody, the default prices, and one subscription with a signature each can see."""
    cast = SimpleNamespace()
    make_prices()
    cast.issuer = make_issuer()
    cast.nordlicht = Reseller.objects.create(
        name="Nordlicht", country="DE", language="de", **INVOICES_TO["Nordlicht"]
    )
    cast.suedwind = Reseller.objects.create(
        name="Südwind",
        country="AT",
        language="de",
        vat_id="ATU12345675",
        vat_id_confirmed_on=date(2026, 1, 5),
        **INVOICES_TO["Südwind"],
    )
    for first, mail, name, reseller, role in (
        ("anna", "anna@nordlicht.example", "Anna Nissen", cast.nordlicht, Role.OWNER),
        ("mia", "mia@nordlicht.example", "Mia Okafor", cast.nordlicht, Role.MEMBER),
        ("rolf", "rolf@nordlicht.example", "Rolf Petersen", cast.nordlicht, Role.READ_ONLY),
        ("ben", "ben@suedwind.example", "Ben Huber", cast.suedwind, Role.OWNER),
    ):
        user = User.objects.create_user(mail, PASSWORD, name=name)
        Member.objects.create(reseller=reseller, user=user, role=role)
        setattr(cast, first, user)
    cast.dora = User.objects.create_superuser(
        "dora@portal.example", PASSWORD, name="Dora Lindqvist"
    )
    give_dora_her_app(cast.dora)
    cast.clara = User.objects.create_user(
        "clara@hafenbaeckerei.example", PASSWORD, name="Clara Hansen"
    )
    cast.bakery_subscription = start_subscription(
        reseller=cast.nordlicht,
        order=Order(Product.M365, "Hafenbäckerei", 12),
        invitee=None,
        today=clock.today(),
        by=SYSTEM,
    )
    cast.bakery = cast.bakery_subscription.customer
    set_customer_edits(customer=cast.bakery, allowed=True, by=SYSTEM)
    Contact.objects.create(
        reseller=cast.nordlicht,
        customer=cast.bakery,
        user=cast.clara,
        name="Clara Hansen",
        phone="+49 40 5550123",
        job_title="Inhaberin",
    )
    give_signatures(cast.bakery)
    return cast


def make_issuer() -> Issuer:
    """Make the company in whose name invoices are issued."""
    return Issuer.objects.create(
        name="Signaturwerk GmbH",
        street="Kaistraße 3",
        postcode="24103",
        city="Kiel",
        country="DE",
        vat_id="DE123456788",
        tax_number="19/294/01234",
        registration="HRB 20345",
        register_court="Amtsgericht Kiel",
        directors="Ida Brandt, Ole Thomsen",
        email="rechnung@signaturwerk.example",
        phone="+49 431 5550100",
        iban="DE02120300000000202051",
        bic="BYLADEM1001",
        bank="Kieler Kreditbank",
    )


def make_invoicing_possible() -> None:
    """Give an older demo the issuer and the addresses that it lacks; what it has stays."""
    if not Issuer.objects.exists():
        make_issuer()
    for name, address in INVOICES_TO.items():
        Reseller.objects.filter(name=name, invoice_street="").update(**address)


def give_dora_her_app(dora: User) -> None:
    """Give staff the authenticator whose secret is printed, unless they have a second factor."""
    if not dora.has_second_factor:
        TOTP.activate(dora, DORAS_SECRET)


def make_prices(valid_from: date = date(2020, 1, 1)) -> None:
    """Make the default price list in every currency."""
    Price.objects.bulk_create(
        Price(
            product=product,
            term=term,
            currency=currency,
            valid_from=valid_from,
            unit_price=(Decimal(price) * Decimal(rate)).quantize(Decimal("0.01")),
        )
        for (product, term), price in PRICES.items()
        for currency, rate in RATES.items()
    )


def give_signatures(customer) -> None:
    """Give a customer three people and a published design."""
    for name, title, department, phone, address in (
        ("Clara Hansen", "Inhaberin", "Leitung", "+49 40 5550123", "clara"),
        ("Jonas Petersen", "Bäckermeister", "Backstube", "+49 40 5550124", "jonas"),
        ("Aylin Yıldız", "Verkauf", "Laden", "", "aylin"),
    ):
        save_person(
            customer=customer,
            person=None,
            fields={
                "name": name,
                "title": title,
                "department": department,
                "phone": phone,
                "email": f"{address}@hafenbaeckerei.example",
            },
            by=SYSTEM,
        )
    document = structs.replace(TEMPLATES["classic"].document(), language="de")
    design = start_design(customer=customer, document=document, name="Hausstil", by=SYSTEM)
    publish_design(design=design, by=SYSTEM)
