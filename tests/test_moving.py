"""A customer goes to another reseller: told before, done on its day, with people and designs."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from accounts.models import User
from audit.actor import SYSTEM, Actor
from audit.models import Entry
from customers.models import Area, Customer
from invitations.models import Invitation
from invitations.operations import Invitee, invite_contact
from reseller_portal import clock
from resellers.models import Reseller
from signatures.belongings import kinds
from signatures.design_operations import publish_design, start_design
from signatures.models import Brand, Picture
from signatures.moving import COPIED, copy_for_moves
from signatures.operations import save_person
from subscriptions import changing
from subscriptions.errors import (
    AlreadyMoving,
    MoveOver,
    MovesAway,
    NameTaken,
    NothingToMove,
    NotTomorrowYet,
    SameReseller,
)
from subscriptions.invariants import wrong
from subscriptions.models import Price, Subscription
from subscriptions.moving import plan_move, preview_move, take_back_move
from subscriptions.operations import Order, start_subscription
from subscriptions.renewals import run_day
from subscriptions.run_models import Move
from tests.designs import a_picture, document

START, TODAY, DAY = date(2026, 3, 1), date(2026, 4, 10), date(2026, 4, 20)
DORA = Actor(name="Dora Lindqvist", hat="staff")
ENGLISH = {"accept-language": "en"}


def at(day: date):
    return clock.travel(f"{day}T09:00:00Z")


@pytest.fixture
def shop(cast) -> Subscription:
    """A paying customer of Nordlicht with 10 users from 1 March, with designs and people."""
    with at(START):
        row = start_subscription(
            reseller=cast.nordlicht,
            order=Order("m365", "Laden Süd", 10, trial=False),
            invitee=Invitee("Cem", "cem@laden.example", "de"),
            today=START,
            by=SYSTEM,
        )
        logo = Picture.objects.create(
            reseller=cast.nordlicht,
            customer=row.customer,
            content=b"png",
            width=9,
            height=9,
            created_at=clock.now(),
        )
        save_person(
            customer=row.customer,
            person=None,
            fields={"name": "Ida", "email": "ida@laden.example"},
            photo=a_picture().read(),
            by=SYSTEM,
        )
        Brand.objects.create(reseller=row.reseller, customer=row.customer, logo=logo)
        picture = {"key": str(logo.key), "width": 9, "height": 9}
        design = start_design(
            customer=row.customer,
            document=document({"type": "logo"}, {"type": "image", "picture": picture}),
            name="Haus",
            by=SYSTEM,
        )
        publish_design(design=design, by=SYSTEM)
    run(date(2026, 4, 1))
    return Subscription.objects.get(pk=row.pk)


def run(day: date):
    with at(day):
        return run_day(today=day)


def plan(cast, row: Subscription, **more) -> Move:
    words = {"to_reseller": cast.suedwind, "on": DAY, "with_credit": False, "today": TODAY} | more
    with at(TODAY):
        return plan_move(customer=row.customer, by=DORA, **words)


def test_what_the_page_shows_is_what_the_run_does_on_the_day(cast, shop):
    Price.objects.create(
        reseller=cast.suedwind,
        product="m365",
        term="monthly",
        currency="EUR",
        valid_from=START,
        unit_price="2",
    )
    (shown,) = preview_move(
        customer=shop.customer, to_reseller=cast.suedwind, on=DAY, with_credit=True, today=TODAY
    )
    move = plan(cast, shop, with_credit=True)
    run(DAY - timedelta(days=1))
    shop.refresh_from_db()
    assert shop.state == "active"
    run(DAY)
    shop.refresh_from_db()
    move.refresh_from_db()
    new = Subscription.objects.get(customer=move.arrived)
    assert (shop.ended_on, move.done_on, new.anchor) == (DAY, DAY, DAY)
    assert [str(each.amount) for each in shop.charges.filter(kind="credit")] == [
        f"{each.amount:.3f}" for each in shown.given_back if each.kind == "credit"
    ]
    assert [str(each.amount) for each in new.charges.all()] == ["20.000"]
    assert str(shown.first_charge.amount) == "20.00"
    assert (new.reseller, new.seats, new.customer_name) == (cast.suedwind, 10, "Laden Süd")
    for row in (shop, new):
        assert wrong(row, row.charges.all(), DAY, row.changes.all()) == []
    told = set(Entry.objects.filter(reseller_id=cast.suedwind.pk).values_list("action", flat=True))
    assert {"customer_moved_here", "subscription_started"} <= told
    moved = Entry.objects.get(action="customer_moved_away")
    assert (moved.actor_name, moved.reseller_id) == ("Dora Lindqvist", cast.nordlicht.pk)
    assert run(DAY + timedelta(days=1)).blocked == 0


def test_access_goes_over_and_open_invitations_end(cast, shop):
    clara = User.objects.get(email="clara@hafenbaeckerei.example")
    shop.customer.contacts.create(reseller=cast.nordlicht, user=clara, name="Clara")
    with at(TODAY):
        invite_contact(
            customer=shop.customer,
            invitee=Invitee("Eva", "eva@laden.example", "de"),
            product="m365",
            by=SYSTEM,
        )
    move = plan(cast, shop)
    run(DAY)
    move.refresh_from_db()
    mine = Customer.objects.for_contact(clara.pk)
    assert move.arrived in mine
    assert move.customer not in mine
    assert not Invitation.objects.filter(
        customer=move.customer, accepted_at=None, revoked_at=None
    ).exists()
    assert move.arrived.customer_edits == move.customer.customer_edits
    with at(DAY):
        assert Customer.objects.get(pk=move.customer_id).area(DAY) is Area.CLOSED
        assert move.arrived.area(DAY) is Area.OPEN


def test_people_and_designs_are_copied_once_with_links_among_themselves(cast, shop):
    move = plan(cast, shop)
    run(DAY)
    move.refresh_from_db()
    with at(DAY):
        assert copy_for_moves(seconds=0) is False
        assert copy_for_moves()
    old, new = shop.customer, move.arrived
    for kind in kinds():
        if kind.model.__name__ in COPIED:
            assert kind.of(new).count() == kind.of(old).count(), kind
    design = new.designs.get()
    assert (design.name, design.reseller, design.in_use) == ("Haus", cast.suedwind, True)
    assert new.brand.logo == new.pictures.get(round_content=None)
    assert new.people.get().photo == new.pictures.exclude(round_content=None).get()
    assert design.document["blocks"][1]["picture"]["key"] == str(new.brand.logo_id)
    content = str(design.versions.get().content)
    assert str(new.brand.logo_id) in content
    assert not any(str(picture.key) in content for picture in old.pictures.all())
    assert new.people.get().code != old.people.get().code
    move.refresh_from_db()
    assert move.copied_at


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"on": TODAY}, NotTomorrowYet),
        ({"to_reseller": "nordlicht"}, SameReseller),
        ({"again": True}, AlreadyMoving),
        ({"name": True}, NameTaken),
        ({"cancelled": True}, NothingToMove),
    ],
)
def test_what_cannot_be_is_refused(cast, shop, change, refusal):
    words = {name: value for name, value in change.items() if name in {"on", "to_reseller"}}
    if "to_reseller" in words:
        words["to_reseller"] = cast.nordlicht
    if "again" in change:
        plan(cast, shop)
    if "name" in change:
        customer = Customer.objects.start(reseller=cast.suedwind, name="laden  süd")
        customer.save()
    if "cancelled" in change:
        with at(TODAY):
            changing.cancel_subscription(subscription=shop, today=TODAY, by=SYSTEM)
    with pytest.raises(refusal):
        plan(cast, shop, **words)


def test_a_trial_goes_on_as_it_was_and_a_late_run_moves_as_of_the_day(cast):
    with at(TODAY):
        row = start_subscription(
            reseller=cast.nordlicht,
            order=Order("gws", "Probe", 5),
            invitee=None,
            today=TODAY,
            by=SYSTEM,
        )
    move = plan(cast, row)
    with at(DAY + timedelta(days=2)), pytest.raises(MovesAway):
        changing.change_seats(subscription=row, seats=6, today=DAY + timedelta(days=2), by=SYSTEM)
    run(DAY + timedelta(days=5))  # after the trial's end on 24 April
    row.refresh_from_db()
    move.refresh_from_db()
    new = Subscription.objects.get(customer=move.arrived)
    assert (row.ended_on, row.charges.count(), new.anchor) == (DAY, 0, row.anchor)
    assert [each.period_start for each in new.charges.all()] == [row.anchor]


def test_a_move_that_cannot_be_done_is_reported_and_tried_again(cast, shop):
    move = plan(cast, shop)
    Reseller.objects.filter(pk=cast.suedwind.pk).update(currency="CHF")
    Price.objects.filter(currency="CHF").delete()
    done = run(DAY)
    assert done.blocked_reasons == [[shop.code, "could not move"]]
    shop.refresh_from_db()
    assert shop.state == "active"
    Reseller.objects.filter(pk=cast.suedwind.pk).update(currency="EUR")
    run(DAY + timedelta(days=1))
    move.refresh_from_db()
    assert move.done_on == DAY + timedelta(days=1)


def test_a_move_can_be_taken_back_until_it_is_done(cast, shop):
    move = plan(cast, shop)
    with at(TODAY):
        take_back_move(move=move, by=DORA)
        with pytest.raises(MoveOver):
            take_back_move(move=move, by=DORA)
    run(DAY)
    shop.refresh_from_db()
    assert shop.state == "active"


def test_staff_see_what_happens_before_they_plan_and_resellers_are_told(client, cast, shop):
    address = reverse("admin:subscriptions_move_plan", args=[shop.customer_id])
    asked = {"to_reseller": cast.suedwind.pk, "on": DAY.isoformat()}
    for stranger in (cast.anna, cast.ben):
        client.force_login(stranger)
        with at(TODAY):
            assert client.post(address, asked | {"confirmed": "1"}).status_code in {302, 404}
    assert not Move.objects.exists()
    client.force_login(cast.dora)
    with at(TODAY):
        page = client.post(address, asked, headers=ENGLISH).content.decode()
        assert "ends on 20 Apr 2026" in page
        assert "first charge on 20 Apr 2026: €14.50 net" in page
        assert not Move.objects.exists()
        client.post(address, asked | {"confirmed": "Plan the move"})
    assert Move.objects.get().on == DAY
    client.force_login(cast.anna)
    with at(TODAY):
        page = client.get(shop.get_absolute_url(), headers=ENGLISH).content.decode()
    assert "From 20 Apr 2026 another reseller looks after this customer." in page
    assert "Südwind" not in page
    run(DAY)
    new = Subscription.objects.get(customer=Move.objects.get().arrived)
    client.force_login(cast.ben)
    with at(DAY):
        page = client.get(new.get_absolute_url(), headers=ENGLISH).content.decode()
        assert client.get(shop.get_absolute_url()).status_code == 404
    assert "This customer came from another reseller on 20 Apr 2026." in page
    assert "Nordlicht" not in page
