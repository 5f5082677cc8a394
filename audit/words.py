"""What the history says in words. Pure."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "subscription_started": _("Subscription started"),
    "subscriptions_exported": _("List of subscriptions exported"),
    "customer_added": _("Customer added"),
    "customer_edits_changed": _("Who may edit signatures changed"),
    "invitation_made": _("Invited"),
    "invitation_sent_again": _("Invitation sent again"),
    "invitation_corrected": _("Invitation corrected and sent again"),
    "invitations_sent_again": _("Several invitations sent again"),
    "sendings_cancelled": _("Sending of several invitations stopped"),
    "invitation_reminded": _("Reminder of the invitation sent"),
    "access_withdrawn": _("Access withdrawn"),
    "access_given_back": _("Access given back"),
    "invitation_revoked": _("Invitation revoked"),
    "invitation_accepted": _("Invitation accepted"),
    "mails_branded": _("Look of mails changed"),
    "role_changed": _("Role changed"),
    "member_removed": _("Member removed"),
    "person_added": _("Person added"),
    "person_changed": _("Person changed"),
    "person_removed": _("Person removed"),
    "design_started": _("Design started"),
    "design_changed": _("Design changed"),
    "design_published": _("Design published"),
    "design_removed": _("Design removed"),
    "area_opened": _("Signature area opened"),
    "signed_in": _("Signed in"),
    "sign_in_failed": _("Sign-in refused"),
}
