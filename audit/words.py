"""What the history says in words. Pure."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "subscription_started": _("Subscription started"),
    "subscriptions_exported": _("List of subscriptions exported"),
    "customer_added": _("Customer added"),
    "customer_edits_changed": _("Who may edit signatures changed"),
    "invitation_made": _("Invited"),
    "invitation_sent_again": _("Invitation sent again"),
    "invitation_revoked": _("Invitation revoked"),
    "invitation_accepted": _("Invitation accepted"),
    "person_added": _("Person added"),
    "person_changed": _("Person changed"),
    "person_removed": _("Person removed"),
    "design_started": _("Design started"),
    "design_changed": _("Design changed"),
    "design_published": _("Design published"),
    "design_removed": _("Design removed"),
    "area_opened": _("Signature area opened"),
    "invoice_issued": _("Invoice issued"),
    "signed_in": _("Signed in"),
    "sign_in_failed": _("Sign-in refused"),
}
