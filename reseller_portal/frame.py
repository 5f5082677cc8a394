"""What the frame around every page shows: navigation, hats, languages."""

from datetime import date
from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from customers.models import Contact
from reseller_portal import clock


class Link(NamedTuple):
    label: str
    url: str
    is_current: bool


class Hat(NamedTuple):
    """One of the things a person may be here: a member of a reseller, a contact of a customer."""

    label: str
    value: str
    is_current: bool
    kind: str


class Frame:
    """Asked by templates only for what they show, so that no page pays for more."""

    def __init__(self, request: HttpRequest):
        self.request = request
        # Pages for errors are shown before anybody is known.
        self.user: Any = getattr(request, "user", None)
        self.member: Any = getattr(request, "member", None)
        self.signed_in = bool(self.user and self.user.is_authenticated)
        self.user_name = getattr(self.user, "name", "")
        self.theme = request.COOKIES.get(settings.THEME_COOKIE_NAME, "")
        if self.theme not in {"light", "dark"}:
            self.theme = ""
        self.imprint_url = settings.IMPRINT_URL
        self.privacy_url = settings.PRIVACY_URL
        self.demo_mail_url = reverse("demo_mailbox") if settings.DEMO_MAILBOX else None
        self.switch_url = reverse("hat")
        self.search_url = None

    @cached_property
    def area(self) -> Any:
        return getattr(self.request, "area", None)

    @cached_property
    def hat_name(self) -> str:
        if self.area and self.area.hat == "contact":
            return self.area.customer.name
        return self.member.reseller.name if self.signed_in and self.member else ""

    @cached_property
    def navigation(self) -> list[Link]:
        if not self.signed_in:
            return []
        links = []
        if self.member and not (self.area and self.area.hat == "contact"):
            start = reverse("dashboard")
            links.append(Link(_("Subscriptions"), start, self.request.path.startswith(start)))
            if self.member.sees_prices:
                start = reverse("invoices")
                links.append(Link(_("Invoices"), start, self.request.path.startswith(start)))
            if self.member.is_owner:
                links += [
                    Link(label, reverse(name), self.request.path.startswith(reverse(name)))
                    for label, name in (
                        (_("Members"), "members"),
                        (_("History"), "history"),
                        (_("Security"), "reseller_security"),
                    )
                ]
        if self.user.is_staff:
            links.append(Link(_("Administration"), reverse("admin:index"), False))
        return links

    @cached_property
    def hats(self) -> list[Hat]:
        """The person's hats when there is more than one to switch between, else none."""
        if not self.signed_in:
            return []
        contact = self.area.customer.pk if self.area and self.area.hat == "contact" else None
        members = getattr(self.request, "all_members", []) if self.member else []
        hats = [
            Hat(
                member.reseller.name,
                f"member-{member.pk}",
                contact is None and member.pk == self.member.pk,
                "member",
            )
            for member in members
        ]
        # Asked once a session: the dashboard spares the query for the many with one hat.
        if self.request.session.get("has_contacts", True):
            contacts = Contact.objects.with_access().filter(
                user=self.user, customer__customer_edits=True
            )
            found = list(contacts.select_related("customer").order_by("pk")[:50])
            self.request.session["has_contacts"] = bool(found)
            hats += [
                Hat(
                    each.customer.name, f"contact-{each.pk}", contact == each.customer_id, "contact"
                )
                for each in found
            ]
        return hats if len(hats) > 1 else []

    @cached_property
    def languages(self) -> list[tuple[str, str, bool]]:
        names = {"de": "Deutsch", "en": "English"}
        return [(code, names[code], code == get_language()) for code, _name in settings.LANGUAGES]

    @cached_property
    def business_date_moved(self) -> date | None:
        return clock.today() if settings.TEST_CLOCK and clock.is_moved() else None


def frame(request: HttpRequest) -> dict[str, Frame]:
    """Return the context every page has."""
    return {"frame": Frame(request)}
