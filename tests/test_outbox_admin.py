"""What staff see of the outbox: by state and age, the oldest first, and nothing secret."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.actor import SYSTEM
from invitations.models import Invitation
from invitations.operations import Invitee, invite_contact
from mail.models import OutgoingMail
from reseller_portal import counting

STORIES = {
    "queued": {},
    "sending": {"fence": 1, "lease_until": Now() + timedelta(minutes=1)},
    "uncertain": {"uncertain_at": Now(), "next_try_at": None},
    "failed": {"failed_at": Now(), "failure": "550 unknown", "next_try_at": None},
    "withdrawn": {"withdrawn_at": Now(), "next_try_at": None},
    "handed_over": {"handed_over_at": Now(), "server_reply": "250 ok", "next_try_at": None},
}


@pytest.fixture
def outbox(cast):
    """A mail in each state, the first queued last."""
    for hours, (state, story) in enumerate(STORIES.items()):
        invite_contact(
            customer=cast.bakery,
            invitee=Invitee("Jonas", f"{state}@hafenbaeckerei.example", "de"),
            product="m365",
            by=SYSTEM,
        )
        OutgoingMail.objects.filter(recipient__startswith=state).update(
            queued_at=Now() - timedelta(hours=hours), **story
        )
    return OutgoingMail.objects.all()


@pytest.fixture
def listed(client, cast):
    """Return a function that gives the names that staff see, in their order."""
    client.force_login(cast.dora)

    def look(**asked) -> list[str]:
        answer = client.get(reverse("admin:mail_outgoingmail_changelist"), asked)
        assert answer.status_code == 200
        return [mail.recipient.partition("@")[0] for mail in answer.context["cl"].result_list]

    return look


def test_without_a_choice_staff_see_what_waits_the_oldest_first(outbox, listed):
    assert listed() == ["queued", "sending"]


@pytest.mark.parametrize("state", STORIES)
def test_staff_filter_by_each_state(outbox, listed, state):
    assert OutgoingMail.objects.get(recipient__startswith=state).state == state
    assert listed(state=state) == [state]


def test_a_search_looks_everywhere(outbox, listed):
    assert listed(q="Handed_over@HAFEN") == ["handed_over"]
    message_id = OutgoingMail.objects.get(recipient__startswith="failed").message_id
    assert listed(q=message_id) == ["failed"]
    assert listed(q="nobody@") == []
    assert listed(q="%") == []


@pytest.mark.parametrize(
    ("age", "names"),
    [
        ("1h", ["queued"]),
        ("1d", ["sending", "uncertain", "failed", "withdrawn", "handed_over"]),
        ("3d", []),
        ("old", []),
    ],
)
def test_staff_filter_by_age(outbox, listed, age, names):
    assert listed(state="all", age=age) == names


def test_staff_filter_by_kind(outbox, listed):
    assert listed(kind="password_reset") == []
    assert listed(kind="invitation") == ["queued", "sending"]


def test_no_page_of_the_outbox_shows_a_link_or_a_secret(client, cast, outbox):
    client.force_login(cast.dora)
    pages = [client.get(reverse("admin:mail_outgoingmail_changelist"), {"state": "all"})]
    pages += [
        client.get(reverse("admin:mail_outgoingmail_change", args=[mail.pk])) for mail in outbox
    ]
    for page in pages:
        text = page.content.decode()
        for invitation in Invitation.objects.all():
            assert invitation.token() not in text
            assert invitation.nonce not in text


def test_many_rows_are_estimated_and_few_are_counted(outbox, monkeypatch):
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE mail_outgoingmail")
    paginator = counting.EstimatedPaginator(outbox.order_by("pk"), 50)
    assert paginator.count == 6
    monkeypatch.setattr(counting, "EXACTLY", 3)
    with CaptureQueriesContext(connection) as asked:
        assert counting.EstimatedPaginator(outbox.order_by("pk"), 50).count == 6
    assert "LIMIT 4" in asked[0]["sql"]
    assert "EXPLAIN" in asked[1]["sql"]
