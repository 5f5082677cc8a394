"""The way in, switching hats, and whether the portal is well."""

import logging
from functools import cache
from typing import Any

from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Q
from django.http import HttpResponse, HttpResponseServerError, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.views import defaults
from django.views.decorators.http import require_POST, require_safe

from accounts.access import actor, everybody, lately_confirmed, signed_in
from accounts.models import User
from audit.models import Entry
from audit.operations import record
from customers.models import Contact, Customer
from invitations.models import Invitation
from mail.models import OutgoingMail
from reseller_portal.queue import broker_answers
from resellers.models import Member

logger = logging.getLogger(__name__)

LONG_WAIT = 60  # seconds; a mail that is due leaves within five, unless nobody sends


@signed_in
@require_safe
def home(request):
    """Lead everybody to where their work is."""
    if request.member:
        return redirect("dashboard")
    customers = Customer.objects.for_contact(request.user.pk).order_by("sort_key", "id")
    # A company that lets them edit goes first; else they land where the page says why not.
    customer = customers.order_by("-customer_edits", "sort_key", "id").first()
    if customer:
        return redirect("signatures", customer.code)
    if request.user.is_staff:
        return redirect("admin:index")
    return render(request, "no_access.html", status=200)


@signed_in
@require_POST
def hat(request):
    """Put on another of one's hats: a membership, or a company whose contact one is."""
    kind, _, pk = request.POST.get("hat", "").partition("-")
    pk = int(pk) if pk.isascii() and pk.isdigit() and len(pk) < 19 else 0
    if kind == "member":
        member = get_object_or_404(Member.objects.of_user(request.user), pk=pk)
        request.session["member_id"] = member.pk
        return redirect("dashboard")
    contact = get_object_or_404(
        Contact.objects.with_access().select_related("customer"), user=request.user, pk=pk
    )
    return redirect("signatures", contact.customer.code)


@lately_confirmed
@require_safe
def own_data(request):
    """Give a person all that the portal keeps about them, as a file that machines read."""
    answer = JsonResponse(data_about(request.user), json_dumps_params={"indent": 2})
    answer["Content-Disposition"] = 'attachment; filename="my-data.json"'
    record("own_data_exported", request.user, by=actor(request, hat="visitor"))
    return answer


def data_about(user: User) -> dict[str, Any]:
    """Return what the portal keeps about a user; what their company made is the company's."""
    about_them = Q(actor_id=user.pk) | Q(subject="user", subject_id=user.pk)
    return {
        "account": {
            "name": user.name,
            "email": user.email,
            "language": user.language,
            "created": user.created_at,
            "last sign-in": user.last_login,
            "second factors": [str(each) for each in user.authenticator_set.order_by("pk")],
            "signs in by": list(
                user.socialaccount_set.order_by("pk").values(
                    "provider", "uid", "extra_data", "date_joined", "last_login"
                )
            ),
        },
        "works for": list(user.memberships.values("reseller__name", "role", "created_at")),
        "contact of": list(
            user.contacts.values("customer__name", "name", "phone", "job_title", "created_at")
        ),
        "invitations": list(
            Invitation.objects.filter(email_key=user.email_key).values(
                "code", "email", "name", "created_at", "accepted_at", "revoked_at"
            )
        ),
        "mails": list(
            OutgoingMail.objects.filter(recipient__iexact=user.email).values(
                "kind", "recipient", "written_at", "handed_over_at"
            )
        ),
        "sessions": list(user.sessions.values("ip", "user_agent", "began_at", "used_at")),
        "history": [
            _entry_for(user, entry) for entry in Entry.objects.filter(about_them).order_by("pk")
        ],
    }


def _entry_for(user: User, entry: Entry) -> dict[str, Any]:
    """Return of an entry what is about the user, not about whom it was done to or by."""
    shown = {"at": entry.at, "action": entry.action}
    if entry.actor_id == user.pk:
        shown |= {"ip": entry.ip, "device": entry.device}
    if entry.subject == "user" and entry.subject_id == user.pk:
        shown |= {"label": entry.label, "before": entry.before, "after": entry.after}
    return shown


@everybody
@require_safe
def healthz(request):
    """Answer as soon as the web process is up."""
    return HttpResponse("ok", content_type="text/plain")


@everybody
@require_safe
def readyz(request):
    """Answer 200 while pages work: the database is there and its migrations are applied.

    What only makes mail late is named, as a broken queue is no reason to send visitors away.
    """
    try:
        if migrations_expected() - set(MigrationRecorder(connection).applied_migrations()):
            return JsonResponse({"ready": False, "migrations": "waiting"}, status=503)
        waited = OutgoingMail.objects.longest_wait()
    except Error:
        logger.warning("not ready: database")
        return JsonResponse({"ready": False, "database": "away"}, status=503)
    seconds = int(waited.total_seconds()) if waited else 0
    degraded = [] if broker_answers() else ["broker"]
    if seconds > LONG_WAIT:
        degraded.append("mail")
    return JsonResponse(
        {"ready": True, "degraded": degraded, "oldest_unsent_mail_seconds": seconds}
    )


@cache
def migrations_expected() -> frozenset[tuple[str, str]]:
    """Return the migrations of this code; they do not change while a process runs."""
    return frozenset(MigrationLoader(None).disk_migrations)


def permission_denied(request, exception=None):
    """Answer what a role may not do in a plain sentence, and write it to the history."""
    if request.user.is_authenticated:
        record(
            "access_denied",
            request.user,
            by=actor(request, hat=_hat(request)),
            reseller_id=request.member.reseller_id if request.member else None,
            after={"page": request.path},
        )
    return defaults.permission_denied(request, exception)


def _hat(request) -> str:
    if request.resolver_match and request.resolver_match.namespace == "admin":
        return "staff"
    return "member" if request.member else "contact"


def server_error(request):
    """Answer a failure with its request id, from a template that asks nothing of the rest."""
    return HttpResponseServerError(render_to_string("500.html", {"request": request}))
