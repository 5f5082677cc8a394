"""A person who asks to be forgotten is: nothing names them any more, and what must stay stays."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.operations import ask_for_email_change, ask_for_new_password, change_name
from audit.actor import SYSTEM, Actor
from audit.models import Entry
from audit.operations import record, seal_history
from customers.models import Contact
from customers.operations import withdraw_access
from invitations.models import Invitation
from invitations.operations import (
    Acceptance,
    Invitee,
    accept_invitation,
    correct_invitation,
    invite_contact,
)
from mail.models import OutgoingMail
from mail.operations import keep_report
from privacy import operations
from privacy.errors import IsLastOwner, IsStaff, NothingKept
from privacy.jobs import go_through_history
from privacy.lists import about_address, about_contact, about_person
from privacy.models import Erasure
from privacy.operations import erase
from privacy.schedule import queue_erasures
from reseller_portal import clock
from reseller_portal.management.cast import PASSWORD
from resellers.models import Member, Reseller, Role
from signatures.models import Person, Picture
from signatures.operations import save_person
from tests.designs import a_picture
from tests.test_attacks import database_as_text

NEEDLES = ("petra", "lindgren", "+49 40 777", "konditorin")


@pytest.fixture
def petra(cast) -> User:
    """Invited under a wrong name, corrected, accepted, signed in, renamed; has a signature."""
    invitation = invite_contact(
        customer=cast.bakery,
        invitee=Invitee("Petra Lindgreen", "petra@falsch.example", "de"),
        product="m365",
        by=SYSTEM,
    )
    correct_invitation(
        invitation=invitation,
        name="Petra Lindgren",
        email="Petra@Lindgren.example",
        by=SYSTEM,
    )
    invitation.refresh_from_db()
    user = accept_invitation(
        invitation=invitation,
        acceptance=Acceptance(
            name="Petra Lindgren",
            language="de",
            password=PASSWORD,
            phone="+49 40 777",
            job_title="Konditorin",
        ),
        user=None,
        by=Actor(name="Petra Lindgren", hat="visitor", ip="198.51.100.7"),
    )
    browser = Client(headers={"user-agent": "Petras Browser"})
    browser.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    change_name(user=user, name="Petra Lindgren-Groß", by=by(user))
    ask_for_email_change(user=user, email="p.lindgren@neu.example", by=by(user))
    ask_for_new_password(user=user)
    user.socialaccount_set.create(
        provider="google", uid="petra", extra_data={"email": "petra@lindgren.example"}
    )
    save_person(
        customer=cast.bakery,
        person=None,
        fields={
            "name": user.name,
            "email": user.email,
            "title": "Konditorin",
            "phone": "",
            "department": "",
        },
        by=by(user),
    )
    # What others wrote down about her, and what the mail service says.
    record("mails_branded", cast.nordlicht, by=SYSTEM, after={"mail_reply_to": user.email})
    keep_report(problem="unknown", body="cannot deliver to PETRA@lindgren.example")
    # In a table that erasing does not know by name.
    LogEntry.objects.create(
        user=cast.dora, action_flag=CHANGE, object_repr="x",
        change_message=f"Petra Lindgren-Groß is {user.email}",
    )  # fmt: skip
    Reseller.objects.filter(pk=cast.nordlicht.pk).update(invoice_email=user.email)
    OutgoingMail.objects.update(server_reply="250 <petra@lindgren.example> ok")
    return user


def by(user) -> Actor:
    return Actor(name=user.name, hat="contact", user_id=user.pk, ip="198.51.100.7")


def named() -> set[str]:
    """Return the tables in which anything still names Petra."""
    return {
        table
        for table, rows in database_as_text().items()
        if any(needle in rows.lower() for needle in NEEDLES)
    } | history_naming()


def history_naming() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM audit_entry t")
        rows = "\n".join(row[0] for row in cursor.fetchall()).lower()
        cursor.execute("SELECT t::text FROM accounts_session t")
        rows += "\n".join(row[0] for row in cursor.fetchall()).lower()
    return {line for line in rows.splitlines() if any(needle in line for needle in NEEDLES)}


def test_after_an_erasure_nothing_in_the_whole_database_names_the_person(cast, petra):
    with clock.travel(clock.now() + timedelta(days=1)):
        seal_history()
    assert len(named()) > 8
    entries = Entry.objects.count()
    erasure = erase(found=about_address("petra@LINDGREN.example"), by=SYSTEM)
    go_through_history(erasure.pk)
    assert named() == set()
    petra.refresh_from_db()
    assert (petra.name, petra.is_active, petra.has_usable_password()) == (
        erasure.code,
        False,
        False,
    )
    # Who did what stays, under the code, and is as it was sealed; removing the person from the
    # area, the erasure and the names taken out are three entries more.
    assert Entry.objects.count() == entries + 3
    assert Entry.objects.filter(actor_id=petra.pk, actor_name=erasure.code, ip=None).exists()
    with clock.travel(clock.now() + timedelta(days=2)):
        seal_history()
    call_command("audit", "verify")
    # Everybody else is untouched.
    assert Contact.objects.get(user=cast.clara).name == "Clara Hansen"
    assert Person.objects.exists()


def test_an_erasure_goes_through_a_long_history_in_steps_and_may_be_repeated(
    cast, petra, monkeypatch
):
    monkeypatch.setattr(operations, "ENTRIES", 3)
    erasure = erase(found=about_address(petra.email), by=SYSTEM)
    assert not operations.forget_in_history(erasure=erasure)
    queue_erasures()  # the message that was to go on is lost; each step queues the next
    erasure.refresh_from_db()
    assert erasure.done_at
    assert (erasure.looks_for, erasure.names) == ([], [])
    assert named() == set()
    redacted = erasure.redacted
    go_through_history(erasure.pk)
    assert operations.forget_in_history(erasure=erasure)
    erasure.refresh_from_db()
    assert erasure.redacted == redacted
    with pytest.raises(NothingKept):
        erase(found=about_address("petra@lindgren.example"), by=SYSTEM)


def test_the_link_of_somebody_forgotten_ends_and_no_mail_leaves(cast, smtp):
    invitation = invite_contact(
        customer=cast.bakery,
        invitee=Invitee("Petra Lindgren", "petra@lindgren.example", "de"),
        product="m365",
        by=SYSTEM,
    )
    OutgoingMail.objects.update(next_try_at=clock.real_now() + timedelta(minutes=5))
    token = invitation.token()
    erase(found=about_address(invitation.email), by=SYSTEM)
    assert Invitation.objects.by_token(token) is None
    assert OutgoingMail.objects.get().state == "withdrawn"


def test_who_signs_in_elsewhere_too_is_forgotten_here_only(cast, petra):
    Member.objects.create(reseller=cast.suedwind, user=petra, role=Role.MEMBER)
    contact = petra.contacts.get()
    erasure = erase(found=about_contact(contact), by=SYSTEM)
    contact.refresh_from_db()
    petra.refresh_from_db()
    assert (contact.name, contact.phone) == (erasure.code, "")
    assert contact.withdrawn_at
    assert petra.name == "Petra Lindgren-Groß"
    assert petra.is_active
    assert not Person.objects.filter(email_key=petra.email_key).exists()
    assert not Invitation.objects.filter(email_key=petra.email_key).exists()


def test_a_person_of_a_signature_area_is_forgotten_there(cast, petra, client):
    person = Person.objects.get(email_key=petra.email_key)
    save_person(customer=cast.bakery, person=person, fields={}, photo=a_picture().read(), by=SYSTEM)
    assert Picture.objects.filter(key=person.photo_id).exists()
    client.force_login(cast.clara)
    page = client.get(reverse("person_erasure", args=[cast.bakery.code, person.code]))
    assert "What stays, and why" in page.content.decode()
    client.post(reverse("person_erasure", args=[cast.bakery.code, person.code]))
    go_through_history(Erasure.objects.get().pk)
    assert not Person.objects.filter(pk=person.pk).exists()
    assert not Picture.objects.filter(key=person.photo_id).exists()
    entries = Entry.objects.filter(subject="person", subject_id=person.pk)
    assert {entry.label for entry in entries} == {Erasure.objects.get().code}
    assert User.objects.filter(pk=petra.pk, is_active=True).exists()


def test_a_member_forgets_a_contact_after_reading_what_that_means(cast, petra, client):
    client.force_login(cast.mia)
    address = reverse("contact_erasure", args=[cast.bakery.code, petra.contacts.get().pk])
    assert address in client.get(reverse("contacts", args=[cast.bakery.code])).content.decode()
    page = client.get(address).content.decode()
    assert "The account: name, address, password" in page
    assert not Erasure.objects.exists()
    client.post(address)
    erasure = Erasure.objects.get()
    assert erasure.reseller == cast.nordlicht
    assert Entry.objects.get(action="person_erased").actor_name == "Mia Okafor"
    go_through_history(erasure.pk)
    assert named() == set()


def test_staff_see_what_goes_and_what_stays_before_they_erase(cast, petra, client):
    client.force_login(cast.dora)
    address = reverse("admin:privacy_erasure_add")
    assert "Nothing is kept" in client.get(address, {"email": "no@body.example"}).content.decode()
    page = client.get(address, {"email": petra.email}).content.decode()
    assert "1 person in a signature area" in page
    assert "under a code instead of the name" in page
    chosen = {"action": "ask_to_erase", "_selected_action": [petra.contacts.get().pk]}
    led = client.post(reverse("admin:customers_contact_changelist"), chosen)
    assert "1 person in a signature area" in client.get(led["Location"]).content.decode()
    client.post(address, {"email": petra.email})
    assert not Erasure.objects.exists(), "without the confirmation nothing happens"
    client.post(address, {"email": petra.email, "confirmed": "yes"})
    erasure = Erasure.objects.get()
    go_through_history(erasure.pk)
    assert named() == set()
    assert (
        "petra"
        not in client.get(reverse("admin:privacy_erasure_change", args=[erasure.pk]))
        .content.decode()
        .lower()
    )


def test_the_last_owner_and_staff_are_not_erased_and_nothing_has_happened(cast, client):
    before = database_as_text()
    with pytest.raises(IsLastOwner):
        erase(found=about_address(cast.anna.email), by=SYSTEM)
    with pytest.raises(IsStaff):
        erase(found=about_address(cast.dora.email), by=SYSTEM)
    assert database_as_text() == before
    client.force_login(cast.dora)
    form = {"email": cast.anna.email, "confirmed": "yes"}
    page = client.post(reverse("admin:privacy_erasure_add"), form).content.decode()
    assert "Nordlicht would have no owner" in page


def test_an_erased_person_stays_erased_in_a_restored_backup(cast, petra, tmp_path, capsys):
    found = about_address(petra.email)
    line = f'{{"code": "E-22222222", "rows": {str(found.rows).replace(chr(39), chr(34))}}}'
    file = tmp_path / "erasures"
    file.write_text(f"{line}\n")
    call_command("erasures", "apply", str(file))
    assert named() == set()
    assert Erasure.objects.get().code == "E-22222222"
    call_command("erasures", "apply", str(file))
    assert Erasure.objects.count() == 1
    call_command("erasures", "list")
    assert '"E-22222222"' in capsys.readouterr().out


def test_a_withdrawn_contact_can_be_forgotten_later(cast, petra):
    contact = withdraw_access(contact=petra.contacts.get(), by=SYSTEM)
    withdrawn_at = contact.withdrawn_at
    erase(found=about_contact(contact), by=SYSTEM)
    contact.refresh_from_db()
    assert contact.withdrawn_at == withdrawn_at
    assert about_person(Person.objects.first()).rows["person"]
