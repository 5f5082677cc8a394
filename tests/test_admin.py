"""What staff can do in Django's admin, and what it never shows."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib import admin
from django.core.management import call_command
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.operations import (
    ask_for_email_change,
    ask_for_new_password,
    note_account_change,
)
from audit.actor import SYSTEM
from audit.operations import seal_history
from audit.schedule import check_some_seals
from invitations.models import Invitation, Sending
from invitations.operations import Acceptance, Invitee, accept_invitation, invite_contact
from mail.models import OutgoingMail
from reseller_portal import clock
from reseller_portal.management.cast import PASSWORD
from resellers.models import Reseller

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)


def invite(cast, number):
    return invite_contact(
        customer=cast.bakery,
        invitee=Invitee(f"Nr. {number}", f"n{number}@hafenbaeckerei.example", "de"),
        product="m365",
        by=SYSTEM,
    )


@pytest.fixture
def dora(client, cast):
    client.force_login(cast.dora)
    return client


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_list_and_page_opens_and_can_be_searched(dora, cast, model):
    invitation = invite(cast, 1)
    options = model._meta
    start = f"admin:{options.app_label}_{options.model_name}"
    answers = [
        dora.get(reverse(f"{start}_changelist")),
        dora.get(reverse(f"{start}_changelist"), {"q": "a"}),
    ]
    row = model.objects.order_by("pk").first()
    if row is not None:
        answers.append(dora.get(reverse(f"{start}_change", args=[row.pk])))
    for answer in answers:
        assert answer.status_code == 200
        page = answer.content.decode()
        for secret in (invitation.token(), invitation.nonce, cast.anna.password, PASSWORD):
            assert secret not in page


def test_a_list_of_ten_asks_no_more_than_a_list_of_one(dora, cast):
    def queries(address):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert dora.get(address).status_code == 200
        return len(asked)

    addresses = [
        reverse(f"admin:{name}_changelist")
        for name in ("invitations_invitation", "mail_outgoingmail", "audit_entry")
    ]
    invite(cast, 0)
    dora.get(addresses[0])  # her session begins
    few = [queries(address) for address in addresses]
    for number in range(1, 10):
        invite(cast, number)
    assert [queries(address) for address in addresses] == few


def test_staff_set_up_a_reseller_and_its_first_owner_comes_in(dora, cast):
    dora.post(
        reverse("admin:resellers_reseller_add"),
        {
            "name": "Westkueste",
            "country": "DE",
            "currency": "EUR",
            "language": "de",
            "trial_days": "14",
            "members-TOTAL_FORMS": "0",
            "members-INITIAL_FORMS": "0",
        },
    )
    reseller = Reseller.objects.get(name="Westkueste")
    form = {
        "reseller": reseller.pk,
        "role": "owner",
        "name": "Wiebke West",
        "email": "wiebke@westkueste.example",
        "language": "de",
    }
    dora.post(reverse("admin:invitations_invitation_add"), form)
    invitation = Invitation.objects.get(reseller=reseller)
    assert OutgoingMail.objects.for_object("invitation", invitation.pk).count() == 1
    user = accept_invitation(
        invitation=invitation,
        acceptance=Acceptance(name="Wiebke West", language="de", password=PASSWORD),
        user=None,
        by=SYSTEM,
    )
    assert user.memberships.get().role == "owner"
    # The same again makes no second one.
    dora.post(reverse("admin:invitations_invitation_add"), form)
    assert Invitation.objects.filter(reseller=reseller).count() == 1


def test_staff_send_again_and_revoke(dora, cast):
    invitation = invite(cast, 1)
    address = reverse("admin:invitations_invitation_changelist")
    old = invitation.token()
    dora.post(address, {"action": "send_again", "_selected_action": [invitation.pk]})
    assert Invitation.objects.by_token(old) is not None, "it was sent less than a minute ago"
    Sending.objects.update(sent_at=F("sent_at") - timedelta(minutes=1))
    dora.post(address, {"action": "send_again", "_selected_action": [invitation.pk]})
    assert Invitation.objects.by_token(old) is None
    dora.post(address, {"action": "revoke", "_selected_action": [invitation.pk]})
    invitation.refresh_from_db()
    assert (invitation.generation, invitation.revoked_at is not None) == (2, True)


def test_what_an_operation_owns_cannot_be_changed_by_hand(dora, cast):
    row = cast.bakery_subscription
    address = reverse("admin:subscriptions_subscription_change", args=[row.pk])
    assert dora.post(address, {"seats": "1"}).status_code == 403
    assert (
        dora.post(reverse("admin:subscriptions_subscription_delete", args=[row.pk])).status_code
        == 403
    )


def test_the_first_page_begins_with_what_needs_somebody(dora, cast):
    def matters():
        page = dora.get(reverse("admin:index"), headers={"accept-language": "en"})
        return [matter.words for matter in page.context["matters"]]

    call_command("daily_run")
    assert matters() == []
    invite(cast, 1)
    OutgoingMail.objects.update(next_try_at=Now() - timedelta(minutes=5))
    assert matters() == ["A mail has waited for 5 minutes: no worker or no scheduler runs."]
    OutgoingMail.objects.update(failed_at=Now(), next_try_at=None, failure="550 No")
    assert matters() == ["1 mail refused this week", "1 invitation did not arrive"]
    with clock.travel(clock.now() + timedelta(days=3)):
        assert matters()[-2:] == [
            "The daily run has not been done since yesterday.",
            "The history is not sealed.",
        ]


def test_locked_accounts_and_broken_seals_are_among_what_needs_somebody(dora, cast):
    def matters():
        page = dora.get(reverse("admin:index"), headers={"accept-language": "en"})
        return [
            matter
            for matter in page.context["matters"]
            if "eal" in matter[0] or "lock" in matter[0]
        ]

    stranger = Client()
    for _ in range(5):
        stranger.post(reverse("account_login"), {"login": cast.anna.email, "password": "falsch"})
    (locked,) = matters()
    assert locked.words == "1 account is locked for wrong passwords"
    assert dora.get(locked.address).context["cl"].result_count == 5
    with clock.travel(clock.now() + timedelta(days=1)):
        seal_history()
        check_some_seals()
        assert matters() == []
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("UPDATE audit_entry SET subject_id = 0")
        check_some_seals()
        (broken,) = matters()
    assert broken.words.startswith("1 seal of the history is broken")
    assert dora.get(broken.address).context["cl"].result_count == 1


def test_every_kind_of_mail_can_be_looked_at_and_no_link_in_it_acts(dora, cast):
    assert set(settings.MAIL_PREVIEWS) == set(settings.MAIL_BUILDERS)
    ask_for_new_password(user=cast.anna)
    change = ask_for_email_change(user=cast.anna, email="neu@nordlicht.example", by=SYSTEM)
    note_account_change(action="password_changed", user=cast.anna, by=SYSTEM)
    for mail in OutgoingMail.objects.all():
        page = dora.get(reverse("admin:mail_outgoingmail_preview", args=[mail.pk]))
        text = page.content.decode()
        assert page.status_code == 200
        assert "Anna Nissen" in text
        assert change.token not in text
        assert not re.search(r"/password/\w+-\w+", text)
