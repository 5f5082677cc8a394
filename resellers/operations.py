"""What changes about a reseller: its members and their roles, its mails, its rules."""

from datetime import timedelta

from django.db import transaction
from django.utils import translation

from audit.actor import Actor
from audit.operations import record
from mail.models import Priority
from mail.operations import post_mail
from reseller_portal import clock
from reseller_portal.images import make_picture
from resellers.errors import LastOwner, NotOwner
from resellers.models import MailLogo, Member, Reseller, Role

BRAND = ("mail_name", "mail_reply_to", "mail_intro_de", "mail_intro_en")
INVOICE_ADDRESS = (
    "invoice_name",
    "invoice_street",
    "invoice_postcode",
    "invoice_city",
    "invoice_email",
    "vat_id",
)
LOGO = (320, 120)  # pixels it is kept in: mails show half of it
NOTICE_LIFE = timedelta(days=3)


@transaction.atomic
def change_role(*, member: Member, role: str, by: Actor) -> Member:
    """Give a member another role, from their next request on; a new owner is told by mail.

    Raises LastOwner when it was the only owner's, NotOwner when `by` is none by now.
    """
    member = _locked(member, by)
    before = member.role
    if before == role:
        return member
    if before == Role.OWNER:
        _refuse_last_owner(member)
    member.role = role
    member.save(update_fields=["role"])
    entry = record(
        "role_changed",
        member,
        by=by,
        reseller_id=member.reseller_id,
        before={"role": before},
        after={"role": role},
    )
    if role == Role.OWNER:
        tell_new_owner(member=member, generation=entry.pk)
    return member


@transaction.atomic
def remove_member(*, member: Member, by: Actor) -> None:
    """End a membership with the next request; the person's account and history stay.

    Raises LastOwner, and NotOwner when `by` is none by now.
    """
    member = _locked(member, by)
    if member.role == Role.OWNER:
        _refuse_last_owner(member)
    record(
        "member_removed",
        member,
        by=by,
        reseller_id=member.reseller_id,
        before={"role": member.role},
    )
    member.delete()


@transaction.atomic
def tell_new_owner(*, member: Member, generation: int) -> None:
    """Queue the notice to somebody who is an owner now; each `generation` is told once."""
    post_mail(
        kind="new_owner",
        object_id=member.pk,
        generation=generation,
        recipient=member.user.email,
        recipient_name=member.user.name,
        language=member.user.language or translation.get_language() or "en",
        give_up_at=clock.now() + NOTICE_LIFE,
        priority=Priority.IN_TIME,
    )


@transaction.atomic
def brand_mails(
    *,
    reseller: Reseller,
    fields: dict[str, str],
    logo: bytes | None,
    remove_logo: bool,
    by: Actor,
) -> Reseller:
    """Keep how the reseller's mails look. `fields` holds BRAND's; a new logo replaces the old one.

    Raises images.Refused for a logo that is none.
    """
    reseller = Reseller.objects.select_for_update(no_key=True).get(pk=reseller.pk)
    changed = {name: fields[name] for name in BRAND if fields[name] != getattr(reseller, name)}
    before = {name: getattr(reseller, name) for name in changed}
    for name, value in changed.items():
        setattr(reseller, name, value)
    reseller.save(update_fields=list(changed))
    if logo is not None:
        MailLogo.objects.update_or_create(
            reseller=reseller, defaults=make_picture(logo, most=LOGO)._asdict()
        )
    elif remove_logo:
        MailLogo.objects.filter(reseller=reseller).delete()
    if changed or logo is not None or remove_logo:
        after = changed | ({"logo": logo is not None} if logo is not None or remove_logo else {})
        record(
            "mails_branded", reseller, by=by, reseller_id=reseller.pk, before=before, after=after
        )
    return reseller


@transaction.atomic
def change_invoice_address(*, reseller: Reseller, fields: dict[str, str], by: Actor) -> Reseller:
    """Keep where invoices go, `fields` holding INVOICE_ADDRESS's; issued ones stay as they are.

    Another VAT id is not confirmed any more: staff confirm it again.
    """
    reseller = Reseller.objects.select_for_update(no_key=True).get(pk=reseller.pk)
    names = [name for name in INVOICE_ADDRESS if fields[name] != getattr(reseller, name)]
    before = {name: getattr(reseller, name) for name in names}
    for name in names:
        setattr(reseller, name, fields[name])
    if "vat_id" in names:
        reseller.vat_id_confirmed_on, reseller.vat_id_evidence = None, ""
        names += ["vat_id_confirmed_on", "vat_id_evidence"]
    if names:
        reseller.save(update_fields=names)
        after = {name: fields[name] for name in before}
        record(
            "invoice_address_changed",
            reseller,
            by=by,
            reseller_id=reseller.pk,
            before=before,
            after=after,
        )
    return reseller


@transaction.atomic
def require_second_factor(*, reseller: Reseller, required: bool, by: Actor) -> Reseller:
    """Say whether everybody who works for the reseller needs a second factor.

    Who has none yet is led to set one up with the next request.
    """
    reseller = Reseller.objects.select_for_update(no_key=True).get(pk=reseller.pk)
    if reseller.second_factor_required != required:
        reseller.second_factor_required = required
        reseller.save(update_fields=["second_factor_required"])
        record(
            "second_factor_rule_changed",
            reseller,
            by=by,
            reseller_id=reseller.pk,
            before={"required": not required},
            after={"required": required},
        )
    return reseller


def _locked(member: Member, by: Actor) -> Member:
    """Return the member as it is now, under the reseller's lock: one change after the other.

    So two owners who remove each other at the same moment leave one.
    """
    reseller = Reseller.objects.select_for_update(no_key=True).get(pk=member.reseller_id)
    owners = reseller.members.owners()
    if by.hat == "member" and by.user_id not in owners.values_list("user_id", flat=True):
        raise NotOwner
    return reseller.members.select_related("user", "reseller").get(pk=member.pk)


def _refuse_last_owner(member: Member) -> None:
    others = Member.objects.owners().filter(reseller_id=member.reseller_id).exclude(pk=member.pk)
    # One whose account is closed cannot look after anything.
    if not others.filter(user__is_active=True).exists():
        raise LastOwner
