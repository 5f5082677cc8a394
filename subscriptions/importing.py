"""Importing customers and subscriptions: what each line would do, then all of them at once.

One function, `_plan`, says what comes of lines: the dry run shows it, and applying does it, under
locks and only if it is still what was shown. So somebody else's change in between, or the same file
a second time, never leads to anything but what stood on the page.
"""

from collections.abc import Collection, Iterable, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Min

from audit.actor import Actor
from audit.models import Entry
from audit.operations import entry_about, record, record_all
from customers.models import Contact, Customer
from customers.products import Product
from invitations.errors import SentTooOften
from invitations.models import Invitation
from invitations.operations import Invitee, let_customer_edit
from invitations.presentation import refusal_words
from reseller_portal import clock
from reseller_portal.names import email_key, name_key
from reseller_portal.tables import Row
from resellers.models import Member, Reseller
from subscriptions import import_wordings, ledger, life, wordings
from subscriptions.errors import ImportClosed, ImportWrong, Refused
from subscriptions.import_models import Import, ImportLine
from subscriptions.ledger import Loaded, PriceBook
from subscriptions.models import Subscription, Term
from subscriptions.operations import Order, begin_life, keep_area_facts, started_entry

Outcome = ImportLine.Outcome
KEPT = timedelta(days=2)  # a file nobody applies
INVITING = timedelta(days=7)  # then what could not be invited is given up
BATCH = 1_000


@dataclass(frozen=True)
class Wish:
    """What a line asks for.

    `term` is empty where the file says none; `contact` is name, address, language, or empty.
    """

    company_name: str
    product: str
    seats: int
    term: str
    trial: bool
    contact: list[str]

    @property
    def key(self) -> str:
        return name_key(self.company_name)

    @property
    def order(self) -> Order:
        term = Term(self.term or Term.MONTHLY)
        return Order(Product(self.product), self.company_name, self.seats, term, self.trial)

    @property
    def invitee(self) -> Invitee | None:
        return Invitee(*self.contact) if self.contact else None


@dataclass
class Planned:
    """What comes of a wish; `facts` are what people are shown, as text."""

    wish: Wish
    outcome: str
    facts: dict[str, Any] = field(default_factory=dict)
    invites: bool = False
    problems: list[list[str]] = field(default_factory=list)
    customer: Customer | None = None
    loaded: Loaded | None = None
    begun: life.Life | None = None

    @property
    def shown(self) -> tuple:
        return self.outcome, self.facts, self.invites, self.problems


@transaction.atomic
def upload_import(
    *, member: Member, file_name: str, language: str, head: list[str], rows: list[Row], by: Actor
) -> Import:
    """Stage a table's rows; nothing else is changed, and the worker looks at each."""
    now = clock.now()
    found = Import.objects.create(
        reseller_id=member.reseller_id,
        file_name=file_name[-200:],
        wished_by=member.user,
        language=language,
        head=head,
        total=len(rows),
        created_at=now,
        expires_at=now + KEPT,
    )
    ImportLine.objects.bulk_create(
        (
            ImportLine(reseller_id=member.reseller_id, of=found, number=row.number, cells=row.cells)
            for row in rows
        ),
        batch_size=BATCH,
    )
    return found


@transaction.atomic
def check_lines(*, found: Import, read: Iterable[tuple[ImportLine, Wish | list]]) -> None:
    """Keep what would come of lines: each with its wish, or with what is wrong with its cells."""
    wrong, right = [], []
    for line, wish in read:
        if isinstance(wish, Wish):
            line.values, line.customer_key, line.product = asdict(wish), wish.key, wish.product
            right.append((line, wish))
        else:
            line.outcome, line.problems = Outcome.WRONG, wish
            wrong.append(line)
    planned = _plan(found.reseller, [wish for _line, wish in right], clock.today())
    for (line, _wish), plan in zip(right, planned, strict=True):
        _show(line, plan)
    _save([*wrong, *(line for line, _wish in right)])


@transaction.atomic
def finish_check(*, found: Import) -> None:
    """Find rows for the same subscription twice, count, and call the import checked."""
    twice = (
        found.lines.exclude(customer_key="")
        .values("customer_key", "product")
        .annotate(times=Count("id"), first=Min("number"))
        .filter(times__gt=1)
    )
    for each in twice.order_by():
        words = import_wordings.twice(each["first"])
        again = found.lines.filter(
            customer_key=each["customer_key"], product=each["product"], number__gt=each["first"]
        )
        problem = ["company_name", "", words]
        again.update(outcome=Outcome.WRONG, problems=[problem], invites=False, facts={})
    found.checked_at = clock.now()
    found.outcome_counts = counts(found)
    found.save(update_fields=["checked_at", "outcome_counts"])


@transaction.atomic
def wish_application(*, found: Import, by: Actor) -> Import:
    """Ask for a checked import to be applied. Raises ImportWrong, ImportClosed."""
    found = _locked(found)
    if not found.is_open or found.checked_at is None or found.applied_at:
        raise ImportClosed
    if found.lines.filter(outcome=Outcome.WRONG).exists():
        raise ImportWrong
    if found.wished_at is None:
        found.wished_at = clock.now()
        found.save(update_fields=["wished_at"])
    return found


@transaction.atomic
def apply_import(*, found: Import, today: date, by: Actor) -> bool:
    """Do what the page showed, all of it; or nothing, if that would be something else by now.

    Then what would come of it now is kept to be looked at again, and False is returned. Everything
    is in one transaction; only the invitations follow it, as fast as the limits let them.
    """
    # As in `start_subscription`: a reseller's new subscriptions are made one after the other.
    reseller = Reseller.objects.select_for_update(no_key=True).get(pk=found.reseller_id)
    found = _locked(found)
    if not found.is_open or found.wished_at is None or found.applied_at:
        return True
    lines = list(found.lines.all())
    planned = _plan(reseller, [Wish(**line.values) for line in lines], today, lock=True)
    changed = [
        (line, plan)
        for line, plan in zip(lines, planned, strict=True)
        if plan.shown != (line.outcome, line.facts, line.invites, line.problems)
    ]
    if changed:
        for line, plan in changed:
            _show(line, plan)
        _save([line for line, _plan in changed])
        found.wished_at, found.changed_at = None, clock.now()
        found.outcome_counts = counts(found)
        found.save(update_fields=["wished_at", "changed_at", "outcome_counts"])
        return False
    _write(reseller, planned, by)
    found.lines.filter(invites=False).delete()
    now = clock.now()
    found.applied_at, found.expires_at = now, now + INVITING
    found.finished_at = None if found.lines.exists() else now
    found.save(update_fields=["applied_at", "expires_at", "finished_at"])
    record(
        "subscriptions_imported",
        found,
        by=by,
        reseller_id=reseller.pk,
        after={"file": found.file_name, "rows": found.total},
    )
    return True


@transaction.atomic
def invite_next_of(*, found: Import, by: Actor) -> bool:
    """Invite the contact of the next line; say whether to go on at once.

    When the reseller has sent as many as it may, the import rests until it may again.
    """
    waiting = found.lines.filter(problems=[]).select_for_update(skip_locked=True)
    line = waiting.first()
    if line is None:
        if not found.lines.filter(problems=[]).exists():
            Import.objects.filter(pk=found.pk).update(finished_at=clock.now())
        return False
    wish = Wish(**line.values)
    customer = Customer.objects.filter(reseller_id=found.reseller_id, name_key=wish.key).first()
    if customer is None:  # renamed or moved meanwhile: there is nobody to invite to it
        line.delete()
        return True
    try:
        with transaction.atomic():
            made = let_customer_edit(
                customer=customer, invitee=wish.invitee, product=wish.product, by=by
            )
    except SentTooOften as refusal:
        if refusal.limit.scope == "reseller":
            Import.objects.filter(pk=found.pk).update(rests_until=refusal.again_at)
            return False
        line.problems = [["contact_email", wish.contact[1], refusal_words(refusal)]]
        line.save(update_fields=["problems"])
        return True
    line.delete()
    Import.objects.filter(pk=found.pk).update(
        invited=F("invited") + int(made is not None), rests_until=None
    )
    return True


@transaction.atomic
def cancel_import(*, found: Import, by: Actor) -> Import:
    """Forget an import that is not applied, and delete its rows. Raises ImportClosed if it is."""
    found = _locked(found)
    if found.applied_at:
        raise ImportClosed
    if found.is_open:
        found.cancelled_at = clock.now()
        found.save(update_fields=["cancelled_at"])
        found.lines.all().delete()
        record("import_cancelled", found, by=by, reseller_id=found.reseller_id)
    return found


@transaction.atomic
def forget_import(*, found: Import) -> None:
    """Delete the rows of an import whose time is over."""
    found = _locked(found)
    found.lines.all().delete()
    if found.is_open:
        found.expired_at = clock.now()
        found.save(update_fields=["expired_at"])


def counts(found: Import) -> dict[str, Any]:
    """Return how many lines have which outcome, what is charged at once, how many are invited."""
    rows = dict(found.lines.order_by().values_list("outcome").annotate(Count("id")))
    costs = found.lines.exclude(facts__cost="").values_list("facts__cost", flat=True)
    return {
        **rows,
        "cost": str(sum((Decimal(cost) for cost in costs if cost), Decimal())),
        "invites": found.lines.filter(invites=True).count(),
    }


def _plan(
    reseller: Reseller, wishes: Sequence[Wish], today: date, *, lock: bool = False
) -> list[Planned]:
    """Return what comes of wishes, in a handful of queries however many there are."""
    names = {wish.key for wish in wishes}
    customers = {
        each.name_key: each
        for each in Customer.objects.filter(reseller=reseller, name_key__in=names)
    }
    having = Subscription.objects.filter(customer__in=customers.values())
    if lock:
        having = having.select_for_update(of=("self",), no_key=True)
    rows = list(having.select_related("reseller").order_by("id"))
    prices = PriceBook().price_on(reseller)
    living = {}
    coming = set()
    for loaded in ledger.load([row for row in rows if row.ended_on is None]):
        row = loaded.subscription
        living[row.customer_id, row.product] = loaded
        if "product" in loaded.life.pending:
            coming.add((row.customer_id, loaded.life.pending["product"]))
    had = {(row.customer_id, row.product) for row in rows}
    known = _known_contacts(customers.values())
    planned = []
    for wish in wishes:
        customer = customers.get(wish.key)
        place = (customer.pk if customer else None, wish.product)
        if place in living:
            plan = _change(wish, living[place], today, prices)
        elif place in coming:
            plan = _wrong(wish, "product", wish.product, import_wordings.coming())
        else:
            plan = _start(wish, reseller, customer, place in had, today, prices)
        plan.customer = customer
        if plan.outcome != Outcome.WRONG and wish.contact:
            key = email_key(wish.contact[1])
            plan.invites = not (
                customer and customer.customer_edits and (customer.pk, key) in known
            )
            if plan.invites and plan.outcome == Outcome.UNCHANGED:
                plan.outcome = Outcome.INVITED
        planned.append(plan)
    return planned


def _start(
    wish: Wish,
    reseller: Reseller,
    customer: Customer | None,
    had_it: bool,
    today: date,
    prices: life.PriceOn,
) -> Planned:
    try:
        begun = begin_life(
            reseller=reseller, order=wish.order, had_it=had_it, today=today, price_on=prices
        )
    except Refused as reason:
        return _wrong(wish, "start", "", wordings.refusal(reason))
    due = life.next_charge(begun, prices)
    facts = {
        "to": wish.seats,
        "cost": _sum(begun.charges),
        "due_on": begun.next_due.isoformat(),
        "amount": str(due.amount) if due else "",
        "trial": begun.trial_until is not None,
    }
    outcome = Outcome.ADDED if customer else Outcome.NEW
    return Planned(wish, outcome, facts, begun=begun)


def _change(wish: Wish, loaded: Loaded, today: date, prices: life.PriceOn) -> Planned:
    now = deepcopy(loaded.life)
    life.bring_up_to_date(now, today, prices)
    term, seats = now.pending.get("term", now.term), int(now.pending.get("seats", now.seats))
    if wish.term and wish.term != term:
        return _wrong(wish, "term", str(Term(wish.term).label), import_wordings.other_term())
    if wish.seats == seats:
        return Planned(wish, Outcome.UNCHANGED, {"to": seats})
    written = len(now.charges)
    try:
        life.change_seats(now, wish.seats, today)
    except Refused as reason:
        return _wrong(wish, "seats", str(wish.seats), wordings.refusal(reason))
    waits = "seats" in now.pending
    facts = {
        "from": seats,
        "to": wish.seats,
        "cost": _sum(now.charges[written:]),
        "from_on": (now.next_due if waits else today).isoformat(),
        "currency": now.currency,
    }
    return Planned(wish, Outcome.SEATS, facts, loaded=Loaded(loaded.subscription, now))


def _write(reseller: Reseller, planned: list[Planned], by: Actor) -> None:
    """Write what is planned, set by set; the caller holds all locks."""
    customers = _new_customers(reseller, planned)
    entries: list[Entry] = [
        entry_about("customer_added", each, by=by, reseller_id=reseller.pk)
        for each in customers.values()
    ]
    started = [(plan, plan.begun) for plan in planned if plan.begun is not None]
    now = clock.now()
    rows = []
    for plan, begun in started:
        plan.customer = plan.customer or customers[plan.wish.key]
        rows.append(
            Subscription(
                reseller=reseller,
                customer=plan.customer,
                customer_name=plan.customer.name,
                sort_key=plan.customer.sort_key,
                created_at=now,
                **{name: getattr(begun, name) for name in ledger.FIELDS},
            )
        )
    Subscription.objects.bulk_create(rows, batch_size=BATCH)
    loaded = [Loaded(row, begun) for row, (_plan, begun) in zip(rows, started, strict=True)]
    entries += [started_entry(row, by=by) for row in rows]
    changes = [(plan, plan.loaded) for plan in planned if plan.loaded is not None]
    for plan, each in changes:
        entries.append(
            entry_about(
                "subscription_seats",
                each.subscription,
                by=by,
                reseller_id=reseller.pk,
                before={"seats": plan.facts["from"]},
                after={"seats": plan.facts["to"]},
            )
        )
    loaded += [each for _plan, each in changes]
    for start in range(0, len(loaded), BATCH):
        ledger.store(loaded[start : start + BATCH], by=by)
    record_all(entries)
    # A new subscription opens an area again only where one was closed or on hold.
    touched = {plan.customer.pk: plan.customer for plan, _begun in started if plan.customer}
    for customer in touched.values():
        if customer.signatures_held_since or customer.signatures_open_until:
            keep_area_facts(customer=customer)


def _new_customers(reseller: Reseller, planned: list[Planned]) -> dict[str, Customer]:
    names = {
        plan.wish.key: plan.wish.company_name for plan in planned if plan.outcome == Outcome.NEW
    }
    rows = [Customer.objects.start(reseller=reseller, name=name) for name in names.values()]
    Customer.objects.bulk_create(rows, batch_size=BATCH)
    return {row.name_key: row for row in rows}


def _known_contacts(customers: Collection[Customer]) -> set[tuple[int, str]]:
    """Return customer and address of everybody who is invited, or has access."""
    invited = Invitation.objects.pending().filter(customer__in=customers)
    having = Contact.objects.with_access().filter(customer__in=customers)
    return {
        *invited.values_list("customer_id", "email_key"),
        *having.values_list("customer_id", "user__email_key"),
    }


def _wrong(wish: Wish, column: str, cell: str, words: str) -> Planned:
    return Planned(wish, Outcome.WRONG, problems=[[column, cell, words]])


def _show(line: ImportLine, plan: Planned) -> None:
    line.outcome, line.facts, line.invites, line.problems = plan.shown


def _save(lines: list[ImportLine]) -> None:
    fields = ["outcome", "facts", "invites", "problems", "values", "customer_key", "product"]
    ImportLine.objects.bulk_update(lines, fields, batch_size=500)


def _locked(found: Import) -> Import:
    return Import.objects.select_for_update(of=("self",)).get(pk=found.pk)


def _sum(charges: list[life.Owed]) -> str:
    return str(sum((charge.amount for charge in charges[1:]), charges[0].amount)) if charges else ""
