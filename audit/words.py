"""What the history says in words. Pure."""

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "subscription_started": _("Subscription started"),
    "subscription_seats": _("Subscription's users changed"),
    "subscription_product": _("Subscription's product changed"),
    "subscription_term": _("Subscription's term changed"),
    "subscription_take_back": _("Planned change taken back"),
    "subscription_extend_trial": _("Trial extended"),
    "subscription_convert": _("Trial became a paid subscription"),
    "subscription_hold": _("Subscription put on hold"),
    "subscription_resume": _("Subscription resumed"),
    "subscription_cancel": _("Subscription cancelled"),
    "subscription_uncancel": _("Cancellation taken back"),
    "subscription_end": _("Subscription ended"),
    "subscription_reactivate": _("Subscription brought back"),
    "subscriptions_exported": _("List of subscriptions exported"),
    "subscriptions_imported": _("Customers and subscriptions imported"),
    "import_cancelled": _("Import cancelled"),
    "customer_added": _("Customer added"),
    "customer_edits_changed": _("Who may edit signatures changed"),
    "invitation_made": _("Invited"),
    "invitation_sent_again": _("Invitation sent again"),
    "invitation_corrected": _("Invitation corrected and sent again"),
    "invitations_sent_again": _("Several invitations sent again"),
    "sendings_cancelled": _("Sending of several invitations stopped"),
    "invitation_reminded": _("Reminder of the invitation sent"),
    "access_withdrawn": _("Access withdrawn"),
    "access_given": _("Access given"),
    "access_given_back": _("Access given back"),
    "invitation_revoked": _("Invitation revoked"),
    "invitation_accepted": _("Invitation accepted"),
    "mails_branded": _("Look of mails changed"),
    "reseller_added": _("Reseller added"),
    "reseller_changed": _("Reseller's data changed by staff"),
    "price_added": _("Price added"),
    "price_changed": _("Coming price changed"),
    "price_removed": _("Coming price removed"),
    "role_changed": _("Role changed"),
    "member_removed": _("Member removed"),
    "person_added": _("Person added"),
    "person_changed": _("Person changed"),
    "person_removed": _("Person removed"),
    "rule_added": _("Rule added"),
    "rule_changed": _("Rule changed"),
    "rule_moved": _("Rule moved"),
    "rule_removed": _("Rule removed"),
    "design_started": _("Design started"),
    "design_changed": _("Design changed"),
    "design_published": _("Design published"),
    "pages_mailed": _("Personal pages mailed"),
    "pages_stopped": _("Mailing of personal pages stopped"),
    "signature_files_made": _("Signature files downloaded"),
    "addin_key_made": _("Key of the Outlook add-in made"),
    "design_taken_back": _("Design taken back to an earlier version"),
    "design_removed": _("Design removed"),
    "signatures_deleted": _("Signatures deleted 90 days after the end"),
    "customer_move_planned": _("Move to another reseller planned"),
    "customer_move_taken_back": _("Move to another reseller taken back"),
    "customer_moved_away": _("Moved to another reseller"),
    "customer_moved_here": _("Moved here from another reseller"),
    "signatures_copied": _("People and designs copied from the former reseller"),
    "area_opened": _("Signature area opened"),
    "invoice_issued": _("Invoice issued"),
    "invoice_run_asked": _("The month's invoices issued by staff"),
    "payment_receipt": _("Payment noted"),
    "payment_payout": _("Credit paid back"),
    "payment_transfer": _("Credit moved to another invoice"),
    "payment_reversal": _("Payment taken back"),
    "bank_file_read": _("Bank file read"),
    "receipt_set_aside": _("Receipt set aside"),
    "invoice_sent_again": _("Invoice mailed again"),
    "invoice_address_changed": _("Address for invoices changed"),
    "invoice_reminded": _("Reminder of an invoice sent"),
    "reminders_stopped": _("Reminders of an invoice stopped"),
    "reminders_resumed": _("Reminders of an invoice go on"),
    "accounts_exported": _("Invoices exported for the accounts"),
    "invoices_exported": _("Invoices of a year downloaded"),
    "signed_in": _("Signed in"),
    "sign_in_failed": _("Sign-in refused"),
    "second_factor_failed": _("Second factor refused"),
    "sessions_ended": _("Sessions ended"),
    "name_changed": _("Name changed"),
    "confirmation_failed": _("Password refused"),
    "account_changed": _("Account corrected by staff"),
    "account_closed": _("Account closed"),
    "account_opened": _("Account opened again"),
    "password_changed": _("Password changed"),
    "email_change_asked": _("Change of e-mail address asked for"),
    "email_changed": _("E-mail address changed"),
    "second_factor_added": _("Authenticator app added"),
    "second_factor_removed": _("Authenticator app removed"),
    "second_factor_taken": _("Second factor removed by staff"),
    "passkey_added": _("Passkey added"),
    "passkey_removed": _("Passkey removed"),
    "recovery_codes_made": _("New recovery codes made"),
    "own_data_exported": _("Own data downloaded"),
    "second_factor_rule_changed": _("Whether members need a second factor changed"),
    "history_exported": _("History exported"),
    "access_denied": _("Access denied"),
    "person_erased": _("A person's data erased"),
    "history_redacted": _("Names taken out of the history"),
}
HATS = {
    "system": _("the portal itself"),
    "visitor": _("somebody not signed in"),
    "staff": _("staff"),
}
# What changed, where it is worth a line; the keys are those that operations write.
FIELDS = {
    "customer_edits": _("Customer edits signatures"),
    "department": _("Department"),
    "email": _("E-mail address"),
    "is_active": _("May sign in"),
    "is_staff": _("Staff"),
    "language": _("Language"),
    "fields": _("Changed"),
    "invoice_city": _("Town"),
    "invoice_email": _("E-mail address for invoices"),
    "invoice_name": _("Name on invoices"),
    "invoice_postcode": _("Postcode"),
    "invoice_street": _("Street and number"),
    "kind": _("Kind of file"),
    "name": _("Name"),
    "page": _("Page"),
    "phone": _("Phone"),
    "product": _("Product"),
    "invitations": _("Invitations"),
    "file": _("File"),
    "rows": _("Rows"),
    "logo": _("Logo"),
    "mail_intro_de": _("First line of German mails"),
    "mail_intro_en": _("First line of English mails"),
    "mail_name": _("Name shown as the sender"),
    "mail_reply_to": _("Address for answers"),
    "required": _("Required"),
    "year": _("Year"),
    "role": _("Role"),
    "seats": _("Number of users"),
    "sessions": _("Sessions"),
    "term": _("Term"),
    "title": _("Title"),
    "vat_id": _("VAT id"),
    "version": _("Version"),
}
VALUES = {
    "annual": _("Annual"),
    "gws": "Google Workspace",
    "m365": "Microsoft 365",
    "member": _("Member"),
    "monthly": _("Monthly"),
    "owner": _("Owner"),
    "read_only": _("Read only"),
}


def change_in_words(field: str, before: Any, after: Any) -> str:
    """Return one line: the field, what it was and what it is, or only the latter.

    >>> change_in_words("seats", 10, 12)
    'Number of users: 10 → 12'
    """
    label = FIELDS.get(field, field.replace("_", " "))
    values = [value_in_words(value) for value in (before, after) if value is not None]
    return f"{label}: {' → '.join(values)}"


def value_in_words(value: Any) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, list):
        return ", ".join(str(FIELDS.get(each, each)) for each in value)
    return str(VALUES.get(value, value))
