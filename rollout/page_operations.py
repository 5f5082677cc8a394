"""Mailing people the link to their personal page, and what they do there."""

from collections.abc import Collection
from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now

from audit.actor import Actor
from audit.operations import record
from customers.models import Area, Customer
from mail.models import Priority
from mail.operations import post_mail
from reseller_portal import clock
from rollout.errors import NobodyChosen
from rollout.models import PageLine, PageSending, PersonalPage, Way
from rollout.operations import note_arrivals
from signatures.models import Person
from signatures.rule_lists import local_today, version_for

PAGE_LIFE = timedelta(days=30)
GIVE_UP_AFTER = timedelta(days=3)
MOST_A_DAY = 3  # mails to one person


@transaction.atomic
def wish_pages(*, customer: Customer, codes: Collection[str] | None, by: Actor) -> PageSending:
    """Start mailing their pages to these people, or to everybody (None).

    Raises NobodyChosen when none of them is of this customer.
    """
    people = customer.people.all()
    if codes is not None:
        people = people.filter(code__in=codes)
    sending = PageSending.objects.create(
        reseller_id=customer.reseller_id,
        customer=customer,
        wished_by_id=by.user_id,
        created_at=clock.now(),
    )
    lines = PageLine.objects.bulk_create(
        [
            PageLine(sending=sending, person_id=pk)
            for pk in people.values_list("pk", flat=True).iterator()
        ],
        batch_size=1_000,
    )
    if not lines:
        raise NobodyChosen
    record(
        "pages_mailed",
        sending,
        by=by,
        reseller_id=customer.reseller_id,
        after={"people": len(lines)},
    )
    return sending


@transaction.atomic
def send_next_page(*, sending: PageSending) -> bool:
    """Mail the next person's page, or note why not; False when there is none left."""
    lines = PageLine.objects.filter(sending=sending, sending__cancelled_at=None, done_at=None)
    locked = lines.select_for_update(skip_locked=True, of=("self",))
    line = locked.select_related("person__customer__brand").first()
    if line is None:
        return False
    line.problem = _mail_page(line.person)
    line.done_at = Now()
    line.save(update_fields=["problem", "done_at"])
    return True


@transaction.atomic
def cancel_pages(*, sending: PageSending, by: Actor) -> PageSending:
    """Mail nobody else; what was mailed stays."""
    sending = PageSending.objects.select_for_update().get(pk=sending.pk)
    if sending.cancelled_at is None and sending.lines.filter(done_at=None).exists():
        sending.cancelled_at = clock.now()
        sending.save(update_fields=["cancelled_at"])
        record("pages_stopped", sending, by=by, reseller_id=sending.reseller_id)
    return sending


@transaction.atomic
def note_copied(*, page: PersonalPage) -> None:
    """Note that the person copied the signature in use from the page."""
    version = version_for(page.person, local_today(page.person.customer))
    if version is None:
        return
    PersonalPage.objects.filter(pk=page.pk).update(copied_at=clock.now())
    note_arrivals(way=Way.PAGE, versions=[(page.person, version)])


def _mail_page(person: Person) -> str:
    customer = person.customer
    if customer.area(clock.today()) is Area.CLOSED:
        return PageLine.Problem.CLOSED
    sent = PageLine.objects.filter(
        person=person, problem="", done_at__gt=Now() - timedelta(days=1)
    ).count()
    if sent >= MOST_A_DAY:
        return PageLine.Problem.LIMITED
    if version_for(person, local_today(customer)) is None:
        return PageLine.Problem.NOTHING
    now = clock.now()
    page, _new = PersonalPage.objects.get_or_create(
        person=person,
        defaults={
            "reseller_id": person.reseller_id,
            "customer": customer,
            "expires_at": now + PAGE_LIFE,
        },
    )
    page = PersonalPage.objects.select_for_update().get(pk=page.pk)
    page.generation += 1
    page.sent_at, page.expires_at = now, now + PAGE_LIFE
    page.save(update_fields=["generation", "sent_at", "expires_at"])
    post_mail(
        kind="personal_page",
        object_id=page.pk,
        generation=page.generation,
        recipient=person.email,
        recipient_name=person.name,
        language=person.language if person.language in {"de", "en"} else customer.reseller.language,
        give_up_at=now + GIVE_UP_AFTER,
        priority=Priority.IN_TIME,
        lane=person.reseller_id,
    )
    return ""
