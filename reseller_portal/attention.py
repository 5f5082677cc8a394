"""What staff should look at today: a line and a link each, and nothing when all is well."""

from datetime import timedelta
from typing import NamedTuple

from django.db.models import Count
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.models import Entry, Seal, SealCheck
from billing.models import BankReceipt, Document, InvoiceRun
from invitations.models import Invitation
from mail.models import OutgoingMail
from reseller_portal import clock
from subscriptions.run_models import DailyRun

MOST = 100  # counted no further
LATE = timedelta(minutes=1)
LOCKED_FOR, MOST_TRIES = timedelta(minutes=15), 5  # as ACCOUNT_RATE_LIMITS says
UNSEALED = timedelta(days=2)


class Matter(NamedTuple):
    words: str
    address: str


def matters() -> list[Matter]:
    """Return what needs somebody, most urgent first, in a handful of short questions."""
    return [*_mails(), *_invitations(), *_daily_run(), *_money(), *_accounts(), *_history()]


def _mails() -> list[Matter]:
    found = []
    address = reverse("admin:mail_outgoingmail_changelist")
    waited = OutgoingMail.objects.longest_wait()
    if waited and waited > LATE:
        minutes = int(waited.total_seconds() // 60)
        words = ngettext(
            "A mail has waited for %d minute: no worker or no scheduler runs.",
            "A mail has waited for %d minutes: no worker or no scheduler runs.",
            minutes,
        )
        found.append(Matter(words % minutes, address))
    lately = OutgoingMail.objects.filter(failed_at__gt=Now() - timedelta(days=7))
    if count := lately[:MOST].count():
        words = ngettext("%d mail refused this week", "%d mails refused this week", count)
        found.append(Matter(words % count, f"{address}?state=failed"))
    return found


def _invitations() -> list[Matter]:
    count = Invitation.objects.undelivered(clock.now())[:MOST].count()
    if not count:
        return []
    words = ngettext("%d invitation did not arrive", "%d invitations did not arrive", count)
    return [Matter(words % count, reverse("admin:invitations_invitation_changelist"))]


def _daily_run() -> list[Matter]:
    address = reverse("admin:subscriptions_dailyrun_changelist")
    last = DailyRun.objects.filter(is_complete=True).order_by("-business_date").first()
    if last is None or last.business_date < clock.today() - timedelta(days=1):
        return [Matter(_("The daily run has not been done since yesterday."), address)]
    if not last.blocked:
        return []
    words = ngettext(
        "The daily run could not do %d subscription.",
        "The daily run could not do %d subscriptions.",
        last.blocked,
    )
    return [
        Matter(words % last.blocked, reverse("admin:subscriptions_dailyrun_change", args=[last.pk]))
    ]


def _money() -> list[Matter]:
    found = []
    if count := BankReceipt.objects.to_assign()[:MOST].count():
        words = ngettext("%d receipt to be assigned", "%d receipts to be assigned", count)
        address = reverse("admin:billing_bankreceipt_changelist")
        found.append(Matter(words % count, address))
    run = InvoiceRun.objects.filter(finished_at__isnull=False).order_by("-pk").first()
    if run is not None and run.blocked:
        words = ngettext(
            "%d reseller could not be invoiced",
            "%d resellers could not be invoiced",
            len(run.blocked),
        )
        address = reverse("admin:billing_invoicerun_change", args=[run.pk])
        found.append(Matter(words % len(run.blocked), address))
    if count := Document.objects.filter(stored_at=None, tries__gte=3)[:MOST].count():
        words = ngettext(
            "%d invoice has no document yet", "%d invoices have no document yet", count
        )
        found.append(Matter(words % count, reverse("admin:billing_invoice_changelist")))
    return found


def _accounts() -> list[Matter]:
    """Accounts whose password was tried so often that it is not asked for the moment."""
    since = clock.now() - LOCKED_FOR
    # As the index of entries with an address has them.
    wrong = Entry.objects.filter(action="sign_in_failed", at__gt=since, ip__isnull=False)
    tried = wrong.values("subject_id").annotate(times=Count("pk")).filter(times__gte=MOST_TRIES)
    count = tried[:MOST].count()
    if not count:
        return []
    words = ngettext(
        "%d account is locked for wrong passwords",
        "%d accounts are locked for wrong passwords",
        count,
    )
    address = reverse("admin:audit_entry_changelist")
    return [Matter(words % count, f"{address}?action=sign_in_failed")]


def _history() -> list[Matter]:
    address = reverse("admin:audit_seal_changelist")
    if count := SealCheck.objects.filter(holds=False)[:MOST].count():
        words = ngettext(
            "%d seal of the history is broken: an entry was altered or is missing.",
            "%d seals of the history are broken: entries were altered or are missing.",
            count,
        )
        return [Matter(words % count, f"{address}?checking__holds__exact=0")]
    last = Seal.objects.last()
    fresh = Entry.objects.filter(pk__gt=last.through_id if last else 0).order_by("pk").first()
    if fresh is None or fresh.at > clock.now() - UNSEALED:
        return []
    return [Matter(_("The history is not sealed."), address)]
