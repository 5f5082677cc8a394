"""What erasing a person removes, what stays and why, in words."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from privacy.errors import IsLastOwner, IsStaff, NotErased
from privacy.lists import Found


def removed(found: Found) -> list[str]:
    """Return what goes, a line each, with how many there are."""
    lines = []
    if found.user_ids:
        lines.append(_("The account: name, address, password, second factors and all sessions"))
    for kind, words in (
        ("member", ngettext("%d membership", "%d memberships", found.count("member"))),
        ("contact", ngettext("%d contact", "%d contacts", found.count("contact"))),
        (
            "person",
            ngettext(
                "%d person in a signature area, with their signature",
                "%d people in signature areas, with their signatures",
                found.count("person"),
            ),
        ),
        (
            "invitation",
            ngettext(
                "Name and address in %d invitation, whose link ends",
                "Names and addresses in %d invitations, whose links end",
                found.count("invitation"),
            ),
        ),
        (
            "outgoingmail",
            ngettext(
                "Name and address of %d mail; it is not sent if it still waits",
                "Names and addresses of %d mails; they are not sent if they still wait",
                found.count("outgoingmail"),
            ),
        ),
    ):
        if found.count(kind):
            lines.append(words % found.count(kind))
    lines.append(_("Name and addresses in the history, within some minutes"))
    return lines


def kept(found: Found) -> list[str]:
    """Return what stays, why, and until when."""
    lines = [
        _(
            "The history of what was done, under a code instead of the name: resellers and the"
            " portal must be able to show who changed what."
        ),
        _("Backups, until they are replaced; what is restored from one is erased again."),
    ]
    if found.count("member"):
        lines.append(
            _(
                "Invoices and charges of the reseller, as tax law asks: in Germany for eight years"
                " after the year of the invoice."
            )
        )
    if not found.user_ids and found.count("contact"):
        lines.append(_("The account itself, as they sign in with it elsewhere too."))
    if found.count("person"):
        lines.append(_("What is already set in mail programs, until somebody removes it there."))
    return lines


def refusal(problem: NotErased) -> str:
    """Return why nothing was erased, and what to do about it."""
    if isinstance(problem, IsStaff):
        return _("This is somebody of the staff. Take their staff rights away first.")
    if isinstance(problem, IsLastOwner):
        return _("%(name)s would have no owner. Let another owner be named first.") % {
            "name": ", ".join(problem.resellers)
        }
    return _("Nothing is kept about this address.")
